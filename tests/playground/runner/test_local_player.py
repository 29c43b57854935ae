"""Runs that this process advances."""

from __future__ import annotations

import gc
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import gevent
import pytest

from engine.training.run import advance, begin
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings
from playground.messages import runs as messages
from playground.runner.live_run import LiveRun
from playground.runner.local_player import ARRIVE_SECONDS, LEAVE_SECONDS
from playground.runner.runner import Runner, local_runner
from playground.settings import Deployment
from playground.storage.store import Store
from tests.backends import BACKENDS
from tests.manual_clock import ManualClock
from tests.playground.runner.conftest import wait_until

SMALL = Settings(hidden=(3,), samples=20)


def wait_for_step(live: LiveRun, step: int) -> None:
    wait_until(lambda: live.tip.step >= step)


def test_a_run_that_played_is_the_run_that_advance_gives(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL), "max")
    with runner.watch(live, "page"):
        runner.play(live)
        wait_for_step(live, 20)
        runner.pause(live)
    again = advance(begin(SMALL), live.tip.step)
    assert (again.parameters == live.tip.parameters).all()


def test_nothing_moves_after_pause_has_returned(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL), "max")
    with runner.watch(live, "page"):
        runner.play(live)
        wait_for_step(live, 5)
        runner.pause(live)
    run = live.tip
    gevent.sleep(0.1)
    assert live.tip is run


def live_greenlets() -> int:
    gc.collect()
    return sum(isinstance(item, gevent.Greenlet) and not item.dead for item in gc.get_objects())


def test_viewers_who_come_and_go_leave_no_greenlet_and_no_thread(
    manual_runner: Runner, clock: ManualClock
) -> None:
    runner = manual_runner
    live = runner.runs.create("me", begin(SMALL))
    runner.play(live)
    threads, greenlets = threading.active_count(), live_greenlets()
    with ExitStack() as stack:
        viewers = [stack.enter_context(runner.watch(live, str(i))) for i in range(200)]
        assert all(viewer.wait(5.0) for viewer in viewers)
        assert runner.counts.items() >= {"runs": 1, "playing": 1, "viewers": 200}.items()
    clock.advance(LEAVE_SECONDS + 0.1)
    wait_until(lambda: not runner.counts["playing"])
    assert runner.counts.items() >= {"runs": 1, "playing": 0, "viewers": 0}.items()
    gevent.sleep(0.05)
    assert live_greenlets() < greenlets
    assert threading.active_count() <= threads


def test_a_viewer_who_comes_back_in_time_keeps_the_run_playing(
    manual_runner: Runner, clock: ManualClock
) -> None:
    live = manual_runner.runs.create("me", begin(SMALL), "10")
    manual_runner.play(live)
    with manual_runner.watch(live, "page"):
        pass
    clock.advance(0.9 * LEAVE_SECONDS)
    with manual_runner.watch(live, "page"):
        clock.advance(2 * LEAVE_SECONDS)
        assert live.playing
    clock.advance(1.1 * LEAVE_SECONDS)
    wait_until(lambda: not live.playing)


def test_a_page_that_was_sent_has_time_to_open(manual_runner: Runner, clock: ManualClock) -> None:
    live = manual_runner.runs.create("me", begin(SMALL), "10")
    manual_runner.play(live)
    with manual_runner.watch(live, "page"):
        manual_runner.expect(live)
    clock.advance(0.9 * ARRIVE_SECONDS)
    assert live.playing
    with manual_runner.watch(live, "page"):
        pass
    clock.advance(0.9 * LEAVE_SECONDS)
    assert live.playing
    clock.advance(0.2 * LEAVE_SECONDS)
    wait_until(lambda: not live.playing)


def test_a_page_that_never_opens_does_not_keep_a_run_playing(
    manual_runner: Runner, clock: ManualClock
) -> None:
    live = manual_runner.runs.create("me", begin(SMALL), "10")
    manual_runner.play(live)
    manual_runner.expect(live)
    clock.advance(1.01 * ARRIVE_SECONDS)
    wait_until(lambda: not live.playing)


def test_a_run_plays_on_for_a_hidden_page_for_some_minutes(
    manual_runner: Runner, clock: ManualClock
) -> None:
    live = manual_runner.runs.create("me", begin(SMALL), "1")
    manual_runner.play(live)
    with manual_runner.watch(live, "page"):
        manual_runner.hide(live, "page")
    clock.jump(9 * 60)
    assert live.playing
    with manual_runner.watch(live, "page"):
        clock.jump(9 * 60)
        assert live.playing
        manual_runner.hide(live, "page")
    clock.advance(1.1 * LEAVE_SECONDS)
    assert live.playing
    clock.jump(10 * 60)
    wait_until(lambda: not live.playing)


def test_a_hidden_page_that_closes_ends_the_run_unless_another_is_hidden_too(
    manual_runner: Runner, clock: ManualClock
) -> None:
    live = manual_runner.runs.create("me", begin(SMALL), "1")
    manual_runner.play(live)
    for token in ("one", "two"):
        with manual_runner.watch(live, token):
            manual_runner.hide(live, token)
    manual_runner.leave(live, "one")
    clock.advance(3 * LEAVE_SECONDS)
    assert live.playing
    manual_runner.leave(live, "two")
    clock.advance(0.9 * LEAVE_SECONDS)
    assert live.playing
    clock.advance(0.2 * LEAVE_SECONDS)
    wait_until(lambda: not live.playing)


def test_a_page_that_says_that_it_closes_is_no_viewer_from_then_on(
    manual_runner: Runner, clock: ManualClock
) -> None:
    live = manual_runner.runs.create("me", begin(SMALL), "1")
    manual_runner.play(live)
    with manual_runner.watch(live, "page") as viewer:  # its connection still seems to be open
        manual_runner.leave(live, "page")
        assert viewer.has_left
        assert viewer.wait(0.0)
        clock.advance(1.1 * LEAVE_SECONDS)
        wait_until(lambda: not live.playing)


def test_a_run_that_nobody_touches_pauses_and_says_why(
    manual_runner: Runner, clock: ManualClock
) -> None:
    live = manual_runner.runs.create("me", begin(SMALL))
    with manual_runner.watch(live, "page"):
        manual_runner.play(live)
        clock.jump(29 * 60)
        assert live.playing
        live.touch()
        clock.jump(29 * 60)
        assert live.playing
        clock.jump(61)
        wait_until(lambda: not live.playing)
    assert live.notice == messages.IDLE.format(minutes=30)


def test_a_run_keeps_its_speed_by_the_clock(manual_runner: Runner, clock: ManualClock) -> None:
    live = manual_runner.runs.create("me", begin(SMALL), "10")
    with manual_runner.watch(live, "page"):
        manual_runner.play(live)
        clock.advance(0.0)
        for _ in range(100):
            clock.advance(0.1)
        assert 95 <= live.tip.step <= 105
        manual_runner.set_speed(live, "1")
        assert live.playing
        step = live.tip.step
        for _ in range(100):
            clock.advance(0.1)
        assert 9 <= live.tip.step - step <= 12


def test_the_loop_runs_on_while_runs_train(runner: Runner) -> None:
    """Between two slices the loop has time for others."""
    with ExitStack() as stack:
        lives = [runner.runs.create("me", begin(Settings()), "max") for _ in range(2)]
        for live in lives:
            stack.enter_context(runner.watch(live, "page"))
            runner.play(live)
        turns, version = 0, lives[0].audience.version
        with gevent.Timeout(20):
            while lives[0].audience.version < version + 20:
                gevent.sleep(0.001)
                turns += 1
    assert turns >= 20


def test_a_heavy_network_leaves_a_small_one_its_turns(runner: Runner) -> None:
    """While heavy networks take a few slices each, a small one takes many."""
    large = {"hidden": "64,64,64,64", "samples": "2000", "batch": "2000"}
    run = begin(parse_settings(large)[0], BACKENDS[-1])
    heavy = [runner.runs.create(f"heavy {i}", run, "max") for i in range(4)]
    small = runner.runs.create("small", begin(SMALL, BACKENDS[-1]), "max")
    with ExitStack() as stack:
        for live in heavy:
            stack.enter_context(runner.watch(live, "page"))
            runner.play(live)
        wait_until(lambda: min(live.tip.step for live in heavy) >= 1)
        before = [live.audience.version for live in heavy]
        stack.enter_context(runner.watch(small, "page"))
        version = small.audience.version
        runner.play(small)
        wait_until(lambda: small.audience.version >= version + 30)
        slices = [live.audience.version - old for live, old in zip(heavy, before, strict=True)]
        assert max(slices) <= 90


def test_a_visitor_without_computing_time_goes_on_slowly_and_another_does_not(
    tmp_path: Path,
) -> None:
    deployment = Deployment(data=tmp_path, cpu_seconds=0.5)
    runner = local_runner(Store(deployment.store_url()), deployment)
    names = ("greedy", "modest")
    greedy, modest = (runner.runs.create(name, begin(SMALL), "max") for name in names)
    with runner.watch(greedy, "page"), runner.watch(modest, "page"):
        runner.play(greedy)
        wait_until(lambda: greedy.notice)
        assert greedy.notice == messages.OVER_BUDGET.format(seconds=0.5)
        runner.play(modest)
        wait_until(lambda: modest.tip.step > 10)
        assert not modest.notice
    runner.stop()


def test_a_run_that_ended_by_itself_is_played_on_by_one_greenlet_only(
    manual_runner: Runner, clock: ManualClock
) -> None:
    settings, _ = parse_settings({"hidden": "2", "samples": "20", "stop_steps": "1"})
    assert settings is not None
    live = manual_runner.runs.create("me", begin(settings), "1")
    with manual_runner.watch(live, "page"):
        manual_runner.play(live)
        wait_until(lambda: not live.playing)
        manual_runner.play(live)
        wait_until(lambda: live.tip.step == 2)
        for _ in range(5):
            clock.advance(1.0)
        assert 6 <= live.tip.step <= 8  # two greenlets would take twice as many
        manual_runner.pause(live)
        step = live.tip.step
        clock.advance(5.0)
        assert live.tip.step == step


def test_a_run_that_diverges_stops(manual_runner: Runner) -> None:
    live = manual_runner.runs.create("me", begin(SMALL))
    live.record.tip = replace(live.tip, diverged=True)
    manual_runner.play(live)
    assert not live.playing


def test_an_unsaved_run_plays_for_the_account_of_its_owner(
    manual_runner: Runner, clock: ManualClock
) -> None:
    address = "address 203.0.113.1"
    live = manual_runner.embedded.open("page", lambda: begin(SMALL), address)
    with manual_runner.watch(live, "embed"):
        manual_runner.play(live)
        wait_until(lambda: live.tip.step > 0)
    assert manual_runner.counts["runs"] == 0
    with pytest.raises(KeyError):
        manual_runner.runs.get(live.id, "address 203.0.113.1")
    clock.advance(LEAVE_SECONDS + 0.1)
    wait_until(lambda: not live.playing)
