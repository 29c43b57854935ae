"""Questions and the figure of their answers."""

from __future__ import annotations

from math import isnan

import pytest

from playground.rooms.answers_figure import MAX_BARS, answers_figure
from playground.rooms.question import Question
from playground.rooms.record import Display

ANSWERS = {"a": 6.0, "b": 6.01, "c": -6.0}


def test_correct_answers_are_marked_only_after_the_question_is_revealed() -> None:
    question = Question("What?", 6.0, None, dict(ANSWERS))
    assert answers_figure(question)["data"][0]["text"] == ["1", "1", "1"]
    question.revealed = True
    assert answers_figure(question)["data"][0]["text"] == ["1", "1 – correct", "1 – correct"]
    assert question.share_correct == pytest.approx(2 / 3)


def test_rare_answers_share_one_bar() -> None:
    answers = {str(visitor): float(visitor) for visitor in range(MAX_BARS + 5)}
    bars = answers_figure(Question("What?", 1.0, None, answers))["data"][0]
    assert len(bars["x"]) == MAX_BARS + 1
    assert (bars["x"][-1], bars["y"][-1]) == ("others", 5)


def test_without_answers_there_is_no_share() -> None:
    assert isnan(Question("What?", 6.0).share_correct)


def test_a_question_comes_back_from_its_json_with_the_answers_stored_beside_it() -> None:
    question = Question("What?", 6.0, Display("expression", "code=a"), dict(ANSWERS))
    assert question.body()["answers"] == {}
    assert Question.from_body(question.body(), ANSWERS) == question
    plain = Question("What?", 6.0)
    assert Question.from_body(plain.body(), {}) == plain
