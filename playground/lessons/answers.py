"""The kinds of answers that a lesson asks for, by the word that a lesson file uses.

An answer is bound to what the learner's lab or run has: a number is an expression such as `a.grad`.
A wrong answer is named by its slip, in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.notation import format_number
from engine.script.numbers import NumberError, read_answer, read_numbers
from playground.expression.predictions import TOLERANCE, is_right
from playground.expression.slips import Slip, distinct_slips, gradient_slips, name_slip
from playground.lessons.attempt import GRADIENT, NAME, Attempt, measure
from playground.messages import lessons as messages

MAX_LISTED = 4
"""Numbers of a list whose orders are all tried for the slip of another order."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right, and if not, one sentence about it."""

    is_right: bool
    sentence: str = ""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NamedSlip(_Part):
    """A wrong answer that the author expects: an expression, and a sentence that names the slip."""

    typed: str
    say: str = Field(min_length=1)


class NumberAnswer(_Part):
    """One number: the `value` of an expression."""

    kind: Literal["number"]
    value: str
    tolerance: float = Field(TOLERANCE, ge=0, le=0.5)
    slip: tuple[NamedSlip, ...] = ()

    def judge(self, attempt: Attempt) -> Verdict:
        """Return whether the answer is this number. Raises LookupError for a missing name."""
        value = measure(self.value, attempt)
        try:
            typed = read_answer(attempt.answer, lambda typed: self._is_right(typed, value))
        except NumberError as error:
            return Verdict(False, str(error))
        if self._is_right(typed, value):
            return Verdict(True)
        return Verdict(False, _wrong(format_number(typed), name_slip(self.slips(attempt), typed)))

    def _is_right(self, typed: float, value: float) -> bool:
        return is_right(typed, value, self.tolerance)

    def slips(self, attempt: Attempt) -> list[Slip]:
        """Return the slips that are named: the author's, then the typical ones."""
        value = measure(self.value, attempt)
        named = [Slip(measure(slip.typed, attempt), slip.say) for slip in self.slip]
        typical = _typical_slips(self.value, value, attempt, self.tolerance)
        others = [slip for slip in typical if not name_slip(named, slip.value)]
        return [*named, *others]

    def right_answers(self, attempt: Attempt) -> list[str]:
        """Return the right answer as people may write it."""
        text = format_number(measure(self.value, attempt))
        return [text, text.replace(".", ","), f"{self.value} = {text}"]

    def wrong_answers(self, attempt: Attempt) -> list[tuple[str, str]]:
        """Return every slip as somebody would type it, with its sentence."""
        return [(f"{slip.value!r}", slip.sentence) for slip in self.slips(attempt)]


class NumbersAnswer(_Part):
    """Several numbers in a row: the `values` of expressions."""

    kind: Literal["numbers"]
    values: tuple[str, ...] = Field(min_length=2)
    tolerance: float = Field(TOLERANCE, ge=0, le=0.5)

    def judge(self, attempt: Attempt) -> Verdict:
        """Return whether the answer is these numbers in this order. Raises LookupError for a name
        that is missing.
        """
        values = [measure(value, attempt) for value in self.values]
        try:
            typed = read_numbers(attempt.answer, len(values))
        except NumberError as error:
            return Verdict(False, str(error))
        wrong = [
            place
            for place, pair in enumerate(zip(typed, values, strict=True))
            if not is_right(*pair, self.tolerance)
        ]
        if not wrong:
            return Verdict(True)
        if len(values) <= MAX_LISTED and any(
            all(is_right(*pair, self.tolerance) for pair in zip(typed, other, strict=True))
            for other in permutations(values)
        ):
            return Verdict(False, messages.OTHER_ORDER)
        place = wrong[0]
        slips = _typical_slips(self.values[place], values[place], attempt, self.tolerance)
        number = messages.NUMBER_IN_LIST.format(
            place=messages.PLACES[place], value=format_number(typed[place])
        )
        return Verdict(False, _wrong(number, name_slip(slips, typed[place])))

    def right_answers(self, attempt: Attempt) -> list[str]:
        """Return the right answer as people may write it."""
        numbers = [format_number(measure(value, attempt)) for value in self.values]
        return [", ".join(numbers), "; ".join(numbers), " ".join(numbers)]

    def wrong_answers(self, attempt: Attempt) -> list[tuple[str, str]]:
        """Return every slip with one of the numbers as somebody would type it, and its sentence."""
        values = [measure(value, attempt) for value in self.values]

        def write(place: int, number: float) -> str:
            return "; ".join(map(repr, [*values[:place], number, *values[place + 1 :]]))

        return [
            (write(place, slip.value), slip.sentence)
            for place, text in enumerate(self.values)
            for slip in _typical_slips(text, values[place], attempt, self.tolerance)
        ]


class Choice(_Part):
    """One answer to choose from; a wrong one says why it is wrong."""

    text: str = Field(min_length=1)
    right: bool = False
    say: str = ""

    @model_validator(mode="after")
    def _check_reason(self) -> Choice:
        if self.right == bool(self.say):
            raise ValueError(messages.CHOICE_NEEDS_REASON)
        return self


class ChoiceAnswer(_Part):
    """One of several sentences."""

    kind: Literal["choice"]
    choice: tuple[Choice, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _check_choices(self) -> ChoiceAnswer:
        texts = [choice.text for choice in self.choice]
        if len(set(texts)) < len(texts):
            raise ValueError(messages.SAME_CHOICES)
        if sum(choice.right for choice in self.choice) != 1:
            raise ValueError(messages.ONE_RIGHT_CHOICE)
        return self

    def judge(self, attempt: Attempt) -> Verdict:
        """Return whether the right sentence was chosen."""
        for choice in self.choice:
            if choice.text == attempt.answer:
                return Verdict(choice.right, choice.say)
        return Verdict(False, messages.CHOOSE)

    def right_answers(self, attempt: Attempt) -> list[str]:
        """Return the right sentence."""
        return [choice.text for choice in self.choice if choice.right]

    def wrong_answers(self, attempt: Attempt) -> list[tuple[str, str]]:
        """Return the wrong sentences, with the reasons."""
        return [(choice.text, choice.say) for choice in self.choice if not choice.right]


Answer = Annotated[NumberAnswer | NumbersAnswer | ChoiceAnswer, Field(discriminator="kind")]


def _typical_slips(text: str, value: float, attempt: Attempt, tolerance: float) -> list[Slip]:
    """Return the slips that everybody makes with such a number: for a gradient all of them, for any
    other number a wrong sign.
    """
    return distinct_slips(_possible_slips(text, value, attempt), value, tolerance)


def _possible_slips(text: str, value: float, attempt: Attempt) -> Iterator[Slip]:
    scene, node = attempt.gradients, None
    if scene and NAME.fullmatch(text) and text.endswith(GRADIENT):
        node = scene.find(text.removesuffix(GRADIENT))
    if scene and node:
        yield from gradient_slips(scene.walk, node)
    else:
        yield Slip(-value, messages.SIGN)


def _wrong(typed: str, slip: str) -> str:
    return messages.WRONG.format(typed=typed, slip=slip).rstrip()
