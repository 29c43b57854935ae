"""How much of the loop's time each visitor takes: where others want it too, at most a third.

Every switch between greenlets is seen, and the time since the last one is its visitor's whose
greenlet ran. Who took more than that owes it, and waits before the next frame, slice or request
until it is paid; so nobody waits for more than one thing that another asked for. Who is alone owes
nothing.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import gevent
import greenlet
from gevent.hub import Hub
from gevent.lock import BoundedSemaphore

SHARE = 1.0 / 3.0
"""Of the loop's time."""
BURST_SECONDS, ASKED_SECONDS = 0.002, 0.01
"""What may be owed by frames and slices, and by what somebody asked for, which goes before them."""
PRESENT_SECONDS = 1.0
"""For so long somebody counts who took some of the loop's time."""
PATIENCE_SECONDS = 2.0
"""After so long one of those who wait for what their visitor owes goes on."""
MOST_OWED_SECONDS = 0.5
"""What took the loop longer, as a machine does that stands still, is not owed for longer."""
MOST_KNOWN = 10_000


class Share:
    """One visitor's."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._owed, self._at, self._let = 0.0, time.perf_counter(), 0.0
        self._thread = BoundedSemaphore(1)

    def spent(self, seconds: float, now: float) -> None:
        """The loop ran for this visitor, until `now` on the performance counter."""
        owed = max(0.0, self._owed - SHARE * (now - self._at)) + seconds
        self._owed = min(owed, MOST_OWED_SECONDS)
        self._at = now
        self._shares.seen(self, now)

    def wait(self, burst: float = BURST_SECONDS) -> None:
        """Wait until no more than that is owed, where others are here."""
        began = time.perf_counter()
        while self._shares.crowded(self, now := time.perf_counter()):
            owing, end = self._owing(now), max(began, self._let) + PATIENCE_SECONDS
            if owing <= burst:
                return
            if now >= end:
                self._let = now
                return
            gevent.sleep(min((owing - burst / 2.0) / SHARE, end - now))

    @property
    def owes(self) -> bool:
        """Whether `wait` would wait."""
        return self._owing(time.perf_counter()) > BURST_SECONDS and self.crowded

    def _owing(self, now: float) -> float:
        return self._owed - SHARE * (now - self._at)

    @property
    def crowded(self) -> bool:
        """Whether others are here."""
        return self._shares.crowded(self, time.perf_counter())

    def thread(self) -> AbstractContextManager[object]:
        """While others are here one of the pool's threads, not more, works for this visitor."""
        return self._thread if self.crowded else nullcontext()


class Shares:
    """Everybody's. Whoever makes it has its loop's greenlets watched."""

    def __init__(self) -> None:
        self._known: dict[str, Share] = {}
        self._latest: list[tuple[Share, float]] = []
        """The two who took some time last, and when."""
        greenlet.settrace(_switched)

    @property
    def worked(self) -> float:
        """Seconds that greenlets of all loops ran so far, or wanted to and were not let."""
        return _worked

    def of(self, visitor: str) -> Share:
        """A visitor's share."""
        share = self._known.pop(visitor, None) or Share(self)
        self._known[visitor] = share
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return share

    def seen(self, share: Share, now: float) -> None:
        """This one took some time just now."""
        self._latest = [(share, now), *(each for each in self._latest if each[0] is not share)][:2]

    def crowded(self, share: Share, now: float) -> bool:
        """Whether anybody else is here."""
        return any(other is not share and now - at < PRESENT_SECONDS for other, at in self._latest)


def works_for(share: Share | None) -> None:
    """The present greenlet works for this visitor from now on."""
    gevent.getcurrent().share = share


def mine() -> Share | None:
    """The share of whom the present greenlet works for."""
    share: Share | None = getattr(gevent.getcurrent(), "share", None)
    return share


_since, _worked = time.perf_counter(), 0.0


def _switched(event: str, greenlets: tuple[Any, Any]) -> None:
    global _since, _worked
    now, left = time.perf_counter(), greenlets[0]
    if type(left) is not Hub:
        _worked += now - _since
    share: Share | None = getattr(left, "share", None)
    if share is not None:
        share.spent(now - _since, now)
    _since = now
