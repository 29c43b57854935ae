"""Leases, and what Redis holds of a run."""

from __future__ import annotations

import threading

import pytest
import redis

from playground.clock import RealThreadClock
from playground.messages import runs as messages
from playground.runner.audience import MAX_VIEWS
from playground.runner.cluster.redis_bus import LoopBus, RedisBus
from playground.runner.cluster.run_bus import (
    LEASE_MS,
    LEASE_NUMBER,
    WAIT_SECONDS,
    IdleRuns,
    LeaseLostError,
    RunBus,
    key,
)
from playground.runner.errors import UnreachableError
from tests.cluster import program
from tests.manual_clock import SteppingClock
from tests.redis_server import redis_server


def test_a_run_has_one_holder_and_the_next_one_a_higher_number(run_bus: RunBus) -> None:
    first = run_bus.take("a")
    assert first is not None
    assert run_bus.take("a") is None
    other = run_bus.take("b")
    assert other is not None
    run_bus.release(first)
    second = run_bus.take("a")
    assert second is not None
    assert first.number < other.number < second.number
    assert second.number == first.number + 2


def test_a_redis_that_lost_its_data_numbers_leases_above_those_before(
    run_bus: RunBus, redis_url: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    first = run_bus.take("a")
    assert first is not None
    client.flushall()
    second = run_bus.take("a")
    assert second is not None
    assert second.number > first.number
    client.flushall()
    run_bus.raise_lease_number(second.number + 10**12)
    run_bus.raise_lease_number(second.number)  # never lower
    third = run_bus.take("a")
    assert third is not None
    assert third.number == second.number + 10**12 + 1


def test_lease_numbers_rise_even_if_the_clock_of_redis_goes_back(
    run_bus: RunBus, redis_url: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    client.set(LEASE_NUMBER, 9 * 10**15)  # far in the future
    lease = run_bus.take("a")
    assert lease is not None
    assert lease.number == 9 * 10**15 + 1


def test_a_lease_ends_by_itself_unless_its_holder_publishes(
    run_bus: RunBus, redis_url: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    lease = run_bus.take("a")
    assert lease is not None
    assert 0 < client.pttl(key("a", "lease")) <= LEASE_MS
    client.pexpire(key("a", "lease"), 900)
    run_bus.publish(lease, b"progress")
    assert client.pttl(key("a", "lease")) > 900
    client.delete(key("a", "lease"))  # as when its time is over
    with pytest.raises(LeaseLostError):
        run_bus.publish(lease, b"late")
    assert run_bus.state("a").progress == b"progress"
    other = run_bus.take("a")
    run_bus.release(lease)  # which is another's by now
    assert other is not None
    assert run_bus.take("a") is None


def test_a_holder_learns_that_another_process_asks_and_hands_the_run_over(bus: RedisBus) -> None:
    run_bus = RunBus(bus, 60.0, RealThreadClock())
    lease = run_bus.take("a")
    assert lease is not None
    assert not run_bus.publish(lease, b"one").is_requested
    numbers = []

    def ask() -> None:
        with run_bus.lease("a") as other:
            numbers.append(other.number)

    thread = threading.Thread(target=ask)
    thread.start()
    while not run_bus.publish(lease, b"two").is_requested:
        pass
    assert run_bus.is_requested("a")
    run_bus.release(lease)
    thread.join(5)
    assert numbers == [lease.number + 1]
    assert not run_bus.is_requested("a")


def test_a_process_that_never_hands_over_is_not_waited_for_without_end(
    bus: RedisBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.runner.cluster.run_bus.LEASE_MS", 600_000)  # of Redis' own time
    run_bus = RunBus(bus, 60.0, clock := SteppingClock())
    start = clock.now()
    assert run_bus.take("a") is not None
    with pytest.raises(UnreachableError, match=messages.BUSY_ELSEWHERE), run_bus.lease("a"):
        pass
    assert WAIT_SECONDS <= clock.now() - start < WAIT_SECONDS + 1


def test_a_run_that_plays_is_watched_and_touched_for_some_time(
    run_bus: RunBus, redis_url: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    lease = run_bus.take("a")
    assert lease is not None
    status = run_bus.publish(lease, b"")
    assert (status.speed, status.is_watched, status.is_touched) == ("", False, False)
    run_bus.play("a", "100", 2_000)
    status = run_bus.publish(lease, b"")
    assert (status.speed, status.is_watched, status.is_touched) == ("100", True, True)
    assert client.pttl(key("a", "touched")) > 50_000
    client.delete(key("a", "watched"), key("a", "touched"))
    run_bus.pause("a")
    assert run_bus.publish(lease, b"").speed == ""
    run_bus.expect("a", 2_000)
    assert run_bus.publish(lease, b"").is_watched
    client.delete(key("a", "watched"))
    run_bus.hide("a", "page", 2_000)
    assert run_bus.publish(lease, b"").is_watched
    run_bus.unhide("a", "page")
    assert not run_bus.publish(lease, b"").is_watched


def test_runs_that_should_play_and_do_not_are_found(run_bus: RunBus, redis_url: str) -> None:
    for run in ("trained", "untrained", "queued", "paused"):
        lease = run_bus.take(run)
        assert lease is not None
        run_bus.put_definition(run, b"definition")
        run_bus.publish(lease, b"progress")
        if run != "trained":
            run_bus.release(lease)
        if run != "paused":
            run_bus.play(run, "10", 1_000)
    assert run_bus.queue("queued")
    runs = ["trained", "untrained", "queued", "paused", "lost"]
    assert run_bus.keep_watching(runs) == IdleRuns(("untrained",), ("paused",), ("lost",))
    assert run_bus.keep_watching(runs).untrained == ()  # it has just been asked for
    run_bus.unqueue("untrained")
    assert run_bus.keep_watching(runs).untrained == ("untrained",)
    assert run_bus.keep_watching([]) == IdleRuns()


def test_all_that_redis_has_of_a_run_is_read_and_deleted(run_bus: RunBus, redis_url: str) -> None:
    run_bus.put_definition("a", b"definition")
    run_bus.put_snapshot_steps("a", (5, 10))
    run_bus.put_data("hash", b"samples")
    run_bus.look("a", "page", b"view")
    run_bus.play("a", "10", 1_000)
    state = run_bus.touch("a")
    assert (state.progress, state.speed, state.snapshot_steps) == (None, "10", (5, 10))
    assert state.views == {"page": b"view"}
    assert run_bus.definition("a") == b"definition"
    assert run_bus.data("hash") == b"samples"
    run_bus.forget("a")
    run_bus.unqueue("a")
    left = redis.Redis.from_url(redis_url).keys("playground:run:*")
    assert left == []


def test_only_some_pages_of_a_run_are_remembered(run_bus: RunBus) -> None:
    for number in range(MAX_VIEWS + 1):
        run_bus.look("a", str(number), b"")
    assert run_bus.touch("a").views == {str(MAX_VIEWS): b""}


@pytest.mark.skipif(not program("redis-server"), reason="needs a Redis that can be stopped")
def test_a_redis_that_goes_away_is_said_in_words_and_used_again_when_it_is_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        bus = LoopBus(RedisBus(server.url))
        boot = bus.run(bus.bus.boot_id)
        assert bus.run(bus.bus.boot_id) == boot
        server.stop()
        with pytest.raises(UnreachableError, match=messages.REDIS_DOWN):
            bus.call(lambda client: client.get("a"))
        server.start()
        assert bus.run(bus.bus.boot_id) != boot
        bus.stop()
