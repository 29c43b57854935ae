"""Runs are saved beside the training: what changed, together, some times a second and after every
command.

What cannot be saved is tried again; `trouble` says why in words, and the training goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence

import gevent
from gevent.event import Event
from gevent.lock import RLock

from engine.training.run import Run
from playground.runner.live_run import Live
from playground.storage.run_rows import columns, log, samples_as_bytes
from playground.storage.store import Saving, Store, StoreError

SAVE_SECONDS = 0.6
"""So often; with the time that it takes, no run is more than a second older than it was."""

UNSAVED = "What happens now cannot be saved"
"""How it is said; why follows."""

logger = logging.getLogger(__name__)


class Saver:
    """Saves the runs that `lives` gives; `told` is called when `trouble` changes."""

    def __init__(
        self, store: Store, lives: Callable[[], Iterable[Live]], told: Callable[[], None]
    ) -> None:
        self.trouble = ""
        self._store, self._lives, self._told = store, lives, told
        self._soon, self._saving = Event(), RLock()
        self._greenlet = gevent.spawn(self._work)

    def soon(self) -> None:
        """Save at once, without being waited for."""
        self._soon.set()

    def save(self, lives: Iterable[Live] | None = None) -> bool:
        """Save what changed of these, or of all; whether all of it is saved."""
        with self._saving:
            changed = [
                live
                for live in (self._lives() if lives is None else lives)
                if live.saved is not live.tip
            ]
            try:
                if changed:
                    self._save(changed)
            except StoreError as error:
                self._say(f"{UNSAVED} ({error}); it is tried again.")
                return False
            self._say("")
            return True

    def forget(self, ids: Sequence[str]) -> None:
        """Delete runs from the store."""
        with self._saving:
            self._store.forget(ids)

    def stop(self) -> None:
        """Save what is left, and end; after a save that is under way, which must not come last."""
        with self._saving:
            self._greenlet.kill()
            self.save()

    def _work(self) -> None:
        while True:
            self._soon.wait(SAVE_SECONDS)
            self._soon.clear()
            try:
                self.save()
            except Exception:
                logger.exception("Saving failed.")

    def _save(self, lives: list[Live]) -> None:
        for live in lives:
            if not live.data:
                live.data = self._store.keep_data(samples_as_bytes(live.tip.first_data))
        taken = [(live, live.tip, saving_of(live)) for live in lives]
        self._store.save(saving for _, _, saving in taken)
        for live, run, saving in taken:
            saved(live, run, saving)
            live.used = time.time()

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            logger.warning("%s", trouble or "Runs are saved again.")
            self._told()


def saving_of(live: Live) -> Saving:
    """What is new of a run since it was saved."""
    run, before = live.tip, live.saved_log
    logged = next(
        (i for i, (old, new) in enumerate(zip(before, run.log, strict=False)) if old is not new),
        min(len(before), len(run.log)),
    )
    row = columns(run) | {"speed": live.speed, "used": time.time(), "lease": live.lease}
    if not live.stored:
        row |= {
            "visitor": live.visitor, "name": live.name, "stays": bool(live.name),
            "settings": run.settings.model_dump_json(), "data": live.data, "made": live.made,
            "parent": live.parent, "parent_step": live.parent_step,
        }  # fmt: skip
    same_log = live.stored and logged == len(before) == len(run.log)
    steps = live.history.steps
    there, wanted = set(live.saved_steps), set(steps)
    # under a lease there may be more than is known, from who had the one before
    none_goes = live.stored and (there == wanted if live.lease else there <= wanted)
    return Saving(
        live.id, row, logged, None if same_log else log(run.log[logged:]), dict(live.snapshots),
        None if none_goes else steps, new=not live.stored,
    )  # fmt: skip


def saved(live: Live, run: Run, saving: Saving) -> None:
    """This was saved of a run."""
    live.saved, live.saved_log, live.stored = run, run.log, True
    kept = (*live.saved_steps, *saving.snapshots) if saving.kept is None else saving.kept
    live.saved_steps = tuple(sorted(set(kept)))
    for step, body in saving.snapshots.items():
        if live.snapshots.get(step) is body:
            del live.snapshots[step]
