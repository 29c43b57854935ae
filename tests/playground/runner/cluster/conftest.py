"""Two web processes and a worker over one Redis, each an object of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.compiler.native_backend import NUMPY
from playground.clock import Clock, RealThreadClock
from playground.runner.cluster.redis_bus import LoopBus, RedisBus
from playground.runner.cluster.run_bus import RunBus
from playground.runner.cluster.runner import cluster_runner
from playground.runner.cluster.worker_resources import WorkerResources
from playground.runner.runner import Runner
from playground.settings import Deployment
from playground.storage.store import Store
from tests.manual_clock import SteppingClock

StartWeb = Callable[[], Runner]
StartWorker = Callable[..., WorkerResources]


@pytest.fixture
def deployment(tmp_path: Path, redis_url: str) -> Deployment:
    return Deployment(data=tmp_path, redis_url=redis_url, sweeps_per_visitor=3)


@pytest.fixture
def bus(redis_url: str) -> RedisBus:
    return RedisBus(redis_url)


@pytest.fixture
def run_bus(bus: RedisBus) -> RunBus:
    return RunBus(bus, 60.0, SteppingClock())


@pytest.fixture
def start_web(deployment: Deployment) -> Iterator[StartWeb]:
    """Return a function that starts one more web process."""
    runners = []

    def start() -> Runner:
        bus = LoopBus(RedisBus(deployment.redis_url))
        runners.append(cluster_runner(Store(deployment.store_url()), deployment, bus))
        return runners[-1]

    yield start
    for runner in runners:
        runner.stop()


@pytest.fixture
def start_worker(deployment: Deployment) -> Iterator[StartWorker]:
    """Return a function that starts one more worker, whose clock may stand still."""
    stores = []

    def start(clock: Clock | None = None) -> WorkerResources:
        clock = clock or RealThreadClock()
        stores.append(Store(deployment.store_url(), threads=0))
        run_bus = RunBus(RedisBus(deployment.redis_url), 60 * deployment.idle_minutes, clock)
        return WorkerResources(stores[-1], run_bus, deployment, NUMPY, clock)

    yield start
    for store in stores:
        store.close()
