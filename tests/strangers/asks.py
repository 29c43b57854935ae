"""Requests that are HTTP, whatever they say: to every route, with fields that are right or wrong,
in any form a body can have.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import quote, urlencode

from tests.strangers.routes import Route
from tests.strangers.values import Pools
from tests.strangers.world import Stranger, World

KINDS = {
    "id": "run",
    "run": "run",
    "pin": "run",
    "code": "room",
    "led": "led",
    "shared": "shared",
    "data": "data",
    "follower": "name",
}
"""Names of fields and of parts of addresses that stand for something that there is."""
NUMBERS = (*(str(number) for number in range(20)), "99", "9" * 4400, "-1")
"""Of moments of a lesson."""
LEADERS = frozenset(
    f"rooms.{what}" for what in ("leading", "point", "hand_over", "close", "ask", "reveal")
)
"""Endpoints that are only there for who leads a room."""
METHODS = ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "GET", "POST", "get", "BREW")
ACCEPTS = (
    "application/json", "text/html", "*/*", "text/event-stream", "", "a/b;q=x", ";;;,q=",
    "text/html;level=1;q=0.5,*/*;q=" + "9" * 400,
)  # fmt: skip
HEADERS = (
    ("Range", "bytes=0-10"), ("Range", "bytes=-1"), ("Range", "bytes=9-1,a"), ("Range", "x"),
    ("Range", "bytes=" + "0-0," * 900 + "0-0"), ("If-Modified-Since", "yesterday"),
    ("If-None-Match", '*, W/"' + "x" * 300), ("If-Range", "x"), ("Accept-Encoding", "zstd, gzip"),
    ("Accept-Encoding", "gzip;q=x, br;q=-1, *;q=0"), ("Accept-Language", "\xff\xfe"),
    ("Referer", "http://["), ("Referer", "\xff"), ("Origin", "null"), ("Origin", "http://["),
    ("Sec-Fetch-Site", "same-origin"), ("X-Forwarded-For", "x, ,\xff"), ("X-Forwarded-Proto", "x"),
    ("X-Forwarded-Host", "[::"), ("X-Forwarded-Prefix", "//"), ("Forwarded", "for=_x;;="),
    ("Authorization", "Basic \xff"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
    ("Expect", "100-continue"), ("X-HTTP-Method-Override", "DELETE"), ("Last-Event-ID", "-1"),
    ("Content-Encoding", "gzip"), ("Cookie2", "x"), ("Te", "trailers"), ("Date", "x"),
)  # fmt: skip
HOSTS = ("127.0.0.1", "localhost", "", "[", "[::1", "a b", "x:99999999", "\xff", "a@b", "a,b", "..")
FORM = "application/x-www-form-urlencoded"
CONTENT_TYPES = (
    "", FORM, "application/json", "text/plain", "multipart/form-data", "x", "text/html; charset=x",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300, "\xff/\xff",
    FORM + "; charset=utf-16", "multipart/mixed; boundary=a",
)  # fmt: skip
SIZES = (1_000, 66_000, 140_000, 600_000, 3_200_000)
"""Bytes of huge bodies: about the limits of the pages."""


@dataclass(frozen=True)
class Ask:
    """A request as it is sent, who sends it, and to which endpoint."""

    raw: bytes
    who: Stranger
    endpoint: str

    @property
    def honest(self) -> bool:
        """Whether it carries the stranger's own cookies, so that what it is answered is theirs."""
        cookie = f"\r\nCookie: {self.who.cookie}\r\n" if self.who.cookie else "HTTP/1.1\r\n"
        return cookie.encode("latin-1", "replace") in self.raw

    @property
    def bodiless(self) -> bool:
        """Whether its answer has no body."""
        return self.raw.startswith(b"HEAD ")


class Asker:
    """Makes requests; `chance` decides everything."""

    def __init__(
        self, chance: random.Random, pools: Pools, routes: Sequence[Route], world: World
    ) -> None:
        self.chance, self.pools, self.world = chance, pools, world
        self._routes = list(routes)
        self._weights = list(accumulate(route.weight for route in routes))

    def ask(self) -> Ask:
        """Another request."""
        chance, who = self.chance, self.world.one(self.chance)
        (route,) = chance.choices(self._routes, cum_weights=self._weights)
        method = chance.choice(route.methods)
        if chance.random() < 0.03:
            method = chance.choice(METHODS)
        fields = self._fields(route, who)
        target, body, kind = self._path(route, who), b"", ""
        if method == "POST":
            body, kind = self._body(fields)
        else:
            target += "?" + encoded(fields) if fields else ""
        if chance.random() < 0.003:
            body = chance.choice((b"x", b"a=", b"\0", b"[")) * chance.choice(SIZES)
            kind = kind or FORM
        return Ask(self._raw(method, target, who, body, kind), who, route.endpoint)

    def value(self, name: str, who: Stranger) -> str:
        """What a field or a part of an address of this name is filled with."""
        kind = KINDS.get(name, "")
        if kind and self.chance.random() < 0.93:
            name = self.world.name(self.chance, who, kind)
            if name is not None:
                return name
        if name == "state" and who.state and self.chance.random() < 0.8:
            return who.state
        if name == "weights" and who.weights and self.chance.random() < 0.5:
            return who.weights
        return self.pools.value(self.chance, name)

    def _path(self, route: Route, who: Stranger) -> str:
        if self.chance.random() < 0.01:
            return "/" + quote(self.chance.choice(self.pools.wild)[:2000], "/%", errors="replace")
        filled = []
        for place, part in enumerate(route.parts):
            if place % 2 == 0:
                filled.append(part)
            elif part == "number":
                filled.append(self.chance.choice(NUMBERS))
            else:
                name = "file_name" if part == "name" else part
                name = "led" if route.endpoint in LEADERS else name
                text = self.value(name, who)
                filled.append(quote(text, "/%.~", errors="replace"))
        return "".join(filled)

    def _fields(self, route: Route, who: Stranger) -> list[tuple[str, str]]:
        """Fields of this route, mostly right; then one is doubled, or one is there that is not."""
        chance = self.chance
        some = chance.sample(route.fields, min(len(route.fields), chance.choice((0, 1, 2, 3, 6))))
        names = [*(name for name in route.always if chance.random() < 0.95), *some]
        if chance.random() < 0.05:
            names += [chance.choice(list(self.pools.named)), *names[:1]]
        return [(name, self.value(self._like(name, route), who)) for name in names]

    def _like(self, name: str, route: Route) -> str:
        """Under which name a field's values are known."""
        if name.startswith("number-"):
            return "number"
        if name == "text" and route.endpoint == "own_data.upload":
            return "table"
        if name == "name":
            return {"runs.change": "changeable", "rooms.hand_over": "follower"}.get(
                route.endpoint, name
            )
        return "text" if (name, route.endpoint) == ("code", "expression.show") else name

    def _body(self, fields: list[tuple[str, str]]) -> tuple[bytes, str]:
        """The fields as a body and what it calls itself, now and then something else."""
        chance, way = self.chance, self.chance.random()
        if way < 0.8:
            body, kind = encoded(fields).encode(), FORM
        elif way < 0.95:
            body, kind = multipart(fields, chance)
        else:
            text = json.dumps(dict(fields))
            body, kind = text[: chance.randint(0, len(text))].encode(), "application/json"
        if chance.random() < 0.03:
            kind = chance.choice(CONTENT_TYPES)
        if body and chance.random() < 0.03:
            body = damaged(body, chance)
        return body, kind

    def _raw(self, method: str, target: str, who: Stranger, body: bytes, kind: str) -> bytes:
        chance = self.chance
        rare = chance.random() < 0.05
        lines = [f"{method} {target} HTTP/1.1"]
        lines.append(f"Host: {chance.choice(HOSTS) if rare else '127.0.0.1'}")
        if cookie := self._cookie(who):
            lines.append(f"Cookie: {cookie}")
        if chance.random() < 0.5:
            lines.append("HX-Request: true")
            current = self._current(who)
            lines.append(f"HX-Current-URL: {current}")
        if chance.random() < 0.3:
            lines.append(f"Accept: {chance.choice(ACCEPTS)}")
        if chance.random() < 0.2 and (code := self.world.name(chance, who, "room")):
            lines.append(f"Room: {code}")
        if chance.random() < 0.1:
            lines.append("{}: {}".format(*chance.choice(HEADERS)))
        if kind:
            lines.append(f"Content-Type: {kind}")
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(line.replace("\n", " ").replace("\r", " ") for line in lines)
        return head.encode("latin-1", "replace") + b"\r\n\r\n" + body

    def _current(self, who: Stranger) -> str:
        run = self.world.name(self.chance, who, "run")
        if run and self.chance.random() < 0.6:
            return f"http://127.0.0.1/network?hidden=3&samples=20&run={run}"
        return self.pools.value(self.chance, "HX-Current-URL")

    def _cookie(self, who: Stranger) -> str:
        """The stranger's own, mostly; else broken, or somebody else's."""
        if self.chance.random() > 0.02:
            return who.cookie
        other = self.chance.choice(self.world.strangers).cookie
        broken = other[: self.chance.randint(0, len(other))]
        return self.chance.choice(
            (other, broken, "playground=", "=;;=", "playground=\xff.x.y", "a" * 5000)
        )


def encoded(fields: list[tuple[str, str]]) -> str:
    """As a form or a query."""
    return urlencode(fields, errors="replace")


def multipart(fields: list[tuple[str, str]], chance: random.Random) -> tuple[bytes, str]:
    """As a form with files."""
    parts = []
    for name, value in fields:
        file = name in ("file", "weights") or chance.random() < 0.05
        headers = '; filename="a.csv"\r\nContent-Type: text/csv' if file else ""
        head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"{headers}\r\n\r\n'
        parts.append(head.encode() + value.encode("utf-8", "replace") + b"\r\n")
    return b"".join(parts) + b"--xyz--\r\n", "multipart/form-data; boundary=xyz"


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut, or with something in the middle gone, doubled or replaced."""
    at, size = chance.randint(0, len(data)), chance.randint(1, 40)
    before, part, after = data[:at], data[at : at + size], data[at + size :]
    return chance.choice(
        (before, before + after, before + part * 2 + after, before + b"\xff\0" + after)
    )
