"""What followers of a room are sent, and what no follower can make of it."""

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
from tests.playground.rooms.test_room import HTMX, STATE, cookie, first, led_run, opened, room_of


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
    found = re.search(r'class="roomcode">(\w+)<', client.get(where).text)
    assert found
    page = follower.get(f"/rooms/{found[1]}").text
    assert 'role="alert" class="error"' not in page
    assert "comes from a network" in page
    copied = follower.post(f"/rooms/{found[1]}/copy").headers["Location"]
    assert len(copied) < 3_600
    assert "comes from a network" in follower.get(copied).text


def test_what_one_followers_request_says_is_sent_to_no_other(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    code = opened(client)
    client.post("/expression", data=STATE | {"command": "first"}, headers=HTMX | {"Room": code})
    forged = follower.get(f"/rooms/{code}/events", base_url="http://192.0.2.7/", buffered=False)
    assert b"192.0.2.7" not in next(forged.iter_encoded())
    assert "192.0.2.7" not in first(app.test_client(), f"/rooms/{code}/events", 1)


def test_no_panel_tells_a_follower_of_the_leaders_runs(
    client: FlaskClient, follower: FlaskClient
) -> None:
    id, code = led_run(client)
    other, _ = led_run(client)
    secrets = (cookie(client), id, other)
    for panel in PANELS:
        view = {"page": "mine", "panel": panel, "pin": id}
        client.post(f"/runs/{other}/view", data=view, headers=HTMX | {"Room": code})
        told = follower.get(f"/rooms/{code}").text + first(follower, f"/rooms/{code}/events", 5)
        assert f'aria-labelledby="tab-{panel}"' in told
        for secret in secrets:
            assert secret not in told, panel


def test_the_class_never_sees_the_gradient_that_it_is_asked(
    client: FlaskClient, follower: FlaskClient
) -> None:
    code = opened(client)
    text = "a = 2.137\nb = -0.411\nc = 0.719\nd = a * b\ne = d + c\nL = e * tanh(d) + a**2"
    query = urlencode({"code": text})
    lab, _ = Lab.parse({"code": text})
    walked = scene(lab)
    asked = 0
    for leaf in ("a", "b", ""):
        for place in range(walked.walk.forward + 1, len(walked.walk.steps) + 1):
            state = {"state": f"{query}&step={place}&leaf={leaf}", "text": text}
            answer = client.post(f"/rooms/{code}/ask", data=state, headers=HTMX)
            assert answer.status_code == 200
            told = follower.get(f"/rooms/{code}").text + first(follower, f"/rooms/{code}/events", 2)
            assert "What is" in told
            right = walked.walk.steps[place - 1].after
            given = [node.data for node in walked.nodes]
            given += scene(lab.with_(step=place - 1)).grads.values()
            if format_number(right) in map(format_number, [*given, 1.0, 2.0]):
                continue  # a factor or a gradient before it, which stand there as themselves
            asked += 1
            assert format_number(right) not in told, (leaf, place)
            assert f"{right:.5}" not in told, (leaf, place)
            assert "Δ" not in told
    assert asked >= 6


def test_a_run_that_its_leader_deletes_leaves_the_room_open(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    id, code = led_run(client)
    runner = services_of(app).runner
    runner.forget(runner.get(id, cookie(client)))
    assert "shows nothing" in follower.get(f"/rooms/{code}").text
    assert "shows nothing" in first(follower, f"/rooms/{code}/events", 1)
    assert follower.post(f"/rooms/{code}/copy").status_code == 303
    client.post("/expression", data=STATE | {"command": "first"}, headers=HTMX | {"Room": code})
    assert "a * 3" in first(follower, f"/rooms/{code}/events", 1)


def test_the_whole_state_is_made_once_for_all_who_need_it(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = opened(client)
    drawn: list[object] = []
    page = broadcast.expression_page

    def counted(services: Services, lab: Lab) -> dict[str, Any]:
        drawn.append(lab)
        return page(services, lab)

    monkeypatch.setattr(broadcast, "expression_page", counted)
    told = {first(app.test_client(), f"/rooms/{code}/events", 1) for _ in range(20)}
    assert (len(told), len(drawn)) == (1, 1)


def test_a_follower_is_told_of_the_question_once_and_not_with_every_step(
    client: FlaskClient, follower: FlaskClient
) -> None:
    code = opened(client)
    stream = follower.get(f"/rooms/{code}/events", buffered=False).iter_encoded()
    assert b"#lab" in next(stream)
    assert b"#room" in next(stream)
    for command in ("first", "back", "last"):
        client.post("/expression", data=STATE | {"command": command}, headers=HTMX | {"Room": code})
        assert b"#lab" in next(stream)


def test_a_page_that_leads_shows_itself_without_being_loaded_again(client: FlaskClient) -> None:
    code = opened(client)
    answer = client.post("/rooms", data=STATE, headers=HTMX | {"Room": code})
    assert answer.status_code == 204
    assert "HX-Redirect" not in answer.headers
    loaded = client.post("/rooms", data=STATE, headers=HTMX | {"Room": "another"})
    assert "HX-Redirect" in loaded.headers


def test_stories_are_followed(client: FlaskClient, follower: FlaskClient) -> None:
    code = opened(client)
    for story in PRESETS:
        query = urlsplit(story_address(client, story.key)).query
        assert client.post("/rooms", data={"state": query}, headers=HTMX).status_code == 204
        page = follower.get(f"/rooms/{code}").text
        assert 'role="alert" class="error"' not in page, story.key
        assert parse_qs(query)["code"][0].splitlines()[0] in page.replace("&#39;", "'")


def story_address(client: FlaskClient, key: str) -> str:
    """The address of a story."""
    story = next(each for each in PRESETS if each.key == key)
    with client.application.test_request_context():
        return responses.expression_address(story.lab)


def test_only_what_is_asked_is_covered_and_revealing_shows_the_step(
    client: FlaskClient, follower: FlaskClient, app: Flask
) -> None:
    code = opened(client)
    state = {"state": urlencode({"code": "a = 2\nb = 5\nc = a * b\nL = c * 7", "step": 5})}
    asked = client.post(f"/rooms/{code}/ask", data=state, headers=HTMX)
    assert "c.grad = 7" in asked.text
    told = first(follower, f"/rooms/{code}/events", 2)
    assert told.count('title="7.0">7</td>') == 2, "the constant's data, and c's gradient"
    assert ">35</td>" not in told
    loaded = client.get(asked.headers["HX-Replace-Url"])
    again = re.search(r'id="state" value="([^"]*)"', loaded.text)
    assert again
    page = {"state": again[1].replace("&amp;", "&")}
    client.post("/rooms", data=page, headers=HTMX | {"Room": code})
    room = room_of(app, code)
    assert room.question, "a leader who loads the page again still asks"
    answer = client.post(f"/rooms/{code}/reveal", headers=HTMX | {"Room": code})
    assert ">35</td>" in answer.text
    assert 'aria-pressed="false">Predict first' in answer.text
    told = first(follower, f"/rooms/{code}/events", 2)
    assert ">35</td>" in told
    assert "The answer is <strong>35</strong>" in told
    assert client.post(f"/rooms/{code}/reveal", headers=HTMX).status_code == 422
    client.post("/expression", data=STATE | {"command": "first"}, headers=HTMX | {"Room": code})
    assert room.question is None
