"""Sweeps that workers train: each in a few lanes, tasks that take one cell after the other.

The numbers of the cells that nobody has taken are a list in Redis. A lane trains cells for about a
second, at least one, saves what came of them, and puts itself into the queue again until the list
is empty. While lanes are at work, a key says so. If the key is gone and cells are still missing,
because a worker died with them, the web processes hand them out again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import gevent

from playground.clock import LoopClock
from playground.messages import runs as messages
from playground.runner.cluster.celery_app import SWEEP
from playground.runner.cluster.redis_bus import LoopBus
from playground.runner.errors import UnreachableError
from playground.storage.store import StoreError
from playground.storage.sweep_rows import StoredSweep, SweepStore

LANES = 4
"""Number of lanes of one sweep, and of one visitor's sweeps in one worker."""
CELLS_SECONDS = 7 * 86_400
"""How long Redis keeps the list of cells, in seconds."""
BUSY_SECONDS = 10
"""How long a sweep counts as being trained after a lane has said so, in seconds."""
LOOK_SECONDS = 3.0
"""Seconds between two looks for sweeps that nobody trains."""

logger = logging.getLogger(__name__)


def sweep_key(sweep: str, name: str) -> str:
    """Return the key of one thing that Redis has of a sweep: the `cells` that are left, whether
    lanes are `busy`, and whether it `rests` because its visitor has no computing time left.
    """
    return f"playground:sweep:{sweep}:{name}"


class ClusterSweepTrainer:
    """Hands cells out to workers. `send` puts a task into the queue."""

    def __init__(
        self,
        store: SweepStore,
        bus: LoopBus,
        send: Callable[[str, str], None],
        clock: LoopClock,
    ) -> None:
        self.error = ""
        self._store, self._bus, self._send, self._clock = store, bus, send, clock
        self._greenlet = gevent.spawn(self._look_after)

    def add(self, stored: StoredSweep, cells: Iterable[int]) -> None:
        """Hand these cells out, unless lanes are already at work."""
        numbers = list(cells)

        def work(client: Any) -> bool:
            if not client.set(sweep_key(stored.id, "busy"), 1, nx=True, ex=BUSY_SECONDS):
                return False
            with client.pipeline() as pipe:
                pipe.delete(sweep_key(stored.id, "cells"))
                pipe.rpush(sweep_key(stored.id, "cells"), *numbers)
                pipe.expire(sweep_key(stored.id, "cells"), CELLS_SECONDS)
                pipe.execute()
            return True

        is_free = bool(numbers) and self._bus.call(work)
        if is_free:
            for _ in range(min(LANES, len(numbers))):
                self._send(SWEEP, stored.id)

    def remove(self, id: str) -> None:
        """Delete what Redis has of a sweep: no other cell is trained."""
        names = [sweep_key(id, name) for name in ("cells", "busy", "rests")]
        self._bus.call(lambda client: client.delete(*names))

    def seconds_left(self, stored: StoredSweep) -> float | None:
        """Return None: how fast the workers are is not known here."""
        return None

    def is_waiting(self, stored: StoredSweep) -> bool:
        """Return False: every sweep has its own lanes."""
        return False

    def is_over_budget(self, stored: StoredSweep) -> bool:
        """Whether it rests because its visitor has used their computing time."""
        key = sweep_key(stored.id, "rests")
        return stored.going and bool(self._bus.call(lambda client: client.exists(key)))

    def stop(self) -> None:
        """Hand out no more cells. What workers have, they train."""
        self._greenlet.kill()

    def look_after_sweeps(self) -> None:
        """Hand out the missing cells of all sweeps that nobody trains."""
        try:
            for stored in reversed(self._store.unfinished()):
                self.add(stored, self._store.missing(stored))
        except StoreError as error:
            self.error = messages.SWEEP_NOT_SAVED.format(reason=error)
        except UnreachableError as error:
            self.error = messages.SWEEP_NOT_STARTED.format(reason=error)
        else:
            self.error = ""
            return
        logger.warning("%s", self.error)

    def _look_after(self) -> None:
        while True:
            self.look_after_sweeps()
            self._clock.sleep(LOOK_SECONDS)
