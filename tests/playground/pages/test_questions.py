"""Questions to a class, as the pages of the leader and of a follower have them."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from playground.app import create_app
from playground.http.services import services_of
from playground.pages.questions import write_csv
from playground.rooms.question import Answer, Question
from playground.rooms.record import Display
from playground.settings import Deployment
from tests.playground.rooms.test_room import HTMX, STATE, first_events, open_room, room_of

WALKED = STATE | {"state": STATE["state"] + "&step=3"}
"""The lab at the step that computes a.grad, which is 3."""


@pytest.fixture
def follower(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.get("/")
    return client


class Leader:
    """The page of a leader: it sends the state that it received last, as the browser does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.code = open_room(client)
        self.state = WALKED["state"]

    def press(self, command: str, **fields: str) -> TestResponse:
        """Give a command of the expression lab."""
        form = {"state": self.state, "text": STATE["text"], "command": command} | fields
        return self._post("/expression", form, {"Room": self.code})

    def ask(self) -> TestResponse:
        """Press Ask the class."""
        return self._post(f"/rooms/{self.code}/ask", {"state": self.state})

    def question(self, command: str) -> TestResponse:
        """Press a button of the question."""
        return self._post(f"/rooms/{self.code}/{command}")

    def _post(
        self, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> TestResponse:
        current = {"HX-Current-URL": "http://localhost/expression?code=a"}
        answer = self.client.post(path, data=form or {}, headers=HTMX | current | (headers or {}))
        address = answer.headers.get("HX-Replace-Url") or answer.headers.get("HX-Push-Url")
        if address:
            self.state = address.partition("?")[2]
        return answer


@pytest.fixture
def leader(client: FlaskClient) -> Leader:
    return Leader(client)


def answer(follower: FlaskClient, leader: Leader, text: str) -> int:
    return follower.post(f"/rooms/{leader.code}/answer", data={"answer": text}).status_code


def test_a_question_is_answered_and_revealed(
    leader: Leader, follower: FlaskClient, app: Flask
) -> None:
    early = leader.client.post(
        f"/rooms/{leader.code}/ask", data={"state": STATE["state"] + "&step=1"}
    )
    assert early.status_code == 422
    assert leader.ask().status_code == 200
    events = first_events(follower, f"/rooms/{leader.code}/events", 2)
    assert "What is a.grad" in events
    assert "grad 3" not in events
    for wrong in ("", "soon", "x2", "3 or 4"):
        assert answer(follower, leader, wrong) == 422
    for text in ("4", "∞", "−3", "a.grad = 6/2"):
        assert answer(follower, leader, text) == 200
    question = room_of(app, leader.code).question
    assert question is not None
    assert [one.value for one in question.answers.values()] == [3.0]
    assert "1 answer of 1." in first_events(leader.client, f"/rooms/{leader.code}/lead", 1)
    page = leader.question("reveal").text
    assert "a.grad" in page
    assert "1 answer of 1, 100% correct" in first_events(
        follower, f"/rooms/{leader.code}/events", 2
    )
    assert answer(follower, leader, "2") == 422


def test_forward_reveals_an_open_question_and_then_walks_on_in_the_mode_from_before(
    leader: Leader, follower: FlaskClient, app: Flask
) -> None:
    leader.ask()
    answer(follower, leader, "3")
    assert "predict=True" in leader.state
    leader.press("back")
    leader.press("forward")
    room = room_of(app, leader.code)
    assert room.question is not None
    assert room.question.is_revealed
    assert len(room.question.answers) == 1
    step = parse_qs(leader.state)["step"]
    walked = leader.press("back")
    assert walked.status_code == 200
    assert room.question is None
    assert parse_qs(leader.state)["step"] != step
    assert "predict" not in leader.state
    assert [len(entry.answers) for entry in _list(app, leader)] == [1]


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("back", {}),
        ("first", {}),
        ("play", {}),
        ("last", {}),
        ("seek", {"step": "1"}),
        ("predict", {}),
        ("answer", {"answer": "3"}),
        ("reveal", {}),
        ("touch", {"leaf": "a", "number-a": "5"}),
        ("write", {"text": "a = 7"}),
        ("descend", {"rate": "0.1", "count": "1"}),
    ],
)
def test_a_press_that_leaves_an_open_question_asks_first(
    leader: Leader, follower: FlaskClient, app: Flask, command: str, fields: dict[str, str]
) -> None:
    leader.ask()
    answer(follower, leader, "3")
    display = room_of(app, leader.code).display
    refused = leader.press(command, **fields)
    assert refused.status_code == 422, command
    for button in ("Reveal", "Keep it open", "Close"):
        assert f">{button}<" in refused.text
    room = room_of(app, leader.code)
    assert room.display == display
    assert room.question is not None
    assert len(room.question.answers) == 1
    assert leader.question("keep-open").status_code == 200


@pytest.mark.parametrize("command", ["find", "fold", "strip"])
def test_folding_and_selecting_leave_the_question_alone(
    leader: Leader, app: Flask, command: str
) -> None:
    leader.ask()
    assert leader.press(command, node="b").status_code == 200
    assert room_of(app, leader.code).question is not None


def test_closing_gives_back_the_mode_from_before(leader: Leader, app: Flask) -> None:
    leader.ask()
    page = leader.question("close-question").text
    assert "Predict first" in page
    assert 'id="predict" aria-pressed="false"' in page
    assert "predict" not in leader.state
    assert room_of(app, leader.code).display.state == leader.state
    leader.press("predict")
    for _ in range(2):
        leader.press("forward")
        leader.press("reveal")
    leader.ask()
    leader.question("close-question")
    assert "predict=True" in leader.state


def test_the_leaders_own_prediction_is_not_drawn_while_the_class_is_asked(
    leader: Leader,
) -> None:
    page = leader.ask().text
    assert "What is a.grad" in page
    assert ">Check<" not in page
    assert "Show the answer" not in page


def test_another_page_of_the_leader_leaves_the_question_to_the_class(
    leader: Leader, follower: FlaskClient, app: Flask
) -> None:
    leader.ask()
    network = HTMX | {"Room": leader.code, "HX-Current-URL": "http://localhost/network"}
    assert leader.client.post("/rooms", data={}, headers=network).status_code == 204
    assert room_of(app, leader.code).display.lab == "expression"
    revealed = leader.client.post(f"/rooms/{leader.code}/reveal", headers=network)
    assert revealed.headers["HX-Redirect"].startswith("/expression?")
    closed = leader.client.post(f"/rooms/{leader.code}/close-question", headers=network)
    assert closed.headers["HX-Refresh"] == "true"
    leader.client.post("/rooms", data={}, headers=network)
    assert room_of(app, leader.code).display.lab == "network"


def test_the_list_opens_a_question_again_and_is_exported(
    leader: Leader, follower: FlaskClient, app: Flask
) -> None:
    page = leader.client.get(f"/rooms/{leader.code}/questions").text
    assert "You have asked nothing yet." in page
    leader.ask()
    answer(follower, leader, "-3")
    leader.question("close-question")
    (entry,) = _list(app, leader)
    page = leader.client.get(f"/rooms/{leader.code}/questions").text
    assert "1 answer of 1, 0% correct" in page
    again = leader.question(f"questions/{entry.id}")
    assert again.headers["HX-Redirect"] == f"/rooms/{leader.code}"
    assert leader.question("questions/nothing").status_code == 404
    assert "−3" in first_events(follower, f"/rooms/{leader.code}/events", 2)
    table = leader.client.get(f"/rooms/{leader.code}/questions.csv")
    assert table.mimetype == "text/csv"
    header, row = csv.reader(StringIO(table.text))
    assert header[1:6] == ["question", "correct answer", "name", "answer", "right"]
    assert row[2] == "3"
    assert row[4:6] == ["-3", "no"]
    assert row[3] in first_events(follower, f"/rooms/{leader.code}/events", 2)


def test_no_spreadsheet_takes_a_name_for_a_formula() -> None:
    display = Display("expression", "")
    question = Question("=1+1", 3.0, display, display)
    question.answers["a"] = Answer(3.0, "=HYPERLINK(0)")
    _, row = csv.reader(StringIO(write_csv([question])))
    assert (row[1], row[3]) == ("'=1+1", "'=HYPERLINK(0)")


def test_a_restart_loses_neither_question_nor_answer(tmp_path: Path) -> None:
    before = create_app(Deployment(data=tmp_path))
    client, follower = before.test_client(), before.test_client()
    client.get("/")
    follower.get("/")
    leader = Leader(client)
    leader.ask()
    answer(follower, leader, "3")
    cookies = []
    for browser in (client, follower):
        with browser.session_transaction() as session:
            cookies.append(dict(session))
    services_of(before).rooms.stop()
    services_of(before).runner.stop()
    after = create_app(Deployment(data=tmp_path))
    browsers = [after.test_client(), after.test_client()]
    for browser, cookie in zip(browsers, cookies, strict=True):
        with browser.session_transaction() as session:
            session.update(cookie)
    assert "Your answer: 3." in browsers[1].get(f"/rooms/{leader.code}").text
    assert "1 answer of 1." in first_events(browsers[0], f"/rooms/{leader.code}/lead", 1)
    services_of(after).runner.stop()


def _list(app: Flask, leader: Leader) -> list:
    return services_of(app).rooms.questions.list(room_of(app, leader.code))
