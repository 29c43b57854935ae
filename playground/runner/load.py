"""How busy the loop is that hands out frames, and how often there may be one, so that it stays
below what it can do: thirty a second where there is time, ten and fewer where a whole course plays.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent

from playground.runner.pace import FRAMES_A_SECOND, SLICE_SECONDS
from playground.runner.runner import READING_SECONDS

LOOK_SECONDS = 0.25
BUSY, FREE = 0.86, 0.78
"""Shares of its time beyond which frames come less often, and below which more often."""
SOONER = 0.8
"""By so much of their interval frames come sooner at most, from one look to the next."""
SHORTEST = 1.0 / FRAMES_A_SECOND
LONGEST = 0.5
FEW = 0.1
"""The interval at which what is read beside a frame comes as seldom as it ever does."""
OFTEN, SELDOM = READING_SECONDS, 4.0
LATE_SECONDS = 0.05
"""A loop that others hold up for so long is as busy as can be."""
LEAST_SECONDS = 0.001
TRAINING = 0.5
"""The share of the threads' time that training takes at most, where all runs play at once."""


def fair(interval: float, runs: int, threads: int) -> float:
    """Seconds that a slice may take where so many runs take turns in so many threads, so that each
    has one from one frame to the next.
    """
    return min(SLICE_SECONDS, max(LEAST_SECONDS, TRAINING * interval * threads / max(1, runs)))


class Load:
    """Watches the loop that makes it; `worked` says how long the loop's greenlets have run in all,
    `waited` how long work waited for a thread since it was asked last, in seconds.
    """

    def __init__(self, worked: Callable[[], float], waited: Callable[[], float]) -> None:
        self._worked, self._waited = worked, waited
        self.interval = SHORTEST
        """Seconds from one frame of a run to the next, at least."""
        self._watching = gevent.spawn(self._watch)

    @property
    def reading(self) -> float:
        """Seconds from one text beside the frames to the next, at least."""
        share = min(1.0, (self.interval - SHORTEST) / (FEW - SHORTEST))
        return OFTEN + share * (SELDOM - OFTEN)

    def stop(self) -> None:
        """Watch no more."""
        self._watching.kill()

    def learn(self, busy: float) -> None:
        """The loop was busy for this share of its time."""
        busy = min(1.0, busy)
        if busy > BUSY:
            self.interval = min(LONGEST, self.interval * (1 + 2 * (busy - BUSY)))
        elif busy < FREE:
            self.interval = max(SHORTEST, self.interval * max(SOONER, busy / FREE))

    def _watch(self) -> None:
        began, before = time.perf_counter(), self._worked()
        while True:
            gevent.sleep(LOOK_SECONDS)
            now, after = time.perf_counter(), self._worked()
            worked = after - before
            late = now - began - LOOK_SECONDS - worked  # that its own work does not explain
            self.learn(max(worked / (now - began), max(late, self._waited()) / LATE_SECONDS))
            began, before = now, after
