"""What operators do from the command line, with the real server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from playground import operator_cli
from playground.app import create_app
from playground.cli import main
from playground.http.services import services_of
from playground.nicknames import number_of
from playground.pages import operator
from playground.settings import Deployment
from tests.server import Server, serving
from tests.visitor import Visitor


def run_command(data: Path, *arguments: str, **environment: str) -> Result:
    variables = {"PLAYGROUND_DATA": str(data)} | environment
    return CliRunner().invoke(main, arguments, env=variables)


def test_every_setting_is_listed_with_its_sentence(tmp_path: Path) -> None:
    result = run_command(
        tmp_path, "settings", PLAYGROUND_UPLOAD="4096", PLAYGROUND_SECRET="hush"
    ).output
    for name, field in Deployment.model_fields.items():
        assert f"PLAYGROUND_{name.upper()} = " in result
        assert field.description
        assert field.description.split()[0] in result
    assert "PLAYGROUND_UPLOAD = 4096 (changed)" in result
    assert "hush" not in result


def test_the_metrics_of_an_instance_are_printed(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        visitor = Visitor(server)
        with visitor.watch(visitor.begin()):
            result = run_command(tmp_path, "top", "--once", "--url", server.url).output
    assert "Playing               1" in result
    assert "Viewers               1" in result


def test_a_server_that_does_not_answer_has_a_message(tmp_path: Path) -> None:
    result = run_command(tmp_path, "top", "--once", "--url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "No answer from http://127.0.0.1:9/metrics" in result.output


def test_all_data_of_a_visitor_are_deleted(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        one, other = Visitor(server), Visitor(server)
        mine, foreign = one.begin().partition("?")[0], other.begin().partition("?")[0]
        shared = one.ask("POST", f"{mine}/share")[1]["Location"]
        swept = "samples=20&hidden=2&first=rate&first_values=0.1&second=&steps=5"
        sweep = one.ask("POST", "/sweeps", swept)[1]["Location"]
        assert one.ask("GET", sweep)[0] == 200
        number = number_of_page(one)
        result = run_command(tmp_path, "forget-visitor", number, "--url", server.url)
        assert result.output == f"Deleted 2 runs and shared states of visitor {number}.\n"
        assert one.ask("GET", mine)[0] == 404
        assert one.ask("GET", sweep)[0] == 404
        assert one.ask("GET", shared.removeprefix(server.url.rstrip("/")))[0] == 404
        assert other.ask("GET", foreign)[0] == 200


def number_of_page(visitor: Visitor) -> str:
    """The number that the visitor reads under "My runs"."""
    page = visitor.ask("GET", "/runs")[2].decode()
    return page.partition("visitor number is <code>")[2].partition("<")[0]


def test_a_room_is_closed(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        leader = Visitor(server)
        code = _room(leader)
        assert leader.ask("GET", f"/rooms/{code}")[0] == 303
        result = run_command(tmp_path, "close-room", code.lower(), "--url", server.url)
        assert result.output == f"Room {code} is closed.\n"
        assert run_command(tmp_path, "close-room", code, "--url", server.url).exit_code == 1
        assert Visitor(server).ask("GET", f"/rooms/{code}")[1]["Location"].startswith("/rooms?")


def _room(leader: Visitor) -> str:
    headers = {"HX-Request": "true"}
    leader.ask("GET", "/expression")
    leader.ask("POST", "/rooms", "state=", headers)
    page = leader.ask("GET", "/expression")[2].decode()
    return page.partition('class="roomcode">')[2].partition("<")[0]


def test_without_the_secret_an_order_is_refused(tmp_path: Path, server_of: Server) -> None:
    result = run_command(tmp_path / "another", "close-room", "ABCDEF", "--url", server_of.url)
    assert result.exit_code == 1
    assert "answers 404" in result.output
    assert "PLAYGROUND_SECRET" in result.output


@pytest.fixture
def server_of(tmp_path: Path) -> object:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer /operator/rooms/ABCDEF/close", "x"])
def test_a_forged_token_opens_nothing(client: FlaskClient, token: str) -> None:
    for path in ("/operator/rooms/ABCDEF/close", "/operator/visitors/abc/forget"):
        answer = client.post(path, headers={"Authorization": token})
        assert answer.status_code == 404
        assert "message" not in answer.text


def test_only_the_networks_in_the_settings_read_metrics(
    client: FlaskClient, tmp_path: Path
) -> None:
    def read(app_client: FlaskClient, address: str) -> int:
        return app_client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code

    assert read(client, "127.0.0.1") == 200
    assert read(client, "203.0.113.1") == 404
    app: Flask = create_app(Deployment(data=tmp_path, metrics_from="10.0.0.0/8"))
    assert read(app.test_client(), "::ffff:10.1.2.3") == 200
    assert read(app.test_client(), "127.0.0.1") == 404
    services_of(app).runner.stop()


def test_a_number_does_not_reveal_the_cookie() -> None:
    assert number_of("one") != number_of("two")
    assert "one" not in number_of("one")


def test_a_password_in_a_url_is_not_printed(tmp_path: Path) -> None:
    url = "postgresql://teacher:hush@db.example.edu/playground"
    output = run_command(tmp_path, "settings", PLAYGROUND_DATABASE_URL=url).output
    assert "postgresql://teacher:(set)@db.example.edu/playground (changed)" in output
    assert "hush" not in output


def test_rates_are_those_since_the_screen_before() -> None:
    before = {"playground_frame_seconds_count": 10.0, "playground_frame_seconds_sum": 1.0}
    metrics = {
        "playground_frame_seconds_count": 30.0,
        "playground_frame_seconds_sum": 1.1,
        "playground_runs": 1234.0,
        "process_cpu_seconds_total": 1.0,
    }
    first = operator_cli.screen("http://x", metrics, {}, 1.0)
    assert "Runs in memory        1,234" in first
    assert "Frames                0 per second" in first
    second = operator_cli.screen("http://x", metrics, before, 2.0)
    assert "Frames                10 per second" in second
    assert "Latency of a frame    5.0 ms" in second
    assert "Processor             50% of a core" in second


def test_an_instance_is_watched_until_somebody_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens = []

    def sleep(seconds: float) -> None:
        screens.append(seconds)
        if len(screens) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(operator_cli, "_read_metrics", lambda url: {"playground_runs": 7.0})
    monkeypatch.setattr(operator_cli.time, "sleep", sleep)
    result = run_command(tmp_path, "top")
    assert result.output.count("Runs in memory        7") == 3
    assert screens == [operator_cli.REFRESH_SECONDS] * 3


def test_a_worker_needs_the_settings_of_the_web_processes(tmp_path: Path) -> None:
    result = run_command(tmp_path, "worker")
    assert result.exit_code == 1
    assert "A worker needs PLAYGROUND_REDIS_URL and PLAYGROUND_DATABASE_URL" in result.output


def test_a_worker_starts_with_its_number_of_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playground.runner.cluster import worker_app

    started = []

    class Celery:
        def worker_main(self, arguments: list[str]) -> None:
            started.append(arguments)

    monkeypatch.setattr(worker_app, "worker_app", lambda deployment, max_runs: Celery())
    variables = {
        "PLAYGROUND_REDIS_URL": "redis://127.0.0.1:1/0",
        "PLAYGROUND_DATABASE_URL": f"sqlite:///{tmp_path}/database",
    }
    assert run_command(tmp_path, "worker", "--runs", "3", **variables).exit_code == 0
    assert "--concurrency=3" in started[0]


def test_without_the_packages_of_a_worker_a_command_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "playground.runner.cluster.worker_app", None)
    variables = {"PLAYGROUND_REDIS_URL": "redis://x", "PLAYGROUND_DATABASE_URL": "sqlite://"}
    result = run_command(tmp_path, "worker", **variables)
    assert "pip install 'backprop-playground[hosted]'" in result.output


def test_an_order_is_signed_for_one_address(client: FlaskClient, app: Flask) -> None:
    address, token = operator.sign("rooms/ABCDEF/close", str(app.secret_key))
    headers = {"Authorization": token}
    answer = client.post(address, headers=headers)
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["message"].startswith("There is no room ABCDEF.")
    other, _ = operator.sign("rooms/BCDEFG/close", str(app.secret_key))
    assert client.post(other, headers=headers).json is None
    address, token = operator.sign("visitors/abc/forget", str(app.secret_key))
    answer = client.post(address, headers={"Authorization": token})
    assert answer.json == {"message": "Deleted 0 runs and shared states of visitor abc."}
