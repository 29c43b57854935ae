"""Runs that web processes show and workers advance."""

from __future__ import annotations

import json
import threading

import gevent
import pytest
import redis

from engine.inspection.frames import ViewOptions
from engine.training.commands import NewSetting
from engine.training.run import begin
from engine.training.settings import Settings
from playground.messages import runs as messages
from playground.runner.cluster.celery_app import TRAIN
from playground.runner.cluster.messages import Progress
from playground.runner.cluster.player import ClusterPlayer, ClusterPlayers
from playground.runner.cluster.redis_bus import RedisBus
from playground.runner.cluster.run_bus import CHANNEL, RunBus, key
from playground.runner.cluster.worker import Worker
from playground.runner.errors import UnreachableError
from playground.runner.live_run import LiveRun
from playground.runner.runner import Runner
from playground.storage.store import StoreError
from tests.playground.runner.cluster.conftest import StartWeb, StartWorker
from tests.playground.runner.conftest import wait_until

SMALL = Settings(hidden=(3,), samples=20)


def players_of(runner: Runner) -> ClusterPlayers:
    players = runner._players
    assert isinstance(players, ClusterPlayers)
    return players


def player_of(live: LiveRun) -> ClusterPlayer:
    assert isinstance(live.player, ClusterPlayer)
    return live.player


def tasks(url: str) -> list[list[object]]:
    """Return the tasks in Celery's queue: their name and arguments."""
    client = redis.Redis.from_url(url)
    bodies = [json.loads(body) for body in client.lrange("playground", 0, -1)]
    return [[body["headers"]["task"], body["headers"]["argsrepr"]] for body in bodies]


def test_every_web_process_answers_for_every_run(start_web: StartWeb) -> None:
    one, two = start_web(), start_web()
    assert one.boot_id == two.boot_id
    live = one.runs.create("me", begin(SMALL))
    other = two.runs.get(live.id, "me")
    assert other is not live
    one.step(live)
    one.command(live, NewSetting(name="rate", text="0.5"))
    assert two.runs.get(live.id, "me") is other
    assert other.tip.log == live.tip.log
    assert (other.tip.parameters == live.tip.parameters).all()
    two.step(other)
    assert one.runs.get(live.id, "me").tip.step == 2
    two.reset(other)
    assert one.runs.get(live.id, "me").tip.step == 0
    with pytest.raises(KeyError):
        two.runs.get(live.id, "stranger")


def test_what_one_process_shows_of_a_run_all_show(start_web: StartWeb) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL))
    for _ in range(5):
        one.step(live)
    one.seek(live, 2)
    one.set_speed(live, "10")
    other = two.runs.get(live.id, "me")
    assert (other.run.step, other.tip.step, other.record.speed) == (2, 5, "10")
    branch = two.branch(other)
    assert branch.tip.step == 2
    assert one.runs.get(live.id, "me").past is None
    assert one.runs.get(branch.id, "me").record.parent == live.id


def test_workers_train_what_plays_and_pause_stops_them(
    start_web: StartWeb, start_worker: StartWorker, redis_url: str
) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL), "max")
    with one.watch(live, "page"):
        one.play(live)
        assert live.playing
        assert tasks(redis_url) == [[TRAIN, f"['{live.id}']"]]
        worker = Worker(start_worker())
        thread = threading.Thread(target=worker.train, args=(live.id,))
        thread.start()
        wait_until(lambda: live.tip.step > 0)  # published by the worker
        other = two.runs.get(live.id, "me")
        assert other.playing
        two.pause(other)
        step = other.tip.step
        thread.join(10)
        wait_until(lambda: not live.playing)
        assert one.runs.get(live.id, "me").tip.step == step
        assert not worker.train(live.id)
        one.play(live)
        one.play(live)  # it plays already
        one.set_speed(live, "10")
        assert two.runs.get(live.id, "me").record.speed == "10"


def test_a_page_sees_what_it_chose_through_another_process(start_web: StartWeb) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL))
    with one.watch(live, "page") as viewer:
        other = two.runs.get(live.id, "me")
        gevent.sleep(0.1)  # the listener subscribes
        two.look(other, "page", ViewOptions(weight=2))
        wait_until(lambda: viewer.view.weight == 2)
    three = start_web()
    assert three.runs.get(live.id, "me").audience.views["page"].weight == 2


def test_a_run_that_was_deleted_elsewhere_is_gone(start_web: StartWeb) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL))
    other = two.runs.get(live.id, "me")
    one.runs.delete(live)
    with pytest.raises(KeyError):
        two.runs.get(other.id, "me")
    assert two.runs.find_in_memory(other.id) is None


def test_what_redis_has_forgotten_comes_from_the_store(start_web: StartWeb, redis_url: str) -> None:
    one = start_web()
    live = one.runs.create("me", begin(SMALL))
    one.step(live)
    redis.Redis.from_url(redis_url).flushall()
    assert one.runs.get(live.id, "me").tip.step == 1
    one.step(live)
    assert one.runs.get(live.id, "me").tip.step == 2


def test_a_run_that_plays_on_is_trained_again_when_redis_has_lost_it(
    start_web: StartWeb, redis_url: str
) -> None:
    one = start_web()
    live = one.runs.create("me", begin(SMALL))
    with one.watch(live, "page"):
        one.play(live)
        client = redis.Redis.from_url(redis_url)
        client.flushall()
        players_of(one).look_after_runs()
        assert live.playing
        assert client.exists(key(live.id, "plays"), key(live.id, "definition")) == 2
        assert tasks(redis_url) == [[TRAIN, f"['{live.id}']"]]


def test_a_run_that_nobody_trains_is_put_into_the_queue_again(
    start_web: StartWeb, redis_url: str
) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    with one.watch(live, "page"):
        one.play(live)
        client.delete("playground", key(live.id, "queued"))  # a worker died with the task
        wait_until(lambda: tasks(redis_url) == [[TRAIN, f"['{live.id}']"]])
        two.pause(two.runs.get(live.id, "me"))
        wait_until(lambda: not live.playing)


def test_a_page_that_was_sent_and_viewers_keep_a_run_watched(
    start_web: StartWeb, redis_url: str
) -> None:
    one = start_web()
    live = one.runs.create("me", begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    one.expect(live)
    assert not client.exists(key(live.id, "watched"))  # it does not play
    with one.watch(live, "page"):
        assert client.exists(key(live.id, "watched"))
        one.play(live)
        client.delete(key(live.id, "watched"))
        one.expect(live)
        assert client.pttl(key(live.id, "watched")) > 5_000


def test_a_page_hidden_through_one_process_and_closed_through_another_is_forgotten(
    start_web: StartWeb, redis_url: str
) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    with one.watch(live, "page"):
        one.hide(live, "page")
    assert 590_000 < client.pttl(key(live.id, "hidden")) <= 600_000
    two.leave(two.runs.get(live.id, "me"), "page")
    assert not client.exists(key(live.id, "hidden"))
    one.hide(live, "page")
    with two.watch(two.runs.get(live.id, "me"), "page"):
        assert not client.exists(key(live.id, "hidden"))


def test_a_message_of_another_version_is_ignored_and_a_request_is_answered_in_words(
    start_web: StartWeb, redis_url: str
) -> None:
    one = start_web()
    live = one.runs.create("me", begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    body = client.get(key(live.id, "progress"))
    newer = body.replace(b'"version":2', b'"version":3')
    player = player_of(live)
    for message in (b"p" + newer, b"x?", b"vpage\n{", b""):
        player.receive(message)
    assert live.tip.step == 0
    client.set(key(live.id, "progress"), newer)
    with pytest.raises(UnreachableError, match="another version"):
        one.runs.get(live.id, "me")
    player.catch_up()  # which only logs it
    one.step(live)  # this process changes it, and the run is of its version again
    assert one.runs.get(live.id, "me").tip.step == 1


def test_progress_that_is_older_than_what_is_known_changes_nothing(
    start_web: StartWeb, redis_url: str
) -> None:
    one = start_web()
    live = one.runs.create("me", begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    old = client.get(key(live.id, "progress"))
    one.step(live)
    player_of(live).receive(b"p" + old)
    assert live.tip.step == 1
    unknown = Progress.unpack(old)
    newer = Progress("other", (unknown.order[0] + 99, 0), True, "10", "", None, unknown.state)
    player_of(live).receive(b"p" + newer.pack())  # its definition is nowhere
    assert live.tip.step == 1


def test_a_run_that_another_process_does_not_hand_over_is_answered_in_words(
    start_web: StartWeb, redis_url: str
) -> None:
    one = start_web()
    live = one.runs.create("me", begin(SMALL))
    client = redis.Redis.from_url(redis_url)
    publish = RunBus.publish

    def lose(bus: RunBus, lease: object, body: bytes) -> object:
        client.set(key(live.id, "lease"), "another")
        return publish(bus, lease, body)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunBus, "publish", lose)
        with pytest.raises(UnreachableError, match=messages.BUSY_ELSEWHERE):
            one.step(live)


def test_a_gap_in_the_messages_is_made_up_for(start_web: StartWeb) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL))
    with one.watch(live, "page"):
        other = two.runs.get(live.id, "me")
        players = players_of(one)
        players._listener.unsubscribe(live.id)
        gevent.sleep(0.1)
        two.step(other)
        assert live.tip.step == 0
        players._on_gap()
        wait_until(lambda: live.tip.step == 1)


def test_a_run_is_changed_although_the_store_is_down_and_saved_later(
    start_web: StartWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = start_web(), start_web()
    live = one.runs.create("me", begin(SMALL))

    def fail(updates: object) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(one._records.store, "save", fail)
        one.step(live)
        assert one.save_error == messages.NOT_SAVED.format(reason="disk full")
        assert two.runs.get(live.id, "me").tip.step == 1
    wait_until(lambda: not one.save_error)
    stored = one._records.store.find(live.id)
    assert stored is not None
    assert stored.row["step"] == 1


def test_an_embedded_run_plays_in_this_process(start_web: StartWeb) -> None:
    one = start_web()
    live = one.embedded.open("page", lambda: begin(SMALL), "address 203.0.113.1")
    with one.watch(live, "embed"):
        one.look(live, "embed", ViewOptions(weight=1))
        one.play(live)
        wait_until(lambda: live.tip.step > 0)
        one.pause(live)


def test_a_web_process_is_ready_only_if_redis_answers(
    start_web: StartWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start_web()
    assert one.not_ready() == ""

    def fail(bus: RedisBus) -> str:
        raise UnreachableError(messages.REDIS_DOWN)

    monkeypatch.setattr(RedisBus, "boot_id", fail)
    assert one.not_ready() == messages.REDIS_DOWN


def test_channels_begin_as_redis_publishes_them() -> None:
    assert key("run", "lease").startswith(CHANNEL)
