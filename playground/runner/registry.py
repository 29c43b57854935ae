"""Which runs there are: in memory for as long as there is room, in the store always. Found for
their visitors, copied, shared, listed, forgotten.

A run that is asked for and not in memory comes from the store, paused.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

import gevent
from gevent.threadpool import ThreadPool

from engine.compiler.native_backend import NUMPY
from engine.training.run import Run
from engine.training.snapshots import History
from playground.nicknames import number_of
from playground.runner.errors import FullError
from playground.runner.fair_share import Shares, mine
from playground.runner.live_run import Live
from playground.runner.pace import DEFAULT_SPEED
from playground.runner.saver import Saver
from playground.runner.sweeps import Sweeping
from playground.runner.warmup import Warming
from playground.settings import Deployment
from playground.storage.run_rows import run_of
from playground.storage.store import Kept, Store, StoreError
from playground.threads import call_catching

NOBODY = ""
"""Whose the runs of panels alone are."""
SHARED = "shared by "
"""What the owner of a shared moment begins with: no visitor's id does. Their number follows."""
COUNT_SECONDS = 10.0
"""So often the runs of all are counted."""
SAFE_SECONDS = 6 * 3600.0
"""A run that was used since then does not go for another's sake."""

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Shelf:
    """Keeps runs. Unknown ids, and other visitors' runs, raise KeyError."""

    sweeping: Sweeping

    def __init__(self, store: Store, deployment: Deployment) -> None:
        self._store, self._limits = store, deployment
        self._runs: OrderedDict[str, Live] = OrderedDict()
        self._pool = ThreadPool(deployment.threads)
        self.shares = Shares()
        self._warming = Warming()
        self._saver = Saver(store, lambda: list(self._runs.values()), self._tell_all)
        self._expiring = gevent.spawn(self._expire)
        self._counted = 0, 0.0
        self.waited = 0.0
        """The longest that work waited for a thread, in seconds, since this was last set to 0."""

    def warm(self) -> None:
        """Make the native backend ready while the server already answers."""
        self._warming.under_way = True
        gevent.get_hub().threadpool.spawn(self._warming.work)

    @property
    def backend(self) -> str:
        """What a run that begins now, or is reset, is computed with."""
        return self._warming.backend

    def ready_backend(self) -> str:
        """The same, after it has been made ready."""
        while self._warming.under_way:
            gevent.sleep(0.02)
        return self.backend

    @property
    def trouble(self) -> str:
        """Why runs cannot be saved, in words; empty while they can."""
        return self._saver.trouble

    @property
    def days(self) -> float:
        """After how many days an unused run goes."""
        return self._limits.run_days

    def waits(self) -> str:
        """What is not ready yet, in words; empty when all is."""
        if self._warming.under_way:
            return "the kernels, which are being compiled"
        try:
            self._count()
        except StoreError as error:
            return f"the database ({error})"
        return ""

    def create(self, visitor: str, run: Run, speed: str = DEFAULT_SPEED) -> Live:
        """A run that has begun, as one of this visitor's, paused. Raises FullError."""
        self._admit()
        live = Live(secrets.token_urlsafe(9), visitor, run, speed)
        self._add(live)
        self._saver.soon()
        return live

    def get(self, id: str, visitor: str) -> Live:
        """The visitor's run with this id, from the store if it is not here."""
        live = self._runs.get(id) or self._load(id, visitor)
        if live.visitor != visitor:
            raise KeyError(id)
        self._runs.move_to_end(id)
        return live

    def copy(self, live: Live, visitor: str) -> Live:
        """A run of a visitor's own that stands where this one is looked at. Raises FullError."""
        self._admit()
        copied = self._copied(live, visitor)
        self._add(copied)
        return copied

    def share(self, live: Live) -> str:
        """Keep the moment that is looked at for everyone who has the id, which is returned.

        Raises StoreError where it cannot be kept, FullError where the visitor has shared enough.
        """
        sharer = f"{SHARED}{number_of(live.visitor)}"
        self._admit()
        self._admit_kept(sharer)
        shared = self._copied(live, sharer)
        shared.name = live.name or "shared moment"
        if not self._saver.save([shared]):
            raise StoreError(self.trouble)
        return shared.id

    def shared(self, id: str) -> Run:
        """A shared moment, to be looked at."""
        return self._loaded_shared(id).tip

    def nobodys(self, run: Run, payer: str) -> Live:
        """A run that is nobody's and is not kept, for as long as it is watched; `payer` says whose
        computing it takes.
        """
        return Live(secrets.token_urlsafe(9), NOBODY, run, payer=payer)

    def open_shared(self, id: str, visitor: str) -> Live:
        """The visitor's own copy of a shared moment; the one that they have, where it has not
        moved. Raises FullError.
        """
        for copy in self.mine(
            visitor, lambda row: row["parent"] == id and row["step"] == row["parent_step"]
        ):
            return copy
        self._admit()
        copy = self._copied(self._loaded_shared(id), visitor)
        self._add(copy)
        self._saver.save([copy])
        return copy

    def forget(self, live: Live) -> None:
        """Delete a run."""
        self.pause(live)
        self._delete(live.id)

    def forget_visitor(self, number: str) -> int:
        """Delete all runs, shared moments and sweeps of the visitor of this number; how many of the
        first two.
        """
        self.sweeping.forget_visitor(number)
        owners = [
            each for each in self._store.visitors()
            if each == f"{SHARED}{number}" or number_of(each) == number
        ]  # fmt: skip
        ids = [row["id"] for owner in owners for row in self._store.runs_of(owner)]
        for id in ids:
            self._delete(id)
        return len(ids)

    def mine(
        self, visitor: str, wanted: Callable[[Mapping[str, Any]], bool] = lambda row: True
    ) -> list[Live]:
        """The visitor's runs whose rows are wanted, the last used first."""
        own = [live for live in self._runs.values() if live.visitor == visitor]
        self._saver.save(own)
        found = []
        for row in filter(wanted, self._store.runs_of(visitor)):
            live = self._runs.get(row["id"]) or self._there(row["id"], visitor)
            if live is not None:
                live.name = row["name"]
                found.append(live)
        return found

    def family(self, live: Live) -> list[Live]:
        """The run that this one branched from, its other branches, and this one's own."""

        def related(row: Mapping[str, Any]) -> bool:
            beside = live.parent and live.parent in (row["id"], row["parent"])
            return row["id"] != live.id and bool(row["parent"] == live.id or beside)

        return self.mine(live.visitor, related)

    def rename(self, live: Live, name: str) -> None:
        """Another name; a run that has one never expires. Raises FullError."""
        if name and not live.name:
            self._admit_kept(live.visitor)
        live.name = name
        self._saver.save([live])
        self._store.change(live.id, name=name, stays=bool(name))

    def pause(self, live: Live) -> None:
        """Stop playing; when this returns the run stands still."""
        raise NotImplementedError

    def work(self, function: Callable[..., Result], *arguments: object) -> Result:
        """The result of a pure function, computed in a thread while the loop goes on."""
        share = mine()
        with share.thread() if share else nullcontext():
            asked = time.perf_counter()
            result, error, begun = self._pool.apply(call_catching, (function, arguments))
            self.waited = max(self.waited, begun - asked)
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def _admit(self) -> None:
        """Room in the store for another run; where it is full the longest unused go."""
        most = self._limits.runs_kept
        if self._count() < most:
            return
        for id in self._store.expire(time.time() - SAFE_SECONDS, 1 + most // 1000):
            self._let_go(id)
        self._counted = 0, 0.0
        if self._count() >= most:
            raise FullError(
                f"All {most:,} runs that this instance keeps are taken, and were "
                "used in the last hours. Come back later, when the longest unused can go."
            )

    def _admit_kept(self, visitor: str) -> None:
        most = self._limits.named_per_visitor
        if sum(bool(row["stays"]) for row in self._store.runs_of(visitor)) >= most:
            raise FullError(
                f"You have {most:,} runs with a name, or as many shared moments, which is the "
                "most. Take a name away, or delete a run, first."
            )

    def _count(self) -> int:
        """How many runs the store keeps, as it was a short time ago."""
        count, at = self._counted
        if not at or time.monotonic() - at > COUNT_SECONDS:
            count, at = self._store.count(), time.monotonic()
            self._counted = count, at
        return count

    def _add(self, live: Live) -> None:
        self._runs[live.id] = live
        for old in list(self._runs.values())[: max(0, len(self._runs) - self._limits.runs)]:
            self._unload(old)
        gevent.spawn(self._make_room, live)

    def _unload(self, live: Live) -> None:
        """Let go of a run, once the store has it as it stands; of one that is looked at, never."""
        if live.viewers:
            return
        self.pause(live)
        self._saver.save([live])
        if live.saved is live.tip:
            self._runs.pop(live.id, None)

    def _make_room(self, live: Live) -> None:
        """Of a visitor with too many runs, the longest unused go that have no name."""
        if not self._saver.save([live]):
            return
        rows = [row for row in self._store.runs_of(live.visitor) if not row["stays"]]
        for row in rows[self._limits.runs_per_visitor :]:
            self._delete(row["id"])

    def _delete(self, id: str) -> None:
        """Delete a run, and let go of it; of what was loaded while it was being deleted too."""
        self._let_go(id)
        self._saver.forget([id])
        self._let_go(id)

    def _let_go(self, id: str) -> None:
        live = self._runs.pop(id, None)
        if live is not None:
            self.pause(live)

    def _expire(self) -> None:
        while True:
            try:
                for id in self._store.expire(time.time() - self.days * 86_400):
                    self._runs.pop(id, None)
                self.sweeping.expire(time.time() - self.days * 86_400)
            except StoreError:
                logger.exception("Unused runs and sweeps could not be deleted.")
            gevent.sleep(3600)

    def _load(self, id: str, visitor: str) -> Live:
        live = self._loaded(id, visitor)
        live.saved = None  # it is used, which its row is told with the next save
        if id not in self._runs:  # it may have been loaded meanwhile
            self._add(live)
        return self._runs[id]

    def _there(self, id: str, visitor: str) -> Live | None:
        """A run of the store, None where it was deleted meanwhile."""
        try:
            return self._loaded(id, visitor)
        except KeyError:
            return None

    def _loaded(self, id: str, visitor: str) -> Live:
        kept = self._store.find(id)
        if kept is None or kept.row["visitor"] != visitor:
            raise KeyError(id)
        return self._live(kept)

    def _loaded_shared(self, id: str) -> Live:
        kept = self._store.find(id)
        if kept is None or not kept.row["visitor"].startswith(SHARED):
            raise KeyError(id)
        return self._live(kept)

    def _live(self, kept: Kept) -> Live:
        run, row = self._usable(self.work(run_of, kept)), kept.row
        return Live(
            row["id"], row["visitor"], run, row["speed"], row["name"], row["parent"],
            row["parent_step"], row["made"], history=History.from_steps(kept.steps),
            saved=run, stored=True,
            saved_log=run.log, saved_steps=kept.steps, data=row["data"], used=row["used"],
        )  # fmt: skip

    def _usable(self, run: Run) -> Run:
        """The run on a backend that there is here, its own if that is one."""
        if run.backend == NUMPY or run.backend == self.ready_backend():
            return run
        return replace(run, backend=self.backend)

    def _copied(self, live: Live, visitor: str) -> Live:
        """The moment that is looked at as a run of its own, with the snapshots that led to it."""
        run = live.run
        history = live.history.up_to(run.step)
        snapshots = self._store.snapshots(live.id, run.step) | {
            step: body for step, body in live.snapshots.items() if step <= run.step
        }
        kept = tuple(step for step in history.steps if step in snapshots)
        return Live(
            secrets.token_urlsafe(18), visitor, run, live.speed, parent=live.id,
            parent_step=run.step, history=replace(history, steps=kept), snapshots=snapshots,
        )  # fmt: skip

    def _tell_all(self) -> None:
        for live in self._runs.values():
            live.changed()
