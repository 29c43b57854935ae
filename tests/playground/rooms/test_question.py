"""Questions and the figure of their answers."""

from __future__ import annotations

import json
from math import isnan

import pytest

from playground.rooms.answers_figure import MAX_BARS, answers_figure
from playground.rooms.question import Answer, Question, State
from playground.rooms.record import Display
from tests.playground.rooms.storage import question

ANSWERS = {"a": 6.0, "b": 6.01, "c": -6.0}


def test_correct_answers_are_marked() -> None:
    entry = question(6.0, ANSWERS)
    assert answers_figure(entry)["data"][0]["text"] == ["1", "1 ✓", "1 ✓"]
    assert entry.share_correct == pytest.approx(2 / 3)


def test_rare_answers_share_one_bar() -> None:
    answers = {str(visitor): float(visitor) for visitor in range(MAX_BARS + 5)}
    figure = answers_figure(question(1.0, answers))
    assert len(figure["data"][0]["y"]) == MAX_BARS + 1
    assert figure["layout"]["xaxis"]["ticktext"][-1] == "others"
    assert figure["data"][0]["y"][-1] == 5


def test_without_answers_there_is_no_share() -> None:
    assert isnan(question().share_correct)


def test_a_question_comes_back_from_its_json() -> None:
    entry = question(6.0, ANSWERS)
    entry.state, entry.predicts, entry.people = State.REVEALED, True, 4
    assert Question.from_body(json.loads(json.dumps(entry.body()))) == entry
    alone = json.loads(json.dumps(entry.body(with_answers=False)))
    assert alone["answers"] == {}
    assert Question.from_body(alone | {"new": 1}, {"a": Answer(1.0)}).answers == {"a": Answer(1.0)}


@pytest.mark.parametrize(
    ("state", "is_about"),
    [
        ("code=a&node=e&folded=d", True),
        ("code=a&step=2", False),
        ("code=b", False),
        ("code=a&answers=3~1.0", False),
    ],
)
def test_a_question_is_about_its_step_whatever_is_selected(state: str, is_about: bool) -> None:
    assert question().is_about(Display("expression", state)) is is_about
    assert not question().is_about(Display("network", state))
