"""Which step of a lesson a visitor is at, and which steps they have passed.

Both stand in the visitor's signed cookie, under the names `lesson` and `passed`.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from playground.lessons import LESSONS
from playground.lessons.lesson import Lesson, LessonStep

TRIES = 2
"""Number of wrong tries after which the page offers the solution."""


@dataclass(frozen=True)
class CurrentStep:
    """The step that a visitor is at; `number` counts from 1."""

    lesson: Lesson
    number: int
    tries: int
    is_passed: bool

    @property
    def step(self) -> LessonStep:
        """What the step consists of."""
        return self.lesson.steps[self.number - 1]

    @property
    def offers_solution(self) -> bool:
        """Whether the learner may see the solution."""
        return self.tries >= TRIES


class Progress:
    """Reads and writes a visitor's progress in their session."""

    def __init__(self, session: MutableMapping[str, Any]) -> None:
        self._session = session

    @property
    def current(self) -> CurrentStep | None:
        """The step that the visitor is at."""
        place = self._session.get("lesson")
        if not place or place.get("slug") not in LESSONS:
            return None
        lesson, number = LESSONS[place["slug"]], int(place["number"])
        return CurrentStep(
            lesson, number, int(place.get("tries", 0)), self.is_passed(lesson.slug, number)
        )

    def open(self, slug: str, number: int) -> None:
        """Go to a step."""
        self._put(slug, number, tries=0)

    def record(self, slug: str, number: int, correct: bool) -> None:
        """Record a try at a step."""
        current = self.current
        tries = (current.tries if current else 0) + (not correct)
        self._put(slug, number, tries)
        if correct:
            mask = self._mask(slug) | 1 << number
            self._session["passed"] = self._passed | {slug: mask}

    def leave(self) -> None:
        """Leave the lesson."""
        self._session.pop("lesson", None)

    def forget(self, slug: str) -> None:
        """Forget which steps of a lesson are passed."""
        self._session["passed"] = {
            name: mask for name, mask in self._passed.items() if name != slug
        }

    def is_passed(self, slug: str, number: int) -> bool:
        """Return whether a step is passed."""
        return bool(self._mask(slug) >> number & 1)

    def first_open(self, lesson: Lesson) -> int:
        """Return the number of the first step that is not passed, or 0 if all are."""
        numbers = range(1, len(lesson.steps) + 1)
        return next((number for number in numbers if not self.is_passed(lesson.slug, number)), 0)

    @property
    def _passed(self) -> dict[str, int]:
        """The passed steps of every lesson: bit n of its number stands for step n."""
        return dict(self._session.get("passed") or {})

    def _mask(self, slug: str) -> int:
        return int(self._passed.get(slug, 0))

    def _put(self, slug: str, number: int, tries: int) -> None:
        self._session["lesson"] = {"slug": slug, "number": number, "tries": tries}
