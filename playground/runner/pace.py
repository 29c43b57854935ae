"""How many steps a slice of training takes, from the speed asked for and the rate that is
measured.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.training.run import Run, advance

FRAMES_A_SECOND = 30.0
SLICE_SECONDS = 0.025
PART_SECONDS = 0.004
"""A slice looks at the clock about so often, so that it ends in time on a machine that has become
slower since its rate was measured."""

SPEEDS: dict[str, tuple[str, float]] = {
    "1": ("1 step a second", 1.0),
    "10": ("10 steps a second", 10.0),
    "100": ("100 steps a second", 100.0),
    "1000": ("1,000 steps a second", 1000.0),
    "max": ("as fast as it goes", float("inf")),
}
"""What a person can choose: its title, and steps a second."""

DEFAULT_SPEED = "100"


@dataclass
class Pace:
    """The measured rate of one run, in steps a second of processor time, and what is owed to the
    speed asked for.
    """

    measured: float = 200.0
    owed: float = 0.0
    seconds: float = SLICE_SECONDS
    """What a slice may take."""

    @property
    def heavy(self) -> bool:
        """Whether a single step takes longer than a slice may."""
        return self.measured * SLICE_SECONDS < 1.0

    def takes(self, steps: int) -> float:
        """Seconds that so many steps take, as far as is known."""
        return steps / self.measured

    def slice(self, speed: str, since: float) -> int:
        """The steps to take now, `since` seconds after the slice before: at least one."""
        wanted = SPEEDS[speed][1]
        affordable = max(1, int(self.measured * self.seconds))
        if wanted == float("inf"):
            return affordable
        self.owed = min(self.owed + wanted * since, float(affordable))
        steps = max(1, int(self.owed))
        self.owed = max(0.0, self.owed - steps)
        return steps

    def advance(self, run: Run, steps: int) -> Run:
        """The run up to so many steps later, fewer where the time of a slice is over before."""
        began, worked, end = time.perf_counter(), time.thread_time(), run.step + steps
        while run.step < end and not (run.diverged or run.stopped):
            before = run.step
            part = max(1, int(self.measured * PART_SECONDS))
            run, since = advance(run, min(part, end - before)), worked
            worked = time.thread_time()  # what others do meanwhile says nothing of this run
            self._took(run.step - before, worked - since)
            if time.perf_counter() - began >= self.seconds:
                break
        self.owed += end - run.step
        return run

    def further(self, run: Run, left: int) -> Run:
        """The run a slice later, as fast as it goes, and at most so many steps."""
        return self.advance(run, min(left, self.slice("max", 0.0)))

    def rest(self, speed: str, spent: float, interval: float) -> float:
        """Seconds to wait after a slice that ended `spent` after it was due, where frames are at
        least an `interval` apart.
        """
        return max(0.0, max(interval, 1.0 / SPEEDS[speed][1]) - spent)

    def _took(self, steps: int, seconds: float) -> None:
        """Learn from a part; half of the new is believed, so that one hiccup changes little."""
        if seconds > 0:
            self.measured += 0.5 * (steps / seconds - self.measured)
