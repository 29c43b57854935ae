"""The followers of a room: open pages, and the names of the people behind them.

Every event is encoded once and handed to every follower. For a slow follower only the newest frame
waits. A follower that falls further behind starts again with the whole current state: no queue
grows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gevent.event import Event

from playground.nicknames import new_nickname

MAX_WAITING = 12
"""Maximum number of events that wait for a slow follower before it starts again."""
MAX_NAMES = 2_000
"""Maximum number of visitors whose name, answer and wish to lead a room remembers."""
NEWEST_ONLY = ("frame", "pointer")
"""Kinds of events. Only the newest event of a kind waits."""


@dataclass(eq=False)
class Follower:
    """One open page that follows. It is `stale` until it receives the whole state."""

    visitor: str = field(repr=False)
    news: Event = field(default_factory=Event)
    waiting: deque[tuple[str, bytes]] = field(default_factory=deque)
    stale: bool = True

    def put(self, kind: str, data: bytes) -> None:
        """Add an event."""
        if not self.stale:
            if kind in NEWEST_ONLY:
                self.waiting = deque(event for event in self.waiting if event[0] != kind)
            self.waiting.append((kind, data))
            if len(self.waiting) > MAX_WAITING:
                self.restart()
        self.news.set()

    def restart(self) -> None:
        """Drop all waiting events: the whole state comes next."""
        self.stale = True
        self.waiting.clear()
        self.news.set()


@dataclass
class Audience:
    """The followers of a room, in this process and elsewhere."""

    followers: set[Follower] = field(default_factory=set)
    elsewhere: int = 0
    """Number of people who follow through other processes."""
    names: dict[str, str] = field(default_factory=dict)
    """The nickname of each visitor, by which the leader tells people apart."""
    lead_requests: set[str] = field(default_factory=set)
    """Visitors who ask to lead."""

    @property
    def people_here(self) -> int:
        """Number of people who follow through this process."""
        return len({follower.visitor for follower in self.followers})

    @property
    def people(self) -> int:
        """Number of people who follow."""
        return self.people_here + self.elsewhere

    @property
    def requesting_names(self) -> list[str]:
        """The names of those who ask to lead, in order."""
        return sorted(
            self.names[visitor] for visitor in self.lead_requests if visitor in self.names
        )

    def publish(self, kind: str, data: bytes) -> None:
        """Hand an event to every follower in this process."""
        for follower in self.followers:
            follower.put(kind, data)

    def restart(self) -> None:
        """Send the whole state to every follower in this process."""
        for follower in self.followers:
            follower.restart()

    def wake(self) -> None:
        """Let every stream in this process look at the room again."""
        for follower in self.followers:
            follower.news.set()

    @contextmanager
    def add(self, visitor: str) -> Iterator[Follower]:
        """Add a follower for as long as the context lasts."""
        follower = Follower(visitor)
        follower.news.set()
        self.followers.add(follower)
        try:
            yield follower
        finally:
            self.followers.discard(follower)

    def proposed_name(self) -> str:
        """Return a nickname that nobody has."""
        return new_nickname(set(self.names.values()))

    def visitor_to_forget(self) -> str | None:
        """Return the first visitor who left, if the room remembers too many."""
        if len(self.names) < MAX_NAMES:
            return None
        present = {follower.visitor for follower in self.followers}
        return next((visitor for visitor in self.names if visitor not in present), None)

    def forget(self, visitor: str) -> None:
        """Forget the name and the wish of a visitor."""
        self.names.pop(visitor, None)
        self.lead_requests.discard(visitor)
