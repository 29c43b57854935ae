"""One room: its record, its audience, the leader's pages and the question to the class."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import gevent
from gevent.event import Event
from gevent.lock import RLock

from engine.inspection.frames import ViewOptions
from playground.clock import LoopClock, RealLoopClock
from playground.rooms.audience import Audience, Follower
from playground.rooms.question import Question
from playground.rooms.record import Display, RoomRecord

AWAY_SECONDS = 5.0
"""Time without a page of the leader after which followers read that the leader is away, in
seconds. A leader who goes from page to page is there.
"""


@dataclass
class CurrentState:
    """The whole state of a room as it was last rendered, for everybody who needs it next."""

    versions: tuple[int, int]
    """The versions of the room and of its run."""
    rendered_at: float
    """When it was rendered, on the room's clock, in seconds."""
    event: bytes


@dataclass
class Broadcast:
    """What rooms/broadcast.py remembers of a room."""

    pump: gevent.Greenlet | None = None
    """Hands the frames of the run to the followers."""
    lock: RLock = field(default_factory=RLock)
    state: CurrentState | None = None


@dataclass(eq=False)
class Room:
    """A room, as this process knows it."""

    record: RoomRecord
    clock: LoopClock = field(default_factory=RealLoopClock, repr=False)
    audience: Audience = field(default_factory=Audience)
    leader_pages: set[Event] = field(default_factory=set, repr=False)
    """An event for each open page of the leader; it is set when the page has something to show."""
    leader_elsewhere: bool = False
    """Whether a page of the leader is open in another process."""
    left_at: float = 0.0
    """When the last page of the leader in this process closed, on the clock, in seconds."""
    question: Question | None = None
    version: int = 0
    """Number of times that followers in this process needed the whole state again."""
    revision: int = 0
    """Number of changes to the record and the question, in all processes."""
    closed: bool = False
    broadcast: Broadcast = field(default_factory=Broadcast, repr=False)
    used_at: float = 0.0
    """When somebody was last there, on the clock, in seconds."""

    def __post_init__(self) -> None:
        self.used_at = self.left_at = self.clock.now()

    @property
    def code(self) -> str:
        """The code that people type."""
        return self.record.code

    @property
    def leader(self) -> str:
        """The id of the visitor who leads."""
        return self.record.leader

    @property
    def display(self) -> Display:
        """What the room displays."""
        return self.record.display

    @property
    def view(self) -> ViewOptions:
        """How the leader looks at the run."""
        return self.record.view

    @property
    def page_id(self) -> str:
        """The name under which the room looks at a run, like one more page of the leader."""
        return f"room {self.code}"

    def idle_seconds(self) -> float:
        """Return how long nobody was there, in seconds."""
        is_used = self.audience.people or self.leader_pages
        return 0.0 if is_used else self.clock.now() - self.used_at

    def has_leader(self) -> bool:
        """Return whether a page of the leader is open, or was a moment ago."""
        is_recent = self.clock.now() - self.left_at < AWAY_SECONDS
        return bool(self.leader_pages) or self.leader_elsewhere or is_recent

    def set_leader_elsewhere(self, leads: bool) -> None:
        """Note whether a page of the leader is open in another process."""
        if self.leader_elsewhere and not leads:
            self._leader_left()
        self.leader_elsewhere = leads
        self.audience.wake()

    def change(self, **changes: object) -> None:
        """Change the record."""
        self.record = replace(self.record, **changes)  # type: ignore[arg-type]

    def restart(self) -> None:
        """Send the whole state to everybody: the room displays something else."""
        self.version += 1
        self.audience.restart()
        self.notify_leader()

    def notify_leader(self) -> None:
        """Let the leader's pages show the present state of the class."""
        for page in self.leader_pages:
            page.set()

    @contextmanager
    def lead(self) -> Iterator[Event]:
        """Add a page of the leader for as long as the context lasts. The event is set when the page
        has something to show.
        """
        page = Event()
        self.leader_pages.add(page)
        self.audience.wake()
        try:
            yield page
        finally:
            self.leader_pages.discard(page)
            self.used_at = self.clock.now()
            self._leader_left()

    def _leader_left(self) -> None:
        self.left_at = self.clock.now()
        gevent.spawn(self._wake_when_away)

    def _wake_when_away(self) -> None:
        self.clock.sleep(AWAY_SECONDS)
        self.audience.wake()

    @contextmanager
    def follow(self, visitor: str) -> Iterator[Follower]:
        """Add a follower for as long as the context lasts."""
        with self.audience.add(visitor) as follower:
            self.notify_leader()
            try:
                yield follower
            finally:
                self.used_at = self.clock.now()
        self.notify_leader()

    def forget(self, visitor: str) -> None:
        """Forget the name, the wish and the answer of a visitor. A revealed answer stays."""
        self.audience.forget(visitor)
        if self.question is not None and self.question.is_open:
            self.question.answers.pop(visitor, None)
