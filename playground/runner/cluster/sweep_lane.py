"""The cells of sweeps, trained by a worker beside the runs that people watch.

While a run is trained here, cells rest as long as they work. What they take is their visitor's;
where that is spent they rest until there is more.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from engine.training.run import Run
from engine.training.sweeps import Outcome, failed_outcome, outcome_of, train_cell
from playground.network import size_limits
from playground.network.uploads import own_data
from playground.nicknames import number_of
from playground.runner.cluster.sweeps import BUSY_SECONDS, LANES, key
from playground.runner.cpu_budget import timed
from playground.runner.errors import UnreachableError
from playground.runner.pace import Pace
from playground.runner.sweeps import broken
from playground.settings import Deployment
from playground.storage.store import StoreError
from playground.storage.sweep_rows import KeptSweep, SweepStore
from playground.storage.texts import TextStore

if TYPE_CHECKING:
    from playground.runner.cluster.worker import Worker

TASK_SECONDS = 0.8
"""After so long another task has its turn, when the cell is done."""
KEEP_SECONDS = 0.25
"""So often what came of cells is kept."""
FULL_SECONDS = 0.2
"""How long a lane waits, before it is put into the queue again, where others have all there are."""
SAY_SECONDS = 1.0
"""So often a cell that is being trained says so, and looks whether it is still wanted."""


class Cells:
    """Trains cells in the threads of a worker, in no more than `most` of them, and keeps what came
    of them. No visitor has more lanes than one sweep has.
    """

    def __init__(self, worker: Worker, deployment: Deployment, most: int) -> None:
        self.worker, self.limits, self.most = worker, deployment, most
        self.sweeps = SweepStore(worker.store)
        self.tables = TextStore(worker.store, "table", deployment.tables)
        self._lanes: Counter[str] = Counter()
        self._counting = threading.Lock()

    def train(self, sweep: str) -> bool:
        """Train cells of a sweep for a while; whether there may be others."""
        kept = self.sweeps.find(sweep)
        if kept is None or not kept.going:
            return False
        with self._counting:
            free = self._lanes.total() < self.most and self._lanes[kept.visitor] < LANES
            self._lanes[kept.visitor] += free
        lane = Lane(self, kept)
        if not free:
            lane.say()
            time.sleep(FULL_SECONDS)
            return True
        try:
            return lane.work()
        finally:
            with self._counting:
                self._lanes[kept.visitor] -= 1
                self._lanes = +self._lanes


class Lane:
    """One turn of a sweep."""

    def __init__(self, cells: Cells, kept: KeptSweep) -> None:
        self._cells, self._worker, self._kept = cells, cells.worker, kept
        self._pace = Pace()
        self._done: dict[int, Outcome] = {}
        self._kept_at = time.monotonic()

    def work(self) -> bool:
        """Train until the turn is over; whether there may be other cells."""
        self.say()
        end = time.monotonic() + TASK_SECONDS
        try:
            while time.monotonic() < end:
                number = self._ask("lpop", key(self._kept.id, "cells"))
                found = self._trained(int(number)) if number is not None else None
                if found is None:
                    return False
                self._done[int(number)] = found
                if time.monotonic() - self._kept_at > KEEP_SECONDS:
                    self._keep()
            return True
        finally:
            self._keep()

    def _keep(self) -> None:
        done, self._done, self._kept_at = self._done, {}, time.monotonic()
        if done:
            self._cells.sweeps.keep_cells(self._kept.id, done)

    def _ask(self, command: str, *arguments: Any, **options: Any) -> Any:
        return self._worker.exchange.call(
            lambda redis: getattr(redis, command)(*arguments, **options)
        )

    def say(self) -> bool:
        """Tell that the sweep is being trained; whether it is still wanted."""
        self._said = time.monotonic()
        self._ask("set", key(self._kept.id, "busy"), 1, ex=BUSY_SECONDS)
        again = self._cells.sweeps.find(self._kept.id)
        return again is not None and not again.cancelled

    def _trained(self, number: int) -> Outcome | None:
        """What came of a cell; None where the sweep was cancelled or deleted meanwhile."""
        backend, sweep, run = self._worker.backend, self._kept.sweep, None
        try:
            data = own_data(sweep.settings(number), self._cells.tables)
            for later in train_cell(sweep, number, data, backend, self._further):
                size_limits.require_size(later, self._cells.limits)
                run = later
                if time.monotonic() - self._said > SAY_SECONDS:
                    self._keep()
                    if not self.say():
                        return None
        except (ValueError, LookupError) as error:
            return failed_outcome(str(error.args[0]), backend)
        except (StoreError, UnreachableError):
            raise
        except Exception:
            return broken(backend)
        assert run is not None
        return outcome_of(run)

    def _further(self, run: Run, left: int) -> Run:
        worker = self._worker
        with worker.turns:
            run, seconds = timed(self._pace.further, run, left)
        over = worker.budget.spend(number_of(self._kept.visitor), seconds)
        if over:
            rests = int(1000 * (over + SAY_SECONDS))
            self._ask("set", key(self._kept.id, "rests"), 1, px=rests)
        waits: float = max(over, seconds) if over or worker.playing else 0.0
        while waits > 0.0:
            time.sleep(min(waits, SAY_SECONDS))
            waits -= SAY_SECONDS
            if waits > 0.0 and not self.say():
                break
        return run
