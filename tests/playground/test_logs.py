"""The log: one line of JSON for a request, with nothing that people typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient

from playground import logs
from playground.nicknames import number_of
from playground.settings import Deployment


@contextmanager
def configured(deployment: Deployment) -> Iterator[None]:
    """Configure the log as the server does. At the end, put everything back as it was."""
    root, ours = logging.getLogger(), logging.getLogger("playground")
    handlers, levels = root.handlers, (root.level, ours.level)
    root.handlers = []
    ours.setLevel(logging.NOTSET)
    logs.configure(deployment)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


def test_a_request_is_one_line_of_json(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    with configured(Deployment(log="json")):
        client.get("/expression?code=secret+%3D+42", headers={"X-Request-ID": "from-a-proxy-1"})
        client.get("/runs/secret-run", headers={"X-Request-ID": "bad id!"})
        client.get("/nothing/secret")
    with client.session_transaction() as session:
        visitor = session["visitor"]
    first, second, third = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["route"] == "/expression"
    assert first["request"] == "from-a-proxy-1"
    assert second["visitor"] == number_of(visitor)
    assert second["run"] == "secret-run"
    assert second["request"] != "bad id!"
    assert (third["method"], third["route"], third["status"]) == ("", "", 404)
    for line in (first, third):
        assert "secret" not in json.dumps(line)


def test_without_json_only_warnings_are_written(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    with configured(Deployment(log="text")):
        client.get("/")
        logging.getLogger("playground").warning("something is wrong")
    assert capsys.readouterr().err == "WARNING:playground:something is wrong\n"
