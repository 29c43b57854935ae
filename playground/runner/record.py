"""The record of a run: its owner, its progress, and how much of it is saved."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace

from engine.training.commands import RunCommand
from engine.training.run import Run
from engine.training.snapshots import History, max_snapshots, pack
from playground.runner.scheduling.pace import DEFAULT_SPEED
from playground.storage.store import StoredRun


@dataclass(frozen=True)
class SavedPart:
    """What the store has of a run."""

    run: Run
    log: tuple[tuple[int, RunCommand], ...]
    steps: tuple[int, ...] = ()
    """The steps of its snapshots."""


@dataclass(eq=False)
class RunRecord:
    """One run with its history. `owner` is the visitor whose run it is, and whose computing time it
    takes.
    """

    id: str
    owner: str
    tip: Run
    """The run as far as it has come."""
    speed: str = DEFAULT_SPEED
    name: str = ""
    parent: str = ""
    """The run that this one is a branch of, if any."""
    parent_step: int = 0
    created_at: float = field(default_factory=time.time)
    used_at: float = field(default_factory=time.time)
    history: History = History()
    """The steps at which there are snapshots."""
    snapshots: dict[int, bytes] = field(default_factory=dict)
    """Snapshots that the store does not have yet, by step."""
    saved: SavedPart | None = None
    """None before the run is saved for the first time. A run that was saved and is missing in the
    store was deleted.
    """
    data_hash: str = ""
    """The hash under which the store keeps its samples."""
    lease: int = 0
    """The number of the last lease under which it was changed, if several processes share it."""

    @classmethod
    def from_stored(cls, stored: StoredRun, run: Run) -> RunRecord:
        """Return the record of a run that came from the store."""
        row = stored.row
        return cls(
            row["id"],
            row["visitor"],
            run,
            row["speed"],
            row["name"],
            row["parent"],
            row["parent_step"],
            row["made"],
            row["used"],
            History.from_steps(stored.steps),
            saved=SavedPart(run, run.log, stored.steps),
            data_hash=row["data"],
        )

    @property
    def needs_saving(self) -> bool:
        """Whether the store has an older state than this."""
        return self.saved is None or self.saved.run is not self.tip

    def advance_to(self, run: Run, snapshot_bytes: int) -> None:
        """Make this the newest state; take a snapshot if one is due. All snapshots together get
        at most `snapshot_bytes`.
        """
        if run.step < self.tip.step or len(run.log) < len(self.tip.log):  # it was reset
            self.history, self.snapshots = History(), {}
        self.tip = run
        history = self.history.add(run.step, max_snapshots(run, snapshot_bytes))
        if history is self.history:
            return
        self.history = history
        if history.steps[-1:] == (run.step,):
            self.snapshots[run.step] = pack(run)
        steps = set(history.steps)
        self.snapshots = {step: body for step, body in self.snapshots.items() if step in steps}

    def use_saved_steps(self, steps: tuple[int, ...]) -> None:
        """Take over the steps of the snapshots that another process has saved."""
        if self.saved is not None and steps != self.saved.steps:
            self.saved = replace(self.saved, steps=steps)
            self.history = History.from_steps(sorted({*steps, *self.snapshots}))

    def branch(self, run: Run, owner: str, stored_snapshots: dict[int, bytes]) -> RunRecord:
        """Return a new record that begins at `run`, a state of this one, with the snapshots that
        led to it.
        """
        snapshots = stored_snapshots | {
            step: body for step, body in self.snapshots.items() if step <= run.step
        }
        history = self.history.up_to(run.step)
        steps = tuple(step for step in history.steps if step in snapshots)
        return RunRecord(
            new_id(),
            owner,
            run,
            self.speed,
            parent=self.id,
            parent_step=run.step,
            history=replace(history, steps=steps),
            snapshots=snapshots,
        )


def new_id() -> str:
    """Return an id that nobody can guess: everyone who has the id of a shared run may open it."""
    return secrets.token_urlsafe(18)
