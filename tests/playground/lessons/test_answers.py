"""Sixty answers that a person would accept, and sixty that they would not, to the questions of the
lessons: prose, decimal comma, fractions, names with digits, and each typical slip.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from playground.lessons.attempt import Attempt
from playground.lessons.lesson import LessonStep
from playground.lessons.library import own_library

RIGHT: dict[tuple[str, int], tuple[str, ...]] = {
    ("lecture", 1): ("14", "14.0003", "14,003", "it approaches 14", "14 at x = 3", "14 at x=3",
                     "dy/dx = 14", "6*3 - 4", "28/2", "1.4e1", "about 14"),
    ("lecture", 2): ("-3, 2, 1", "−3, 2, 1", "-3; 2; 1", "-3 2 1", "a: -3, b: 2, c: 1",
                     "-3, 2 and 1", "-3,0; 2,0; 1,0", "a = -3, b = 2, c = 1"),
    ("lecture", 3): ("-8", "−8", "L = -8", "4 * -2", "-8, because 4 times -2", "minus 8"),
    ("lecture", 5): ("-8.726", "−8,726", "L = -8.726", "-8.73"),
    ("lecture", 6): ("0.7071", "0,7071", "o = 0.7071", ".7071", "0.70710678", "7.071e-1"),
    ("lecture", 8): ("0", "0, because x2 is 0", "w2.grad = 0", "0.0", "zero"),
    ("lecture", 9): ("26", "2 * 13", "a.grad = 26", "2*(7+6)"),
    ("lecture", 11): ("-1.5", "−1,5", "-3/2", "x1.grad = -1.5"),
    ("lecture", 12): ("0.0888", "w2.grad = 0.0888"),
    ("lecture", 13): ("47", "(3+1)*4+(4+1)*5+(5+1)*1", "47 parameters", "16 + 25 + 6"),
    ("pitfalls", 1): ("42", "41 + 1", "42 passes"),
    ("pitfalls", 2): ("8", "3+3+2"),
    ("pitfalls", 5): ("6", "w1*w2 = 6"),
}  # fmt: skip
WRONG: dict[tuple[str, int], tuple[str, ...]] = {
    ("lecture", 1): ("", "fourteen or fifteen", "-14", "17", "3", "13", "14 or 15", "x",
                     "5 at x=14", "1.4", "140"),
    ("lecture", 2): ("2, -3, 1", "3, 2, 1", "-3, 2", "-3, 2, 1, 0", "-3", "b, a, 1",
                     "-3, -2, 1", "-3, 2, 10"),
    ("lecture", 3): ("8", "4", "-16", "L", "not -8", "-0.8"),
    ("lecture", 5): ("-8", "8.726", "-7.274", "-9"),
    ("lecture", 6): ("0.8814", "0.07071", "x1", "-0.7071", "0.5", "7071"),
    ("lecture", 8): ("0.5", "1", "x2", "w2", "2"),
    ("lecture", 9): ("14", "-26", "2", "13", "3"),
    ("lecture", 11): ("1.5", "-3", "0.5", "2", "1"),
    ("lecture", 12): ("0", "1", "-0.0888"),
    ("lecture", 13): ("41", "37", "4,7", "10"),
    ("pitfalls", 1): ("41", "82", "1"),
    ("pitfalls", 2): ("3", "2", "6", "-8"),
    ("pitfalls", 5): ("30", "-6", "5"),
}  # fmt: skip
NAMED: dict[tuple[str, int, str], str] = {
    ("lecture", 1, "-14"): "Check the sign",
    ("lecture", 1, "17"): "Choose a smaller h",
    ("lecture", 2, "2, -3, 1"): "another order",
    ("lecture", 2, "-3, -2, 1"): "second number. The size is right",
    ("lecture", 3, "4"): "That is d",
    ("lecture", 5, "-8"): "before the step",
    ("lecture", 6, "0.8814"): "before tanh",
    ("lecture", 8, "0.5"): "other factor",
    ("lecture", 9, "14"): "passes its gradient on before c",
    ("lecture", 11, "-3"): "local derivative alone",
    ("lecture", 13, "37"): "has a bias, too",
    ("pitfalls", 2, "2"): "does not replace",
    ("pitfalls", 5, "30"): "same everywhere",
}


@cache
def done(slug: str, number: int) -> tuple[LessonStep, Attempt]:
    """Return a step, and the attempt of somebody who has done its tasks."""
    step = own_library()[slug].steps[number - 1]
    attempt = step.start
    for task in step.tasks:
        attempt = task.do(attempt)
    return step, attempt


def judge(slug: str, number: int, answer: str) -> tuple[bool, str]:
    step, attempt = done(slug, number)
    verdict = step.judge(replace(attempt, answer=answer), [True] * len(step.tasks))
    return verdict.is_right, verdict.sentence


def test_sixty_right_answers_are_accepted() -> None:
    assert sum(map(len, RIGHT.values())) >= 60
    refused = [
        (place, answer, judge(*place, answer)[1])
        for place, answers in RIGHT.items()
        for answer in answers
        if not judge(*place, answer)[0]
    ]
    assert refused == []


def test_sixty_wrong_answers_are_refused_in_words() -> None:
    assert sum(map(len, WRONG.values())) >= 60
    for place, answers in WRONG.items():
        for answer in answers:
            is_right, sentence = judge(*place, answer)
            assert not is_right, (place, answer)
            assert sentence.endswith((".", "?")), (place, answer)


@pytest.mark.parametrize(("slug", "number", "answer"), NAMED)
def test_a_typical_slip_is_named(slug: str, number: int, answer: str) -> None:
    assert NAMED[slug, number, answer] in judge(slug, number, answer)[1]


def test_an_answer_without_doing_is_not_enough() -> None:
    for slug, lesson in own_library().items():
        for number, step in enumerate(lesson.steps, 1):
            if not step.tasks or step.answer is None:
                continue
            ready, attempt = done(slug, number)
            answer = step.answer.right_answers(attempt)[0]
            verdict = ready.judge(replace(step.start, answer=answer))
            assert not verdict.is_right
            assert verdict.sentence == step.tasks[0].say
