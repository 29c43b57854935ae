"""Sweeps: stored, trained beside the runs that play, cancelled, resumed, and private."""

from __future__ import annotations

import html
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from engine.training.csv_table import write_csv
from engine.training.run import advance, begin, compute_losses
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings
from engine.training.sweeps import Sweep, failed_outcome, outcome_of, parse_sweep, train_cell
from playground.app import create_app
from playground.http.services import services_of
from playground.runner.runner import Runner, local_runner
from playground.runner.sweeps import Sweeps
from playground.settings import Deployment
from playground.storage.schema import CELLS
from playground.storage.store import Store
from playground.storage.sweep_rows import SweepStore

SMALL = Settings(hidden=(3,), samples=20)
FORM = SMALL.texts() | {
    "first": "rate", "first_values": "0.01, 0.1, 0.3", "second": "l2", "second_values": "0, 0.01",
    "steps": "40",
}  # fmt: skip
LONG = FORM | {"steps": "10000", "first": "seed", "first_values": "0..99"}


def sweep_of(form: dict[str, str]) -> Sweep:
    sweep, errors = parse_sweep(form)
    assert sweep is not None, errors
    return sweep


def until(true: Callable[[], object]) -> None:
    with gevent.Timeout(20):
        while not true():
            gevent.sleep(0.01)


def finished(sweeping: Sweeps, id: str) -> None:
    until(lambda: not sweeping.find(id, "me").going)


def page_when_done(client: FlaskClient, where: str) -> str:
    until(lambda: "Finished." in client.get(where).text)
    return html.unescape(client.get(where).text)


def test_a_cell_and_the_run_it_opens_are_those_trained_by_hand_to_the_last_bit(
    runner: Runner,
) -> None:
    sweep_row = runner.sweeps.start("me", sweep_of(FORM))
    finished(runner.sweeps, sweep_row.id)
    outcomes = runner.sweeps.cells(sweep_row)
    assert list(outcomes) == list(range(6))
    for number in outcomes:
        settings, _ = parse_settings(FORM | sweep_row.sweep.values(number))
        assert settings is not None
        by_hand = advance(begin(settings), 40)
        assert (outcomes[number].train, outcomes[number].test) == compute_losses(by_hand)
        cell = runner.sweeps.cell(sweep_row, number)
        assert cell is not None
        assert (cell.curve.train == by_hand.curve.train).all()
        assert (cell.curve.test == by_hand.curve.test).all()
    live = runner.sweeps.open(sweep_row, 5)
    assert (live.record.owner, live.tip.step) == ("me", 40)
    assert (live.tip.parameters == by_hand.parameters).all()
    assert runner.runs.get(live.id, "me") is live
    runner.step(live)
    assert (live.tip.parameters == advance(by_hand, 1).parameters).all()


def test_a_cancelled_sweep_keeps_what_is_done_and_trains_no_more(runner: Runner) -> None:
    sweep_row = runner.sweeps.start("me", sweep_of(LONG | {"steps": "50"}))
    until(lambda: runner.sweeps.find(sweep_row.id, "me").done >= 2)
    runner.sweeps.cancel(sweep_row)
    now = runner.sweeps.find(sweep_row.id, "me")
    assert (now.cancelled, now.going) == (True, False)
    assert 2 <= now.done < now.sweep.runs
    other = runner.sweeps.start("me", sweep_of(FORM))
    finished(runner.sweeps, other.id)
    assert runner.sweeps.find(sweep_row.id, "me").done == now.done


def test_after_a_restart_a_sweep_goes_on_with_the_cells_that_are_missing(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path)
    before = local_runner(Store(deployment.store_url()), deployment)
    sweep_row = before.sweeps.start("me", sweep_of(FORM | {"steps": "2000"}))
    stopped = before.sweeps.start("me", sweep_of(LONG))
    before.sweeps.cancel(stopped)
    until(lambda: before.sweeps.find(sweep_row.id, "me").done >= 2)
    before.stop()
    store = Store(deployment.store_url())
    done = SweepStore(store).cells(sweep_row.id)
    assert 2 <= len(done) < 6
    marked = CELLS.update().where(CELLS.c.sweep == sweep_row.id).values(state="done before")
    store.write(marked)
    after = local_runner(store, deployment)
    finished(after.sweeps, sweep_row.id)
    outcomes = after.sweeps.cells(sweep_row)
    assert {
        number for number, outcome in outcomes.items() if outcome.state == "done before"
    } == set(done)
    assert len(outcomes) == 6
    assert after.sweeps.find(stopped.id, "me").done == 0
    after.stop()


def test_visitors_take_turns_and_ones_own_sweeps_follow_each_other(runner: Runner) -> None:
    mine, next_one = (runner.sweeps.start("me", sweep_of(LONG)) for _ in range(2))
    theirs = runner.sweeps.start("you", sweep_of(FORM))
    until(lambda: not runner.sweeps.find(theirs.id, "you").going)
    assert runner.sweeps.find(mine.id, "me").going
    assert runner.sweeps.is_waiting(next_one)
    assert not runner.sweeps.is_waiting(mine)
    assert runner.sweeps.seconds_left(mine) is not None
    assert runner.sweeps.seconds_left(next_one) is None


def test_a_run_plays_on_beside_a_sweep_and_the_sweep_beside_it(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path, threads=1)
    runner = local_runner(Store(deployment.store_url()), deployment)
    sweep_row = runner.sweeps.start("me", sweep_of(LONG | {"steps": "1000"}))
    live = runner.runs.create("you", begin(SMALL), "100")
    with runner.watch(live, "page"):
        runner.play(live)
        until(lambda: live.tip.step >= 100)
        start, step = time.monotonic(), live.tip.step
        until(lambda: live.tip.step >= step + 100)
        assert time.monotonic() - start < 4.0
        done = runner.sweeps.find(sweep_row.id, "me").done
        until(lambda: runner.sweeps.find(sweep_row.id, "me").done > done)
        assert live.playing
    runner.stop()


def test_a_cell_that_cannot_be_says_why_and_the_others_are_trained(runner: Runner) -> None:
    sweep = sweep_of(FORM)
    axes = (sweep.axes[0], sweep.axes[1].model_copy(update={"values": ("0", "2")}))
    sweep_row = runner.sweeps.start("me", sweep.model_copy(update={"axes": axes}))
    finished(runner.sweeps, sweep_row.id)
    outcomes = runner.sweeps.cells(sweep_row)
    assert [outcomes[number].state for number in (0, 3)] == ["", "Must be at most 1."]
    assert outcomes[3].train != outcomes[3].train
    with pytest.raises(ValueError, match="Must be at most 1"):
        runner.sweeps.open(sweep_row, 3)


def test_ones_own_data_are_swept_and_missed_when_they_are_gone(client: FlaskClient) -> None:
    run = begin(SMALL)
    tables = services_of(client.application).tables
    digest = tables.keep(write_csv(run.data.inputs, run.data.targets, run.data.classes))
    form = FORM | {"dataset": "own", "data": digest}
    response = client.post("/sweeps", data=form)
    assert "could not be trained" not in page_when_done(client, response.headers["Location"])
    missed = client.post("/sweeps", data=form | {"data": "0" * 32})
    page = page_when_done(client, missed.headers["Location"])
    assert page.count("These data are no longer stored here.") == 6
    assert "Open this run" not in page


def test_a_cell_is_kept_once_and_none_of_a_sweep_that_is_gone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/sweep_row.db")
    sweeps = SweepStore(store)
    sweep_row = sweeps.keep("me", sweep_of(FORM))
    *_, run = train_cell(sweep_row.sweep, 1)
    for outcome in (failed_outcome("not yet", "numpy"), outcome_of(run)):
        sweeps.keep_cell(sweep_row.id, 1, outcome)
    assert sweeps.missing(sweep_row) == [0, 2, 3, 4, 5]
    assert sweeps.cells(sweep_row.id)[1].train == compute_losses(run)[0]
    sweeps.forget([sweep_row.id])
    sweeps.keep_cell(sweep_row.id, 2, outcome_of(run))
    assert store.rows(sa.select(CELLS.c.number)) == []
    store.close()


def test_a_database_that_is_locked_loses_no_cell(runner: Runner, tmp_path: Path) -> None:
    sweep_row = runner.sweeps.start("me", sweep_of(FORM | {"steps": "500"}))
    until(lambda: runner.sweeps.find(sweep_row.id, "me").done >= 1)
    with sqlite3.connect(tmp_path / "playground.db", isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        until(lambda: "database is locked" in runner.sweeps._trainer.error)
        database.execute("ROLLBACK")
    finished(runner.sweeps, sweep_row.id)
    assert runner.sweeps._trainer.error == ""
    assert all(not outcome.state for outcome in runner.sweeps.cells(sweep_row).values())


def test_of_too_many_sweeps_the_oldest_goes_and_unused_ones_expire(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path, sweeps_per_visitor=2)
    runner = local_runner(Store(deployment.store_url()), deployment)
    first, second, third = (runner.sweeps.start("me", sweep_of(LONG)) for _ in range(3))
    theirs = runner.sweeps.start("you", sweep_of(FORM))
    assert [outcome.id for outcome in runner.sweeps.of("me")] == [third.id, second.id]
    with pytest.raises(KeyError):
        runner.sweeps.find(first.id, "me")
    start = time.time()
    runner.sweeps.touch(theirs)
    runner.sweeps.delete_unused(start)
    assert runner.sweeps.of("me") == []
    assert [outcome.id for outcome in runner.sweeps.of("you")] == [theirs.id]
    runner.stop()


def test_limits_are_those_of_the_deployment(tmp_path: Path) -> None:
    app = create_app(Deployment(data=tmp_path, sweep_runs=5, sweep_steps=30))
    client = app.test_client()
    page = client.post("/sweeps", data=FORM)
    assert page.status_code == 422
    assert "Write a whole number from 1 to 30." in page.text
    page = client.post("/sweeps", data=FORM | {"steps": "30"})
    assert "3 × 2 = 6 runs. The limit is 5." in page.text
    fitting = FORM | {"steps": "30", "second": ""}
    assert client.post("/sweeps", data=fitting).status_code == 303
    services_of(app).runner.stop()


def test_the_form_counts_the_runs_and_says_what_is_wrong(client: FlaskClient) -> None:
    page = client.get("/sweeps/new", query_string=SMALL.texts()).text
    assert "35 runs of 500 steps each" in page
    assert 'value="0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1"' in page
    chosen = FORM | {"first": "hidden", "first_was": "rate"}
    page = client.get("/sweeps/new", query_string=chosen).text
    assert 'value="2; 4; 8; 4,4; 8,8; 16,16"' in page
    assert "12 runs of 40 steps each" in page
    wrong = client.post("/sweeps", data=FORM | {"first_values": "0.1, fast"})
    assert wrong.status_code == 422
    assert 'value="0.1, fast"' in wrong.text
    assert "fast: Write a number, such as" in wrong.text
    assert 'aria-describedby="error-first_values"' in wrong.text
    assert client.post("/sweeps", data=FORM | {"samples": "x"}).status_code == 422
    assert "Samples: this page opens with 200 instead of x." in (
        client.get("/sweeps/new?samples=x").text
    )


def test_the_page_has_the_numbers_the_curve_and_the_way_to_the_run(client: FlaskClient) -> None:
    where = client.post("/sweeps", data=FORM).headers["Location"]
    page = page_when_done(client, where)
    assert "6 of 6 done" in page
    assert "every 1s" not in page
    assert len(re.findall(r'id="cell-\d+"', page)) == 6
    assert 'data-figure="curve"' in page
    chosen = client.get(f"{where}?cell=4", headers={"HX-Request": "true"})
    assert chosen.headers["HX-Replace-Url"] == f"{where}?cell=4"
    assert "Learning rate 0.1, L2 0.01" in chosen.text
    opened = client.post(f"{where}/cells/4/open")
    assert opened.status_code == 303
    answer = client.get(
        opened.headers["Location"], headers={"Accept": "application/json"}
    ).get_json()
    assert (answer["step"], answer["settings"]["rate"], answer["settings"]["l2"]) == (
        40,
        "0.1",
        "0.01",
    )
    assert client.get(f"{where}?cell=99").status_code == 200
    assert client.post(f"{where}/cells/99/open").status_code == 404


def test_a_poll_is_answered_with_nothing_while_nothing_is_new(client: FlaskClient) -> None:
    where = client.post("/sweeps", data=LONG).headers["Location"]
    assert client.get(f"{where}?done=0", headers={"HX-Request": "true"}).status_code == 204
    page = client.post(f"{where}/cancel", headers={"HX-Request": "true"}).text
    assert "Cancelled." in page
    assert "every 1s" not in page
    assert "Cancelled." in client.get(f"{where}?done=0", headers={"HX-Request": "true"}).text


def test_sweeps_are_listed_among_ones_runs_and_deleted(client: FlaskClient) -> None:
    where = client.post("/sweeps", data=FORM).headers["Location"]
    assert "Learning rate × L2" in client.get("/runs").text
    left = client.post(f"{where}/delete", headers={"HX-Request": "true"})
    assert "Learning rate × L2" not in left.text
    assert client.get(where).status_code == 404
    assert "Learning rate × L2" not in client.get("/runs").text


def test_every_route_of_a_sweep_is_nobody_elses(app: Flask, client: FlaskClient) -> None:
    where = client.post("/sweeps", data=FORM).headers["Location"]
    page_when_done(client, where)
    stranger = app.test_client()
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/sweeps/<id>"):
            continue
        path = rule.rule.replace("/sweeps/<id>", where).replace("<int:number>", "0")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert stranger.open(path, method=method).status_code == 404, (method, path)
            tried += 1
    assert tried == 4
    assert "Learning rate × L2" not in stranger.get("/runs").text
    assert client.get(where).status_code == 200


def test_a_cell_that_is_larger_than_this_instance_computes_says_so(tmp_path: Path) -> None:
    app = create_app(Deployment(data=tmp_path, parameters=20))
    sweeping: Sweeps = services_of(app).runner.sweeps
    form = FORM | {"first": "hidden", "first_values": "2; 9", "second": "", "second_values": ""}
    sweep_row = sweeping.start("me", sweep_of(form))
    finished(sweeping, sweep_row.id)
    small, large = (sweeping.cell(sweep_row, number) for number in range(2))
    services_of(app).runner.stop()
    assert small is not None
    assert not small.state
    assert large is not None
    assert "The limit is 20." in large.state


def test_what_a_sweep_computes_is_its_visitors_and_when_that_is_spent_it_waits(
    tmp_path: Path,
) -> None:
    app = create_app(Deployment(data=tmp_path, cpu_seconds=0.05))
    runner: Runner = services_of(app).runner
    sweep_row = runner.sweeps.start("me", sweep_of(LONG))
    until(lambda: runner.resources.budget.spend("me", 0.0) > 0.0)
    gevent.sleep(0.2)
    done = runner.sweeps.find(sweep_row.id, "me").done
    other = runner.sweeps.start("other", sweep_of(FORM | {"first_values": "0.1", "second": ""}))
    until(lambda: not runner.sweeps.find(other.id, "other").going)
    assert runner.sweeps.find(sweep_row.id, "me").done <= done + 1
    assert "computing time" in runner.sweeps.notice(sweep_row)
    runner.stop()
