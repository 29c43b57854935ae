"""When Python looks for garbage in all that it holds: not while frames wait for it.

The graphs of large networks are a million objects, none of them garbage, and to walk through them
takes a fifth of a second in which nothing else runs. So full collections happen when no run plays,
and else only now and then; young garbage is collected as always.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

import gevent

NEVER = 1 << 30
LOOK_SECONDS = 60.0
MOST_LOOKS = 10
"""So often a collection waits for runs that play."""


class Collecting:
    """Collects in full, as long as the greenlet lives that it starts; `playing` counts runs."""

    def __init__(self, playing: Callable[[], int]) -> None:
        self._playing = playing
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)
        self._greenlet = gevent.spawn(self._work)

    def stop(self) -> None:
        """Collect no more."""
        self._greenlet.kill()

    def _work(self) -> None:
        waited = 0
        while True:
            gevent.sleep(LOOK_SECONDS)
            waited += 1
            if not self._playing() or waited >= MOST_LOOKS:
                gc.collect()
                waited = 0
