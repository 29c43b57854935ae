"""Settings of the whole Python process for a server that must answer quickly.

They belong to the start of the server: open `tuned_process` there, and when it closes the process
is as it was before. No constructor changes them.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent

from playground.clock import LoopClock
from playground.runner.scheduling.fair_share import FairShares

SWITCH_SECONDS = 0.0005
"""Seconds that a thread may keep the interpreter while the loop, which serves many, waits for it.
Python's default is ten times as long.
"""
NEVER = 1 << 30
"""A threshold that the garbage collector does not reach."""
LOOK_SECONDS = 60.0
"""Seconds between two looks whether a full collection would disturb anyone."""
MAX_LOOKS = 10
"""Number of looks after which a full collection happens even while runs play."""


class GcControl:
    """Lets full garbage collections happen while no run plays, and otherwise only rarely.

    The graphs of large networks are a million objects, none of them garbage. To walk through them
    takes a fifth of a second in which nothing else runs. Young garbage is collected as always.
    """

    def __init__(self, playing: Callable[[], int], clock: LoopClock) -> None:
        self._playing, self._clock = playing, clock

    @contextmanager
    def running(self) -> Iterator[None]:
        """Control the collector until the context ends; then restore its thresholds."""
        thresholds = gc.get_threshold()
        gc.set_threshold(thresholds[0], thresholds[1], NEVER)
        greenlet = gevent.spawn(self._collect_when_quiet)
        try:
            yield
        finally:
            greenlet.kill()
            gc.set_threshold(*thresholds)

    def _collect_when_quiet(self) -> None:
        looks = 0
        while True:
            self._clock.sleep(LOOK_SECONDS)
            looks += 1
            if not self._playing() or looks >= MAX_LOOKS:
                gc.collect()
                looks = 0


@contextmanager
def tuned_process(
    shares: FairShares, playing: Callable[[], int], clock: LoopClock
) -> Iterator[None]:
    """Tune this process for serving: measure the loop's shares, switch threads often, and collect
    garbage in full only while no run plays. `playing` counts the runs that play.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with shares.measuring(), GcControl(playing, clock).running():
            yield
    finally:
        sys.setswitchinterval(interval)
