"""How much computing each visitor's runs have had of late: so many seconds a minute, of which what
was not used adds up to one minute's worth.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

MINUTE = 60.0
MOST_KNOWN = 10_000


def timed(function: Callable[..., Result], *arguments: object) -> tuple[Result, float]:
    """A function's result, and the processor seconds that this thread took for it."""
    began = time.thread_time()
    return function(*arguments), time.thread_time() - began


class Budget:
    """A token bucket a visitor, on the monotonic clock; `seconds` of computing a minute. Any thread
    may spend.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        self._spending = threading.Lock()

    def spend(self, visitor: str, seconds: float) -> float:
        """Takes so many seconds; returns how long to wait until there is something again."""
        with self._spending:
            now = self._clock()
            left, at = self._left.pop(visitor, (self.seconds, now))
            left = min(self.seconds, left + (now - at) * self.seconds / MINUTE) - seconds
            self._left[visitor] = left, now
            if len(self._left) > MOST_KNOWN:  # who has spent nothing for longest has it all again
                del self._left[next(iter(self._left))]
        return max(0.0, -left * MINUTE / self.seconds)
