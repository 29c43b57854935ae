"""Writes to the store that may wait: a change that is soon followed by another is written once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress

import gevent

from playground.clock import LoopClock
from playground.storage.store import StoreError

SAVE_SECONDS = 0.3
"""Delay before a change is stored, in seconds."""
RETRY_SECONDS = 1.0
"""Delay before a failed write to the store is tried again, in seconds."""

Save = Callable[[], None]


class DelayedSaves:
    """Writes that wait, at most one for each key."""

    def __init__(self, clock: LoopClock) -> None:
        self._clock = clock
        self._waiting: dict[Hashable, tuple[Save, gevent.Greenlet]] = {}

    def schedule(self, key: Hashable, save: Save, seconds: float = SAVE_SECONDS) -> None:
        """Call `save` after some seconds, unless a write with this key already waits."""
        if key not in self._waiting:
            self._waiting[key] = save, gevent.spawn(self._run_later, key, save, seconds)

    def run(self, key: Hashable, save: Save) -> None:
        """Call `save` now. If the store fails, try again later."""
        try:
            save()
        except StoreError:
            self.schedule(key, save, RETRY_SECONDS)

    def cancel(self, key: Hashable) -> None:
        """Drop the write with this key."""
        if key in self._waiting:
            self._waiting.pop(key)[1].kill()

    def finish(self) -> None:
        """Write everything that waits, once, whether or not the store works."""
        for key, (save, _) in list(self._waiting.items()):
            self.cancel(key)
            with suppress(StoreError):
                save()

    def _run_later(self, key: Hashable, save: Save, seconds: float) -> None:
        self._clock.sleep(seconds)
        del self._waiting[key]
        self.run(key, save)
