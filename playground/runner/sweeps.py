"""Sweeps: many runs trained at once, stored with their outcomes. A trainer trains the cells:
`LocalSweepTrainer` in this process, `ClusterSweepTrainer` in workers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Protocol

from engine.compiler.native_backend import NUMPY
from engine.training.run import Run
from engine.training.sweeps import Outcome, Sweep, failed_outcome, train_cell
from playground.messages import runs as messages
from playground.network.uploads import own_data
from playground.nicknames import number_of
from playground.runner.live_run import LiveRun
from playground.runner.registry import RunRegistry
from playground.runner.scheduling.pace import Pace
from playground.runner.scheduling.resources import Resources
from playground.storage.store import StoreError
from playground.storage.sweep_rows import StoredSweep, SweepStore
from playground.storage.texts import TextStore

logger = logging.getLogger(__name__)


class SweepTrainer(Protocol):
    """Trains the cells of sweeps and saves what came of them."""

    error: str
    """Why sweeps do not go on, in words; empty while they do."""

    def add(self, stored: StoredSweep, cells: Iterable[int]) -> None:
        """Train these cells of a sweep."""

    def remove(self, id: str) -> None:
        """Train no other cell of this sweep."""

    def seconds_left(self, stored: StoredSweep) -> float | None:
        """Return the seconds until a sweep is done; None if that is not known."""

    def is_waiting(self, stored: StoredSweep) -> bool:
        """Whether another sweep of the same visitor comes first."""

    def is_over_budget(self, stored: StoredSweep) -> bool:
        """Whether it rests because its visitor has used their computing time."""

    def stop(self) -> None:
        """Stop training. The missing cells are trained after the next start."""


class Sweeps:
    """All sweeps. An unknown id, or another visitor's, raises KeyError."""

    def __init__(
        self,
        store: SweepStore,
        tables: TextStore,
        resources: Resources,
        runs: RunRegistry,
        trainer: SweepTrainer,
    ) -> None:
        self._store, self._tables, self._resources = store, tables, resources
        self._runs, self._trainer = runs, trainer
        deployment = resources.deployment
        self.max_runs, self.max_steps = deployment.sweep_runs, deployment.sweep_steps
        self._max_sweeps = deployment.sweeps_per_visitor
        self._cpu_seconds = deployment.cpu_seconds

    def start(self, visitor: str, sweep: Sweep) -> StoredSweep:
        """Add a sweep of this visitor's, and train it. If they have too many, delete the oldest."""
        stored = self._store.keep(visitor, sweep)
        self._trainer.add(stored, range(sweep.runs))
        for oldest in self._store.of(visitor)[self._max_sweeps :]:
            self.delete(oldest)
        return stored

    def find(self, id: str, visitor: str) -> StoredSweep:
        """Return this visitor's sweep."""
        stored = self._store.find(id)
        if stored is None or stored.visitor != visitor:
            raise KeyError(id)
        return stored

    def of(self, visitor: str) -> list[StoredSweep]:
        """Return a visitor's sweeps, the newest first."""
        return self._store.of(visitor)

    def touch(self, stored: StoredSweep) -> None:
        """Note that a sweep is used now; a store that cannot be written to does not matter."""
        with suppress(StoreError):
            self._store.use(stored.id)

    def cells(self, stored: StoredSweep) -> dict[int, Outcome]:
        """Return what came of the finished cells, by their numbers, without their curves."""
        return self._store.cells(stored.id)

    def cell(self, stored: StoredSweep, number: int) -> Outcome | None:
        """Return what came of a cell, with its curve; None until it is finished."""
        return self._store.cell(stored.id, number)

    def seconds_left(self, stored: StoredSweep) -> float | None:
        """Return the seconds until a sweep is done; None if that is not known."""
        return self._trainer.seconds_left(stored)

    def is_waiting(self, stored: StoredSweep) -> bool:
        """Whether another sweep of the same visitor comes first."""
        return self._trainer.is_waiting(stored)

    def notice(self, stored: StoredSweep) -> str:
        """Return why a sweep goes on slowly or not at all, in words; else the empty string."""
        if self._trainer.error:
            return self._trainer.error
        if self._trainer.is_over_budget(stored):
            return messages.OVER_BUDGET.format(seconds=self._cpu_seconds)
        return ""

    def cancel(self, stored: StoredSweep) -> None:
        """Train no other cell; finished cells stay."""
        self._trainer.remove(stored.id)
        self._store.cancel(stored.id)

    def delete(self, stored: StoredSweep) -> None:
        """Delete a sweep."""
        self._trainer.remove(stored.id)
        self._store.forget([stored.id])

    def delete_visitor(self, number: str) -> None:
        """Delete all sweeps of the visitor with this number."""
        for visitor in self._store.visitors():
            if number_of(visitor) == number:
                for stored in self._store.of(visitor):
                    self.delete(stored)

    def delete_unused(self, before: float) -> None:
        """Delete the sweeps that nobody has used since this time."""
        for id in self._store.expire(before):
            self._trainer.remove(id)

    def open(self, stored: StoredSweep, number: int) -> LiveRun:
        """Train a finished cell again, to the same numbers, and add it as one of the visitor's
        runs.

        Raises KeyError for a cell that is not finished, ValueError and LookupError, in words, for
        one that cannot be trained.
        """
        outcome = self._store.cell(stored.id, number)
        if outcome is None:
            raise KeyError(number)
        is_usable = outcome.backend in (NUMPY, self._resources.backend)
        backend = outcome.backend if is_usable else self._resources.backend
        states = cell_states(
            stored.sweep, number, self._tables, self._resources, Pace(), backend, 1
        )
        run = None
        while (later := self._resources.pool.compute(next, states, None)) is not None:
            run = later
        assert run is not None
        return self._runs.create(stored.visitor, run)

    def stop(self) -> None:
        """Stop training. The missing cells are trained after the next start."""
        self._trainer.stop()


def cell_states(
    sweep: Sweep,
    number: int,
    tables: TextStore,
    resources: Resources,
    pace: Pace,
    backend: str,
    stride: int = 0,
) -> Iterator[Run]:
    """Return the states of a cell, one a slice; a slice lasts as long as that of a run at full
    speed. Raises LookupError, in words, if its data are gone.
    """
    settings = resources.pool.compute(sweep.settings, number)
    data = own_data(settings, tables)
    return train_cell(sweep, number, data, backend, pace.advance_slice, stride)


def outcome_of_error(error: Exception, backend: str) -> Outcome:
    """Return the outcome of a cell that ended with an error. An error in the input is quoted; an
    unexpected one is written to the log. Call it while the error is handled.
    """
    if isinstance(error, (ValueError, LookupError)):
        return failed_outcome(str(error.args[0]), backend)
    logger.exception("A cell of a sweep failed.")
    return failed_outcome(messages.CELL_FAILED, backend)
