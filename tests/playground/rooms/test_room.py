"""Rooms in the pages: what the leader can do, and what followers see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
from playground.http.services import services_of
from playground.rooms.registry import Rooms
from playground.rooms.room import Room
from playground.settings import Deployment

HTMX = {"HX-Request": "true"}
STATE = {"state": "code=a+%3D+2%0Ab+%3D+a+%2A+3", "text": "a = 2\nb = a * 3"}
WALKED = {"state": "code=a+%3D+2%0Ab+%3D+a+%2A+3&step=2", "text": "a = 2\nb = a * 3"}


def cookie(client: FlaskClient) -> str:
    """The visitor's id, which only the server may know."""
    with client.session_transaction() as session:
        return str(session["visitor"])


def open_room(client: FlaskClient, state: dict[str, str] = STATE) -> str:
    """Open a room on the expression lab, and return its code."""
    answer = client.post("/rooms", data=state, headers=HTMX)
    assert answer.status_code == 204
    page = client.get(answer.headers["HX-Redirect"]).text
    code = re.search(r'class="roomcode">(\w+)<', page)
    assert code
    return code[1]


def lead_run(client: FlaskClient) -> tuple[str, str]:
    """Start a run and open a room that shows it. Return the id and the code."""
    where = client.post("/runs", data={"hidden": "3", "samples": "20"}).headers["Location"]
    id = where.rpartition("/")[2]
    headers = HTMX | {"HX-Current-URL": f"http://localhost/network?samples=20&hidden=3&run={id}"}
    assert client.post("/rooms", data={}, headers=headers).status_code == 204
    code = re.search(r'class="roomcode">(\w+)<', client.get(where).text)
    assert code
    return id, code[1]


def first_events(client: FlaskClient, path: str, events: int = 3) -> str:
    """Return the first events of a stream."""
    answer = client.get(path, buffered=False)
    assert answer.status_code == 200
    chunks = answer.iter_encoded()
    return b"".join(next(chunks) for _ in range(events)).decode()


def room_of(app: Flask, code: str) -> Room:
    rooms: Rooms = services_of(app).rooms
    room = rooms.find(code)
    assert room
    return room


@pytest.fixture
def follower(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.get("/")
    return client


def test_a_code_is_found_in_whatever_way_it_is_typed(
    client: FlaskClient, follower: FlaskClient
) -> None:
    code = open_room(client)
    typed = f" {code[:3].lower()} {code[3:].lower()} "
    answer = follower.get("/rooms", query_string={"code": typed})
    assert answer.headers["Location"] == f"/rooms/{code}"
    wrong = follower.get("/rooms?code=nothing")
    assert wrong.status_code == 404
    assert "There is no room NOTHING" in wrong.text


def test_followers_see_the_leaders_state_and_cannot_use_it(
    client: FlaskClient, follower: FlaskClient
) -> None:
    code = open_room(client)
    page = follower.get(f"/rooms/{code}").text
    lab = page[page.index('<div id="lab"') : page.index("</main>")]
    assert not re.search(r"\shx-(?!morph-skip)|<select|<form", lab)
    assert "a * 3" in page
    client.post("/expression", data=STATE | {"command": "first"}, headers=HTMX | {"Room": code})
    assert "step=0" in room_of(client.application, code).display.state
    assert 'hx-target="#lab"' in first_events(follower, f"/rooms/{code}/events", 1)


READ_BY_LEADERS = ("lead", "questions", "questions.csv")
LEADERS = (
    *READ_BY_LEADERS,
    *("pointer", "hand-over", "close", "ask", "reveal", "keep-open", "close-question"),
    "questions/<id>",
)
"""Ends of the addresses that only a leader may use."""


def test_every_route_of_a_room_is_in_one_of_the_lists(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/rooms")}
    leaders = {f"/rooms/<code>/{name}" for name in LEADERS}
    free = {f"/rooms/<code>/{name}" for name in ("events", "copy", "want", "answer")}
    assert routes == {"/rooms", "/rooms/<code>"} | leaders | free


@pytest.mark.parametrize("name", LEADERS)
@pytest.mark.parametrize("follows", [True, False])
def test_a_leaders_addresses_exist_for_the_leader_only(
    client: FlaskClient, follower: FlaskClient, name: str, follows: bool
) -> None:
    code = open_room(client, WALKED)
    if follows:
        follower.get(f"/rooms/{code}")
        follower.post(f"/rooms/{code}/want")
    room = room_of(client.application, code)
    before = room.leader, room.display, room.closed, room.question
    forged = {**WALKED, "name": "x", "id": "lab", "x": "0", "y": "0"}
    headers = HTMX | {"Room": code, "Cookie-Visitor": cookie(client)}
    method = follower.get if name in READ_BY_LEADERS else follower.post
    assert method(f"/rooms/{code}/{name}", data=forged, headers=headers).status_code == 404
    assert (room.leader, room.display, room.closed, room.question) == before


def test_a_follower_who_claims_to_lead_moves_nothing(
    client: FlaskClient, follower: FlaskClient
) -> None:
    id, code = lead_run(client)
    room = room_of(client.application, code)
    before = room.display, room.view, room.version
    headers = HTMX | {"Room": code, "HX-Current-URL": f"http://localhost/network?run={id}"}
    follower.get(f"/rooms/{code}")
    follower.post("/expression", data=STATE | {"command": "last"}, headers=headers)
    follower.get("/network?samples=30", headers=headers)
    follower.post("/runs", data={"samples": "30"}, headers=headers)
    assert follower.post("/rooms", data={}, headers=headers).status_code == 422
    for path in ("play", "pause", "step", "reset", "view", "seek", "weight", "data", "change"):
        answer = follower.post(f"/runs/{id}/{path}", data={"step": "1"}, headers=headers)
        assert answer.status_code == 404
    assert (room.display, room.view, room.version) == before


def test_followers_learn_no_cookie_and_no_id_of_a_run(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    id, code = lead_run(client)
    third = app.test_client()
    third.get(f"/rooms/{code}")
    secrets = (cookie(client), id, cookie(third))
    text = follower.get(f"/rooms/{code}").text + first_events(follower, f"/rooms/{code}/events")
    for secret in secrets:
        assert secret not in text
    leader_text = first_events(client, f"/rooms/{code}/lead", 1)
    assert cookie(follower) not in leader_text
    assert cookie(third) not in leader_text


def test_a_signed_cookie_cannot_be_made_up(client: FlaskClient, app: Flask) -> None:
    code = open_room(client)
    forger = app.test_client()
    forger.set_cookie("playground", f'{{"visitor": "{cookie(client)}"}}')
    assert forger.post(f"/rooms/{code}/close").status_code == 404


def test_a_copy_belongs_to_the_follower_and_changes_nothing_for_the_leader(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    id, code = lead_run(client)
    client.post(f"/runs/{id}/step")
    follower.get(f"/rooms/{code}")
    mine = follower.post(f"/rooms/{code}/copy").headers["Location"]
    assert id not in mine
    follower.post(f"{mine}/step")
    page = follower.get(mine)
    assert f"Return to room {code}" in page.text
    json = {"Accept": "application/json"}
    assert follower.get(mine, headers=json).json["step"] == 2
    assert client.get(f"/runs/{id}", headers=json).json["step"] == 1


def test_the_lead_goes_to_a_follower_who_asked_and_was_chosen(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    id, code = lead_run(client)
    room = room_of(app, code)
    follower.get(f"/rooms/{code}")
    name = room.audience.names[cookie(follower)]
    refused = client.post(f"/rooms/{code}/hand-over", data={"name": name}, headers=HTMX)
    assert refused.status_code == 422
    follower.post(f"/rooms/{code}/want")
    assert name in first_events(client, f"/rooms/{code}/lead", 1)
    client.post(f"/rooms/{code}/hand-over", data={"name": name})
    assert room.leader == cookie(follower)
    assert room.display.run not in ("", id)
    assert follower.get(f"/rooms/{code}").headers["Location"] == f"/runs/{room.display.run}"
    assert client.post(f"/rooms/{code}/close").status_code == 404


def test_a_room_outlasts_the_server(tmp_path: Path) -> None:
    before = create_app(Deployment(data=tmp_path))
    client = before.test_client()
    client.get("/")
    id, code = lead_run(client)
    client.post(f"/runs/{id}/step")
    with client.session_transaction() as session:
        token = dict(session)
    services_of(before).rooms.stop()
    services_of(before).runner.stop()
    after = create_app(Deployment(data=tmp_path))
    leader, follower = after.test_client(), after.test_client()
    with leader.session_transaction() as session:
        session.update(token)
    assert leader.get(f"/rooms/{code}").headers["Location"] == f"/runs/{id}"
    assert '<output id="step-out" aria-live="off">1</output>' in follower.get(f"/rooms/{code}").text
    services_of(after).runner.stop()
