"""Lessons in the page: every step opens, a wrong answer gets a hint, and progress is remembered."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from playground.expression.state import Lab
from playground.lessons import LESSONS
from playground.lessons.checks import Attempt

LECTURE = LESSONS["lecture"]


@pytest.mark.parametrize("number", range(1, len(LECTURE.steps) + 1))
def test_every_step_opens_its_lab_and_is_not_passed_by_looking(
    client: FlaskClient, number: int
) -> None:
    step = LECTURE.steps[number - 1]
    page = client.get(f"/lessons/lecture/{number}", follow_redirects=True)
    assert page.status_code == 200
    assert page.request.path == f"/{step.address.partition('?')[0]}"
    assert step.title in page.text
    lab, message = Lab.parse(dict(page.request.args))
    assert not message
    assert step.check(Attempt(lab=lab if page.request.path == "/expression" else None))
    checked = client.post(f"/lessons/lecture/{number}", data={"lesson-answer": ""})
    assert "Not yet." in checked.text


def test_every_step_has_a_link_on_the_home_page(client: FlaskClient) -> None:
    page = client.get("/").text
    for slug, lesson in LESSONS.items():
        for number in range(1, len(lesson.steps) + 1):
            assert f'href="/lessons/{slug}/{number}"' in page


def test_the_solution_is_offered_after_two_tries(client: FlaskClient) -> None:
    address = "/lessons/lecture/6"
    client.get(address)
    assert client.post(f"{address}/solution").status_code == 422
    assert "Show the solution" not in client.post(address, data={"lesson-answer": "1"}).text
    assert "Show the solution" in client.post(address, data={"lesson-answer": "1"}).text
    assert "0.7071" in client.post(f"{address}/solution").text


def test_a_passed_step_is_remembered_until_the_lesson_starts_again(client: FlaskClient) -> None:
    lab = Lab(code="a = 3\nb = a + a\n").query()
    answer = client.post("/lessons/lecture/10", data={"lesson-answer": "2", "state": lab})
    assert "Correct: 1 + 1." in answer.text
    page = client.get("/").text
    assert page.count("✓") == 1
    assert client.post("/lessons/lecture/forget").headers["Location"] == "/"
    assert "✓" not in client.get("/").text


def test_only_the_learners_own_run_counts(client: FlaskClient) -> None:
    run = client.post("/runs", data={"dataset": "points", "hidden": "4,4"}).headers["Location"]
    client.post(f"{run}/step")
    id = run.rpartition("/")[2]
    loss = client.get(run, headers={"Accept": "application/json"}).json["loss"]["train"]
    headers = {"HX-Current-URL": f"http://localhost/network?run={id}"}
    wrong = client.post("/lessons/lecture/14", data={"lesson-answer": str(loss)}, headers=headers)
    assert "curve at step 0" in wrong.text
    stranger = client.application.test_client()
    answer = stranger.post("/lessons/lecture/14", data={"lesson-answer": "3"}, headers=headers)
    assert "Press Step first" in answer.text


def test_leaving_a_lesson_keeps_the_lab(client: FlaskClient) -> None:
    client.get("/lessons/lecture/3")
    assert 'id="lesson"' in client.get("/expression").text
    assert "Your lesson is in the other lab" in client.get("/network").text
    left = client.post("/lessons/leave", headers={"HX-Request": "true"})
    assert (left.status_code, left.text) == (200, "")
    assert 'id="lesson"' not in client.get("/expression").text
    assert client.post("/lessons/leave").headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/lessons/lecture/0", "/lessons/lecture/18", "/lessons/other/1"])
def test_a_step_that_does_not_exist_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
