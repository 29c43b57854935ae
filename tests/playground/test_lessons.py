"""Lessons: every moment opens, helps who is wrong, and knows who is right."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from engine.training.run import advance, begin
from engine.training.settings import Settings
from playground.expression.state import Lab
from playground.lessons import LECTURE, LESSONS, Did, answered

NUMBERS = range(1, len(LECTURE.moments) + 1)


def test_the_lecture_has_seventeen_moments() -> None:
    assert len(LECTURE.moments) == 17
    assert len({moment.title for moment in LECTURE.moments}) == 17


@pytest.mark.parametrize("number", NUMBERS)
def test_every_moment_opens_its_lab_and_is_not_passed_by_looking(
    client: FlaskClient, number: int
) -> None:
    moment = LECTURE.moments[number - 1]
    page = client.get(f"/lessons/lecture/{number}", follow_redirects=True)
    assert page.status_code == 200
    assert page.request.path == f"/{moment.where.partition('?')[0]}"
    assert moment.title in page.text
    lab, wrong = Lab.read(dict(page.request.args))
    assert not wrong
    told = moment.check(Did(lab=lab if page.request.path == "/expression" else None))
    assert told
    checked = client.post(f"/lessons/lecture/{number}", data={"lesson-answer": ""})
    assert "Not yet." in checked.text


def test_every_moment_is_a_click_from_the_first_page(client: FlaskClient) -> None:
    page = client.get("/").text
    for slug, lesson in LESSONS.items():
        for number in range(1, len(lesson.moments) + 1):
            assert f'href="/lessons/{slug}/{number}"' in page


def test_the_solution_comes_after_two_tries(client: FlaskClient) -> None:
    where = "/lessons/lecture/6"
    client.get(where)
    assert client.post(f"{where}/solution").status_code == 422
    assert "Show the solution" not in client.post(where, data={"lesson-answer": "1"}).text
    assert "Show the solution" in client.post(where, data={"lesson-answer": "1"}).text
    assert "0.7071" in client.post(f"{where}/solution").text


def test_what_is_passed_is_remembered_until_it_is_begun_again(client: FlaskClient) -> None:
    lab = Lab(code="a = 3\nb = a + a\n").query()
    answer = client.post("/lessons/lecture/10", data={"lesson-answer": "2", "state": lab})
    assert "Right: 1 + 1." in answer.text
    page = client.get("/").text
    assert page.count("✓") == 1
    client.post("/lessons/lecture/forget")
    assert "✓" not in client.get("/").text


def test_a_run_is_looked_at_only_if_it_is_the_learners(client: FlaskClient) -> None:
    run = client.post("/runs", data={"dataset": "points", "hidden": "4,4"}).headers["Location"]
    client.post(f"{run}/step")
    id = run.rpartition("/")[2]
    loss = client.get(run, headers={"Accept": "application/json"}).json["loss"]["train"]
    headers = {"HX-Current-URL": f"http://localhost/network?run={id}"}
    wrong = client.post("/lessons/lecture/14", data={"lesson-answer": str(loss)}, headers=headers)
    assert "curve at step 0" in wrong.text
    stranger = client.application.test_client()
    told = stranger.post("/lessons/lecture/14", data={"lesson-answer": "3"}, headers=headers)
    assert "Press Step first" in told.text


def test_answers_are_read_as_people_write_them() -> None:
    check = answered(-3.0, 2.0, hint="no")
    assert check(Did("−3, 2")) == ""
    assert check(Did("-3.01 and 2")) == ""
    assert check(Did("2 -3")) == "no"
    assert check(Did("-3")).startswith("Type 2 numbers")
    assert check(Did("")).startswith("Type 2 numbers")


def test_training_is_looked_at() -> None:
    hand, moons = LECTURE.moments[14].check, LECTURE.moments[16].check
    run = begin(Settings(dataset="points", hidden=(4, 4), samples=4, test=0.0, loss="mse"))
    assert hand(Did(run=advance(run, 19)))
    assert not hand(Did(run=advance(run, 200)))
    assert moons(Did(run=begin(Settings())))
    assert not moons(Did(run=advance(begin(Settings()), 2000)))
