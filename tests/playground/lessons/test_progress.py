"""Progress: what a visitor's cookie says of their lessons."""

from __future__ import annotations

from typing import Any

from playground.lessons.library import own_library
from playground.lessons.progress import HINT_TRIES, SOLUTION_TRIES, Progress

LESSONS = own_library()
LECTURE = LESSONS["lecture"]


def test_a_new_visitor_is_at_no_step() -> None:
    progress = Progress({}, LESSONS)
    assert progress.current is None
    assert progress.first_open(LECTURE) == 1


def test_wrong_tries_are_counted_until_hint_and_solution_are_offered() -> None:
    progress = Progress({}, LESSONS)
    progress.open("lecture", 6)
    for tries in range(SOLUTION_TRIES + 1):
        assert progress.current is not None
        assert progress.current.gives_hint == (tries >= HINT_TRIES)
        assert progress.current.offers_solution == (tries >= SOLUTION_TRIES)
        progress.record(is_right=False)


def passed(progress: Progress, *numbers: int) -> None:
    """Pass these steps, one after the other."""
    for number in numbers:
        progress.open("lecture", number)
        progress.record(is_right=True)


def test_a_passed_step_stays_passed() -> None:
    progress = Progress({}, LESSONS)
    passed(progress, 1, 3)
    progress.open("lecture", 1)
    progress.record(is_right=False)
    assert [n for n in range(1, 18) if progress.is_passed("lecture", n)] == [1, 3]
    assert progress.first_open(LECTURE) == 2
    progress.forget("lecture")
    assert progress.first_open(LECTURE) == 1


def test_what_was_done_once_stays_done_until_the_step_opens_again() -> None:
    progress = Progress({}, LESSONS)
    progress.open("lecture", 2)
    progress.note_done([True, False, False])
    progress.note_done([False, False, True])
    assert progress.current is not None
    assert progress.current.done == (True, False, True)
    progress.open("lecture", 2)
    assert progress.current.done == (False, False, False)


def test_missed_steps_come_back_until_they_are_passed_without_the_solution() -> None:
    progress = Progress({}, LESSONS)
    for number in (3, 5):
        progress.open("lecture", number)
        progress.show_solution()
        progress.record(is_right=True)
    assert progress.missed(LECTURE) == [3, 5]
    assert not progress.is_passed("lecture", 3)
    progress.open("lecture", 3, repeats=True)
    assert progress.current is not None
    assert progress.current.next_number == 5
    progress.record(is_right=True)
    assert progress.missed(LECTURE) == [5]
    assert progress.is_passed("lecture", 3)


def test_with_all_steps_passed_none_is_open() -> None:
    progress = Progress({}, LESSONS)
    passed(progress, *range(1, len(LECTURE.steps) + 1))
    assert progress.first_open(LECTURE) == 0


def test_a_cookie_from_before_is_read() -> None:
    session: dict[str, Any] = {
        "lesson": {"slug": "lecture", "number": 4, "tries": 1},
        "passed": {"lecture": 0b1110},
    }
    progress = Progress(session, LESSONS)
    assert progress.current is not None
    assert progress.current.step is LECTURE.steps[3]
    assert progress.first_open(LECTURE) == 4
    progress.leave()
    assert progress.current is None


def test_a_lesson_that_no_longer_exists_is_left_out() -> None:
    session: dict[str, Any] = {"lesson": {"slug": "gone", "number": 1}}
    assert Progress(session, LESSONS).current is None
