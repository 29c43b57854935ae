"""A worker trains runs, hands them over, and may die."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import redis

from engine.training.run import Run, advance, begin
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings
from playground.messages import runs as messages
from playground.nicknames import number_of
from playground.runner.cluster.messages import Progress, RunDefinition, state_of
from playground.runner.cluster.run_bus import RunBus, key
from playground.runner.cluster.worker import TURN_SECONDS, Worker
from playground.runner.cluster.worker_resources import WorkerResources
from playground.runner.record import RunRecord
from playground.runner.saver import saving_of
from playground.storage.run_rows import samples_as_bytes
from playground.storage.store import StoreError
from tests.manual_clock import SteppingClock
from tests.playground.runner.cluster.conftest import StartWorker

SMALL = Settings(hidden=(3,), samples=20)


def publish(resources: WorkerResources, run: Run, speed: str = "1000", playing: bool = True) -> str:
    """Put a run into Redis and the store, as a web process does; return its edition."""
    bus, store = resources.run_bus, resources.store
    samples = samples_as_bytes(run.first_data)
    digest = store.keep_data(samples)
    bus.put_data(digest, samples)
    definition = RunDefinition.of(run, number_of("me"), digest)
    bus.put_definition("run", definition.pack())
    with bus.lease("run") as lease:
        record = RunRecord("run", "me", run, speed, data_hash=digest, lease=lease.number)
        store.save([saving_of(record)])
        progress = Progress(
            definition.edition, (lease.number, 0), playing, speed, "", None, state_of(run)
        )
        bus.publish(lease, progress.pack())
    if playing:
        bus.play("run", speed, 60_000)
    return definition.edition


def progress_in(resources: WorkerResources) -> Progress:
    body = resources.run_bus.state("run").progress
    assert body is not None
    return Progress.unpack(body)


def test_a_turn_trains_saves_and_asks_for_another(start_worker: StartWorker) -> None:
    resources = start_worker(clock := SteppingClock())
    publish(resources, begin(SMALL), "100")
    worker, start = Worker(resources), clock.now()
    assert worker.train("run")
    assert clock.now() - start == pytest.approx(TURN_SECONDS, abs=0.1)
    progress = progress_in(resources)
    run = progress.advance(begin(SMALL))
    assert 70 <= run.step <= 90  # 0.8 s at 100 steps a second
    assert (run.parameters == advance(begin(SMALL), run.step).parameters).all()
    row = resources.store.runs_of("me")[0]
    assert row["step"] == run.step
    assert worker.train("run")
    assert progress_in(resources).advance(begin(SMALL)).step > run.step


def test_a_run_that_another_worker_has_is_left_alone(start_worker: StartWorker) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL))
    with resources.run_bus.lease("run"):
        assert not Worker(resources).train("run")
    assert progress_in(resources).state == state_of(begin(SMALL))


@pytest.mark.parametrize("missing", ["progress", "definition", "plays"])
def test_a_run_that_redis_has_lost_is_not_trained(
    start_worker: StartWorker, redis_url: str, missing: str
) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL))
    redis.Redis.from_url(redis_url).delete(key("run", missing))
    assert not Worker(resources).train("run")
    assert resources.run_bus.take("run") is not None  # the lease is free


def test_a_run_without_its_samples_is_not_trained(
    start_worker: StartWorker, redis_url: str
) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    client.delete(*client.keys("playground:data:*"))
    assert not Worker(resources).train("run")


def test_a_run_of_another_version_is_left_to_others(
    start_worker: StartWorker, redis_url: str
) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    body = client.get(key("run", "progress"))
    client.set(key("run", "progress"), body.replace(b'"version":2', b'"version":3'))
    assert not Worker(resources).train("run")
    assert resources.run_bus.take("run") is not None


def test_a_run_with_a_command_that_this_version_does_not_know_is_left_to_others(
    start_worker: StartWorker,
) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL))
    body = resources.run_bus.definition("run")
    assert body is not None
    newer = replace(RunDefinition.unpack(body), log=((0, '{"kind": "teleport"}'),))
    resources.run_bus.put_definition("run", newer.pack())
    assert not Worker(resources).train("run")


def test_a_run_pauses_when_nobody_watches_it(start_worker: StartWorker, redis_url: str) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL))
    redis.Redis.from_url(redis_url).delete(key("run", "watched"))
    assert not Worker(resources).train("run")
    progress = progress_in(resources)
    assert not progress.playing
    assert progress.advance(begin(SMALL)).step == resources.store.runs_of("me")[0]["step"] > 0
    assert resources.run_bus.state("run").speed == ""


def test_a_run_that_nobody_touches_pauses_and_says_why(
    start_worker: StartWorker, redis_url: str
) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL))
    redis.Redis.from_url(redis_url).delete(key("run", "touched"))
    assert not Worker(resources).train("run")
    assert progress_in(resources).notice == messages.IDLE.format(minutes=30)


def test_a_run_ends_where_its_stop_rule_says(start_worker: StartWorker) -> None:
    resources = start_worker(SteppingClock())
    settings, _ = parse_settings({"hidden": "2", "samples": "20", "stop_steps": "30"})
    assert settings is not None
    publish(resources, begin(settings), "max")
    assert not Worker(resources).train("run")
    run = progress_in(resources).advance(begin(settings))
    assert (run.step, bool(run.stopped)) == (30, True)


def test_a_visitor_without_computing_time_is_told_and_waits(start_worker: StartWorker) -> None:
    resources = start_worker(clock := SteppingClock())
    publish(resources, begin(SMALL), "max")
    resources.budget.spend(number_of("me"), 130.0)
    assert Worker(resources).train("run")
    progress = progress_in(resources)
    assert progress.notice == messages.OVER_BUDGET.format(seconds=120)
    assert max(clock.sleeps) > 0


def test_a_run_is_handed_over_between_two_slices(start_worker: StartWorker) -> None:
    resources, other = start_worker(), start_worker()
    publish(resources, begin(SMALL), "max")
    goes_on: list[bool] = []
    worker = Worker(resources)
    thread = threading.Thread(target=lambda: goes_on.append(worker.train("run")))
    thread.start()
    while progress_in(resources).state == state_of(begin(SMALL)):
        pass
    with other.run_bus.lease("run") as lease:
        before = progress_in(resources)
        assert before.order < (lease.number, 0)
    thread.join(10)
    assert goes_on == [True]
    assert progress_in(resources) == before


def test_a_run_that_is_deleted_while_it_is_trained_leaves_nothing_in_redis(
    start_worker: StartWorker, redis_url: str
) -> None:
    resources, other = start_worker(), start_worker()
    publish(resources, begin(SMALL), "max")
    thread = threading.Thread(target=Worker(resources).train, args=("run",))
    thread.start()
    while progress_in(resources).state == state_of(begin(SMALL)):
        pass
    other.run_bus.forget("run")
    thread.join(10)
    names = redis.Redis.from_url(redis_url).keys("playground:run:run:*")
    assert {name.rpartition(b":")[2] for name in names} <= {b"snapshots"}


def test_during_a_long_rest_a_run_is_handed_over_at_once(start_worker: StartWorker) -> None:
    resources = start_worker(clock := SteppingClock())
    publish(resources, begin(SMALL), "1")
    sleep = clock.sleep

    def ask_in_the_rest(seconds: float) -> None:
        resources.run_bus.bus.call(lambda client: client.set(key("run", "request"), 1, px=500))
        sleep(seconds)

    clock.sleep = ask_in_the_rest  # type: ignore[method-assign]
    start = clock.now()
    assert Worker(resources).train("run")
    assert resources.run_bus.take("run") is not None
    assert progress_in(resources).advance(begin(SMALL)).step == 1
    assert clock.now() - start < 3


class DyingError(BaseException):
    """As if the process were killed."""


def test_what_a_worker_that_died_did_not_publish_is_computed_by_the_next(
    start_worker: StartWorker, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying, next_one = start_worker(SteppingClock()), start_worker(SteppingClock())
    publish(dying, begin(SMALL), "max")
    slices = []
    real_publish, real_release = RunBus.publish, RunBus.release

    def die_in_the_third_slice(bus: RunBus, lease: object, body: bytes) -> object:
        slices.append(body)
        if len(slices) == 3:
            raise DyingError
        return real_publish(bus, lease, body)  # type: ignore[arg-type]

    monkeypatch.setattr(RunBus, "publish", die_in_the_third_slice)
    monkeypatch.setattr(RunBus, "release", lambda bus, lease: None)
    with pytest.raises(DyingError):
        Worker(dying).train("run")
    monkeypatch.setattr(RunBus, "publish", real_publish)
    monkeypatch.setattr(RunBus, "release", real_release)
    step = progress_in(dying).advance(begin(SMALL)).step
    assert 0 < step < Progress.unpack(slices[2]).advance(begin(SMALL)).step
    assert not Worker(next_one).train("run")  # the dead worker's lease lasts two seconds
    redis.Redis.from_url(redis_url).delete(key("run", "lease"))
    assert Worker(next_one).train("run")
    run = progress_in(next_one).advance(begin(SMALL))
    assert run.step > step
    assert (run.parameters == advance(begin(SMALL), run.step).parameters).all()


def test_a_worker_that_was_too_slow_publishes_and_saves_nothing(
    start_worker: StartWorker, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL), "max")
    client = redis.Redis.from_url(redis_url)
    take = RunBus.take

    def take_and_lose(bus: RunBus, run: str) -> object:
        lease = take(bus, run)
        client.set(key("run", "lease"), "another")
        return lease

    monkeypatch.setattr(RunBus, "take", take_and_lose)
    assert not Worker(resources).train("run")
    assert progress_in(resources).state == state_of(begin(SMALL))
    assert resources.store.runs_of("me")[0]["step"] == 0


def test_if_the_store_fails_the_training_goes_on_and_says_so(
    start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL), "100")
    worker, save = Worker(resources), resources.store.save

    def fail(updates: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(resources.store, "save", fail)
    assert worker.train("run")
    step = progress_in(resources).advance(begin(SMALL)).step
    assert step > 0
    assert worker.train("run")
    assert progress_in(resources).notice == messages.NOT_SAVED.format(reason="disk full")
    monkeypatch.setattr(resources.store, "save", save)
    assert worker.train("run")
    assert worker.error == ""
    assert resources.store.runs_of("me")[0]["step"] > step


def test_snapshots_that_a_worker_saves_are_known_to_all(start_worker: StartWorker) -> None:
    resources = start_worker(SteppingClock())
    publish(resources, begin(SMALL), "1000")
    assert Worker(resources).train("run")
    steps = resources.run_bus.state("run").snapshot_steps
    stored = resources.store.find("run")
    assert steps
    assert stored is not None
    assert stored.steps == steps
