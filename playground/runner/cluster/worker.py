"""What a worker does: trains one run for about a second, tells how far it has come with every
slice, saves it, and puts it into the queue again.

A slice begins at the tip that was published last, so that one which is done twice is the same, and
one that a dead worker did not publish is done by the next. Where the store cannot be reached the
training goes on, and says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from celery import Celery

from engine.compiler import native_backend
from engine.training.snapshots import History
from playground.runner.cluster.celery_app import queue
from playground.runner.cluster.messages import Tip, Whole, moved, state_of
from playground.runner.cluster.redis_bus import Exchange, Lease, LostError, Told
from playground.runner.cluster.sweep_lane import Cells
from playground.runner.cpu_budget import Budget, timed
from playground.runner.errors import UnreachableError
from playground.runner.live_run import Live
from playground.runner.load import SHORTEST, fair
from playground.runner.notices import idled, overspent
from playground.runner.pace import Pace
from playground.runner.saver import UNSAVED, saved, saving_of
from playground.runner.warmup import Warming
from playground.settings import Deployment
from playground.storage.run_rows import samples_of
from playground.storage.store import Store, StoreError

TASK_SECONDS = 0.8
"""How long a run is trained before another's turn; with the saving, less than a second."""
WAIT_SECONDS = 1.0
"""How long somebody else may take to change a run that is being trained."""
POLL_SECONDS = 0.003
LISTEN_SECONDS = 0.03
SWEEPS_SHARE = 4
"""Of so many tasks at once one may be a sweep's: runs that people watch do not wait for these."""
REMEMBERED = 200
"""Runs that need not be read as a whole when they come again."""

logger = logging.getLogger(__name__)


@dataclass
class Known:
    """A run that was trained here of late."""

    live: Live
    whole: Whole
    pace: Pace = field(default_factory=Pace)


class Worker:
    """Trains runs, in as many threads as call it, so many of them at once."""

    def __init__(self, store: Store, exchange: Exchange, deployment: Deployment) -> None:
        self.store, self.exchange, self.limits = store, exchange, deployment
        self.turns = threading.BoundedSemaphore(deployment.threads)
        self._waiting, self._counting = 0, threading.Lock()
        self.playing = 0
        """Runs that have their turn here now."""
        self.trouble = ""
        """Why runs cannot be saved, in words; empty while they can."""
        self._known: OrderedDict[str, Known] = OrderedDict()
        self.budget = Budget(deployment.cpu_seconds)
        warming = Warming()
        warming.work()
        self.backend = warming.backend

    def train(self, run: str) -> bool:
        """Train a run for a while; whether it is to go on. Another may be at it: then nothing
        happens.
        """
        self.exchange.unqueue(run)
        lease = self.exchange.take(run)
        if lease is None:
            return False
        with self._counting:
            self.playing += 1
        try:
            return Task(self, lease).work()
        except LostError:
            logger.info("The lease of %s went to another.", run)
            return False
        finally:
            with self._counting:
                self.playing -= 1

    @contextmanager
    def turn(self) -> Iterator[int]:
        """A run's turn to be computed; with it, how many runs there are that have or want one."""
        with self._counting:
            self._waiting += 1
        try:
            with self.turns:
                yield self._waiting
        finally:
            with self._counting:
                self._waiting -= 1

    def known(self, run: str, tip: Tip) -> Known | None:
        """The run as far as it has come; None where nothing is known of it any more."""
        known = self._known.pop(run, None)
        if known is not None and known.whole.edition == tip.edition:
            known.live.tip = moved(known.live.tip, tip)
        else:
            known = self._read(run, tip)
        if known is not None:
            self._known[run] = known
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _read(self, run: str, tip: Tip) -> Known | None:
        body = self.exchange.whole(run)
        whole = Whole.unpack(body) if body else None
        data = self.exchange.data(whole.data) if whole else None
        if whole is None or data is None or whole.edition != tip.edition:
            return None
        made = whole.run(tip.state, samples_of(data))
        usable = (native_backend.NUMPY, self.backend)
        if made.backend not in usable:
            made = replace(made, backend=self.backend)
        live = Live(
            run, whole.whose, made, history=History.from_steps(whole.steps), data=whole.data,
            saved=made, stored=True, saved_log=made.log, saved_steps=whole.steps,
        )  # fmt: skip
        return Known(live, whole)


class Task:
    """One run's turn."""

    def __init__(self, worker: Worker, lease: Lease) -> None:
        self.worker, self.lease = worker, lease
        self.exchange, self.count = worker.exchange, 0

    def work(self) -> bool:
        """Train until the turn is over; whether the run is to go on."""
        try:
            known = self._begin()
            return known is not None and self._train(known)
        finally:
            self.exchange.release(self.lease)

    def _begin(self) -> Known | None:
        body, speed = self.exchange.state(self.lease.run)
        if body is None or not speed:
            return None
        tip = Tip.unpack(body)
        known = self.worker.known(self.lease.run, tip)
        if known is not None:
            self.count = tip.order[1]
            known.live.speed, known.live.lease = speed, self.lease.number
        return known

    def _train(self, known: Known) -> bool:
        worker, live, pace = self.worker, known.live, known.pace
        end = time.monotonic() + TASK_SECONDS
        before = due = time.perf_counter()
        while True:
            started = time.perf_counter()
            with worker.turn() as waiting:
                pace.seconds = fair(SHORTEST, waiting, worker.limits.threads)
                run, seconds = timed(
                    pace.advance, live.tip, pace.slice(live.speed, started - before)
                )
            before = started
            live.come_to(run, worker.limits.snapshot_bytes)
            over = worker.budget.spend(live.visitor, seconds)
            live.notice = overspent(worker.limits) if over else ""
            ended = run.diverged or bool(run.stopped)
            told = self._publish(known, not ended)
            if not told.touched:
                live.notice = idled(worker.limits)
            if ended or not told.watched or not told.speed or not told.touched:
                self.exchange.stand(live.id)
                self._save(known)
                self._publish(known, False)
                return False
            live.speed = told.speed
            if told.asked:
                return self._give_way(known)
            now = time.perf_counter()
            rest = max(over, pace.rest(live.speed, now - due, SHORTEST))
            due = now + rest
            if not self._rest(min(rest, max(0.0, end - time.monotonic()))):
                return self._give_way(known)
            if time.monotonic() >= end:
                self._save(known)
                return True

    def _rest(self, seconds: float) -> bool:
        """Wait for the next slice; False where somebody asks for the run meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > LISTEN_SECONDS:
            time.sleep(LISTEN_SECONDS)
            if self.exchange.asked(self.lease.run):
                return False
        time.sleep(max(0.0, left))
        return True

    def _give_way(self, known: Known) -> bool:
        """Let somebody else change the run; it comes again from the queue."""
        self.exchange.release(self.lease)
        until = time.monotonic() + WAIT_SECONDS
        while self.exchange.asked(self.lease.run) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return True

    def _publish(self, known: Known, playing: bool) -> Told:
        live = known.live
        self.count += 1
        tip = Tip(
            known.whole.edition, (self.lease.number, self.count), playing, live.speed,
            self.worker.trouble or live.notice, None, state_of(live.tip),
        )  # fmt: skip
        return self.exchange.publish(self.lease, tip.pack())

    def _save(self, known: Known) -> None:
        live = known.live
        try:
            saving = saving_of(live)
            self.worker.store.save([saving])
        except StoreError as error:
            self.worker.trouble = f"{UNSAVED} ({error}); it is tried again."
            return
        self.worker.trouble = ""
        saved(live, live.tip, saving)
        if saving.snapshots:
            known.whole = replace(known.whole, steps=live.history.steps)
            self.exchange.put(live.id, known.whole.pack())


def worker(deployment: Deployment, most: int) -> Celery:
    """Celery with the tasks that train, `most` of them at once; needs the deployment's Redis and
    database.
    """
    app = queue(deployment.redis_url)
    works = Worker(
        Store(deployment.store_url(), threads=0),
        Exchange(deployment.redis_url, 60 * deployment.idle_minutes), deployment,
    )  # fmt: skip

    cells = Cells(works, deployment, max(1, most // SWEEPS_SHARE))

    @app.task(name="sweep")  # type: ignore[untyped-decorator]
    def sweep(id: str) -> None:
        try:
            again = cells.train(id)
        except (UnreachableError, StoreError) as error:
            logger.warning("%s", error)
            return
        if again:
            app.send_task("sweep", [id])

    @app.task(name="train")  # type: ignore[untyped-decorator]
    def train(run: str) -> None:
        try:
            again = works.train(run)
        except UnreachableError as error:
            logger.warning("%s", error)
            return
        if again and works.exchange.queue(run):
            app.send_task("train", [run])

    return app
