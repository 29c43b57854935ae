"""Which step of a lesson a visitor is at, and which steps they have passed or missed.

All of it stands in the visitor's signed cookie, under the names `lesson`, `passed` and `missed`.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.lessons.lesson import Lesson, LessonStep
from playground.lessons.library import Library

HINT_TRIES = 2
"""Number of wrong tries after which the page gives a hint."""
SOLUTION_TRIES = 3
"""Number of wrong tries after which the page offers the solution."""


@dataclass(frozen=True)
class CurrentStep:
    """The step that a visitor is at; `number` counts from 1."""

    lesson: Lesson
    number: int
    tries: int
    done: tuple[bool, ...]
    """Which tasks of the step were done since it was opened."""
    is_passed: bool
    is_solved: bool
    """The learner has seen the solution since the step was opened."""
    is_repeated: bool
    """The visitor goes through the missed steps only."""
    next_number: int
    """The step that comes next, or 0 after the last."""

    @property
    def step(self) -> LessonStep:
        """What the step consists of."""
        return self.lesson.steps[self.number - 1]

    @property
    def gives_hint(self) -> bool:
        """Whether the page gives the hint."""
        return self.tries >= HINT_TRIES

    @property
    def offers_solution(self) -> bool:
        """Whether the learner may see the solution."""
        return self.tries >= SOLUTION_TRIES


class Progress:
    """Reads and writes a visitor's progress in their session."""

    def __init__(self, session: MutableMapping[str, Any], lessons: Library) -> None:
        self._session, self._lessons = session, lessons

    @property
    def current(self) -> CurrentStep | None:
        """The step that the visitor is at."""
        place = self._session.get("lesson") or {}
        lesson, number = self._lessons.get(place.get("slug", "")), int(place.get("number", 0))
        if lesson is None or not 1 <= number <= len(lesson.steps):
            return None
        step, repeats = lesson.steps[number - 1], bool(place.get("repeats"))
        done = int(place.get("done", 0))
        return CurrentStep(
            lesson,
            number,
            tries=int(place.get("tries", 0)),
            done=tuple(bool(done >> i & 1) for i in range(len(step.tasks))),
            is_passed=self.is_passed(lesson.slug, number),
            is_solved=bool(place.get("solved")),
            is_repeated=repeats,
            next_number=self._next(lesson, number, repeats),
        )

    def open(self, slug: str, number: int, repeats: bool = False) -> None:
        """Go to a step; `repeats` says that only missed steps follow."""
        place: dict[str, Any] = {"slug": slug, "number": number}
        self._session["lesson"] = place | ({"repeats": 1} if repeats else {})

    def note_done(self, done: Sequence[bool]) -> None:
        """Note which tasks of the current step are done. What was done once stays done."""
        current = self.current
        if current is None:
            return
        together = [now or before for now, before in zip(done, current.done, strict=True)]
        if tuple(together) != current.done:
            self._change(done=sum(1 << i for i, is_done in enumerate(together) if is_done))

    def record(self, is_right: bool) -> None:
        """Record a try at the current step. After the solution it no longer counts as passed."""
        current = self.current
        if current is None:
            return
        if not is_right:
            self._change(tries=current.tries + 1)
        elif not current.is_solved:
            self._mark("passed", current, True)
            self._mark("missed", current, False)

    def show_solution(self) -> None:
        """Note that the learner has seen the solution: the step is missed, unless it was passed."""
        current = self.current
        if current is None:
            return
        self._change(solved=1)
        if not current.is_passed:
            self._mark("missed", current, True)

    def leave(self) -> None:
        """Leave the lesson."""
        self._session.pop("lesson", None)

    def forget(self, slug: str) -> None:
        """Forget which steps of a lesson are passed or missed."""
        for name in ("passed", "missed"):
            self._session[name] = {
                other: mask for other, mask in self._masks(name).items() if other != slug
            }

    def is_passed(self, slug: str, number: int) -> bool:
        """Return whether a step is passed."""
        return self._has("passed", slug, number)

    def missed(self, lesson: Lesson) -> list[int]:
        """Return the numbers of the steps whose solution was shown, and that are not passed yet."""
        numbers = range(1, len(lesson.steps) + 1)
        return [number for number in numbers if self._has("missed", lesson.slug, number)]

    def first_open(self, lesson: Lesson) -> int:
        """Return the number of the first step that is not passed, or 0 if all are."""
        numbers = range(1, len(lesson.steps) + 1)
        return next((number for number in numbers if not self.is_passed(lesson.slug, number)), 0)

    def _next(self, lesson: Lesson, number: int, repeats: bool) -> int:
        following = self.missed(lesson) if repeats else range(1, len(lesson.steps) + 1)
        return next((other for other in following if other > number), 0)

    def _has(self, name: str, slug: str, number: int) -> bool:
        return bool(int(self._masks(name).get(slug, 0)) >> number & 1)

    def _masks(self, name: str) -> dict[str, int]:
        """The passed or missed steps of every lesson: bit n of its number stands for step n."""
        return dict(self._session.get(name) or {})

    def _mark(self, name: str, current: CurrentStep, is_set: bool) -> None:
        masks, bit = self._masks(name), 1 << current.number
        mask = int(masks.get(current.lesson.slug, 0))
        self._session[name] = masks | {current.lesson.slug: mask | bit if is_set else mask & ~bit}

    def _change(self, **values: int) -> None:
        self._session["lesson"] = dict(self._session["lesson"]) | values
