"""Saves runs while they train: what changed, about twice a second and after every command.

What cannot be saved is tried again. `error` says why in words, and the training goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence

import gevent
from gevent.event import Event
from gevent.lock import RLock

from engine.training.run import Run
from playground.clock import LoopClock
from playground.messages import runs as messages
from playground.runner.record import RunRecord, SavedPart
from playground.storage.run_rows import columns, log, samples_as_bytes
from playground.storage.store import RunUpdate, Store, StoreError

SAVE_SECONDS = 0.6
"""Seconds between two saves. With the time that a save takes, a saved run is at most a second
old.
"""

logger = logging.getLogger(__name__)


class Saver:
    """Saves the records that were added to it."""

    def __init__(self, store: Store, clock: LoopClock) -> None:
        self.error = ""
        """Why runs cannot be saved, in words; empty while they can."""
        self.on_error: Callable[[], None] = lambda: None
        """Called when `error` changes."""
        self._store, self._clock = store, clock
        self._records: dict[str, RunRecord] = {}
        self._soon, self._lock = Event(), RLock()
        self._greenlet = gevent.spawn(self._save_again_and_again)

    def add(self, record: RunRecord) -> None:
        """Save this record from now on."""
        self._records[record.id] = record

    def remove(self, id: str) -> None:
        """Stop saving this record."""
        self._records.pop(id, None)

    def save_soon(self) -> None:
        """Save in a moment; do not wait for it."""
        self._soon.set()

    def save(self, records: Iterable[RunRecord] | None = None) -> bool:
        """Save what changed of these records, or of all; return whether all of it is saved."""
        with self._lock:
            candidates = list(self._records.values()) if records is None else records
            changed = [record for record in candidates if record.needs_saving]
            try:
                if changed:
                    self._save(changed)
            except StoreError as error:
                self._set_error(messages.NOT_SAVED.format(reason=error))
                return False
            self._set_error("")
            return True

    def delete(self, ids: Sequence[str]) -> None:
        """Delete runs from the store."""
        with self._lock:
            self._store.forget(ids)

    def stop(self) -> None:
        """Save what is left, and end. A save that has begun ends first: it must not come last."""
        with self._lock:
            self._greenlet.kill()
            self.save()

    def _save_again_and_again(self) -> None:
        while True:
            self._clock.wait(self._soon, SAVE_SECONDS)
            self._soon.clear()
            try:
                self.save()
            except Exception:
                logger.exception("RunUpdate failed.")

    def _save(self, records: list[RunRecord]) -> None:
        for record in records:
            if not record.data_hash:
                record.data_hash = self._store.keep_data(samples_as_bytes(record.tip.first_data))
        updates = [(record, record.tip, saving_of(record)) for record in records]
        self._store.save(update for _, _, update in updates)
        for record, run, update in updates:
            mark_saved(record, run, update)
            record.used_at = time.time()

    def _set_error(self, error: str) -> None:
        if error != self.error:
            self.error = error
            logger.warning("%s", error or "Runs are saved again.")
            self.on_error()


def saving_of(record: RunRecord) -> RunUpdate:
    """Return what is new of a run since it was saved."""
    run, saved = record.tip, record.saved
    log_before = saved.log if saved else ()
    unchanged = next(
        (
            index
            for index, (old, new) in enumerate(zip(log_before, run.log, strict=False))
            if old is not new
        ),
        min(len(log_before), len(run.log)),
    )
    row = columns(run) | {"speed": record.speed, "used": time.time(), "lease": record.lease}
    if saved is None:
        row |= {
            "visitor": record.owner,
            "name": record.name,
            "stays": bool(record.name),
            "settings": run.settings.model_dump_json(),
            "data": record.data_hash,
            "made": record.created_at,
            "parent": record.parent,
            "parent_step": record.parent_step,
        }
    is_same_log = saved is not None and unchanged == len(log_before) == len(run.log)
    steps = record.history.steps
    old_steps, new_steps = set(saved.steps if saved else ()), set(steps)
    # The holder of an earlier lease may have saved snapshots that this process does not know of.
    no_step_goes = saved is not None and (
        old_steps == new_steps if record.lease else old_steps <= new_steps
    )
    return RunUpdate(
        record.id,
        row,
        unchanged,
        None if is_same_log else log(run.log[unchanged:]),
        dict(record.snapshots),
        None if no_step_goes else steps,
        is_new=saved is None,
    )


def mark_saved(record: RunRecord, run: Run, update: RunUpdate) -> None:
    """Note that this update of a run is in the store."""
    old_steps = record.saved.steps if record.saved else ()
    steps = (*old_steps, *update.snapshots) if update.steps is None else update.steps
    record.saved = SavedPart(run, run.log, tuple(sorted(set(steps))))
    for step, body in update.snapshots.items():
        if record.snapshots.get(step) is body:
            del record.snapshots[step]
