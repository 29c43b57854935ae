"""Sweeps that workers train: each in a few lanes, of which every one takes its share of the cells.

A lane is a task that trains one cell, keeps what came of it, and puts itself into the queue again.
Which lanes are at work stands in Redis for a short time; a lane that a dead worker had is put into
the queue again by the web processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import gevent

from playground.runner.shelf import UnreachableError
from playground.runner.sweeping import Sweeping
from playground.settings import Deployment
from playground.store import Store
from playground.sweepstore import KeptSweep

if TYPE_CHECKING:
    from playground.runner.shared import SharedRunner

LANES = 2
BUSY_SECONDS = 10
"""For so long it is believed that a lane is at work that has said so."""
LOOK_SECONDS = 3.0


def busy(sweep: str, lane: int) -> str:
    """Under which key it stands that a lane is at work."""
    return f"playground:sweep:{sweep}:{lane}"


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

    def _work(self) -> None:
        while True:
            self._tried(self._resume)
            gevent.sleep(LOOK_SECONDS)

    def _goes_on(self, kept: KeptSweep, missing: Iterable[int]) -> None:
        left = set(missing)
        for lane in range(LANES):
            if any(number % LANES == lane for number in left):
                self._send(kept.id, lane)

    def _send(self, sweep: str, lane: int) -> None:
        def claim(redis: Any) -> Any:
            return redis.set(busy(sweep, lane), 1, nx=True, ex=BUSY_SECONDS)

        if self._shared.call(self._shared.exchange.call, claim):
            self._shared.call(self._shared.celery.send_task, "sweep", [sweep, lane])

    def _tried(self, function: Callable[..., None], *arguments: object) -> bool:
        try:
            return super()._tried(function, *arguments)
        except UnreachableError as error:
            self.trouble = f"What is trained cannot be handed out ({error}); it is tried again."
            return False
