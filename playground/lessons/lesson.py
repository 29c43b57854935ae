"""What a lesson consists of: steps, the lab that each opens, and how an attempt is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from engine.notation import format_number
from engine.training.settings import Settings
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.lessons.answers import Answer, ChoiceAnswer, Verdict
from playground.lessons.attempt import Attempt, measure
from playground.lessons.tasks import Task
from playground.messages import lessons as messages


@dataclass(frozen=True)
class LessonStep:
    """One step: a lab, a text, tasks and a question, and what to say about an attempt.

    Texts are Markdown. `praise` and `solution` may name numbers of the attempt, as in `{a.grad}`.
    """

    title: str
    text: str
    task: str
    hint: str
    praise: str
    solution: str
    opening: Lab | Settings
    """The state in which the lab opens."""
    tasks: tuple[Task, ...]
    answer: Answer | None
    is_free: bool = False
    """The learner may change numbers of the expression, and the answer follows."""
    line: int = 1
    """The line of the file in which the step begins."""

    @property
    def lab(self) -> str:
        """The lab that it opens: `expression` or `network`."""
        return "expression" if isinstance(self.opening, Lab) else "network"

    @property
    def address(self) -> str:
        """The address of the lab, without the host."""
        if isinstance(self.opening, Lab):
            return f"expression?{self.opening.query()}"
        return f"network?{urlencode(self.opening.texts(), safe=',')}"

    @property
    def place(self) -> str:
        """The id of the part of the page that the step needs first; empty for the whole lab."""
        return self.tasks[0].place if self.tasks else ""

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers to choose from. Without choices the learner types an answer."""
        if isinstance(self.answer, ChoiceAnswer):
            return tuple(choice.text for choice in self.answer.choice)
        return ()

    @cached_property
    def start(self) -> Attempt:
        """The attempt of somebody who has only opened the step."""
        if isinstance(self.opening, Lab):
            return Attempt(lab=self.opening)
        return Attempt(settings=self.opening)

    def fits(self, attempt: Attempt) -> bool:
        """Return whether the page shows what the step is about: the same statements, whatever their
        numbers, or the same dataset.
        """
        if isinstance(self.opening, Lab):
            return attempt.lab is not None and _structure(attempt.lab) == _structure(self.opening)
        settings = attempt.run.settings if attempt.run else attempt.settings
        return settings is not None and settings.dataset == self.opening.dataset

    def done(self, attempt: Attempt) -> tuple[bool, ...]:
        """Return for each task whether it is done in this attempt."""
        return tuple(_is_done(task, attempt) for task in self.tasks)

    def judge(self, attempt: Attempt, done_before: Sequence[bool] = ()) -> Verdict:
        """Return whether the step is passed: every task was done, now or before, and the answer is
        right.
        """
        before = [*done_before, *[False] * len(self.tasks)]
        for task, now, earlier in zip(self.tasks, self.done(attempt), before, strict=False):
            if not now and not earlier:
                return Verdict(False, task.say)
        if self.answer is None:
            return Verdict(True)
        changed = self._changed_number(attempt)
        if changed:
            return Verdict(False, changed)
        try:
            return self.answer.judge(attempt)
        except (LookupError, ArithmeticError):
            return Verdict(False, messages.NOTHING_YET)

    def fill(self, text: str, attempt: Attempt) -> str:
        """Return a text with the numbers that it names: `{a.grad}`. A number that this attempt does
        not have is left out.
        """
        parts = text.split("{")
        filled = parts[:1]
        for part in parts[1:]:
            name, _, rest = part.partition("}")
            filled.append(_number(name, attempt) + rest)
        return "".join(filled)

    def _changed_number(self, attempt: Attempt) -> str:
        """Say which number of the text the learner has changed, if that matters."""
        if self.is_free or not isinstance(self.opening, Lab) or attempt.lab is None:
            return ""
        for (name, now), (_, then) in zip(
            _numbers(attempt.lab), _numbers(self.opening), strict=False
        ):
            if now != then:
                return messages.CHANGED_NUMBER.format(
                    name=name, now=format_number(now), then=format_number(then)
                )
        return ""


@dataclass(frozen=True)
class Lesson:
    """A title and the steps in order. `slug` stands for the lesson in addresses."""

    slug: str
    title: str
    about: str
    steps: tuple[LessonStep, ...]


def _is_done(task: Task, attempt: Attempt) -> bool:
    try:
        return task.is_done(attempt)
    except (LookupError, ValueError, ArithmeticError):
        return False


def _structure(lab: Lab) -> list[tuple[str, str]] | None:
    """Return the nodes of the text, without their numbers; None for a text with an error."""
    try:
        nodes = scene(_plain(lab)).nodes
    except (ValueError, ArithmeticError):
        return None
    return [(node.label, node.op.name if node.op else "") for node in nodes]


def _numbers(lab: Lab) -> list[tuple[str, float]]:
    """Return the numbers in the text, named or not."""
    try:
        nodes = scene(_plain(lab)).nodes
    except (ValueError, ArithmeticError):
        return []
    return [(node.label or messages.A_CONSTANT, node.data) for node in nodes if node.op is None]


def _plain(lab: Lab) -> Lab:
    """Return a lab with this text alone."""
    return Lab(code=lab.code, large=lab.large)


def _number(name: str, attempt: Attempt) -> str:
    try:
        return format_number(measure(name, attempt))
    except (LookupError, ValueError, ArithmeticError):
        return "…"
