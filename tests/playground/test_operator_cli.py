"""What an operator does from the command line, with the real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
from playground.cli import main
from playground.http.services import services_of
from playground.nicknames import number_of
from playground.settings import Deployment
from tests.server import Server, serving
from tests.visitor import Visitor


def ran(data: Path, *arguments: str, **environment: str) -> Result:
    known = {"PLAYGROUND_DATA": str(data)} | environment
    return CliRunner().invoke(main, arguments, env=known)


def test_every_setting_is_listed_with_its_sentence(tmp_path: Path) -> None:
    told = ran(tmp_path, "settings", PLAYGROUND_UPLOAD="4096", PLAYGROUND_SECRET="hush").output
    for name, field in Deployment.model_fields.items():
        assert f"PLAYGROUND_{name.upper()} = " in told
        assert field.description
        assert field.description.split()[0] in told
    assert "PLAYGROUND_UPLOAD = 4096 (changed)" in told
    assert "hush" not in told


def test_figures_are_watched(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        visitor = Visitor(server)
        with visitor.watch(visitor.begin()):
            told = ran(tmp_path, "top", "--once", "--url", server.url).output
    assert "playing               1" in told
    assert "Viewers               1" in told


def test_where_nothing_answers_is_said_in_words(tmp_path: Path) -> None:
    told = ran(tmp_path, "top", "--once", "--url", "http://127.0.0.1:9")
    assert told.exit_code == 1
    assert "Nothing answers at http://127.0.0.1:9/metrics" in told.output


def test_a_visitors_data_are_deleted(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        one, other = Visitor(server), Visitor(server)
        mine, kept = one.begin().partition("?")[0], other.begin().partition("?")[0]
        shared = one.ask("POST", f"{mine}/share")[1]["Location"]
        swept = "samples=20&hidden=2&first=rate&first_values=0.1&second=&steps=5"
        sweep = one.ask("POST", "/sweeps", swept)[1]["Location"]
        assert one.ask("GET", sweep)[0] == 200
        number = number_of_page(one)
        told = ran(tmp_path, "forget-visitor", number, "--url", server.url)
        assert told.output == f"2 runs and shared moments of visitor {number} are deleted.\n"
        assert one.ask("GET", mine)[0] == 404
        assert one.ask("GET", sweep)[0] == 404
        assert one.ask("GET", shared.removeprefix(server.url.rstrip("/")))[0] == 404
        assert other.ask("GET", kept)[0] == 200


def number_of_page(visitor: Visitor) -> str:
    """The number that the visitor reads under "My runs"."""
    page = visitor.ask("GET", "/runs")[2].decode()
    return page.partition("visitor number is <code>")[2].partition("<")[0]


def test_a_room_is_closed(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        leader = Visitor(server)
        code = _room(leader)
        assert leader.ask("GET", f"/rooms/{code}")[0] == 303
        told = ran(tmp_path, "close-room", code.lower(), "--url", server.url)
        assert told.output == f"Room {code} is closed.\n"
        assert ran(tmp_path, "close-room", code, "--url", server.url).exit_code == 1
        assert Visitor(server).ask("GET", f"/rooms/{code}")[1]["Location"].startswith("/rooms?")


def _room(leader: Visitor) -> str:
    headers = {"HX-Request": "true"}
    leader.ask("GET", "/expression")
    leader.ask("POST", "/rooms", "state=", headers)
    page = leader.ask("GET", "/expression")[2].decode()
    return page.partition('class="roomcode">')[2].partition("<")[0]


def test_without_the_secret_nothing_is_there(tmp_path: Path, server_of: Server) -> None:
    told = ran(tmp_path / "another", "close-room", "ABCDEF", "--url", server_of.url)
    assert told.exit_code == 1
    assert "answers 404" in told.output


@pytest.fixture
def server_of(tmp_path: Path) -> object:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer /operator/rooms/ABCDEF/close", "x"])
def test_a_forged_token_opens_nothing(client: FlaskClient, token: str) -> None:
    for path in ("/operator/rooms/ABCDEF/close", "/operator/visitors/abc/forget"):
        answer = client.post(path, headers={"Authorization": token})
        assert answer.status_code == 404
        assert "said" not in answer.text


def test_figures_are_for_named_networks_alone(client: FlaskClient, tmp_path: Path) -> None:
    def read(app_client: FlaskClient, address: str) -> int:
        return app_client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code

    assert read(client, "127.0.0.1") == 200
    assert read(client, "203.0.113.1") == 404
    app: Flask = create_app(Deployment(data=tmp_path, metrics_from="10.0.0.0/8"))
    assert read(app.test_client(), "::ffff:10.1.2.3") == 200
    assert read(app.test_client(), "127.0.0.1") == 404
    services_of(app).runner.stop()


def test_a_number_does_not_give_the_cookie() -> None:
    assert number_of("one") != number_of("two")
    assert "one" not in number_of("one")
