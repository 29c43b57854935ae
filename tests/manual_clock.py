"""Clocks that stand still until a test moves them."""

from __future__ import annotations

import heapq
import itertools

import gevent
from gevent.event import Event


class ManualClock:
    """A clock for gevent's loop: who sleeps by it wakes when a test advances it far enough."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start
        self._alarms: list[tuple[float, int, Event]] = []
        self._count = itertools.count()

    def now(self) -> float:
        return self._now

    def time(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.wait(Event(), seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        if event.is_set():
            gevent.sleep(0)
            return True
        alarm = Event()
        heapq.heappush(self._alarms, (self._now + max(0.0, seconds), next(self._count), alarm))
        event.rawlink(lambda _: alarm.set())
        alarm.wait()
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Let this much time pass: every alarm on the way rings, in order."""
        end = self._now + seconds
        gevent.idle()
        while self._alarms and self._alarms[0][0] <= end:
            at, _, alarm = heapq.heappop(self._alarms)
            self._now = max(self._now, at)
            if not alarm.is_set():
                alarm.set()
                gevent.idle()
        self._now = end
        gevent.idle()

    def work(self, seconds: float) -> None:
        """Use the loop for this long: nobody else runs meanwhile."""
        self._now += seconds

    def jump(self, seconds: float) -> None:
        """Let this much time pass at once, as for a machine that slept: every alarm on the way
        rings once, late.
        """
        self._now += seconds
        self.advance(0.0)


class SteppingClock:
    """A clock for threads: to sleep by it takes no time, and moves it."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self.seconds = start
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.seconds

    def time(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds
