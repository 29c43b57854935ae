"""Lessons in the page: every step opens, the band belongs to its step, slips are named, and what
is passed is remembered.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
from playground.expression.commands import apply
from playground.expression.state import Lab
from playground.http.services import services_of
from playground.lessons.library import own_library
from playground.settings import Deployment

LESSONS = own_library()
STEPS = [
    (slug, number) for slug, lesson in LESSONS.items() for number in range(1, len(lesson.steps) + 1)
]
DESCENDED = "/lessons/lecture/5"


def lab_of(slug: str, number: int) -> Lab:
    """Return the lab in which a step opens."""
    opening = LESSONS[slug].steps[number - 1].opening
    assert isinstance(opening, Lab)
    return opening


@pytest.mark.parametrize("slug", LESSONS)
def test_every_step_opens_its_lab_and_is_not_passed_by_looking(
    client: FlaskClient, slug: str
) -> None:
    for number, step in enumerate(LESSONS[slug].steps, 1):
        page = client.get(f"/lessons/{slug}/{number}", follow_redirects=True)
        assert (page.status_code, page.request.path) == (200, f"/{step.lab}")
        assert f"{number} of {len(LESSONS[slug].steps)}: {step.title}" in page.text
        assert "This is not the page" not in page.text
        data = {"lesson-answer": "", "state": page.request.query_string.decode()}
        headers = {"HX-Current-URL": f"http://localhost/{step.address}"}
        checked = client.post(f"/lessons/{slug}/{number}", data=data, headers=headers)
        assert "Not yet." in checked.text


def test_every_step_has_a_link_on_the_home_page(client: FlaskClient) -> None:
    page = client.get("/").text
    for slug, number in STEPS:
        assert f'href="/lessons/{slug}/{number}"' in page


def test_an_answer_counts_only_where_its_step_is(client: FlaskClient) -> None:
    client.get("/lessons/lecture/3")
    data = {"lesson-answer": "-8", "state": Lab(code="a = 3\nb = a + a").query()}
    answer = client.post("/lessons/lecture/3", data=data).text
    assert "This is not the page of your lesson" in answer
    assert "Back to 3, The graph of L" in answer
    done = apply(lab_of("lecture", 3), "last", {})
    right = client.post("/lessons/lecture/3", data=data | {"state": done.query()}).text
    assert "✓ Correct" in right


def test_the_band_folds_on_another_graph_and_comes_back(client: FlaskClient) -> None:
    address = "/lessons/lecture/3"
    page = client.get(address, follow_redirects=True).text
    assert "lesson-question" in page
    other = client.get("/expression", query_string={"code": "a = 3\nb = a + a"}).text
    assert "Back to 3, The graph of L" in other
    assert "lesson-question" not in other
    numbers = lab_of("lecture", 3).code.replace("a = 2", "a = 5")
    assert "lesson-question" in client.get("/expression", query_string={"code": numbers}).text
    looked = client.post(
        f"{address}/look", data={"state": Lab(code="a = 3\nb = a + a").query(), "fits": "1"}
    )
    assert looked.headers["HX-Retarget"] == "#lesson"
    assert "Back to 3" in looked.text
    again = client.post(f"{address}/look", data={"state": lab_of("lecture", 3).query(), "fits": ""})
    assert "lesson-question" in again.text


def test_the_network_counts_not_what_is_typed(client: FlaskClient) -> None:
    step = LESSONS["lecture"].steps[12]
    client.get("/lessons/lecture/13")
    headers = {"HX-Current-URL": f"http://localhost/{step.address}"}
    data = {"lesson-answer": "47"}
    untouched = client.post("/lessons/lecture/13", data=data, headers=headers).text
    assert "Press + at the second hidden layer" in untouched
    grown = step.address.replace("hidden=4,4", "hidden=4,5")
    headers = {"HX-Current-URL": f"http://localhost/{grown}"}
    wrong = client.post("/lessons/lecture/13", data={"lesson-answer": "37"}, headers=headers).text
    assert "These are the weights alone" in wrong
    assert "✓ Correct" in client.post("/lessons/lecture/13", data=data, headers=headers).text


def test_what_was_done_once_stays_done(client: FlaskClient) -> None:
    """Three numbers are nudged one after the other; the lab shows only the last."""
    address, opening = "/lessons/lecture/2", lab_of("lecture", 2)
    client.get(address)
    data = {"lesson-answer": "-3, 2, 1", "state": opening.query()}
    assert "Choose a under" in client.post(address, data=data).text
    for leaf in "abc":
        state = opening.with_(leaf=leaf).query()
        todo = client.post(f"{address}/look", data={"state": state, "fits": "1"}).text
    assert todo.count("Done:") == 3
    assert "✓ Correct" in client.post(address, data=data).text


def test_a_changed_number_is_named(client: FlaskClient) -> None:
    client.get("/lessons/lecture/3")
    lab = Lab(code=lab_of("lecture", 3).code.replace("a = 2", "a = 5"))
    data = {"lesson-answer": "10", "state": lab.query()}
    assert (
        "a is 5 here, but this step needs a = 2"
        in client.post("/lessons/lecture/3", data=data).text
    )


def test_help_comes_in_turn_the_slip_a_hint_the_solution(client: FlaskClient) -> None:
    address, step = DESCENDED, LESSONS["lecture"].steps[4]
    client.get(address)
    lab = apply(lab_of("lecture", 5), "descend", {"count": "1", "rate": "0.01"})
    data = {"lesson-answer": "-8", "state": lab.query()}
    assert client.post(f"{address}/solution").status_code == 422
    first = client.post(address, data=data).text
    assert "That is L before the step." in first
    assert 'value="-8" aria-invalid="true"' in first
    assert "Hint:" not in first
    second = client.post(address, data=data).text
    assert "Hint:" in second
    assert "Show it" not in second
    assert "Show it" in client.post(address, data=data).text
    solution = client.post(f"{address}/solution", data=data).text
    assert "Then L is −8.726." in solution
    assert step.title in solution


def test_a_step_whose_solution_was_shown_is_tried_again(client: FlaskClient) -> None:
    address = DESCENDED
    client.get(address)
    lab = apply(lab_of("lecture", 5), "descend", {"count": "1", "rate": "0.01"})
    data = {"lesson-answer": "-8", "state": lab.query()}
    for _ in range(3):
        client.post(address, data=data)
    client.post(f"{address}/solution", data=data)
    right = client.post(address, data=data | {"lesson-answer": "-8.726"}).text
    assert "comes back under “Try the missed ones”" in right
    assert "Try the missed ones (1)" in client.get("/").text
    missed = client.get("/lessons/lecture/missed", follow_redirects=True)
    assert "5 of 17" in missed.text
    assert "✓ Correct" in client.post(address, data=data | {"lesson-answer": "-8.726"}).text
    assert "Try the missed ones" not in client.get("/").text
    assert client.get("/lessons/lecture/missed").headers["Location"] == "/"


def test_a_passed_step_is_remembered_until_the_lesson_starts_again(client: FlaskClient) -> None:
    lab = lab_of("lecture", 10).with_(right=3)
    answer = client.post("/lessons/lecture/10", data={"state": lab.query()})
    assert "Correct: 1 + 1." in answer.text
    page = client.get("/").text
    assert page.count("✓") == 1
    assert client.post("/lessons/lecture/forget").headers["Location"] == "/"
    assert "✓" not in client.get("/").text


def test_only_the_learners_own_run_counts(client: FlaskClient) -> None:
    texts = LESSONS["lecture"].steps[13].opening
    assert not isinstance(texts, Lab)
    run = client.post("/runs", data=texts.texts()).headers["Location"]
    client.post(f"{run}/step")
    id = run.rpartition("/")[2]
    loss = client.get(run, headers={"Accept": "application/json"}).json["loss"]["train"]
    headers = {"HX-Current-URL": f"http://localhost/network?dataset=points&run={id}"}
    address = "/lessons/lecture/14"
    client.get(address)
    looked = client.post(f"{address}/look", data={"fits": "1"}, headers=headers)
    assert "Done: </span> Press Step once." in looked.text
    wrong = client.post(address, data={"lesson-answer": str(loss)}, headers=headers)
    assert "That is the loss now." in wrong.text
    stranger = client.application.test_client()
    answer = stranger.post(address, data={"lesson-answer": "3"}, headers=headers)
    assert "Press Step once" in answer.text


def test_leaving_a_lesson_keeps_the_lab(client: FlaskClient) -> None:
    client.get("/lessons/lecture/3")
    assert 'id="lesson"' in client.get("/expression").text
    assert "Back to 3, The graph of L" in client.get("/network").text
    left = client.post("/lessons/leave", headers={"HX-Request": "true"})
    assert (left.status_code, left.text) == (200, "")
    assert 'id="lesson"' not in client.get("/expression").text
    assert client.post("/lessons/leave").headers["Location"] == "/"


@pytest.mark.parametrize(
    "path",
    ["/lessons/lecture/0", "/lessons/lecture/18", "/lessons/other/1", "/lessons/other/missed"],
)
def test_a_step_that_does_not_exist_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_instance_has_lessons_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "sums.md").write_text(SUMS)
    (folder / "broken.md").write_text(SUMS.replace("Hint:", "Clue:"))
    app: Flask = create_app(Deployment(data=tmp_path, lessons=folder))
    page = app.test_client().get("/").text
    services_of(app).runner.stop()
    assert "Lesson: Sums" in page
    assert 'href="/lessons/sums/1"' in page
    assert "/lessons/broken/" not in page
    assert "“Hint:”" in caplog.text


SUMS = """+++
title = "Sums"
about = "One step."
+++

## A sum

A sum passes its gradient on.

```toml
lab = "expression"
code = "a = 2\\nb = 3\\nc = a + b"

[answer]
kind = "number"
value = "a.grad"
```

Task: What is a.grad?

Hint: The local derivative is 1.

Correct: the sum passes it on.

Solution: a.grad is 1.
"""
