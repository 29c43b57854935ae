"""How much processor time each visitor's runs may use, in seconds per minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from cachetools import LRUCache

from playground.clock import Clock

Result = TypeVar("Result")

MINUTE = 60.0
MAX_VISITORS = 10_000
"""Number of visitors remembered. A visitor who has spent nothing for longest starts again with a
full bucket.
"""


def timed(function: Callable[..., Result], *arguments: object) -> tuple[Result, float]:
    """Return a function's result, and the processor time of this thread that it took, in
    seconds.
    """
    start = time.thread_time()
    return function(*arguments), time.thread_time() - start


class CpuBudget:
    """A token bucket for each visitor, filled with `seconds` of processor time a minute; it holds
    one minute's worth. Any thread may spend.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(MAX_VISITORS)
        """By visitor: seconds left, and when that was."""
        self._lock = threading.Lock()

    def spend(self, visitor: str, seconds: float) -> float:
        """Take seconds out of a visitor's bucket; return how many seconds to wait until it is no
        longer empty.
        """
        with self._lock:
            now = self._clock.now()
            left, since = self._buckets.get(visitor, (self.seconds, now))
            left = min(self.seconds, left + (now - since) * self.seconds / MINUTE) - seconds
            self._buckets[visitor] = left, now
        return max(0.0, -left * MINUTE / self.seconds)
