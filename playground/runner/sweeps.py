"""Sweeps trained beside the runs that people watch: a slice at a time in the runner's threads.

At most one slice of all sweeps is under way; visitors take turns, and one visitor's sweeps follow
each other. While a run plays, sweeps rest as long as they work; what they take is their visitor's,
and where that is spent they wait until there is more. What came of a cell is saved
when it is done, so that after a restart the sweep goes on with the cells that are missing.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from engine.compiler.native_backend import NUMPY
from engine.training.run import Run
from engine.training.sweeps import Outcome, Sweep, failed_outcome, outcome_of, train_cell
from playground.network import size_limits
from playground.network.uploads import own_data
from playground.nicknames import number_of
from playground.runner.cpu_budget import timed
from playground.runner.fair_share import works_for
from playground.runner.live_run import Live
from playground.runner.notices import overspent
from playground.runner.pace import Pace
from playground.settings import Deployment
from playground.storage.store import Store, StoreError
from playground.storage.sweep_rows import KeptSweep, SweepStore
from playground.storage.texts import TextStore

if TYPE_CHECKING:
    from playground.runner.runner import Runner

LOOK_SECONDS = 0.1
"""How long another visitor's sweep waits, at most, while all others rest."""
OWED_SECONDS = 0.01
"""How soon it is looked again whether somebody's share of the loop is paid."""
RETRY_SECONDS = 1.0
"""How long sweeps wait for a database that does not answer."""

logger = logging.getLogger(__name__)


def broken(backend: str) -> Outcome:
    """What came of a cell that the present exception ended, which nobody expected."""
    logger.exception("A cell of a sweep failed.")
    return failed_outcome("It failed on our side; the server's log says why.", backend)


@dataclass(eq=False)
class _Going:
    """A sweep under way: the cells that are missing, and how far the first of them is."""

    kept: KeptSweep
    missing: deque[int]
    pace: Pace = field(default_factory=Pace)
    parts: Iterator[Run] | None = None
    run: Run | None = None
    found: Outcome | None = None
    """What came of the first of the missing cells, until it is saved."""
    since: float | None = None
    """When its first turn was, on the monotonic clock."""
    finished: int = 0
    """Cells that were trained since."""
    rests_until: float = 0.0
    """Until when its visitor had no computing left after its last slice, on the monotonic clock; 0
    where there was some.
    """

    @property
    def left(self) -> float | None:
        """Seconds until it is done, as fast as it went; None before that is known."""
        steps = self.run.step if self.run else 0
        begun = min(1.0, steps / self.kept.sweep.steps)
        if self.since is None or not self.finished + begun:
            return None
        rate = (self.finished + begun) / (time.monotonic() - self.since)
        return (len(self.missing) - begun) / rate


class Sweeping:
    """Keeps sweeps and trains them. Unknown ids, and other visitors' sweeps, raise KeyError."""

    def __init__(self, store: Store, deployment: Deployment, runner: Runner) -> None:
        self._sweeps = SweepStore(store)
        self._tables = TextStore(store, "table", deployment.tables)
        self.trouble = ""
        """Why sweeps do not go on, in words; empty while they do."""
        self._most_each = deployment.sweeps_per_visitor
        self.most_runs, self.most_steps = deployment.sweep_runs, deployment.sweep_steps
        self._runner, self._limits = runner, deployment
        self._going: dict[str, _Going] = {}
        self._news = Event()
        self._greenlet = gevent.spawn(self._work)

    def start(self, visitor: str, sweep: Sweep) -> KeptSweep:
        """A sweep of this visitor's that is trained from now on; beyond their share the oldest
        goes.
        """
        kept = self._sweeps.keep(visitor, sweep)
        self._goes_on(kept, range(sweep.runs))
        for old in self._sweeps.of(visitor)[self._most_each :]:
            self.forget(old)
        return kept

    def find(self, id: str, visitor: str) -> KeptSweep:
        """The visitor's sweep of this id."""
        kept = self._sweeps.find(id)
        if kept is None or kept.visitor != visitor:
            raise KeyError(id)
        return kept

    def mine(self, visitor: str) -> list[KeptSweep]:
        """The visitor's sweeps, the newest first."""
        return self._sweeps.of(visitor)

    def use(self, kept: KeptSweep) -> None:
        """It is looked at, which expiry counts from; where nothing can be written it is not."""
        with suppress(StoreError):
            self._sweeps.use(kept.id)

    def cells(self, kept: KeptSweep) -> dict[int, Outcome]:
        """What came of the cells that are done, by their numbers, without their curves."""
        return self._sweeps.cells(kept.id)

    def cell(self, kept: KeptSweep, number: int) -> Outcome | None:
        """What came of a cell, with its curve; None while it is not done."""
        return self._sweeps.cell(kept.id, number)

    def left(self, kept: KeptSweep) -> float | None:
        """Seconds until it is done; None where that is not known."""
        going = self._going.get(kept.id)
        return going.left if going else None

    def waits(self, kept: KeptSweep) -> bool:
        """Whether another sweep of the same visitor comes first."""
        going = self._going.get(kept.id)
        return going is not None and going not in self._turns()

    def notice(self, kept: KeptSweep) -> str:
        """Why it does not go on as it would, in words; empty where it does."""
        return self.trouble or (overspent(self._limits) if self._rests(kept) else "")

    def _rests(self, kept: KeptSweep) -> bool:
        """Whether its visitor's computing is spent."""
        going = self._going.get(kept.id)
        return going is not None and going.rests_until > 0.0

    def cancel(self, kept: KeptSweep) -> None:
        """No other cell is trained; those that are done stay."""
        self._going.pop(kept.id, None)
        self._sweeps.cancel(kept.id)

    def forget(self, kept: KeptSweep) -> None:
        """Delete a sweep."""
        self._going.pop(kept.id, None)
        self._sweeps.forget([kept.id])

    def forget_visitor(self, number: str) -> None:
        """Delete all sweeps of the visitor of this number."""
        for visitor in self._sweeps.visitors():
            if number_of(visitor) == number:
                for kept in self._sweeps.of(visitor):
                    self.forget(kept)

    def expire(self, before: float) -> None:
        """Delete the sweeps that nobody used since then."""
        for id in self._sweeps.expire(before):
            self._going.pop(id, None)

    def open(self, kept: KeptSweep, number: int) -> Live:
        """The run of a cell that is done, trained again to the same numbers, as one of the
        visitor's.

        Raises KeyError for a cell that is not done, ValueError and LookupError, in words, for one
        that cannot be.
        """
        found = self._sweeps.cell(kept.id, number)
        if found is None:
            raise KeyError(number)
        here = found.backend in (NUMPY, self._runner.backend)
        backend = found.backend if here else self._runner.backend
        parts, run = self._begun(kept.sweep, number, Pace(), backend, 1), None
        while (later := self._runner.work(next, parts, None)) is not None:
            run = later
        assert run is not None
        return self._runner.create(kept.visitor, run)

    def stop(self) -> None:
        """Train no more; what is missing goes on after the next start."""
        self._greenlet.kill()

    def _work(self) -> None:
        while not self._tried(self._resume):
            pass
        while True:
            self._news.wait()
            turns, owes = self._turns(), 0.0
            for going in turns:
                works_for(share := self._runner.shares.of(going.kept.visitor))
                if share.owes:
                    owes = OWED_SECONDS
                elif going.rests_until <= time.monotonic():
                    self._tried(self._turn, going)
            rests = min((each.rests_until for each in turns), default=0.0) - time.monotonic()
            gevent.sleep(min(LOOK_SECONDS, max(owes, rests)))
            if not self._going:
                self._news.clear()

    def _tried(self, function: Callable[..., None], *arguments: object) -> bool:
        """Whether the database let this be done; where it did not, after a rest."""
        try:
            function(*arguments)
        except StoreError as error:
            self.trouble = f"What is trained cannot be saved ({error}); it is tried again."
            logger.warning("%s", self.trouble)
            gevent.sleep(RETRY_SECONDS)
            return False
        self.trouble = ""
        return True

    def _resume(self) -> None:
        for kept in reversed(self._sweeps.unfinished()):
            if kept.id not in self._going:
                self._goes_on(kept, self._sweeps.missing(kept))

    def _goes_on(self, kept: KeptSweep, missing: Iterable[int]) -> None:
        self._going[kept.id] = _Going(kept, deque(missing))
        self._news.set()

    def _turns(self) -> list[_Going]:
        """Of every visitor the sweep that comes first."""
        first = {going.kept.visitor: going for going in reversed(self._going.values())}
        return list(first.values())

    def _turn(self, going: _Going) -> None:
        """A slice of a sweep, and what came of a cell saved if that was its last."""
        began = time.monotonic()
        if going.found is None:
            going.found = self._slice(going)
        id = going.kept.id
        if going.found is not None and self._going.get(id) is going:
            self._sweeps.keep_cell(id, going.missing[0], going.found)
            going.missing.popleft()
            going.found = going.parts = going.run = None
            going.finished += 1
            if not going.missing:
                self._going.pop(id, None)
        playing = self._runner.counts["playing"]
        gevent.sleep(time.monotonic() - began if playing else 0.0)

    def _slice(self, going: _Going) -> Outcome | None:
        """Train the first of the missing cells a slice further; what came of it, where it is
        done.
        """
        backend = self._runner.ready_backend()
        going.since = going.since or time.monotonic()
        try:
            if going.parts is None:
                sweep, number = going.kept.sweep, going.missing[0]
                going.parts = self._begun(sweep, number, going.pace, backend)
            later, seconds = self._runner.work(timed, next, going.parts, None)
            over = self._runner.budget.spend(going.kept.visitor, seconds)
            going.rests_until = time.monotonic() + over if over else 0.0
            if later is None:
                return self._runner.work(outcome_of, going.run)
            size_limits.require_size(later, self._limits)
            going.run = later
        except (ValueError, LookupError) as error:
            return failed_outcome(str(error.args[0]), backend)
        except StoreError:
            raise
        except Exception:
            return broken(backend)
        return None

    def _begun(
        self, sweep: Sweep, number: int, pace: Pace, backend: str, stride: int = 0
    ) -> Iterator[Run]:
        """The slices of a cell, each as long as a run's that plays at full speed."""
        data = own_data(self._runner.work(sweep.settings, number), self._tables)
        return train_cell(sweep, number, data, backend, pace.further, stride)
