"""Which runs there are: all of them in the store, some of them in memory. Finds, creates, copies,
shares, names and deletes them.

A run that is asked for and is not in memory comes from the store, paused.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import gevent
from cachetools import TTLCache

from engine.training.run import Run
from playground.messages import runs as messages
from playground.nicknames import number_of
from playground.runner.errors import FullError
from playground.runner.live_run import LiveRun, PlayerMaker
from playground.runner.record import RunRecord, new_id
from playground.runner.record_store import SHARED, RecordStore
from playground.runner.saver import Saver
from playground.runner.scheduling.pace import DEFAULT_SPEED
from playground.runner.scheduling.resources import Resources
from playground.storage.store import StoreError

COUNT_SECONDS = 10.0
"""Maximum age of the cached number of all runs, in seconds."""
RECENT_HOURS = 6
"""A run that was used within this many hours is not deleted to make space for another visitor's."""

Row = Mapping[str, Any]


class RunRegistry:
    """All runs. An unknown id, or another visitor's, raises KeyError."""

    def __init__(
        self,
        records: RecordStore,
        saver: Saver,
        resources: Resources,
        make_player: PlayerMaker,
        on_delete: Callable[[str], None],
    ) -> None:
        self._records, self._store, self._saver = records, records.store, saver
        self._make_player, self._on_delete = make_player, on_delete
        self._clock, self._deployment = resources.clock, resources.deployment
        self._live: OrderedDict[str, LiveRun] = OrderedDict()
        self._count_cache: TTLCache[str, int] = TTLCache(1, COUNT_SECONDS, self._clock.now)

    def in_memory(self) -> list[LiveRun]:
        """Return the runs that are in memory, the longest unused first."""
        return list(self._live.values())

    def find_in_memory(self, id: str) -> LiveRun | None:
        """Return the run with this id if it is in memory, of any visitor."""
        return self._live.get(id)

    @property
    def playing(self) -> int:
        """How many of the runs in memory play."""
        return sum(live.playing for live in self._live.values())

    def count(self) -> int:
        """Return how many runs the store keeps, at most COUNT_SECONDS old."""
        count = self._count_cache.get("runs")
        if count is None:
            count = self._count_cache["runs"] = self._store.count()
        return count

    def create(self, owner: str, run: Run, speed: str = DEFAULT_SPEED) -> LiveRun:
        """Add a run that has begun, paused, as one of this visitor's. Raises FullError."""
        self._make_space_in_store()
        return self._add_new(RunRecord(new_id(), owner, run, speed))

    def get(self, id: str, owner: str) -> LiveRun:
        """Return this visitor's run, from the store if it is not in memory."""
        live = self._live.get(id) or self._load(id, owner)
        if live.record.owner != owner:
            raise KeyError(id)
        self._live.move_to_end(id)
        try:
            live.player.refresh()
        except KeyError:
            self._drop(id)
            raise
        return live

    def copy(self, live: LiveRun, owner: str) -> LiveRun:
        """Add a run of this visitor's own that begins at the state that is shown of another.
        Raises FullError.
        """
        return self._copy_at(live, live.run, owner)

    def keep(self, live: LiveRun) -> LiveRun:
        """Add a run that is what this one is at its newest step, in place of the one that was kept
        before, unless something was done with that. Raises FullError.
        """
        owner = live.record.owner
        id, commands = live.before_reset
        with suppress(KeyError):
            before = self.get(id, owner)
            is_as_it_was = before.tip.step == before.record.parent_step
            if is_as_it_was and len(before.tip.log) == commands and not before.record.name:
                self.delete(before)
        copy = self._copy_at(live, live.tip, owner)
        live.before_reset = copy.id, len(live.tip.log)
        return copy

    def share(self, live: LiveRun) -> str:
        """Keep the state that is shown, for everyone who has the id; return the id.

        Raises StoreError if it cannot be saved, FullError if the visitor has shared enough.
        """
        sharer = f"{SHARED}{number_of(live.record.owner)}"
        self._make_space_in_store()
        self._check_kept_runs(sharer)
        record = self._branch(live.record, live.run, sharer)
        record.name = live.record.name or messages.SHARED_NAME
        if not self._saver.save([record]):
            raise StoreError(self._saver.error)
        return record.id

    def shared_run(self, id: str) -> Run:
        """Return a shared run, to look at."""
        return self._records.load_shared(id).tip

    def open_shared(self, id: str, owner: str) -> LiveRun:
        """Return this visitor's own copy of a shared run: the one that they have, if it has not
        moved, else a new one. Raises FullError.
        """
        copies = self.of(
            owner, lambda row: row["parent"] == id and row["step"] == row["parent_step"]
        )
        if copies:
            return copies[0]
        self._make_space_in_store()
        shared = self._records.load_shared(id)
        live = self._add_new(self._branch(shared, shared.tip, owner))
        self._saver.save([live.record])
        return live

    def delete(self, live: LiveRun) -> None:
        """Delete a run."""
        live.player.pause()
        self._delete(live.id)

    def delete_visitor(self, number: str) -> int:
        """Delete all runs and shared runs of the visitor with this number; return how many."""
        owners = [
            owner
            for owner in self._store.visitors()
            if owner == f"{SHARED}{number}" or number_of(owner) == number
        ]
        ids = [row["id"] for owner in owners for row in self._store.runs_of(owner)]
        for id in ids:
            self._delete(id)
        return len(ids)

    def delete_unused(self, before: float) -> None:
        """Delete the runs without a name that nobody has used since this time."""
        for id in self._store.expire(before):
            self._drop(id)

    def of(self, owner: str, matches: Callable[[Row], bool] = lambda row: True) -> list[LiveRun]:
        """Return the visitor's runs whose rows match, the last used first."""
        records = [live.record for live in self._live.values()]
        self._saver.save([record for record in records if record.owner == owner])
        runs = []
        for row in filter(matches, self._store.runs_of(owner)):
            with suppress(KeyError):  # it was deleted in the meantime
                live = self._live.get(row["id"]) or self._live_run(
                    self._records.load(row["id"], owner)
                )
                live.record.name = row["name"]
                runs.append(live)
        return runs

    def family(self, live: LiveRun) -> list[LiveRun]:
        """Return the run that this one branched from, that one's other branches, and this one's
        own.
        """
        record = live.record

        def is_related(row: Row) -> bool:
            is_sibling = record.parent and record.parent in (row["id"], row["parent"])
            return row["id"] != record.id and bool(row["parent"] == record.id or is_sibling)

        return self.of(record.owner, is_related)

    def rename(self, live: LiveRun, name: str) -> None:
        """Give a run another name. A run that has one is never deleted. Raises FullError."""
        record = live.record
        if name and not record.name:
            self._check_kept_runs(record.owner)
        record.name = name
        self._saver.save([record])
        self._store.change(record.id, name=name, stays=bool(name))

    def notify_all(self) -> None:
        """Tell the viewers of all runs that there is something new."""
        for live in self._live.values():
            live.audience.notify()

    def _make_space_in_store(self) -> None:
        """Delete the longest unused runs if the store is full. Raises FullError if all runs were
        used lately.
        """
        limit = self._deployment.runs_kept
        if self.count() < limit:
            return
        recently = self._clock.time() - 3600 * RECENT_HOURS
        for id in self._store.expire(recently, 1 + limit // 1000):
            self._drop(id)
        self._count_cache.clear()
        if self.count() >= limit:
            raise FullError(messages.FULL.format(limit=limit, hours=RECENT_HOURS))

    def _check_kept_runs(self, owner: str) -> None:
        limit = self._deployment.named_per_visitor
        if sum(bool(row["stays"]) for row in self._store.runs_of(owner)) >= limit:
            raise FullError(messages.TOO_MANY_KEPT.format(limit=limit))

    def _copy_at(self, live: LiveRun, run: Run, owner: str) -> LiveRun:
        self._make_space_in_store()
        return self._add_new(self._branch(live.record, run, owner))

    def _add_new(self, record: RunRecord) -> LiveRun:
        live = self._live_run(record)
        self._add(live)
        live.player.change(_edit_nothing)
        return live

    def _live_run(self, record: RunRecord) -> LiveRun:
        return LiveRun(record, self._make_player, self._clock)

    def _add(self, live: LiveRun) -> None:
        self._live[live.id] = live
        self._saver.add(live.record)
        surplus = max(0, len(self._live) - self._deployment.runs)
        for longest_unused in self.in_memory()[:surplus]:
            self._unload(longest_unused)
        gevent.spawn(self._make_space_for_visitor, live)

    def _unload(self, live: LiveRun) -> None:
        """Let go of a run that nobody looks at, as soon as the store has it."""
        if live.is_watched:
            return
        live.player.release()
        if self._saver.save([live.record]):
            self._drop(live.id)

    def _make_space_for_visitor(self, live: LiveRun) -> None:
        """Delete the longest unused runs without a name of a visitor who has too many."""
        was_deleted = live.id not in self._live
        if was_deleted or not self._saver.save([live.record]):
            return
        rows = [row for row in self._store.runs_of(live.record.owner) if not row["stays"]]
        for row in rows[self._deployment.runs_per_visitor :]:
            self._delete(row["id"])

    def _delete(self, id: str) -> None:
        self._drop(id)
        self._saver.delete([id])
        self._drop(id)  # it may have been loaded while it was being deleted
        self._on_delete(id)

    def _drop(self, id: str) -> None:
        """Let go of a run, if it is in memory."""
        live = self._live.pop(id, None)
        self._saver.remove(id)
        if live is not None:
            live.player.release()

    def _load(self, id: str, owner: str) -> LiveRun:
        live = self._live_run(self._records.load(id, owner))
        with suppress(StoreError):  # a store that cannot be written to can still be read
            self._store.change(id, used=self._clock.time())
        if id not in self._live:  # another greenlet may have loaded it in the meantime
            self._add(live)
        return self._live[id]

    def _branch(self, record: RunRecord, run: Run, owner: str) -> RunRecord:
        return record.branch(run, owner, self._store.snapshots(record.id, run.step))


def _edit_nothing() -> None:
    pass
