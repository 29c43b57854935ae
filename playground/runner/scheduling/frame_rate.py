"""How often frames may come: 30 a second if the loop has time, fewer if a whole class plays.

The loop that sends frames is measured. If it is busy, frames come less often; if it is free, they
come more often again.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent

from playground.clock import LoopClock
from playground.runner.scheduling.pace import FRAMES_PER_SECOND, SLICE_SECONDS

LOOK_SECONDS = 0.25
"""Seconds between two measurements of the loop."""
BUSY, FREE = 0.86, 0.78
"""Fractions of the loop's time: above the first, frames come less often; below the second, more
often.
"""
MAX_SPEED_UP = 0.8
"""The interval between frames shrinks at most to this fraction from one measurement to the next."""
MIN_INTERVAL = 1.0 / FRAMES_PER_SECOND
MAX_INTERVAL = 0.5
"""Seconds between two frames of a run."""
SLOW_INTERVAL = 0.1
"""Interval between frames, in seconds, from which texts beside them come as rarely as they may."""
MIN_TEXT_SECONDS, MAX_TEXT_SECONDS = 0.2, 4.0
"""Seconds between two updates of the text beside the frames."""
LATE_SECONDS = 0.05
"""A loop that is this late, in seconds, counts as fully busy."""
MIN_SLICE_SECONDS = 0.001
TRAINING_FRACTION = 0.5
"""Maximum fraction of the threads' time that training takes if all runs play at once."""


def fair_slice_seconds(interval: float, runs: int, threads: int) -> float:
    """Return how long a slice may be, in seconds, so that each of these runs has one slice between
    two frames.
    """
    fair = TRAINING_FRACTION * interval * threads / max(1, runs)
    return min(SLICE_SECONDS, max(MIN_SLICE_SECONDS, fair))


class FrameRate:
    """Measures the loop on which it is created, and sets the interval between frames.

    `worked` returns how many seconds the loop's greenlets have run in total. `longest_wait`
    returns how many seconds work waited for a thread, at most, since the last call.
    """

    def __init__(
        self, worked: Callable[[], float], longest_wait: Callable[[], float], clock: LoopClock
    ) -> None:
        self._worked, self._longest_wait, self._clock = worked, longest_wait, clock
        self.interval = MIN_INTERVAL
        """Minimum seconds between two frames of a run."""
        self._greenlet = gevent.spawn(self._measure)

    @property
    def text_interval(self) -> float:
        """Minimum seconds between two updates of the text beside the frames."""
        slowness = min(1.0, (self.interval - MIN_INTERVAL) / (SLOW_INTERVAL - MIN_INTERVAL))
        return MIN_TEXT_SECONDS + slowness * (MAX_TEXT_SECONDS - MIN_TEXT_SECONDS)

    def stop(self) -> None:
        """Stop measuring."""
        self._greenlet.kill()

    def learn(self, busy: float) -> None:
        """Adapt the interval: the loop was busy for this fraction of its time."""
        busy = min(1.0, busy)
        if busy > BUSY:
            self.interval = min(MAX_INTERVAL, self.interval * (1 + 2 * (busy - BUSY)))
        elif busy < FREE:
            self.interval = max(MIN_INTERVAL, self.interval * max(MAX_SPEED_UP, busy / FREE))

    def _measure(self) -> None:
        start, worked_before = self._clock.now(), self._worked()
        while True:
            self._clock.sleep(LOOK_SECONDS)
            now, worked_now = self._clock.now(), self._worked()
            worked = worked_now - worked_before
            late = now - start - LOOK_SECONDS - worked  # not explained by the loop's own work
            late = max(late, self._longest_wait())
            self.learn(max(worked / (now - start), late / LATE_SECONDS))
            start, worked_before = now, worked_now
