"""How much of the loop's time each visitor takes: at most a third, if others need it too.

Every switch between greenlets is measured, and the time since the last switch counts for the
visitor whose greenlet ran. A visitor who took more than a third owes the rest, and waits before the
next frame, slice or request until it is paid. So nobody waits for more than one thing that another
visitor asked for. A visitor who is alone owes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import gevent
import greenlet
from cachetools import LRUCache
from gevent.hub import Hub
from gevent.lock import BoundedSemaphore

from playground.clock import LoopClock, RealLoopClock

SHARE = 1.0 / 3.0
"""Fraction of the loop's time that a visitor may take while others are active."""
FRAME_BURST_SECONDS, REQUEST_BURST_SECONDS = 0.002, 0.01
"""Seconds that may be owed before a frame or slice waits, and before a request waits. Requests go
first.
"""
ACTIVE_SECONDS = 1.0
"""A visitor counts as active for this many seconds after they used the loop."""
PATIENCE_SECONDS = 2.0
"""After this many seconds one of the greenlets that wait for the same visitor goes on anyway."""
MAX_OWED_SECONDS = 0.5
"""Upper limit of what a visitor owes, in seconds: a machine that stood still is not held against
them for longer.
"""
MAX_VISITORS = 10_000
"""Number of visitors remembered."""


class Share:
    """One visitor's share of the loop."""

    def __init__(self, shares: FairShares) -> None:
        self._shares = shares
        self._owed, self._since, self._passed = 0.0, shares.now(), 0.0
        self._thread = BoundedSemaphore(1)

    def spend(self, seconds: float, now: float) -> None:
        """Count time that the loop ran for this visitor, until `now`."""
        owed = max(0.0, self._owed - SHARE * (now - self._since)) + seconds
        self._owed = min(owed, MAX_OWED_SECONDS)
        self._since = now
        self._shares.mark_active(self, now)

    def wait(self, burst: float = FRAME_BURST_SECONDS) -> None:
        """Wait until this visitor owes at most `burst` seconds, while others are active."""
        start = self._shares.now()
        while self._shares.is_crowded(self, now := self._shares.now()):
            owed, end = self._owed_at(now), max(start, self._passed) + PATIENCE_SECONDS
            if owed <= burst:
                return
            if now >= end:
                self._passed = now
                return
            self._shares.sleep(min((owed - burst / 2.0) / SHARE, end - now))

    @property
    def must_wait(self) -> bool:
        """Whether `wait` would wait."""
        return self._owed_at(self._shares.now()) > FRAME_BURST_SECONDS and self.is_crowded

    @property
    def is_crowded(self) -> bool:
        """Whether other visitors are active."""
        return self._shares.is_crowded(self, self._shares.now())

    def thread(self) -> AbstractContextManager[object]:
        """Hold the one thread of the pool that this visitor may use while others are active."""
        return self._thread if self.is_crowded else nullcontext()

    def _owed_at(self, now: float) -> float:
        return self._owed - SHARE * (now - self._since)


class FairShares:
    """The shares of all visitors. They are measured while the context `measuring` is open."""

    def __init__(self, clock: LoopClock | None = None) -> None:
        clock = clock or RealLoopClock()
        self.now, self.sleep = clock.now, clock.sleep
        self._shares: LRUCache[str, Share] = LRUCache(MAX_VISITORS)
        self._active: list[tuple[Share, float]] = []
        """The two visitors who used the loop last, and when."""
        self._switched_at = self.now()
        self.worked = 0.0
        """Seconds that the loop's greenlets ran in total, or were ready but not let."""

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure every switch between the greenlets of this thread, until the context ends."""
        previous = greenlet.settrace(self._switch)
        self._switched_at = self.now()
        try:
            yield
        finally:
            greenlet.settrace(previous)

    def of(self, visitor: str) -> Share:
        """Return a visitor's share."""
        share = self._shares.get(visitor)
        if share is None:
            share = self._shares[visitor] = Share(self)
        return share

    def mark_active(self, share: Share, now: float) -> None:
        """Note that this visitor used the loop just now."""
        others = (entry for entry in self._active if entry[0] is not share)
        self._active = [(share, now), *others][:2]

    def is_crowded(self, share: Share, now: float) -> bool:
        """Whether anyone else is active."""
        return any(
            other is not share and now - used < ACTIVE_SECONDS for other, used in self._active
        )

    def _switch(self, event: str, greenlets: tuple[Any, Any]) -> None:
        now, left = self.now(), greenlets[0]
        if type(left) is not Hub:
            self.worked += now - self._switched_at
        share: Share | None = getattr(left, "share", None)
        if share is not None:
            share.spend(now - self._switched_at, now)
        self._switched_at = now


def work_for(share: Share | None) -> None:
    """Count the time of the present greenlet for this visitor from now on."""
    gevent.getcurrent().share = share


def current_share() -> Share | None:
    """Return the share of the visitor for whom the present greenlet works."""
    share: Share | None = getattr(gevent.getcurrent(), "share", None)
    return share
