"""Rooms: one person leads, others see what the leader sees, live.

A room knows its leader, what is shown, and who follows; it knows nothing of pages. What is
published is encoded once and handed to every follower. A follower who is slow has the newest frame
wait for it, and where it falls further behind it begins again with the whole present state: nothing
queues. Questions and answers live here alone, and end with the room.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import gevent
from gevent.event import Event
from gevent.lock import RLock

from engine.inspection.frames import View
from playground.expression.commands import is_right
from playground.nicknames import new_nickname, number_of
from playground.storage.store import StoreError

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without letters and digits that look alike."""
CODE_LENGTH = 6
MOST_WAITING = 12
"""Events that wait for a slow follower before it begins again."""
KEEP_SECONDS = 0.3
MOST_NAMES = 2_000
"""Names, answers and wishes to lead are kept of so many who are gone."""
IDLE_SECONDS = 3_600.0
"""A room in which nobody was for so long makes room for another."""


@dataclass(frozen=True)
class Shown:
    """What the leader shows: a lab in a state, which is a URL's query; of a run also its id."""

    lab: str
    state: str
    run: str = ""


@dataclass
class Question:
    """What the class is asked; an answer by visitor, until it is revealed: `then` that is shown."""

    text: str
    right: float
    then: Shown | None = None
    answers: dict[str, float] = field(default_factory=dict)
    revealed: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(6))

    @property
    def share(self) -> float:
        """Which share of the answers is right; NaN without any."""
        good = [is_right(value, self.right) for value in self.answers.values()]
        return sum(good) / len(good) if good else float("nan")


@dataclass(eq=False)
class Follower:
    """One open page that follows; `stale` until it is sent the whole state."""

    visitor: str = field(repr=False)
    news: Event = field(default_factory=Event)
    waiting: deque[tuple[str, bytes]] = field(default_factory=deque)
    stale: bool = True

    def put(self, kind: str, data: bytes) -> None:
        """Something that happened; of frames and pointers only the newest waits."""
        if not self.stale:
            if kind in ("frame", "pointer"):
                self.waiting = deque(each for each in self.waiting if each[0] != kind)
            self.waiting.append((kind, data))
            if len(self.waiting) > MOST_WAITING:
                self.begin_again()
        self.news.set()

    def begin_again(self) -> None:
        """What waits is void: the whole state is sent next."""
        self.stale = True
        self.waiting.clear()
        self.news.set()


@dataclass(eq=False)
class Room:
    """A room; `leader` is a visitor's id and never sent to anybody."""

    code: str
    leader: str = field(repr=False)
    base_url: str
    """What addresses in it begin with: the leader's."""
    shown: Shown
    view: View = View()
    question: Question | None = None
    followers: set[Follower] = field(default_factory=set)
    elsewhere: int = 0
    """How many people follow by way of other processes."""
    names: dict[str, str] = field(default_factory=dict)
    """What each visitor is called who followed, by which the leader tells them apart."""
    wants: set[str] = field(default_factory=set)
    """Visitors who ask for the lead."""
    version: int = 0
    """Counts every change of what is shown, but for the frames of a run."""
    closed: bool = False
    leading: set[Event] = field(default_factory=set)
    """The leader's open pages, each of which is told what changes."""
    used: float = field(default_factory=time.monotonic)
    """When somebody was there last, on the monotonic clock."""
    pump: gevent.Greenlet | None = None
    drawing: RLock = field(default_factory=RLock)
    whole: tuple[tuple[int, int], float, bytes] | None = None
    """The whole state as it was sent last: of which versions, when it was made, the event."""
    keeping: gevent.Greenlet | None = None

    @property
    def present(self) -> int:
        """How many people follow."""
        return len({each.visitor for each in self.followers}) + self.elsewhere

    @property
    def token(self) -> str:
        """Under which it looks at a run, as a page of its leader's would."""
        return f"room {self.code}"

    def tell(self) -> None:
        """Something changed that the leader is told."""
        for page in self.leading:
            page.set()

    @contextmanager
    def lead(self) -> Iterator[Event]:
        """A page of the leader's, for as long as the context lasts; the event says when there is
        something to tell.
        """
        page = Event()
        self.leading.add(page)
        try:
            yield page
        finally:
            self.leading.discard(page)
            self.used = time.monotonic()

    def idle(self, now: float) -> float:
        """For how many seconds nobody was there."""
        here = self.followers or self.leading or self.elsewhere
        return 0.0 if here else now - self.used

    def name(self, visitor: str) -> str:
        """What a visitor is called here."""
        if visitor not in self.names:
            self._forget_one()
            self.names[visitor] = new_nickname(set(self.names.values()))
        return self.names[visitor]

    def _forget_one(self) -> None:
        """Of too many names, that of whoever is gone the longest is free again."""
        if len(self.names) < MOST_NAMES:
            return
        here = {each.visitor for each in self.followers}
        gone = next((each for each in self.names if each not in here), None)
        if gone is not None:
            del self.names[gone]
            self.wants.discard(gone)
            if self.question and not self.question.revealed:
                self.question.answers.pop(gone, None)

    def publish(self, kind: str, data: bytes) -> None:
        """Hand an event to every follower."""
        for follower in self.followers:
            follower.put(kind, data)

    def changed(self) -> None:
        """What is shown is another: everybody begins again."""
        self.version += 1
        for follower in self.followers:
            follower.begin_again()
        self.tell()

    @contextmanager
    def follow(self, visitor: str) -> Iterator[Follower]:
        """A follower for as long as the context lasts."""
        follower = Follower(visitor)
        follower.news.set()
        self.followers.add(follower)
        self.tell()
        try:
            yield follower
        finally:
            self.followers.discard(follower)
            self.used = time.monotonic()
            self.tell()


class Rooms:
    """All rooms. `keep` is called with what is to outlast a restart, or with None for a room that
    ended; `kept` are those that were there before.
    """

    def __init__(
        self,
        most: int,
        keep: Callable[[str, Mapping[str, Any] | None], None],
        kept: list[tuple[str, dict[str, Any]]],
    ) -> None:
        self._most, self._keep = most, keep
        self._rooms = {code: room_of(code, each) for code, each in kept}

    def open(self, leader: str, base_url: str, shown: Shown) -> Room:
        """A new room that begins with this. Raises ValueError where there are too many rooms."""
        if len(self._rooms) >= self._most and not self._make_room():
            raise ValueError(f"There are {self._most} rooms already; try again later.")
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        room = self._rooms[code] = Room(code, leader, base_url, shown)
        self.show(room, shown)
        return room

    def name(self, room: Room, visitor: str) -> str:
        """What a visitor is called in a room."""
        return room.name(visitor)

    def want(self, room: Room, visitor: str) -> None:
        """A follower asks for the lead."""
        self.name(room, visitor)
        room.wants.add(visitor)
        room.tell()

    def answer(self, room: Room, question: Question, visitor: str, value: float) -> None:
        """A follower's answer, which counts until it is revealed."""
        question.answers[visitor] = value
        room.tell()

    def point(self, room: Room, event: bytes) -> None:
        """Hand on where the leader points."""
        room.publish("pointer", event)

    def __len__(self) -> int:
        return len(self._rooms)

    def find(self, code: str) -> Room | None:
        """The room with this code, however it is written."""
        return self._rooms.get("".join(code.split()).upper())

    def led_by(self, visitor: str) -> Room | None:
        """The room that this visitor leads."""
        return next((room for room in self._rooms.values() if room.leader == visitor), None)

    def led_by_number(self, number: str) -> list[Room]:
        """The rooms that the visitor of this number leads."""
        return [room for room in self._rooms.values() if number_of(room.leader) == number]

    def show(self, room: Room, shown: Shown, view: View | None = None) -> None:
        """Show this, or the same through another view; a question that was open ends."""
        view = replace(room.view if view is None else view, pin="")
        if (shown, view) == (room.shown, room.view) and room.version:
            return
        if shown != room.shown:
            room.question = None
        room.shown, room.view = shown, view
        self._changed(room)

    def ask(self, room: Room, question: Question) -> None:
        """Ask the class about what is shown."""
        room.question = question
        self._moved(room)

    def reveal(self, room: Room, question: Question) -> None:
        """Tell the class what is right, and show the step with it."""
        question.revealed = True
        room.shown = question.then or room.shown
        self._changed(room)

    def hand_over(self, room: Room, name: str, shown: Callable[[str], Shown]) -> str:
        """Give the lead to the one of this name, who asked for it; `shown` makes what they show.

        Raises ValueError where nobody of that name asks.
        """
        heir = next((each for each in room.wants if room.names.get(each) == name), None)
        if heir is None:
            raise ValueError("Nobody of that name asks for the lead.")
        room.shown, room.leader = shown(heir), heir
        room.question = None
        room.wants.clear()
        self._moved(room)
        self._save(room)
        return heir

    def close(self, room: Room) -> None:
        """It ends, with all that was asked and answered in it."""
        self._ended(room)
        self._keep(room.code, None)

    def stop(self) -> None:
        """Keep what is not kept yet."""
        for room in self._rooms.values():
            if room.keeping is not None:
                room.keeping.kill()
                self._save(room)

    def _ended(self, room: Room) -> None:
        self._rooms.pop(room.code, None)
        room.closed, room.question = True, None
        room.names.clear()
        room.changed()
        if room.keeping is not None:
            room.keeping.kill()

    def _moved(self, room: Room) -> None:
        """What is shown, asked or led is another."""
        room.changed()

    def _changed(self, room: Room) -> None:
        self._moved(room)
        if room.keeping is None:
            room.keeping = gevent.spawn_later(KEEP_SECONDS, self._save, room)

    def _save(self, room: Room) -> None:
        room.keeping = None
        try:
            self._keep(room.code, kept_of(room))
        except StoreError:
            room.keeping = gevent.spawn_later(1.0, self._save, room)

    def _make_room(self) -> bool:
        """Whether a room could be closed in which nobody was for long: that where it is longest."""
        now = time.monotonic()
        idlest = max(self._rooms.values(), key=lambda room: room.idle(now))
        if idlest.idle(now) < IDLE_SECONDS:
            return False
        self.close(idlest)
        return True


def kept_of(room: Room) -> dict[str, Any]:
    """What of a room outlasts a restart."""
    return {
        "leader": room.leader, "base_url": room.base_url, "shown": asdict(room.shown),
        "view": asdict(room.view),
    }  # fmt: skip


def room_of(code: str, kept: Mapping[str, Any]) -> Room:
    """The room that was kept."""
    shown, view = Shown(**kept["shown"]), _seen(kept.get("view", {}))
    return Room(code, kept["leader"], kept["base_url"], shown, view)


def _seen(kept: Mapping[str, Any]) -> View:
    """The view that was kept; of another version's what is still there."""
    known = {each.name for each in fields(View)}
    found: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in kept.items()
        if name in known
    }
    return View(**found)
