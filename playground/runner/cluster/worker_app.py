"""The Celery application of a worker: the tasks that train runs and sweeps."""

from __future__ import annotations

import logging

from celery import Celery

from playground.clock import RealThreadClock
from playground.runner.cluster.celery_app import SWEEP, TRAIN, celery_app
from playground.runner.cluster.redis_bus import RedisBus
from playground.runner.cluster.run_bus import RunBus
from playground.runner.cluster.sweep_lane import SweepLanes
from playground.runner.cluster.worker import Worker
from playground.runner.cluster.worker_resources import WorkerResources
from playground.runner.errors import UnreachableError
from playground.runner.scheduling.warmup import BackendWarmup
from playground.settings import Deployment
from playground.storage.store import Store, StoreError

TASKS_PER_LANE = 4
"""One in this many tasks may be a sweep's: runs that people watch do not wait for sweeps."""

logger = logging.getLogger(__name__)


def worker_app(deployment: Deployment, max_tasks: int) -> Celery:
    """Return Celery with the tasks that train, at most `max_tasks` at once. Needs the deployment's
    Redis and database.
    """
    clock, warmup = RealThreadClock(), BackendWarmup()
    warmup.run()
    run_bus = RunBus(RedisBus(deployment.redis_url), 60 * deployment.idle_minutes, clock)
    store = Store(deployment.store_url(), threads=0)
    resources = WorkerResources(store, run_bus, deployment, warmup.backend, clock)
    app = celery_app(deployment.redis_url)
    add_tasks(app, Worker(resources), SweepLanes(resources, max(1, max_tasks // TASKS_PER_LANE)))
    return app


def add_tasks(app: Celery, worker: Worker, lanes: SweepLanes) -> None:
    """Add the tasks to Celery. A task whose run or sweep is to go on puts itself into the queue
    again; if Redis or the store fails, the web processes ask for it again.
    """

    @app.task(name=SWEEP)  # type: ignore[untyped-decorator]
    def sweep(id: str) -> None:
        try:
            goes_on = lanes.train(id)
        except (UnreachableError, StoreError) as error:
            logger.warning("Sweep %s: %s", id, error)
            return
        if goes_on:
            app.send_task(SWEEP, [id])

    @app.task(name=TRAIN)  # type: ignore[untyped-decorator]
    def train(id: str) -> None:
        try:
            goes_on = worker.train(id)
            if goes_on and worker.resources.run_bus.queue(id):
                app.send_task(TRAIN, [id])
        except UnreachableError as error:
            logger.warning("Run %s: %s", id, error)
