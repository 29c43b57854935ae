"""Sweeps that workers train: each in a few lanes, tasks that take one cell after the other.

The numbers of the cells that nobody has taken stand in a list in Redis. A lane trains cells for
about a second, and one at least, keeps what came of them, and puts itself into the queue again
until the list is empty. While lanes are at work a key says so; where it is gone and cells are still
missing, because a worker died with them, the web processes hand them out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import gevent

from playground.runner.errors import UnreachableError
from playground.runner.sweeps import Sweeping
from playground.settings import Deployment
from playground.storage.store import Store
from playground.storage.sweep_rows import KeptSweep

if TYPE_CHECKING:
    from playground.runner.cluster.runner import SharedRunner

LANES = 4
"""That one visitor's sweeps have in one worker at once, and that one sweep is given."""
CELLS_SECONDS = 7 * 86_400
BUSY_SECONDS = 10
"""For so long it is believed that a sweep is trained after a lane has said so."""
LOOK_SECONDS = 3.0


def key(sweep: str, what: str) -> str:
    """Where it stands what is known of a sweep: the `cells` that are left, whether somebody is
    `busy`, and whether it `rests`, for want of computing.
    """
    return f"playground:sweep:{sweep}:{what}"


class SharedSweeping(Sweeping):
    """Keeps sweeps that workers train."""

    def __init__(self, store: Store, deployment: Deployment, runner: SharedRunner) -> None:
        self._shared = runner
        super().__init__(store, deployment, runner)

    def left(self, kept: KeptSweep) -> float | None:
        """Not known: who trains it is elsewhere."""
        return None

    def waits(self, kept: KeptSweep) -> bool:
        """Every sweep has its lanes."""
        return False

    def cancel(self, kept: KeptSweep) -> None:
        """No other cell is trained; those that are done stay."""
        super().cancel(kept)
        self._take_back(kept)

    def forget(self, kept: KeptSweep) -> None:
        """Delete a sweep."""
        super().forget(kept)
        self._take_back(kept)

    def _take_back(self, kept: KeptSweep) -> None:
        """Hold nothing more of it in Redis."""
        names = [key(kept.id, what) for what in ("cells", "busy", "rests")]
        self._shared.call(self._shared.exchange.call, lambda redis: redis.delete(*names))

    def _rests(self, kept: KeptSweep) -> bool:
        def asked(redis: Any) -> Any:
            return redis.exists(key(kept.id, "rests"))

        return bool(kept.going and self._shared.call(self._shared.exchange.call, asked))

    def _work(self) -> None:
        while True:
            self._tried(self._resume)
            gevent.sleep(LOOK_SECONDS)

    def _goes_on(self, kept: KeptSweep, missing: Iterable[int]) -> None:
        numbers = list(missing)

        def hand_out(redis: Any) -> bool:
            if not redis.set(key(kept.id, "busy"), 1, nx=True, ex=BUSY_SECONDS):
                return False
            with redis.pipeline() as pipe:
                pipe.delete(key(kept.id, "cells"))
                pipe.rpush(key(kept.id, "cells"), *numbers)
                pipe.expire(key(kept.id, "cells"), CELLS_SECONDS)
                pipe.execute()
            return True

        if numbers and self._shared.call(self._shared.exchange.call, hand_out):
            for _ in range(min(LANES, len(numbers))):
                self._shared.call(self._shared.send, "sweep", kept.id)

    def _tried(self, function: Callable[..., None], *arguments: object) -> bool:
        try:
            return super()._tried(function, *arguments)
        except UnreachableError as error:
            self.trouble = f"What is trained cannot be handed out ({error}); it is tried again."
            return False
