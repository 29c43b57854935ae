"""Loads the records of runs from the store, and recomputes what a run was at an earlier step."""

from __future__ import annotations

from engine.training.run import Run
from engine.training.snapshots import states_from
from playground.messages import runs as messages
from playground.runner.record import RunRecord
from playground.runner.scheduling.cpu_budget import timed
from playground.runner.scheduling.pace import Pace
from playground.runner.scheduling.resources import Resources
from playground.storage.run_rows import run_of
from playground.storage.store import Store, StoredRun

SHARED = "shared by "
"""The owner of a shared run is this text and the number of the visitor who shared it. No visitor's
id begins like it.
"""


class RecordStore:
    """Records as the store has them. An unknown id, or another visitor's, raises KeyError."""

    def __init__(self, store: Store, resources: Resources) -> None:
        self.store, self._resources = store, resources

    def load(self, id: str, owner: str) -> RunRecord:
        """Return the record of this visitor's run."""
        stored = self.store.find(id)
        if stored is None or stored.row["visitor"] != owner:
            raise KeyError(id)
        return self._record(stored)

    def load_shared(self, id: str) -> RunRecord:
        """Return the record of a shared run."""
        stored = self.store.find(id)
        if stored is None or not stored.row["visitor"].startswith(SHARED):
            raise KeyError(id)
        return self._record(stored)

    def state_at(self, record: RunRecord, step: int) -> Run:
        """Return a run as it was at a step, computed in slices from the snapshot before it. Raises
        ValueError, in words, if that takes too long.
        """
        resources = self._resources
        limit = resources.deployment.replay_seconds
        end = resources.clock.now() + limit
        run = record.tip
        states = states_from(run, self._snapshot_before(record, step), step, Pace().advance_slice)
        while True:
            later, seconds = resources.pool.compute(timed, next, states, None)
            resources.budget.spend(record.owner, seconds)
            if later is None:
                return run
            run = later
            if resources.clock.now() > end:
                raise ValueError(
                    messages.REPLAY_TOO_SLOW.format(step=step, seconds=limit, reached=run.step)
                )

    def _snapshot_before(self, record: RunRecord, step: int) -> bytes | None:
        """Return the last snapshot of a run that is not after a step."""
        snapshot_step = record.history.last_before(step)
        if snapshot_step is None:
            return None
        unsaved = record.snapshots.get(snapshot_step)
        return unsaved or self.store.snapshot(record.id, snapshot_step)

    def _record(self, stored: StoredRun) -> RunRecord:
        run = self._resources.pool.compute(run_of, stored)
        return RunRecord.from_stored(stored, self._resources.usable(run))
