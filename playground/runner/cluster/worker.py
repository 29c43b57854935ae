"""What a worker does with a run: it trains the run for about a second, publishes every slice, saves
the run, and puts it into the queue again.

A slice begins at the progress that was published last. So a slice that is computed twice gives the
same, and a slice that a dead worker did not publish is computed by the next one. If the store
cannot be reached, the training goes on and says so.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace

from cachetools import LRUCache

from engine.compiler.native_backend import NUMPY
from playground.messages import runs as messages
from playground.runner.cluster.messages import (
    Progress,
    RunDefinition,
    UnknownMessageError,
    state_of,
)
from playground.runner.cluster.run_bus import Lease, LeaseLostError, LeaseStatus
from playground.runner.cluster.worker_resources import WorkerResources
from playground.runner.record import RunRecord, SavedPart
from playground.runner.saver import mark_saved, saving_of
from playground.runner.scheduling.cpu_budget import timed
from playground.runner.scheduling.frame_rate import MIN_INTERVAL, fair_slice_seconds
from playground.runner.scheduling.pace import Pace
from playground.storage.run_rows import samples_of
from playground.storage.store import StoreError

TURN_SECONDS = 0.8
"""How long a run is trained before another run's turn, in seconds. With the saving, a turn takes
less than a second.
"""
WAIT_SECONDS = 1.0
"""How long another process may take to change a run that is being trained, in seconds."""
POLL_SECONDS = 0.003
LISTEN_SECONDS = 0.03
"""Seconds between two looks whether another process asks for the run during a rest."""
MAX_RUNS = 200
"""Number of runs that need not be read again when they come back."""

logger = logging.getLogger(__name__)


@dataclass
class TrainedRun:
    """A run that this worker has trained lately."""

    record: RunRecord
    definition: RunDefinition
    pace: Pace = field(default_factory=Pace)
    notice: str = ""


class Worker:
    """Trains runs, in as many threads as call it."""

    def __init__(self, resources: WorkerResources) -> None:
        self.resources = resources
        self.error = ""
        """Why runs cannot be saved, in words; empty while they can."""
        self._runs: LRUCache[str, TrainedRun] = LRUCache(MAX_RUNS)
        self._lock = threading.Lock()

    def train(self, run: str) -> bool:
        """Train a run for one turn; return whether it is to go on. If another worker has it, do
        nothing.
        """
        resources = self.resources
        resources.run_bus.unqueue(run)
        lease = resources.run_bus.take(run)
        if lease is None:
            return False
        try:
            with resources.slots.turn():
                return Turn(self, lease).train()
        except LeaseLostError:
            logger.info("Run %s: another process has taken the lease.", run)
            return False
        finally:
            resources.run_bus.release(lease)

    def find(self, id: str, progress: Progress) -> TrainedRun | None:
        """Return a run as far as it has come; None if Redis does not have all of it. Raises
        UnknownMessageError.
        """
        with self._lock:
            run = self._runs.pop(id, None)
        if run is not None and run.definition.edition == progress.edition:
            run.record.tip = progress.advance(run.record.tip)
        else:
            run = self._read(id, progress)
        if run is not None:
            with self._lock:
                self._runs[id] = run
        return run

    def _read(self, id: str, progress: Progress) -> TrainedRun | None:
        bus = self.resources.run_bus
        body = bus.definition(id)
        definition = RunDefinition.unpack(body) if body else None
        if definition is None or definition.edition != progress.edition:
            return None
        samples = bus.data(definition.data_hash)
        if samples is None:
            return None
        run = definition.run(progress.state, samples_of(samples))
        if run.backend not in (NUMPY, self.resources.backend):
            run = replace(run, backend=self.resources.backend)
        record = RunRecord(
            id,
            definition.owner_number,
            run,
            data_hash=definition.data_hash,
            saved=SavedPart(run, run.log),
        )
        return TrainedRun(record, definition)


class Turn:
    """One run's turn."""

    def __init__(self, worker: Worker, lease: Lease) -> None:
        self._worker, self._lease = worker, lease
        self._resources, self._bus = worker.resources, worker.resources.run_bus
        self._clock = worker.resources.clock
        self._count = 0

    def train(self) -> bool:
        """Train until the turn is over; return whether the run is to go on."""
        try:
            run = self._begin()
        except UnknownMessageError as error:
            logger.warning("Run %s is not trained here: %s", self._lease.run, error)
            return False
        return run is not None and self._train(run)

    def _begin(self) -> TrainedRun | None:
        state = self._bus.state(self._lease.run)
        if state.progress is None or not state.speed:
            return None
        progress = Progress.unpack(state.progress)
        run = self._worker.find(self._lease.run, progress)
        if run is not None:
            self._count = progress.order[1]
            record = run.record
            record.speed, record.lease = state.speed, self._lease.number
            steps = record.saved.steps if record.saved else ()
            record.saved = SavedPart(record.tip, record.tip.log, steps)  # its publisher saved it
            record.use_saved_steps(state.snapshot_steps or ())
        return run

    def _train(self, run: TrainedRun) -> bool:
        clock, record = self._clock, run.record
        end = clock.now() + TURN_SECONDS
        started_before = due = clock.now()
        while True:
            started = clock.now()
            over_budget = self._take_slice(run, started - started_before)
            started_before = started
            has_ended = record.tip.diverged or bool(record.tip.stopped)
            status = self._publish(run, playing=not has_ended)
            if not status.is_touched:
                minutes = self._resources.deployment.idle_minutes
                run.notice = messages.IDLE.format(minutes=minutes)
            if has_ended or not (status.is_watched and status.speed and status.is_touched):
                self._bus.pause(record.id)
                self._save(run)
                self._publish(run, playing=False)
                return False
            record.speed = status.speed
            if status.is_requested:
                return self._give_way()
            now = clock.now()
            rest = max(over_budget, run.pace.rest_seconds(record.speed, now - due, MIN_INTERVAL))
            due = now + rest
            if not self._rest(min(rest, max(0.0, end - clock.now()))):
                return self._give_way()
            if clock.now() >= end:
                self._save(run)
                return True

    def _take_slice(self, run: TrainedRun, elapsed: float) -> float:
        """Advance the run by one slice; return how many seconds it must wait for computing time."""
        record, pace, deployment = run.record, run.pace, self._resources.deployment
        with self._resources.slots.for_run() as runs:
            pace.slice_seconds = fair_slice_seconds(MIN_INTERVAL, runs, deployment.threads)
            steps = pace.next_slice(record.speed, elapsed)
            state, seconds = timed(pace.advance, record.tip, steps)
        record.advance_to(state, deployment.snapshot_bytes)
        over_budget = self._resources.budget.spend(record.owner, seconds)
        run.notice = (
            messages.OVER_BUDGET.format(seconds=deployment.cpu_seconds) if over_budget else ""
        )
        return over_budget

    def _rest(self, seconds: float) -> bool:
        """Wait for the next slice; return False at once if another process asks for the run."""
        end = self._clock.now() + seconds
        while (left := end - self._clock.now()) > LISTEN_SECONDS:
            self._clock.sleep(LISTEN_SECONDS)
            if self._bus.is_requested(self._lease.run):
                return False
        self._clock.sleep(max(0.0, left))
        return True

    def _give_way(self) -> bool:
        """Let another process change the run; the run comes back through the queue."""
        self._bus.release(self._lease)
        end = self._clock.now() + WAIT_SECONDS
        while self._bus.is_requested(self._lease.run) and self._clock.now() < end:
            self._clock.sleep(POLL_SECONDS)
        return True

    def _publish(self, run: TrainedRun, playing: bool) -> LeaseStatus:
        self._count += 1
        progress = Progress(
            run.definition.edition,
            (self._lease.number, self._count),
            playing,
            run.record.speed,
            self._worker.error or run.notice,
            None,
            state_of(run.record.tip),
        )
        return self._bus.publish(self._lease, progress.pack())

    def _save(self, run: TrainedRun) -> None:
        record = run.record
        try:
            update = saving_of(record)
            self._resources.store.save([update])
        except StoreError as error:
            self._worker.error = messages.NOT_SAVED.format(reason=error)
            return
        self._worker.error = ""
        mark_saved(record, record.tip, update)
        if update.snapshots:
            self._bus.put_snapshot_steps(record.id, record.history.steps)
