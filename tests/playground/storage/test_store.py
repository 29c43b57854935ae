"""What is kept in the database, and what of it goes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient

from engine.training.commands import Edit, NewSetting
from engine.training.run import begin
from engine.training.settings import Settings
from playground.http.services import services_of
from playground.runner.runner import Runner, local_runner
from playground.settings import Deployment
from playground.storage.migrations import configuration
from playground.storage.schema import SCHEMA
from playground.storage.store import RunUpdate, Store, StoreError

SMALL = Settings(hidden=(3,), samples=20)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/stored.db")
    yield store
    store.close()


def new_run(id: str, store: Store, **columns: object) -> RunUpdate:
    row = {
        "visitor": "me", "name": "", "stays": False, "speed": "100", "settings": "{}",
        "backend": "numpy", "data": store.keep_data(b"samples"), "step": 0, "state": b"",
        "parent": "", "parent_step": 0, "made": 0.0, "used": time.time(),
    }  # fmt: skip
    return RunUpdate(id, row | columns, is_new=True)


def test_the_newest_migration_is_the_schema_that_the_code_knows(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path}/stored.db").close()
    config = configuration()
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA
    with sa.create_engine(f"sqlite:///{tmp_path}/stored.db").connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)  # raises where tables and migrations differ


def test_a_log_that_was_begun_again_replaces_the_old_one(store: Store) -> None:
    first = new_run("a", store)
    store.save([first])
    store.save(
        [RunUpdate("a", {"step": 9}, 0, ((1, "one"), (2, "two")), {5: b"5", 9: b"9"}, (5, 9))]
    )
    store.save([RunUpdate("a", {"step": 9}, 1, ((3, "three"),), {7: b"7"}, (5, 7))])
    stored = store.find("a")
    assert stored is not None
    assert stored.log == ((1, "one"), (3, "three"))
    assert stored.steps == (5, 7)
    assert store.snapshots("a", 6) == {5: b"5"}
    assert stored.data == b"samples"


def test_either_all_runs_are_saved_or_none(store: Store) -> None:
    with pytest.raises(StoreError):
        store.save([new_run("a", store), new_run("b", store, visitor=None)])
    assert store.find("a") is None


def test_a_run_that_was_deleted_is_not_saved_again_and_keeps_no_other_from_it(
    runner: Runner,
) -> None:
    deleted, other = (runner.runs.create("me", begin(SMALL)) for _ in range(2))
    assert runner._saver.save()
    runner._records.store.forget([deleted.id])
    for live in (deleted, other):
        runner.step(live)
    assert runner._saver.save()
    assert not runner.save_error
    assert runner._records.store.find(deleted.id) is None
    stored = runner._records.store.find(other.id)
    assert stored is not None
    assert stored.row["step"] == 1


def test_a_run_that_is_asked_for_while_it_is_deleted_is_gone(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = runner.runs.create("me", begin(SMALL))
    assert runner._saver.save()
    forget = runner._records.store.forget

    def asked_for_meanwhile(ids: tuple[str, ...]) -> None:
        runner.runs.get(live.id, "me")
        forget(ids)

    monkeypatch.setattr(runner._records.store, "forget", asked_for_meanwhile)
    runner.runs.delete(live)
    with pytest.raises(KeyError):
        runner.runs.get(live.id, "me")


def test_unused_runs_expire_and_those_with_a_name_stay(store: Store) -> None:
    store.save(
        [
            new_run("old", store, used=1.0),
            new_run("named", store, used=1.0, stays=True),
            new_run("used", store),
        ]
    )
    assert store.expire(time.time() - 60) == ["old"]
    assert store.find("old") is None
    assert store.find("named") is not None
    assert store.find("used") is not None


def test_a_database_that_is_locked_is_said_and_tried_again(runner: Runner, tmp_path: Path) -> None:
    live = runner.runs.create("me", begin(SMALL))
    with sqlite3.connect(tmp_path / "playground.db", isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        runner.step(live)
        with gevent.Timeout(10):
            while not runner.save_error:
                gevent.sleep(0.02)
        assert "database is locked" in runner.save_error
        runner.step(live)
        database.execute("ROLLBACK")
    with gevent.Timeout(10):
        while runner.save_error:
            gevent.sleep(0.02)
    assert not live.record.needs_saving


def test_a_run_that_is_not_in_memory_comes_from_the_store_as_it_was(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path)
    before = local_runner(Store(deployment.store_url()), deployment)
    live = before.runs.create("me", begin(SMALL))
    for change in (
        NewSetting(name="rate", text="0.05"),
        Edit(how="add", index=0, at=(0.1, 0.2), target=1.0),
    ):
        before.step(live)
        before.command(live, change)
    before.step(live)
    run = live.tip
    before.stop()
    after = local_runner(Store(deployment.store_url()), deployment)
    with pytest.raises(KeyError):
        after.runs.get(live.id, "somebody else")
    again = after.runs.get(live.id, "me")
    assert (again.tip.parameters == run.parameters).all()
    assert again.tip.log == run.log
    assert not again.playing
    after.seek(again, 1)
    assert again.run.step == 1
    assert len(again.run.data.inputs) == 20
    after.stop()


def test_a_run_that_cannot_be_saved_stays_in_memory(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path, runs=1)
    runner = local_runner(Store(deployment.store_url()), deployment)
    first = runner.runs.create("me", begin(SMALL))
    with sqlite3.connect(tmp_path / "playground.db", isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        runner.step(first)
        runner.runs.create("me", begin(SMALL))
        assert runner.runs.get(first.id, "me") is first
        database.execute("ROLLBACK")
    runner.runs.create("me", begin(SMALL))
    assert runner.runs.get(first.id, "me").tip.step == 1
    runner.stop()


def test_a_run_that_is_looked_at_is_used(tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path)
    runner = local_runner(Store(deployment.store_url()), deployment)
    live = runner.runs.create("me", begin(SMALL))
    runner.stop()
    store = Store(deployment.store_url())
    store.change(live.id, used=time.time() - 20 * 86_400)
    runner = local_runner(store, deployment)
    runner.runs.get(live.id, "me")
    with gevent.Timeout(10):
        while store.runs_of("me")[0]["used"] < time.time() - 86_400:
            gevent.sleep(0.02)
    runner.stop()


def test_where_nothing_can_be_written_the_page_works_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from playground.app import create_app

    (tmp_path / "file").write_text("")
    app = create_app(Deployment(data=tmp_path / "file" / "under"))
    assert app.test_client().get("/network").status_code == 200
    assert "all runs are lost when the server stops" in caplog.text
    services_of(app).runner.stop()


def test_every_route_of_a_run_is_nobody_elses(app: Flask, client: FlaskClient) -> None:
    run = client.post("/runs", data={"hidden": "3", "samples": "20"}).headers["Location"]
    stranger = app.test_client()
    tried = 0
    for rule in app.url_map.iter_rules():
        if "<id>" not in rule.rule or rule.rule.startswith("/shared/"):
            continue
        path = rule.rule.replace("/runs/<id>", run).replace("<name>", "weights")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            form = {"step": "1", "speed": "10", "name": "rate", "rate": "1", "place": "0",
                    "value": "1", "how": "undo"} if method == "POST" else None  # fmt: skip
            answer = stranger.open(path, method=method, data=form)
            assert answer.status_code == 404, (method, path)
            tried += 1
    assert tried >= 20
