"""Progress: what a visitor's cookie says of their lessons."""

from __future__ import annotations

from typing import Any

from playground.lessons import LESSONS
from playground.lessons.progress import TRIES, Progress

LECTURE = LESSONS["lecture"]


def test_a_new_visitor_is_at_no_step() -> None:
    progress = Progress({})
    assert progress.current is None
    assert progress.first_open(LECTURE) == 1


def test_wrong_tries_are_counted_until_the_solution_is_offered() -> None:
    progress = Progress({})
    progress.open("lecture", 6)
    for tries in range(TRIES + 1):
        assert progress.current is not None
        assert progress.current.offers_solution == (tries >= TRIES)
        progress.record("lecture", 6, correct=False)


def test_a_passed_step_stays_passed() -> None:
    progress = Progress({})
    progress.record("lecture", 1, correct=True)
    progress.record("lecture", 1, correct=False)
    progress.record("lecture", 3, correct=True)
    assert [n for n in range(1, 18) if progress.is_passed("lecture", n)] == [1, 3]
    assert progress.first_open(LECTURE) == 2
    progress.forget("lecture")
    assert progress.first_open(LECTURE) == 1


def test_with_all_steps_passed_none_is_open() -> None:
    progress = Progress({})
    for number in range(1, len(LECTURE.steps) + 1):
        progress.record("lecture", number, correct=True)
    assert progress.first_open(LECTURE) == 0


def test_a_cookie_from_before_is_read() -> None:
    session: dict[str, Any] = {
        "lesson": {"slug": "lecture", "number": 4, "tries": 1},
        "passed": {"lecture": 0b1110},
    }
    progress = Progress(session)
    assert progress.current is not None
    assert progress.current.step is LECTURE.steps[3]
    assert progress.first_open(LECTURE) == 4
    progress.leave()
    assert progress.current is None


def test_a_lesson_that_no_longer_exists_is_left_out() -> None:
    assert Progress({"lesson": {"slug": "gone", "number": 1, "tries": 0}}).current is None
