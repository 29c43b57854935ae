"""The cells of sweeps, trained by a worker beside the runs that people watch.

While a run is trained in this worker, cells rest as long as they work. They use their visitor's
computing time, and rest while there is none left.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from engine.training.run import Run
from engine.training.sweeps import Outcome, outcome_of, train_cell
from playground.network import size_limits
from playground.network.uploads import own_data
from playground.nicknames import number_of
from playground.runner.cluster.sweeps import BUSY_SECONDS, LANES, sweep_key
from playground.runner.cluster.worker_resources import WorkerResources
from playground.runner.errors import UnreachableError
from playground.runner.scheduling.cpu_budget import timed
from playground.runner.scheduling.pace import Pace
from playground.runner.sweeps import outcome_of_error
from playground.storage.store import StoreError
from playground.storage.sweep_rows import StoredSweep, SweepStore
from playground.storage.texts import TextStore

TURN_SECONDS = 0.8
"""Seconds after which another task has its turn, once the present cell is done."""
SAVE_SECONDS = 0.25
"""Seconds between two saves of finished cells."""
FULL_SECONDS = 0.2
"""Seconds that a lane waits before it goes back into the queue if others have all lanes."""
REPORT_SECONDS = 1.0
"""Seconds between two reports that a sweep is being trained, and two looks whether it is still
wanted.
"""


class SweepLanes:
    """Trains cells in at most `max_lanes` threads of a worker. No visitor has more lanes than one
    sweep has.
    """

    def __init__(self, resources: WorkerResources, max_lanes: int) -> None:
        self.resources, self._max_lanes = resources, max_lanes
        self.sweeps = SweepStore(resources.store)
        self.tables = TextStore(resources.store, "table", resources.deployment.tables)
        self._lanes: Counter[str] = Counter()
        """Number of lanes in use, by visitor."""
        self._lock = threading.Lock()

    def train(self, sweep: str) -> bool:
        """Train cells of a sweep for one turn; return whether there may be others."""
        stored = self.sweeps.find(sweep)
        if stored is None or not stored.going:
            return False
        lane = Lane(self, stored)
        if not self._enter(stored.visitor):
            lane.report()
            self.resources.clock.sleep(FULL_SECONDS)
            return True
        try:
            return lane.train()
        finally:
            self._leave(stored.visitor)

    def _enter(self, visitor: str) -> bool:
        """Take a lane; return whether there was one."""
        with self._lock:
            is_free = self._lanes.total() < self._max_lanes and self._lanes[visitor] < LANES
            self._lanes[visitor] += is_free
            return is_free

    def _leave(self, visitor: str) -> None:
        with self._lock:
            self._lanes[visitor] -= 1
            self._lanes = +self._lanes


class Lane:
    """One turn of a sweep."""

    def __init__(self, lanes: SweepLanes, stored: StoredSweep) -> None:
        self._lanes, self._resources, self._stored = lanes, lanes.resources, stored
        self._clock = lanes.resources.clock
        self._pace = Pace()
        self._finished: dict[int, Outcome] = {}
        """Outcomes that are not saved yet."""
        self._saved_at = self._reported_at = self._clock.now()
        self._is_wanted = True

    def train(self) -> bool:
        """Train until the turn is over; return whether there may be other cells."""
        self.report()
        end = self._clock.now() + TURN_SECONDS
        try:
            while self._clock.now() < end:
                number = self._redis("lpop", sweep_key(self._stored.id, "cells"))
                cell_outcome = self._train_cell(int(number)) if number is not None else None
                if cell_outcome is None:
                    return False
                self._finished[int(number)] = cell_outcome
                if self._clock.now() - self._saved_at > SAVE_SECONDS:
                    self._save()
            return True
        finally:
            self._save()

    def report(self) -> bool:
        """Say that the sweep is being trained; return whether it is still wanted."""
        self._reported_at = self._clock.now()
        self._redis("set", sweep_key(self._stored.id, "busy"), 1, ex=BUSY_SECONDS)
        stored = self._lanes.sweeps.find(self._stored.id)
        self._is_wanted = stored is not None and not stored.cancelled
        return self._is_wanted

    def _save(self) -> None:
        outcomes, self._finished, self._saved_at = self._finished, {}, self._clock.now()
        if outcomes:
            self._lanes.sweeps.keep_cells(self._stored.id, outcomes)

    def _redis(self, command: str, *arguments: Any, **options: Any) -> Any:
        bus = self._resources.run_bus.bus
        return bus.call(lambda client: getattr(client, command)(*arguments, **options))

    def _train_cell(self, number: int) -> Outcome | None:
        """Return what came of a cell; None if the sweep was cancelled or deleted meanwhile."""
        backend, sweep, run = self._resources.backend, self._stored.sweep, None
        try:
            data = own_data(sweep.settings(number), self._lanes.tables)
            for state in train_cell(sweep, number, data, backend, self._advance):
                size_limits.require_size(state, self._resources.deployment)
                run = state
                if self._clock.now() - self._reported_at > REPORT_SECONDS:
                    self._save()
                    self.report()
                if not self._is_wanted:
                    return None
            assert run is not None
            return outcome_of(run)
        except (StoreError, UnreachableError):
            raise
        except Exception as error:
            return outcome_of_error(error, backend)

    def _advance(self, run: Run, max_steps: int) -> Run:
        """Return the run one slice later, after the rest that the slice costs."""
        resources = self._resources
        with resources.slots.for_cell():
            run, seconds = timed(self._pace.advance_slice, run, max_steps)
        over_budget = resources.budget.spend(number_of(self._stored.visitor), seconds)
        if over_budget:
            milliseconds = int(1000 * (over_budget + REPORT_SECONDS))
            self._redis("set", sweep_key(self._stored.id, "rests"), 1, px=milliseconds)
        is_resting = over_budget or resources.slots.playing
        rest: float = max(over_budget, seconds) if is_resting else 0.0
        while rest > 0.0:
            self._clock.sleep(min(rest, REPORT_SECONDS))
            rest -= REPORT_SECONDS
            if rest > 0.0 and not self.report():
                break
        return run
