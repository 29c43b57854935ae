"""What followers of a room receive, and what it never reveals."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.notation import format_number
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.expression.stories import PRESETS
from playground.http.services import Services, services_of
from playground.pages import responses
from playground.panels import PANELS
from playground.rooms import broadcast
from tests.playground.rooms.test_room import (
    HTMX,
    STATE,
    cookie,
    first_events,
    lead_run,
    open_room,
    room_of,
)


@pytest.fixture
def follower(app: Flask) -> FlaskClient:
    return app.test_client()


def test_a_graph_from_a_network_too_long_for_an_address_is_followed_and_copied(
    client: FlaskClient, follower: FlaskClient
) -> None:
    where = client.get("/network/graph?hidden=8,8").headers["Location"]
    assert "code=~" in where
    state = {"state": urlsplit(where).query}
    assert client.post("/rooms", data=state, headers=HTMX).status_code == 204
    code = re.search(r'class="roomcode">(\w+)<', client.get(where).text)
    assert code
    page = follower.get(f"/rooms/{code[1]}").text
    assert 'role="alert" class="error"' not in page
    assert "comes from a network" in page
    copied = follower.post(f"/rooms/{code[1]}/copy").headers["Location"]
    assert len(copied) < 3_600
    assert "comes from a network" in follower.get(copied).text


def test_nothing_of_one_followers_request_reaches_another(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    code = open_room(client)
    client.post("/expression", data=STATE | {"command": "first"}, headers=HTMX | {"Room": code})
    forged = follower.get(f"/rooms/{code}/events", base_url="http://192.0.2.7/", buffered=False)
    assert b"192.0.2.7" not in next(forged.iter_encoded())
    assert "192.0.2.7" not in first_events(app.test_client(), f"/rooms/{code}/events", 1)


def test_no_panel_shows_a_follower_the_leaders_other_runs(
    client: FlaskClient, follower: FlaskClient
) -> None:
    id, code = lead_run(client)
    other, _ = lead_run(client)
    secrets = (cookie(client), id, other)
    for panel in PANELS:
        view = {"page": "mine", "panel": panel, "pin": id}
        client.post(f"/runs/{other}/view", data=view, headers=HTMX | {"Room": code})
        text = follower.get(f"/rooms/{code}").text + first_events(
            follower, f"/rooms/{code}/events", 5
        )
        assert f'aria-labelledby="tab-{panel}"' in text
        for secret in secrets:
            assert secret not in text, panel


def test_the_class_never_sees_the_gradient_in_the_question(
    client: FlaskClient, follower: FlaskClient
) -> None:
    code = open_room(client)
    text = "a = 2.137\nb = -0.411\nc = 0.719\nd = a * b\ne = d + c\nL = e * tanh(d) + a**2"
    query = urlencode({"code": text})
    lab, _ = Lab.parse({"code": text})
    walked = scene(lab)
    questions = 0
    for leaf in ("a", "b", ""):
        for place in range(walked.walk.forward + 1, len(walked.walk.steps) + 1):
            state = {"state": f"{query}&step={place}&leaf={leaf}", "text": text}
            answer = client.post(f"/rooms/{code}/ask", data=state, headers=HTMX)
            assert answer.status_code == 200
            page = follower.get(f"/rooms/{code}").text + first_events(
                follower, f"/rooms/{code}/events", 2
            )
            assert "What is" in page
            right = walked.walk.steps[place - 1].after
            visible = [node.data for node in walked.nodes]
            visible += scene(lab.with_(step=place - 1)).grads.values()
            if format_number(right) in map(format_number, [*visible, 1.0, 2.0]):
                continue  # a factor or an earlier gradient, which is visible anyway
            questions += 1
            assert format_number(right) not in page, (leaf, place)
            assert f"{right:.5}" not in page, (leaf, place)
            assert "Δ" not in page
    assert questions >= 6


def test_a_run_that_its_leader_deletes_leaves_the_room_open(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    id, code = lead_run(client)
    runner = services_of(app).runner
    runner.runs.delete(runner.runs.get(id, cookie(client)))
    assert "shows no lab yet" in follower.get(f"/rooms/{code}").text
    assert "shows no lab yet" in first_events(follower, f"/rooms/{code}/events", 1)
    assert follower.post(f"/rooms/{code}/copy").status_code == 303
    client.post("/expression", data=STATE | {"command": "first"}, headers=HTMX | {"Room": code})
    assert "a * 3" in first_events(follower, f"/rooms/{code}/events", 1)


def test_the_whole_state_is_rendered_once_for_everybody(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = open_room(client)
    drawn: list[object] = []
    page = broadcast.expression_page

    def counted(services: Services, lab: Lab) -> dict[str, Any]:
        drawn.append(lab)
        return page(services, lab)

    monkeypatch.setattr(broadcast, "expression_page", counted)
    texts = {first_events(app.test_client(), f"/rooms/{code}/events", 1) for _ in range(20)}
    assert (len(texts), len(drawn)) == (1, 1)


def test_the_bar_is_sent_once_and_not_with_every_step(
    client: FlaskClient, follower: FlaskClient
) -> None:
    code = open_room(client)
    stream = follower.get(f"/rooms/{code}/events", buffered=False).iter_encoded()
    assert b"#lab" in next(stream)
    assert b"#room" in next(stream)
    for command in ("first", "back", "last"):
        client.post("/expression", data=STATE | {"command": command}, headers=HTMX | {"Room": code})
        assert b"#lab" in next(stream)


def test_a_page_that_leads_shows_itself_without_being_loaded_again(client: FlaskClient) -> None:
    code = open_room(client)
    answer = client.post("/rooms", data=STATE, headers=HTMX | {"Room": code})
    assert answer.status_code == 204
    assert "HX-Redirect" not in answer.headers
    loaded = client.post("/rooms", data=STATE, headers=HTMX | {"Room": "another"})
    assert "HX-Redirect" in loaded.headers


def test_stories_are_followed(client: FlaskClient, follower: FlaskClient) -> None:
    code = open_room(client)
    for story in PRESETS:
        query = urlsplit(story_address(client, story.key)).query
        assert client.post("/rooms", data={"state": query}, headers=HTMX).status_code == 204
        page = follower.get(f"/rooms/{code}").text
        assert 'role="alert" class="error"' not in page, story.key
        assert parse_qs(query)["code"][0].splitlines()[0] in page.replace("&#39;", "'")


def story_address(client: FlaskClient, key: str) -> str:
    """The address of a story."""
    story = next(story for story in PRESETS if story.key == key)
    with client.application.test_request_context():
        return responses.expression_address(story.lab)


def test_only_the_gradient_in_question_is_covered_until_it_is_revealed(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    code = open_room(client)
    state = {"state": urlencode({"code": "a = 2\nb = 5\nc = a * b\nL = c * 7", "step": 5})}
    lab = client.post(f"/rooms/{code}/ask", data=state, headers=HTMX)
    assert "c.grad = 7" in lab.text
    text = first_events(follower, f"/rooms/{code}/events", 2)
    assert text.count('title="7">7</td>') == 2, "the constant's data, and c's gradient"
    assert ">35</td>" not in text
    loaded = client.get(lab.headers["HX-Replace-Url"])
    again = re.search(r'id="state" value="([^"]*)"', loaded.text)
    assert again
    page = {"state": again[1].replace("&amp;", "&")}
    client.post("/rooms", data=page, headers=HTMX | {"Room": code})
    room = room_of(app, code)
    assert room.question, "a leader who loads the page again still asks"
    answer = client.post(f"/rooms/{code}/reveal", headers=HTMX | {"Room": code})
    assert ">35</td>" in answer.text
    assert 'aria-pressed="false">Predict first' in answer.text
    text = first_events(follower, f"/rooms/{code}/events", 2)
    assert ">35</td>" in text
    assert "The answer is <strong>35</strong>" in text
    assert client.post(f"/rooms/{code}/reveal", headers=HTMX).status_code == 422
    client.post("/expression", data=STATE | {"command": "first"}, headers=HTMX | {"Room": code})
    assert room.question is None
