"""My runs: names, copies, shared links and QR codes, and what another visitor may not see."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.messages import my_runs as messages

HTMX = {"HX-Request": "true"}


@pytest.fixture
def run(client: FlaskClient) -> str:
    """The address of a run at step 1."""
    response = client.post("/runs", data={"hidden": "2", "samples": "20", "then": "step"})
    return response.headers["Location"].partition("?")[0]


def test_a_run_is_named_copied_and_deleted(client: FlaskClient, run: str) -> None:
    assert "A name" in client.post(f"{run}/name", data={"name": " A  name "}, headers=HTMX).text
    assert client.post(f"{run}/copy", headers=HTMX).text.count('class="panel run"') == 2
    assert client.post(f"{run}/delete").headers["Location"] == "/runs"
    assert client.get(run).status_code == 404
    assert "from step 1 of" in client.get("/runs").text


def test_a_shared_link_gives_everyone_a_copy(app: Flask, client: FlaskClient, run: str) -> None:
    link = client.post(f"{run}/share").headers["Location"]
    assert link in client.post(f"{run}/share", headers=HTMX).text or "/shared/" in link
    other = app.test_client()
    copy = other.get(link, headers={"Accept": "text/html"}).headers["Location"]
    assert copy != run
    summary = other.get(copy, headers={"Accept": "application/json"}).get_json()
    assert summary["step"] == 1
    assert messages.NOT_SHARED in other.get("/shared/none").text


def test_a_qr_code_is_only_for_an_address_of_this_instance(client: FlaskClient) -> None:
    assert client.get("/code?address=/network").text.startswith("<svg")
    for address in ("//elsewhere.example", "elsewhere"):
        response = client.get("/code", query_string={"address": address})
        assert response.status_code == 422
    long = client.get("/code", query_string={"address": "/" + "x" * 4000})
    assert long.text == messages.LINK_TOO_LONG


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "just now"), (61, "1 minute ago"), (7_300, "2 hours ago"), (200_000, "2 days ago")],
)
def test_the_time_since_is_said_in_round_units(seconds: float, text: str) -> None:
    assert messages.ago(seconds) == text
