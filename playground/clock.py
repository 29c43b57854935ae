"""The clocks of the application. They are passed in, so that a test can use its own.

Ask a clock wherever code waits for real time or compares two moments. Measuring how long a
computation took is another thing: that stays with `time.perf_counter` and `time.thread_time`.
"""

from __future__ import annotations

import time
from typing import Protocol

import gevent
from gevent.event import Event


class Clock(Protocol):
    """Tells the time, and waits."""

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""

    def time(self) -> float:
        """Return seconds since 1970, as calendars count."""

    def sleep(self, seconds: float) -> None:
        """Wait this long."""


class LoopClock(Clock, Protocol):
    """A clock for gevent's loop: others run while a greenlet waits."""

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until the event is set, but no longer than this; return whether it is set."""


class _RealTime:
    now = staticmethod(time.monotonic)
    time = staticmethod(time.time)


class RealLoopClock(_RealTime):
    """Real time on gevent's loop."""

    def sleep(self, seconds: float) -> None:
        """Wait this long, while other greenlets run."""
        gevent.sleep(seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until the event is set, but no longer than this; return whether it is set."""
        return bool(event.wait(seconds))


class RealThreadClock(_RealTime):
    """Real time in a native thread."""

    def sleep(self, seconds: float) -> None:
        """Wait this long, while other threads run."""
        time.sleep(seconds)
