"""Trains sweeps in this process, beside the runs that people watch: a slice at a time.

At most one slice of all sweeps is computed at once. Visitors take turns; the sweeps of one visitor
follow each other. While a run plays, sweeps rest as long as they work. A sweep spends its visitor's
computing time, and waits when there is none left. Each finished cell is saved, so after a restart
the sweep goes on with the missing cells.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import gevent
from gevent.event import Event

from engine.training.run import Run
from engine.training.sweeps import Outcome, outcome_of
from playground.messages import runs as messages
from playground.network import size_limits
from playground.runner.scheduling.cpu_budget import timed
from playground.runner.scheduling.fair_share import work_for
from playground.runner.scheduling.pace import Pace
from playground.runner.scheduling.resources import Resources
from playground.runner.sweeps import cell_states, outcome_of_error
from playground.storage.store import StoreError
from playground.storage.sweep_rows import StoredSweep, SweepStore
from playground.storage.texts import TextStore

LOOK_SECONDS = 0.1
"""Maximum seconds until a new sweep is noticed while all others rest."""
SHARE_SECONDS = 0.01
"""Seconds until a visitor's share of the loop is looked at again."""
RETRY_SECONDS = 1.0
"""Seconds to wait for a database that does not answer."""

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Training:
    """A sweep that is being trained: the missing cells, and how far the first of them is."""

    stored: StoredSweep
    missing: deque[int]
    pace: Pace = field(default_factory=Pace)
    states: Iterator[Run] | None = None
    run: Run | None = None
    outcome: Outcome | None = None
    """What came of the first missing cell, until it is saved."""
    started_at: float | None = None
    """When its first turn was, on the clock."""
    finished: int = 0
    """Number of cells finished since then."""
    rests_until: float = 0.0
    """When its visitor will have computing time again, on the clock; 0 while there is some."""

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds until it is done at its present rate; None before that is known."""
        steps = self.run.step if self.run else 0
        fraction = min(1.0, steps / self.stored.sweep.steps)
        if self.started_at is None or not self.finished + fraction:
            return None
        rate = (self.finished + fraction) / (now - self.started_at)
        return (len(self.missing) - fraction) / rate


class LocalSweepTrainer:
    """Trains all sweeps of this instance. `playing` counts the runs that play."""

    def __init__(
        self,
        store: SweepStore,
        tables: TextStore,
        resources: Resources,
        playing: Callable[[], int],
    ) -> None:
        self.error = ""
        self._store, self._tables, self._resources = store, tables, resources
        self._playing, self._clock = playing, resources.clock
        self._trainings: dict[str, Training] = {}
        self._has_work = Event()
        self._greenlet = gevent.spawn(self._work)

    def add(self, stored: StoredSweep, cells: Iterable[int]) -> None:
        """Train these cells of a sweep."""
        self._trainings[stored.id] = Training(stored, deque(cells))
        self._has_work.set()

    def remove(self, id: str) -> None:
        """Train no other cell of this sweep."""
        self._trainings.pop(id, None)

    def seconds_left(self, stored: StoredSweep) -> float | None:
        """Return the seconds until a sweep is done; None if that is not known."""
        training = self._trainings.get(stored.id)
        return training.seconds_left(self._clock.now()) if training else None

    def is_waiting(self, stored: StoredSweep) -> bool:
        """Whether another sweep of the same visitor comes first."""
        training = self._trainings.get(stored.id)
        return training is not None and training not in self._turns()

    def is_over_budget(self, stored: StoredSweep) -> bool:
        """Whether it rests because its visitor has used their computing time."""
        training = self._trainings.get(stored.id)
        return training is not None and training.rests_until > 0.0

    def stop(self) -> None:
        """Stop training."""
        self._greenlet.kill()

    def _work(self) -> None:
        while not self._try(self._resume):
            pass
        while True:
            self._has_work.wait()
            turns, share_wait = self._turns(), 0.0
            for training in turns:
                work_for(share := self._resources.shares.of(training.stored.visitor))
                if share.must_wait:
                    share_wait = SHARE_SECONDS
                elif training.rests_until <= self._clock.now():
                    self._try(self._take_turn, training)
            rest = min((training.rests_until for training in turns), default=0.0)
            self._clock.sleep(min(LOOK_SECONDS, max(share_wait, rest - self._clock.now())))
            if not self._trainings:
                self._has_work.clear()

    def _try(self, function: Callable[..., None], *arguments: object) -> bool:
        """Call a function that uses the database; return whether the database answered."""
        try:
            function(*arguments)
        except StoreError as error:
            self.error = messages.SWEEP_NOT_SAVED.format(reason=error)
            logger.warning("%s", self.error)
            self._clock.sleep(RETRY_SECONDS)
            return False
        self.error = ""
        return True

    def _resume(self) -> None:
        """Go on with the sweeps that a restart has interrupted."""
        for stored in reversed(self._store.unfinished()):
            if stored.id not in self._trainings:
                self.add(stored, self._store.missing(stored))

    def _turns(self) -> list[Training]:
        """Return the first sweep of every visitor."""
        first = {
            training.stored.visitor: training for training in reversed(self._trainings.values())
        }
        return list(first.values())

    def _take_turn(self, training: Training) -> None:
        """Train a sweep for one slice; if that finishes a cell, save it."""
        start = self._clock.now()
        if training.outcome is None:
            training.outcome = self._take_slice(training)
        id = training.stored.id
        if training.outcome is not None and self._trainings.get(id) is training:
            self._store.keep_cell(id, training.missing[0], training.outcome)
            training.missing.popleft()
            training.outcome = training.states = training.run = None
            training.finished += 1
            if not training.missing:
                self._trainings.pop(id, None)
        self._clock.sleep(self._clock.now() - start if self._playing() else 0.0)

    def _take_slice(self, training: Training) -> Outcome | None:
        """Train the first missing cell for one slice; return its outcome if it is finished."""
        backend = self._resources.ready_backend()
        training.started_at = training.started_at or self._clock.now()
        compute = self._resources.pool.compute
        try:
            if training.states is None:
                training.states = cell_states(
                    training.stored.sweep,
                    training.missing[0],
                    self._tables,
                    self._resources,
                    training.pace,
                    backend,
                )
            run, seconds = compute(timed, next, training.states, None)
            over_budget = self._resources.budget.spend(training.stored.visitor, seconds)
            training.rests_until = self._clock.now() + over_budget if over_budget else 0.0
            if run is None:
                return compute(outcome_of, training.run)
            size_limits.require_size(run, self._resources.deployment)
            training.run = run
        except StoreError:
            raise
        except Exception as error:
            return outcome_of_error(error, backend)
        return None
