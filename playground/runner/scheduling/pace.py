"""How many steps a slice of training takes: from the chosen speed and the measured rate."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.training.run import Run, advance

FRAMES_PER_SECOND = 30.0
"""Maximum number of frames of one run, per second."""
SLICE_SECONDS = 0.025
"""Maximum length of a slice, in seconds."""
PART_SECONDS = 0.004
"""Seconds after which a slice looks at the clock. So it ends in time even on a machine that has
become slower since the rate was measured.
"""

SPEEDS: dict[str, tuple[str, float]] = {
    "1": ("1 step a second", 1.0),
    "10": ("10 steps a second", 10.0),
    "100": ("100 steps a second", 100.0),
    "1000": ("1,000 steps a second", 1000.0),
    "max": ("as fast as possible", float("inf")),
}
"""The speeds that a person can choose: title, and steps per second."""

DEFAULT_SPEED = "100"


@dataclass
class Pace:
    """The measured rate of one run, and how far it is behind its speed."""

    steps_per_second: float = 200.0
    """Measured rate, in steps per second of processor time."""
    steps_owed: float = 0.0
    """Steps that the run is behind its speed."""
    slice_seconds: float = SLICE_SECONDS
    """Maximum length of the next slice, in seconds."""

    @property
    def is_heavy(self) -> bool:
        """Whether a single step takes longer than a slice may."""
        return self.steps_per_second * SLICE_SECONDS < 1.0

    def estimated_seconds(self, steps: int) -> float:
        """Return how many seconds this number of steps will take."""
        return steps / self.steps_per_second

    def next_slice(self, speed: str, elapsed: float) -> int:
        """Return how many steps to take now, `elapsed` seconds after the slice before: at least
        one.
        """
        wanted_rate = SPEEDS[speed][1]
        affordable = max(1, int(self.steps_per_second * self.slice_seconds))
        if wanted_rate == float("inf"):
            return affordable
        self.steps_owed = min(self.steps_owed + wanted_rate * elapsed, float(affordable))
        steps = max(1, int(self.steps_owed))
        self.steps_owed = max(0.0, self.steps_owed - steps)
        return steps

    def advance(self, run: Run, steps: int) -> Run:
        """Return the run this many steps later, or fewer if the time of a slice is over before."""
        start, worked, end = time.perf_counter(), time.thread_time(), run.step + steps
        while run.step < end and not (run.diverged or run.stopped):
            before = run.step
            part = max(1, int(self.steps_per_second * PART_SECONDS))
            run, worked_before = advance(run, min(part, end - before)), worked
            worked = time.thread_time()  # other threads' work must not count as this run's
            self._learn(run.step - before, worked - worked_before)
            if time.perf_counter() - start >= self.slice_seconds:
                break
        self.steps_owed += end - run.step
        return run

    def advance_slice(self, run: Run, max_steps: int) -> Run:
        """Return the run one slice at full speed later, at most `max_steps` steps."""
        return self.advance(run, min(max_steps, self.next_slice("max", 0.0)))

    def rest_seconds(self, speed: str, late: float, interval: float) -> float:
        """Return how long to wait after a slice that ended `late` seconds after it was due, if
        frames are at least `interval` seconds apart.
        """
        return max(0.0, max(interval, 1.0 / SPEEDS[speed][1]) - late)

    def _learn(self, steps: int, seconds: float) -> None:
        """Move the measured rate half of the way to that of this part: one hiccup changes
        little.
        """
        if seconds > 0:
            self.steps_per_second += 0.5 * (steps / seconds - self.steps_per_second)
