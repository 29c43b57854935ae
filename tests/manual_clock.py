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
        alarm, is_set = Event(), event.is_set()
        heapq.heappush(self._alarms, (self._now + seconds, next(self._count), alarm))
        if is_set or seconds <= 0:
            gevent.sleep(0)
            return is_set
        event.rawlink(lambda _: alarm.set())
        alarm.wait()
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Let this much time pass: every alarm on the way rings, in order."""
        end = self._now + seconds
        gevent.idle()
        while self._alarms and self._alarms[0][0] <= end:
            self._now, _, alarm = heapq.heappop(self._alarms)
            if not alarm.is_set():
                alarm.set()
                gevent.idle()
        self._now = end
        gevent.idle()


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
