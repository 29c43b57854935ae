"""What strangers know of the server's state: cookies, runs, rooms, links. They learn it from what
they are answered, so that most requests reach something that is there.
"""

from __future__ import annotations

import html
import random
import re
from collections import deque
from dataclasses import dataclass, field

from tests.strangers.client import Answer

LEARNED = {
    "run": re.compile(r"/runs/([\w-]{8,30})"),
    "room": re.compile(r"/rooms/([A-Z2-9]{6})\b"),
    "led": re.compile(r"roomcode\">([A-Z2-9]{6})\b"),
    "shared": re.compile(r"/shared/([\w-]{8,30})"),
    "data": re.compile(r"data=([0-9a-f]{32})"),
    "name": re.compile(r'name="name" value="([\w ]+)"'),
}
"""By kind, where it stands in an answer."""
STATE = re.compile(r'id="state" value="([^"]*)"')
MOST_KNOWN = 10
READ_BYTES = 60_000
"""Of an answer is read so much."""


@dataclass
class Stranger:
    """A browser: its cookies, and what it has seen that is its own."""

    cookies: dict[str, str] = field(default_factory=dict)
    names: dict[str, deque[str]] = field(
        default_factory=lambda: {kind: deque(maxlen=MOST_KNOWN) for kind in LEARNED}
    )
    state: str = ""
    """The expression lab's, as its page had it last."""
    weights: str = ""
    """The last file of weights that was taken along."""

    @property
    def cookie(self) -> str:
        """As the header says it."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


@dataclass
class World:
    """All strangers, and what of theirs others may have heard of."""

    strangers: list[Stranger]
    heard: dict[str, deque[str]] = field(
        default_factory=lambda: {kind: deque(maxlen=4 * MOST_KNOWN) for kind in LEARNED}
    )

    def one(self, chance: random.Random) -> Stranger:
        """Somebody; now and then one who was never here, in place of one who was."""
        at = chance.randrange(len(self.strangers))
        if chance.random() < 0.002:
            self.strangers[at] = Stranger()
        return self.strangers[at]

    def learn(self, who: Stranger, answer: Answer) -> None:
        """Keep the cookies and the names in an answer."""
        for cookie in answer.cookies:
            name, _, value = cookie.partition("=")
            who.cookies[name] = value
        if answer.status >= 400 or answer.headers.get("content-encoding"):
            return
        text = answer.body[:READ_BYTES].decode("utf-8", "replace")
        text += "".join(answer.headers.get(name, "") for name in ("location", "hx-redirect"))
        for kind, pattern in LEARNED.items():
            for value in set(pattern.findall(text)):
                if value not in who.names[kind]:
                    who.names[kind].append(value)
                    self.heard[kind].append(value)
        if "weights.json" in answer.headers.get("content-disposition", ""):
            who.weights = text
        if state := STATE.search(text):
            who.state = html.unescape(state[1])

    def name(self, chance: random.Random, who: Stranger, kind: str) -> str | None:
        """The name of something that there is or was: mostly one's own, else anybody's."""
        own, all_of = who.names[kind], self.heard[kind]
        if own and (kind != "room" or chance.random() < 0.6) and chance.random() < 0.9:
            return list(own)[-1 - min(int(chance.expovariate(0.4)), len(own) - 1)]
        return chance.choice(list(all_of)) if all_of else None
