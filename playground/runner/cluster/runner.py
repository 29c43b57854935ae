"""Builds the runner of a web process whose runs are trained by workers."""

from __future__ import annotations

from playground.clock import Clock, LoopClock, RealLoopClock, RealThreadClock
from playground.runner.cluster.celery_app import celery_app
from playground.runner.cluster.player import ClusterPlayers
from playground.runner.cluster.redis_bus import LoopBus
from playground.runner.cluster.run_bus import RunBus
from playground.runner.cluster.sweeps import ClusterSweepTrainer
from playground.runner.local_player import LocalPlayers
from playground.runner.record_store import RecordStore
from playground.runner.registry import RunRegistry
from playground.runner.runner import Runner
from playground.runner.saver import Saver
from playground.runner.scheduling.resources import Resources
from playground.runner.sweeps import Sweeps
from playground.settings import Deployment
from playground.storage.store import Store
from playground.storage.sweep_rows import SweepStore
from playground.storage.texts import TextStore


def cluster_runner(
    store: Store,
    deployment: Deployment,
    bus: LoopBus,
    clock: LoopClock | None = None,
    thread_clock: Clock | None = None,
) -> Runner:
    """Return a runner that shows what workers train, through this Redis. Runs without an owner,
    those of embedded panels, play in this process. Raises UnreachableError.
    """
    clock = clock or RealLoopClock()
    resources = Resources.create(deployment, clock)
    saver, records = Saver(store, clock), RecordStore(store, resources)
    run_bus = RunBus(bus.bus, 60 * deployment.idle_minutes, thread_clock or RealThreadClock())
    boot_id = bus.run(bus.bus.boot_id)
    bus.run(run_bus.raise_lease_number, store.last_lease())
    celery = celery_app(deployment.redis_url)
    players = ClusterPlayers(resources, records, saver, bus, run_bus, celery)
    runs = RunRegistry(records, saver, resources, players.player, players.forget)
    sweep_store, tables = SweepStore(store), TextStore(store, "table", deployment.tables)
    trainer = ClusterSweepTrainer(sweep_store, bus, players.send, clock)
    sweeps = Sweeps(sweep_store, tables, resources, runs, trainer)
    local_players = LocalPlayers(resources, saver.save_soon)
    return Runner(resources, records, saver, runs, sweeps, players, local_players, boot_id)
