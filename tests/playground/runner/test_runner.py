"""Who advances runs, in this process."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import gevent
import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.compiler.native_backend import NUMPY
from engine.inspection.frames import ViewOptions
from engine.training.commands import NewSetting, NewWeight
from engine.training.replay import replay
from engine.training.run import advance, begin
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings
from engine.training.snapshots import History
from playground.http.services import services_of
from playground.runner.embedded import EmbeddedRunner
from playground.runner.live_run import MOST_VIEWS, Live
from playground.runner.load import LONGEST, SHORTEST, Load
from playground.runner.pace import SLICE_SECONDS, Pace
from playground.runner.runner import MOST_COMMANDS, MOST_FRAMES
from playground.settings import Deployment
from playground.storage.store import Store
from tests.backends import BACKENDS

SMALL = Settings(hidden=(3,), samples=20)


def wait_until(true: Callable[[], bool]) -> None:
    with gevent.Timeout(10):
        while not true():
            gevent.sleep(0.01)


def reached(live: Live, step: int) -> bool:
    with gevent.Timeout(10, False):
        while live.run.step < step:
            gevent.sleep(0.01)
        return True
    return False


def test_a_run_that_played_is_the_run_that_advance_gives(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL), "max")
    with runner.watch(live, "page"):
        runner.play(live)
        assert reached(live, 20)
        runner.pause(live)
    again = advance(begin(SMALL), live.run.step)
    assert (again.parameters == live.run.parameters).all()


def test_nothing_moves_after_pause_has_returned(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL), "max")
    with runner.watch(live, "page"):
        runner.play(live)
        assert reached(live, 5)
        runner.pause(live)
    stopped = live.run
    gevent.sleep(0.2)
    assert live.run is stopped


def test_reset_forgets_commands_and_returns_to_the_first_step(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL))
    runner.step(live)
    runner.command(live, NewSetting(name="rate", text="0.5"))
    runner.step(live)
    log = live.run.log
    assert log == ((1, NewSetting(name="rate", text="0.5")),)
    assert (replay(SMALL, log, 2).parameters == live.run.parameters).all()
    runner.reset(live)
    assert (live.run.step, live.run.log) == (0, ())


def test_a_stranger_does_not_find_the_run(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL))
    with pytest.raises(KeyError):
        runner.get(live.id, "somebody else")
    assert runner.get(live.id, "me") is live


def test_the_longest_unused_run_makes_room_for_a_new_one(runner: EmbeddedRunner) -> None:
    first, second, third = (runner.create("me", begin(SMALL)) for _ in range(3))
    runner.rename(first, "the first")
    gevent.sleep(0.01)
    runner.step(third)
    runner.create("me", begin(SMALL))
    fourth = runner.create("me", begin(SMALL))
    with gevent.Timeout(10):
        while len(runner.mine("me")) > 4:  # the store's too, which forgets it after the memory
            gevent.sleep(0.01)
    for live in (first, third, fourth):
        assert runner.get(live.id, "me") is live
    with pytest.raises(KeyError):
        runner.get(second.id, "me")


def greenlets() -> int:
    """How many greenlets there are that have not ended."""
    gc.collect()
    return sum(isinstance(each, gevent.Greenlet) and not each.dead for each in gc.get_objects())


def test_viewers_who_come_and_go_leave_no_greenlet_and_no_thread(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL))
    runner.play(live)
    threads, before = threading.active_count(), greenlets()
    with ExitStack() as stack:
        viewers = [stack.enter_context(runner.watch(live, str(i))) for i in range(200)]
        assert all(viewer.wait(5.0) for viewer in viewers)
        assert runner.counts.items() >= {"runs": 1, "playing": 1, "viewers": 200}.items()
    gevent.sleep(2.5)
    assert runner.counts.items() >= {"runs": 1, "playing": 0, "viewers": 0}.items()
    assert greenlets() < before
    assert threading.active_count() <= threads


def test_a_viewer_who_comes_back_in_time_keeps_the_run_playing(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL), "10")
    runner.play(live)
    with runner.watch(live, "page"):
        pass
    gevent.sleep(1.0)
    with runner.watch(live, "page"):
        gevent.sleep(2.0)
        assert live.playing


def test_a_page_that_was_sent_may_take_its_time_to_open(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL), "10")
    runner.play(live)
    with runner.watch(live, "page"):
        runner.expect(live)
    gevent.sleep(3.0)
    assert live.playing
    with runner.watch(live, "page"):
        pass
    gevent.sleep(2.5)
    assert not live.playing


def test_a_slow_viewer_gets_the_newest_frame(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL), "max")
    with runner.watch(live, "page") as viewer:
        assert viewer.wait(1.0)
        runner.play(live)
        assert reached(live, 200)
        assert viewer.wait(1.0)
        assert runner.frame(live, viewer.view).step >= 200


def test_viewers_of_the_same_view_share_a_frame(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL))
    assert runner.frame(live, ViewOptions()) is runner.frame(live, ViewOptions())
    runner.step(live)
    assert runner.frame(live, ViewOptions()).step == 1


def test_the_loop_stays_free_while_runs_train(runner: EmbeddedRunner) -> None:
    for _ in range(2):
        runner.play(runner.create("me", begin(Settings()), "max"))
    late = []
    for _ in range(50):
        before = time.perf_counter()
        gevent.sleep(0.01)
        late.append(time.perf_counter() - before - 0.01)
    assert sorted(late)[25] < 0.05


@pytest.mark.parametrize(
    ("speed", "seconds", "steps"), [("1", 3, 3), ("10", 3, 30), ("1000", 2, 2000)]
)
def test_pace_takes_as_many_steps_as_were_asked_for(speed: str, seconds: float, steps: int) -> None:
    pace, taken, now = Pace(measured=1e5), 0, 0.0
    since = pace.rest(speed, 0.0, SHORTEST)
    while now < seconds - 1e-9:
        taken += pace.slice(speed, since)
        now += since
    assert abs(taken - steps) <= max(1, 0.02 * steps)


@pytest.mark.parametrize(
    ("backend", "hidden"), [(NUMPY, "4"), (BACKENDS[-1], "8,8"), (BACKENDS[-1], "16,16")]
)
def test_a_slice_ends_within_ten_milliseconds_of_its_time(backend: str, hidden: str) -> None:
    pace = Pace()
    run = begin(parse_settings({"hidden": hidden, "samples": "500", "batch": "100"})[0], backend)
    run = advance(run, 1)
    lasted = []
    for _ in range(40):
        began = time.thread_time()  # what others do on this machine meanwhile is not ours
        run = pace.advance(run, pace.slice("max", 0.0))
        lasted.append(time.thread_time() - began)
    assert sorted(lasted)[36] < SLICE_SECONDS + 0.01
    assert run.step > 40


def test_frames_come_less_often_where_the_loop_is_busy_and_again_where_it_is_not() -> None:
    load = Load(lambda: 0.0, lambda: 0.0)
    for _ in range(200):
        load.learn(0.99)
    assert load.interval == LONGEST
    for _ in range(200):
        load.learn(0.2)
    assert load.interval == SHORTEST
    load.stop()


def test_a_heavy_network_leaves_a_small_one_its_turns(runner: EmbeddedRunner) -> None:
    large = {"hidden": ",".join(["64"] * 10), "samples": "5000", "batch": "5000"}
    began_large = begin(parse_settings(large)[0], BACKENDS[-1])
    heavy = [runner.create(f"heavy {i}", began_large, "max") for i in range(4)]
    small = runner.create("small", begin(SMALL, BACKENDS[-1]), "100")
    with ExitStack() as stack:
        for live in heavy:
            stack.enter_context(runner.watch(live, "page"))
            runner.play(live)
        wait_until(lambda: min(live.run.step for live in heavy) >= 2)
        stack.enter_context(runner.watch(small, "page"))
        began = time.monotonic()
        runner.play(small)
        wait_until(lambda: small.run.step >= 100)
        assert time.monotonic() - began < 2.5  # alone it takes one second


def test_a_visitor_whose_computing_is_used_up_goes_on_slowly_and_another_does_not(
    tmp_path: Path,
) -> None:
    deployment = Deployment(data=tmp_path, cpu_seconds=0.5)
    runner = EmbeddedRunner(Store(deployment.store_url()), deployment)
    greedy, modest = (runner.create(name, begin(SMALL), "max") for name in ("greedy", "modest"))
    with runner.watch(greedy, "page"), runner.watch(modest, "page"):
        runner.play(greedy)
        wait_until(lambda: bool(greedy.notice))
        assert "0.5 seconds" in greedy.notice
        runner.play(modest)
        wait_until(lambda: modest.run.step > 10)
        assert not modest.notice
    runner.stop()


def test_a_run_that_ended_by_itself_is_played_on_by_one_alone(runner: EmbeddedRunner) -> None:
    settings, _ = parse_settings({"hidden": "2", "samples": "20", "stop_steps": "1"})
    assert settings is not None
    live = runner.create("me", begin(settings), "1")
    with runner.watch(live, "page"):
        runner.play(live)
        first = live.player
        with gevent.Timeout(5):
            while live.playing:
                gevent.sleep(0.01)
        runner.play(live)
        assert first is not None
        first.join(0.5)
        assert first.dead
        runner.pause(live)
        step = live.tip.step
        gevent.sleep(1.5)
        assert live.tip.step == step


def test_a_moment_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path, replay_seconds=0.05, snapshot_bytes=0)
    runner = EmbeddedRunner(Store(deployment.store_url()), deployment)
    settings, _ = parse_settings({"hidden": "16,16", "samples": "500", "batch": "500"})
    assert settings is not None
    live = runner.create("me", advance(begin(settings), 400))
    live.history = History()
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"step 390 again takes longer than the 0.05 seconds"):
        runner.seek(live, 390)
    assert time.monotonic() - began < 2
    assert live.past is None
    runner.stop()


def test_a_run_remembers_so_many_changes_and_says_when_it_does_not(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL))
    change = NewWeight(place=0, value=1.0)
    live.tip = replace(live.tip, log=tuple((0, change) for _ in range(MOST_COMMANDS - 1)))
    runner.command(live, change)
    with pytest.raises(ValueError, match="remembers no more"):
        runner.command(live, change)
    runner.reset(live)
    runner.command(live, change)


def test_of_a_moment_so_many_frames_are_kept(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL))
    for weight in range(MOST_FRAMES + 5):
        runner.frame(
            live, ViewOptions(weight=weight % len(live.run.parameters), sample=1 + weight % 5)
        )
    assert len(live.frames) == MOST_FRAMES


def test_a_run_that_nobody_touches_pauses_and_says_why(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path, idle_minutes=0.005)
    runner = EmbeddedRunner(Store(deployment.store_url()), deployment)
    live = runner.create("me", begin(SMALL))
    with runner.watch(live, "page"):
        runner.play(live)
        wait_until(lambda: not live.playing)
        assert "nobody did anything" in live.notice
    runner.stop()


def test_a_step_of_a_run_that_stands_is_one_piece_of_news(runner: EmbeddedRunner) -> None:
    live = runner.create("me", begin(SMALL))
    before = live.version
    runner.step(live)
    assert live.version == before + 1


def test_what_is_refused_in_a_thread_is_no_failure_in_the_log(
    runner: EmbeddedRunner, capfd: pytest.CaptureFixture[str]
) -> None:
    live = runner.create("visitor", begin(SMALL))
    with pytest.raises(ValueError, match="parameters"):
        runner.command(live, NewWeight(place=10_000, value=1.0))
    assert "Traceback" not in capfd.readouterr().err


def test_a_run_that_is_deleted_while_a_list_is_made_is_left_out(
    runner: EmbeddedRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, deleted = (runner.create("me", begin(SMALL)) for _ in range(2))
    assert len(runner.mine("me")) == 2
    runner._runs.pop(deleted.id)
    monkeypatch.setattr(runner._store, "find", lambda id: None)
    assert runner.mine("me") == [kept]


def test_pages_that_come_and_go_are_not_remembered_without_end(
    app: Flask, client: FlaskClient
) -> None:
    run = client.post("/runs", data={"hidden": "2", "samples": "20"}).headers["Location"]
    for number in range(MOST_VIEWS + 20):
        client.get(f"{run}/events?page={number}").close()
    (live,) = services_of(app).runner._runs.values()
    assert len(live.views) == MOST_VIEWS
