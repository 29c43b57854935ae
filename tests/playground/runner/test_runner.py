"""What one can do with a run: step, change, go back, look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gevent
import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.inspection.frames import ViewOptions
from engine.training.commands import NewSetting, NewWeight
from engine.training.replay import replay
from engine.training.run import advance, begin
from engine.training.settings import Settings
from engine.training.snapshots import History
from playground.http.services import services_of
from playground.messages import runs as messages
from playground.runner.audience import MAX_FRAMES, MAX_VIEWS
from playground.runner.runner import EXPIRY_SECONDS, MAX_COMMANDS, Runner, local_runner
from playground.settings import Deployment
from playground.storage.store import Store, StoreError
from tests.manual_clock import ManualClock
from tests.playground.runner.conftest import wait_until

SMALL = Settings(hidden=(3,), samples=20)


def test_reset_forgets_commands_and_returns_to_the_first_step(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL))
    runner.step(live)
    runner.command(live, NewSetting(name="rate", text="0.5"))
    runner.step(live)
    log = live.run.log
    assert log == ((1, NewSetting(name="rate", text="0.5")),)
    assert (replay(SMALL, log, 2).parameters == live.run.parameters).all()
    runner.reset(live)
    assert (live.run.step, live.run.log) == (0, ())


def test_a_run_is_seen_at_an_earlier_step_and_branches_from_it(runner: Runner) -> None:
    live = runner.runs.create("me", advance(begin(SMALL), 30))
    runner.seek(live, 10)
    assert (live.run.step, live.tip.step) == (10, 30)
    assert (live.run.parameters == advance(begin(SMALL), 10).parameters).all()
    branch = runner.branch(live)
    assert (branch.tip.step, branch.record.parent, branch.record.parent_step) == (10, live.id, 10)
    assert live.past is None
    runner.seek(live, 30)
    assert live.past is None


def test_an_earlier_step_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path, replay_seconds=1e-9, snapshot_bytes=0)
    runner = local_runner(Store(deployment.store_url()), deployment)
    live = runner.runs.create("me", advance(begin(SMALL), 400))
    live.record.history = History()
    with pytest.raises(ValueError, match="Step 390 was not reached"):
        runner.seek(live, 390)
    assert live.past is None
    runner.stop()


def test_the_log_of_a_run_has_a_limit(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL))
    change = NewWeight(place=0, value=1.0)
    log = tuple((0, change) for _ in range(MAX_COMMANDS - 1))
    live.record.tip = replace(live.tip, log=log)
    runner.command(live, change)
    with pytest.raises(ValueError, match="cannot record more"):
        runner.command(live, change)
    runner.reset(live)
    runner.command(live, change)


def test_a_slow_viewer_gets_the_newest_frame(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL), "max")
    with runner.watch(live, "page") as viewer:
        assert viewer.wait(1.0)
        runner.play(live)
        wait_until(lambda: live.tip.step >= 200)
        assert viewer.wait(1.0)
        assert runner.frame(live, viewer.view).step >= 200


def test_viewers_of_the_same_view_share_a_frame(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL))
    assert runner.frame(live, ViewOptions()) is runner.frame(live, ViewOptions())
    runner.step(live)
    assert runner.frame(live, ViewOptions()).step == 1


def test_only_some_frames_of_a_state_are_kept(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL))
    views = [ViewOptions(weight=weight, sample=1 + weight % 5) for weight in range(MAX_FRAMES + 1)]
    first = runner.frame(live, views[0])
    for view in views[1:]:
        runner.frame(live, view)
    assert runner.frame(live, views[-1]) is runner.frame(live, views[-1])
    assert runner.frame(live, views[0]) is not first


def test_a_page_sees_what_it_chose(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL))
    with runner.watch(live, "page") as viewer, runner.watch(live, "other") as other:
        assert viewer.wait(0.1)
        runner.look(live, "page", ViewOptions(weight=2))
        assert viewer.wait(0.1)
        assert viewer.view == ViewOptions(weight=2)
        assert other.view == ViewOptions()


def test_a_step_is_one_piece_of_news(runner: Runner) -> None:
    live = runner.runs.create("me", begin(SMALL))
    before = live.audience.version
    runner.step(live)
    assert live.audience.version == before + 1


def test_an_error_that_is_answered_in_words_is_not_written_to_the_log(
    runner: Runner, capfd: pytest.CaptureFixture[str]
) -> None:
    live = runner.runs.create("visitor", begin(SMALL))
    with pytest.raises(ValueError, match="parameters"):
        runner.command(live, NewWeight(place=10_000, value=1.0))
    assert "Traceback" not in capfd.readouterr().err


def test_pages_that_come_and_go_are_not_remembered_for_ever(
    app: Flask, client: FlaskClient
) -> None:
    run = client.post("/runs", data={"hidden": "2", "samples": "20"}).headers["Location"]
    for number in range(MAX_VIEWS + 20):
        client.get(f"{run}/events?page={number}").close()
    (live,) = services_of(app).runner.runs.in_memory()
    assert len(live.audience.views) == MAX_VIEWS


def test_the_server_says_what_it_waits_for(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runner.not_ready() == ""
    runner.resources.warmup.is_running = True
    assert runner.not_ready() == messages.COMPILING
    runner.resources.warmup.is_running = False

    def fail() -> int:
        raise StoreError("no disk")

    monkeypatch.setattr(runner.runs, "count", fail)
    assert runner.not_ready() == messages.DATABASE_DOWN.format(reason="no disk")


def test_unused_runs_and_sweeps_are_deleted_every_hour(tmp_path: Path) -> None:
    clock = ManualClock()
    deployment = Deployment(data=tmp_path, run_days=1)
    store = Store(deployment.store_url())
    runner = local_runner(store, deployment, clock)
    live = runner.runs.create("me", begin(SMALL))
    wait_until(lambda: live.record.saved)
    store.change(live.id, used=clock.time())
    clock.jump(86_400 - EXPIRY_SECONDS)
    gevent.sleep(0.1)
    assert store.find(live.id) is not None
    clock.jump(2 * EXPIRY_SECONDS)
    wait_until(lambda: store.find(live.id) is None)
    with pytest.raises(KeyError):
        runner.runs.get(live.id, "me")
    runner.stop()
