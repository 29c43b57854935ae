"""Sweeps whose cells workers train."""

from __future__ import annotations

import pytest
import redis

from engine.training.settings import Settings
from engine.training.sweeps import Sweep, parse_sweep
from playground.messages import runs as messages
from playground.nicknames import number_of
from playground.runner.cluster.celery_app import SWEEP, celery_app
from playground.runner.cluster.sweep_lane import SweepLanes
from playground.runner.cluster.sweeps import LANES, ClusterSweepTrainer, sweep_key
from playground.runner.cluster.worker import Worker
from playground.runner.cluster.worker_app import add_tasks, worker_app
from playground.runner.errors import UnreachableError
from playground.runner.runner import Runner
from playground.settings import Deployment
from playground.storage.store import StoreError
from tests.manual_clock import SteppingClock
from tests.playground.runner.cluster.conftest import StartWeb, StartWorker
from tests.playground.runner.cluster.test_player import tasks

FORM = Settings(hidden=(3,), samples=20).texts() | {
    "first": "rate",
    "first_values": "0.01, 0.1, 0.3",
    "second": "l2",
    "second_values": "0, 0.01",
    "steps": "40",
}


def sweep_of(form: dict[str, str]) -> Sweep:
    sweep, errors = parse_sweep(form)
    assert sweep is not None, errors
    return sweep


def trainer_of(runner: Runner) -> ClusterSweepTrainer:
    trainer = runner.sweeps._trainer
    assert isinstance(trainer, ClusterSweepTrainer)
    return trainer


def test_a_lane_trains_all_cells_and_saves_them(
    start_web: StartWeb, start_worker: StartWorker, redis_url: str
) -> None:
    sweeps = start_web().sweeps
    sweep = sweeps.start("me", sweep_of(FORM))
    assert tasks(redis_url) == [[SWEEP, f"['{sweep.id}']"]] * LANES
    assert (sweeps.seconds_left(sweep), sweeps.is_waiting(sweep)) == (None, False)
    lanes = SweepLanes(start_worker(), 4)
    while lanes.train(sweep.id):
        pass
    assert len(sweeps.cells(sweep)) == 6
    assert not lanes.train(sweep.id)  # it is finished
    assert not lanes.train("unknown")
    live = sweeps.open(sweep, 5)
    assert live.tip.step == 40


def test_cells_that_died_with_a_worker_are_handed_out_again(
    start_web: StartWeb, start_worker: StartWorker, redis_url: str
) -> None:
    runner = start_web()
    sweep = runner.sweeps.start("me", sweep_of(FORM))
    client = redis.Redis.from_url(redis_url)
    for _ in range(3):
        client.lpop(sweep_key(sweep.id, "cells"))  # a worker took them and died
    lanes = SweepLanes(start_worker(), 4)
    while lanes.train(sweep.id):
        pass
    done = set(runner.sweeps.cells(sweep))
    assert len(done) == 3
    trainer_of(runner).look_after_sweeps()
    assert not client.exists(sweep_key(sweep.id, "cells"))  # lanes have just said that they work
    client.delete(sweep_key(sweep.id, "busy"))
    trainer_of(runner).look_after_sweeps()
    while lanes.train(sweep.id):
        pass
    assert len(runner.sweeps.cells(sweep)) == 6


def test_a_cancelled_sweep_is_trained_no_longer(
    start_web: StartWeb, start_worker: StartWorker, redis_url: str
) -> None:
    sweeps = start_web().sweeps
    sweep = sweeps.start("me", sweep_of(FORM))
    sweeps.cancel(sweep)
    assert not redis.Redis.from_url(redis_url).keys("playground:sweep:*")
    assert not SweepLanes(start_worker(), 4).train(sweep.id)
    other = sweeps.start("me", sweep_of(FORM))
    sweeps.delete(other)
    with pytest.raises(KeyError):
        sweeps.find(other.id, "me")


def test_a_cell_that_is_trained_ends_when_its_sweep_is_cancelled(
    start_web: StartWeb, start_worker: StartWorker
) -> None:
    sweeps = start_web().sweeps
    resources = start_worker(clock := SteppingClock())
    resources.budget.spend(number_of("me"), 1_000.0)
    sweep = sweeps.start("me", sweep_of(FORM | {"steps": "10000"}))
    sleep = clock.sleep

    def cancel_in_the_rest(seconds: float) -> None:
        sweeps._store.cancel(sweep.id)
        sleep(seconds)

    clock.sleep = cancel_in_the_rest  # type: ignore[method-assign]
    assert not SweepLanes(resources, 4).train(sweep.id)
    assert not sweeps.cells(sweep)


def test_a_visitor_without_computing_time_is_told(
    start_web: StartWeb, start_worker: StartWorker, redis_url: str
) -> None:
    sweeps = start_web().sweeps
    resources = start_worker(clock := SteppingClock())
    resources.budget.spend(number_of("me"), 130.0)
    sweep = sweeps.start("me", sweep_of(FORM))
    assert sweeps.notice(sweep) == ""
    assert SweepLanes(resources, 4).train(sweep.id)
    assert sum(clock.sleeps) > 4
    assert sweeps.notice(sweep) == messages.OVER_BUDGET.format(seconds=120)


def test_while_runs_are_trained_cells_rest_as_long_as_they_work(
    start_web: StartWeb, start_worker: StartWorker
) -> None:
    sweeps = start_web().sweeps
    resources = start_worker(clock := SteppingClock())
    sweep = sweeps.start("me", sweep_of(FORM))
    lanes = SweepLanes(resources, 4)
    with resources.slots.turn():
        lanes.train(sweep.id)
    assert sum(clock.sleeps) > 0
    assert sweeps.cells(sweep)


def test_no_visitor_takes_all_lanes(start_web: StartWeb, start_worker: StartWorker) -> None:
    sweeps = start_web().sweeps
    resources = start_worker(clock := SteppingClock())
    sweep = sweeps.start("me", sweep_of(FORM))
    lanes = SweepLanes(resources, 1)
    assert lanes._enter("you")
    assert lanes.train(sweep.id)  # it waits, and comes back through the queue
    assert clock.sleeps
    assert not sweeps.cells(sweep)
    lanes._leave("you")
    while lanes.train(sweep.id):
        pass
    assert len(sweeps.cells(sweep)) == 6


def test_a_cell_that_cannot_be_trained_says_why(
    start_web: StartWeb, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps = start_web().sweeps
    data = sweeps.start("me", sweep_of(FORM | {"dataset": "own", "data": "0" * 32}))
    lanes = SweepLanes(start_worker(), 4)
    while lanes.train(data.id):
        pass
    assert all(outcome.state for outcome in sweeps.cells(data).values())

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("playground.runner.cluster.sweep_lane.train_cell", fail)
    other = sweeps.start("me", sweep_of(FORM))
    while lanes.train(other.id):
        pass
    assert {outcome.state for outcome in sweeps.cells(other).values()} == {messages.CELL_FAILED}


def test_sweeps_that_cannot_be_handed_out_say_why(
    start_web: StartWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = start_web()
    trainer = trainer_of(runner)
    sweep = runner.sweeps.start("me", sweep_of(FORM))

    def lose_redis(*arguments: object) -> None:
        raise UnreachableError("no Redis")

    def lose_store(*arguments: object) -> list[object]:
        raise StoreError("no disk")

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "add", lose_redis)
        trainer.look_after_sweeps()
        assert runner.sweeps.notice(sweep) == messages.SWEEP_NOT_STARTED.format(reason="no Redis")
        patch.setattr("playground.storage.sweep_rows.SweepStore.unfinished", lose_store)
        trainer.look_after_sweeps()
        assert runner.sweeps.notice(sweep) == messages.SWEEP_NOT_SAVED.format(reason="no disk")
    trainer.look_after_sweeps()
    assert runner.sweeps.notice(sweep) == ""


def test_tasks_put_themselves_into_the_queue_again(
    start_web: StartWeb,
    start_worker: StartWorker,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    redis_url: str,
) -> None:
    resources = start_worker(SteppingClock())
    worker, lanes = Worker(resources), SweepLanes(resources, 4)
    app = celery_app(deployment.redis_url)
    add_tasks(app, worker, lanes)
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(app, "send_task", lambda name, arguments: sent.append((name, arguments)))
    for goes_on in (True, False):
        monkeypatch.setattr(worker, "train", lambda id, goes_on=goes_on: goes_on)
        monkeypatch.setattr(lanes, "train", lambda id, goes_on=goes_on: goes_on)
        app.tasks["train"]("run")
        app.tasks["sweep"]("cells")
    assert sent == [("train", ["run"]), ("sweep", ["cells"])]

    def fail(id: str) -> bool:
        raise UnreachableError("no Redis")

    monkeypatch.setattr(worker, "train", fail)
    monkeypatch.setattr(lanes, "train", fail)
    app.tasks["train"]("run")
    app.tasks["sweep"]("cells")
    assert len(sent) == 2


def test_a_worker_application_has_both_tasks(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "playground.runner.scheduling.warmup.BackendWarmup.run", lambda warmup: None
    )
    app = worker_app(deployment, 8)
    assert {"train", "sweep"} <= set(app.tasks)
