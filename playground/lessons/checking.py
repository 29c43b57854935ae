"""Try a lesson file: every step opens, can be done, accepts its answer and refuses the slips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from playground.lessons.answers import ChoiceAnswer
from playground.lessons.attempt import Attempt, measure
from playground.lessons.lesson import Lesson, LessonStep
from playground.lessons.lesson_file import Fault, LessonFileError, load_lesson
from playground.messages import lessons as messages

_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


def check_file(path: Path) -> tuple[Lesson | None, list[Fault]]:
    """Return the lesson of a file, if it can be read, and everything that is wrong with it."""
    try:
        lesson = load_lesson(path)
    except LessonFileError as error:
        return None, error.faults
    except (OSError, UnicodeDecodeError) as error:
        return None, [Fault(1, "", str(error))]
    return lesson, list(check_lesson(lesson))


def check_lesson(lesson: Lesson) -> Iterator[Fault]:
    """Yield what is wrong with the steps of a lesson."""
    for step in lesson.steps:
        for reason in check_step(step):
            yield Fault(step.line, step.title, reason)


def check_step(step: LessonStep) -> Iterator[str]:
    """Yield what is wrong with a step, in words: it is done as a learner does it."""
    if not step.fits(step.start):
        yield messages.DOES_NOT_OPEN.format(reason=step.address)
        return
    attempt = step.start
    for task, is_done in zip(step.tasks, step.done(attempt), strict=True):
        if is_done:
            yield messages.DONE_AT_ONCE.format(say=task.say)
        try:
            attempt = task.do(attempt)
            is_seen = task.is_done(attempt)
        except (LookupError, ValueError, ArithmeticError) as error:
            yield messages.CANNOT_BE_DONE.format(say=task.say, reason=_reason(error))
            return
        if not is_seen:
            yield messages.NOT_SEEN.format(say=task.say)
            return
    yield from _check_answer(step, attempt)
    yield from _check_placeholders(step, attempt)


def _check_answer(step: LessonStep, attempt: Attempt) -> Iterator[str]:
    answer = step.answer
    if answer is None:
        return
    done = [True] * len(step.tasks)
    try:
        right_answers, wrong_answers = (
            answer.right_answers(attempt),
            answer.wrong_answers(attempt),
        )
    except (LookupError, ValueError, ArithmeticError) as error:
        yield _unknown(error)
        return
    for text in right_answers:
        verdict = step.judge(replace(attempt, answer=text), done)
        if not verdict.is_right:
            yield messages.NOT_ACCEPTED.format(answer=text, reason=verdict.sentence)
    for text, sentence in wrong_answers:
        verdict = step.judge(replace(attempt, answer=text), done)
        if verdict.is_right:
            yield messages.SLIP_ACCEPTED.format(answer=text)
        elif sentence not in verdict.sentence:
            yield messages.SLIP_WITHOUT_NAME.format(answer=text, sentence=sentence)
    yield from _check_solution(step, attempt, right_answers[0])


def _check_solution(step: LessonStep, attempt: Attempt, answer: str) -> Iterator[str]:
    """The solution must contain the answer, so that the text and the engine cannot differ."""
    solution = step.fill(step.solution, attempt)
    parts = [answer] if isinstance(step.answer, ChoiceAnswer) else answer.split(", ")
    for part in parts:
        if not re.search(rf"(?<![\w.−-]){re.escape(part)}(?![\w]|\.\d)", solution):
            yield messages.ANSWER_NOT_GIVEN.format(answer=part)


def _check_placeholders(step: LessonStep, attempt: Attempt) -> Iterator[str]:
    for text in (step.text, step.task, step.hint, step.praise, step.solution):
        for name in _PLACEHOLDER.findall(text):
            try:
                measure(name, attempt)
            except (LookupError, ValueError, ArithmeticError):
                yield messages.UNKNOWN_PLACEHOLDER.format(name=name)


def _unknown(error: Exception) -> str:
    if isinstance(error, LookupError):
        return messages.UNKNOWN_NUMBER.format(name=_reason(error))
    return messages.NO_EXPRESSION.format(text="value", reason=_reason(error))


def _reason(error: Exception) -> str:
    return str(error.args[0] if error.args else error).rstrip(".")
