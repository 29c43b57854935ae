"""The cells of sweeps, trained by a worker beside the runs that people watch.

It rests as long as it works, and what it takes is its visitor's: longer, where that is spent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engine.sweeps import Outcome, failed, outcome, trained
from engine.training import Run
from playground import size
from playground.owndata import data_of
from playground.runner.budget import timed
from playground.runner.pace import Pace
from playground.runner.sharedsweeping import BUSY_SECONDS, LANES, busy
from playground.settings import Deployment
from playground.sweepstore import KeptSweep, SweepStore
from playground.texts import TextStore

if TYPE_CHECKING:
    from playground.runner.worker import Worker

SAY_SECONDS = 1.0
"""So often a cell that is being trained says so, and looks whether it is still wanted."""


class Cells:
    """Trains cells in the threads of a worker, and keeps what came of them."""

    def __init__(self, worker: Worker, deployment: Deployment) -> None:
        self._worker, self._limits = worker, deployment
        self._sweeps = SweepStore(worker.store)
        self._tables = TextStore(worker.store, "table", deployment.tables)

    def train(self, sweep: str, lane: int) -> bool:
        """Train the next cell of a lane of a sweep; whether there are others."""
        kept = self._sweeps.find(sweep)
        if kept is None or not kept.going:
            return False
        missing = [number for number in self._sweeps.missing(kept) if number % LANES == lane]
        if missing:
            found = self._trained(kept, missing[0], lane)
            if found is None:
                return False
            self._sweeps.keep_cell(sweep, missing[0], found)
        return len(missing) > 1

    def _trained(self, kept: KeptSweep, number: int, lane: int) -> Outcome | None:
        """What came of a cell; None where the sweep was cancelled or deleted meanwhile."""
        worker, pace, said, over = self._worker, Pace(), 0.0, 0.0
        backend, run = worker.backend, None
        try:
            data = data_of(kept.sweep.settings(number), self._tables)

            def further(run: Run, left: int) -> Run:
                nonlocal over
                with worker.turns:
                    steps = min(left, pace.slice("max", 0.0))
                    run, seconds = timed(pace.advance, run, steps)
                over = worker.budget.spend(kept.visitor, seconds)
                return run

            for later in trained(kept.sweep, number, data, backend, further):
                size.held(later, self._limits)
                run, now = later, time.monotonic()
                if now - said > SAY_SECONDS:
                    said = now
                    worker.exchange.call(
                        lambda redis: redis.set(busy(kept.id, lane), 1, ex=BUSY_SECONDS)
                    )
                    again = self._sweeps.find(kept.id)
                    if again is None or again.cancelled:
                        return None
                time.sleep(max(over, pace.seconds))
        except (ValueError, LookupError) as error:
            return failed(str(error.args[0]), backend)
        assert run is not None
        return outcome(run)
