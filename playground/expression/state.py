"""The expression lab as one plain value.

A `Lab` is everything that a person has typed and chosen. The address carries it. A command
(`commands.py`) returns a new `Lab`, and `scene.py` computes what the page shows from it. Nothing
else is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from engine.explain.gradient_steps import GradientSteps
from engine.notation import format_number, number_literal
from playground.messages import expression as messages

SPEEDS: dict[str, tuple[str, int]] = {
    "slow": ("1 step every 3 s", 3000),
    "calm": ("1 step every 1.5 s", 1500),
    "quick": ("2 steps a second", 500),
    "fast": ("5 steps a second", 200),
}
"""How fast the walk plays: the words, and the time between two steps in milliseconds."""
MAX_STEPS = 1000
"""Maximum number of gradient steps of one command."""
BEYOND_A_LIMIT = ("greater_than_equal", "less_than_equal")
"""Pydantic's names for a number that is too small or too large."""
VIEW_FIELDS = frozenset({"folded", "bare", "node", "format", "speed", "rate"})
"""The fields that change how the graph is drawn, but neither the numbers nor the step."""
LISTS = ("inputs", "opened", "folded", "moves", "answers", "order")
"""The fields that hold several values."""


class Lab(BaseModel):
    """The state of the expression lab."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str = Field("", description="The text, as it was before the gradient steps.")
    story: str = Field("", description="The story of the gallery that this began with.")
    step: int | None = Field(None, ge=0, description="Step of the walk; its end if not given.")
    inputs: tuple[str, ...] = Field((), max_length=1000, description="Leaves without a gradient.")
    calls: int = Field(1, ge=1, le=3, description="How often backward() is called.")
    opened: tuple[str, ...] = Field(
        (), max_length=60, description="Operations that are taken apart."
    )
    folded: tuple[str, ...] = Field(
        (), max_length=1000, description="Folded statements; after * those that are not folded."
    )
    bare: bool = Field(False, description="Constants are not drawn.")
    node: str = Field("", description="The selected node.")
    leaf: str = Field("", description="The leaf that is explored on its own.")
    second: str = Field("", description="The second leaf; a map is drawn over both.")
    h: int = Field(-3, ge=-12, le=0, description="The nudge of that leaf, as a power of ten.")
    rate: float = Field(0.05, gt=0, le=1000, description="The learning rate of gradient steps.")
    moves: tuple[str, ...] = Field(
        (), max_length=200, description="The gradient steps so far, as rate*count."
    )
    forgotten: bool = Field(False, description="backward() is called without zero_grad().")
    predict: bool = Field(False, description="Gradients are hidden until they are predicted.")
    answers: tuple[str, ...] = Field(
        (), max_length=3000, description="Predictions, as step~number."
    )
    right: int = Field(0, ge=0, description="Number of right predictions.")
    attempts: int = Field(0, ge=0, description="Number of predictions.")
    tried: str = Field("", max_length=40, description="The latest wrong prediction.")
    tries: int = Field(0, ge=0, description="Number of wrong predictions of this gradient.")
    ordering: bool = Field(False, description="A person chooses which node passes its gradient on.")
    order: tuple[str, ...] = Field(
        (), max_length=1000, description="The nodes that passed theirs on, in this order."
    )
    format: str = Field("", description="The format in which the expression is exported.")
    speed: str = Field("calm", description="How fast the walk plays.")
    playing: bool = Field(False, description="The walk goes on by itself.")
    large: bool = Field(False, exclude=True, description="The text came by reference.")

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("moves")
    @classmethod
    def _check_moves(cls, moves: tuple[str, ...]) -> tuple[str, ...]:
        for move in moves:
            parse_move(move)
        return moves

    @field_validator("answers")
    @classmethod
    def _check_answers(cls, answers: tuple[str, ...]) -> tuple[str, ...]:
        for answer in answers:
            step, _, value = answer.partition("~")
            if not (step.isascii() and step.isdecimal() and len(step) < 9):
                raise ValueError(messages.UNKNOWN_STEP.format(step=step[:40]))
            if value:
                try:
                    float(value)
                except ValueError:
                    message = messages.UNKNOWN_PREDICTION.format(text=value[:40])
                    raise ValueError(message) from None
        return answers

    @field_validator("tried")
    @classmethod
    def _check_tried(cls, tried: str) -> str:
        try:
            return tried and repr(float(tried))
        except ValueError:
            raise ValueError(messages.UNKNOWN_PREDICTION.format(text=tried)) from None

    @field_validator("speed")
    @classmethod
    def _check_speed(cls, speed: str) -> str:
        if speed not in SPEEDS:
            raise ValueError(messages.UNKNOWN_SPEED.format(speeds=", ".join(SPEEDS)))
        return speed

    def query(self, *omitted: str) -> str:
        """Return the state as a URL's query: the code, and what differs from the defaults."""
        pairs = {"code": self.code}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name not in ("code", "large", *omitted) and value != field.default:
                pairs[name] = ",".join(value) if isinstance(value, tuple) else str(value)
        return urlencode(pairs)

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> tuple[Lab, str]:
        """Return the state that the fields of a query describe, and a message about wrong fields.

        A number beyond a limit becomes the limit. Any other wrong field gets its default.
        """
        try:
            return cls.model_validate(dict(fields)), ""
        except ValidationError as error:
            nearest = {str(problem["loc"][0]): _nearest(problem) for problem in error.errors()}
        valid = {name: nearest.get(name, value) for name, value in fields.items()}
        sentences = [
            messages.NEAREST_VALUE.format(
                name=name, value=str(fields[name])[:40], nearest=format_number(value)
            )
            for name, value in sorted(nearest.items())
            if value is not None
        ]
        unknown = sorted(name for name, value in nearest.items() if value is None)
        if unknown:
            values = ", ".join(f"{name}={str(fields[name])[:40]}" for name in unknown)
            sentences.append(messages.UNKNOWN_VALUES.format(values=values))
        lab = cls.model_validate({name: v for name, v in valid.items() if name not in unknown})
        return lab, " ".join(sentences)

    def with_(self, **update: Any) -> Lab:
        """Return the same state with other fields. Raises ValueError for a wrong value."""
        try:
            return type(self).model_validate(dict(self) | update)
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0]).capitalize()
            message = messages.WRONG_VALUE.format(name=name, reason=problem["msg"])
            raise ValueError(message) from None


def _nearest(problem: ErrorDetails) -> float | None:
    """Return the possible value that is nearest to one beyond a limit, None if there is none."""
    limits = problem.get("ctx", {})
    return limits.get("ge", limits.get("le")) if problem["type"] in BEYOND_A_LIMIT else None


def fields(query: str) -> dict[str, str]:
    """Return the fields of a query that `Lab.query` wrote."""
    return dict(parse_qsl(query, keep_blank_values=True))


def shows_same_step(query: str, other: str) -> bool:
    """Return whether two queries of the lab show the same step of the same walk."""
    first, second = fields(query), fields(other)
    names = (first.keys() | second.keys()) - VIEW_FIELDS
    return all(first.get(name) == second.get(name) for name in names)


def write_move(steps: GradientSteps) -> str:
    """Return steps as text: `0.05*10` goes ten steps down, `-0.05*1` goes one up. An f at the end
    means that zero_grad() was not called.
    """
    suffix = "f" if steps.keeps_gradients else ""
    return f"{number_literal(steps.rate)}*{steps.count}{suffix}"


def parse_move(text: str) -> GradientSteps:
    """Return what `write_move` wrote. Raises ValueError for anything else."""
    rate, _, number = text.removesuffix("f").partition("*")
    steps = GradientSteps(float(rate), int(number), text.endswith("f"))
    if not isfinite(steps.rate) or not 1 <= steps.count <= MAX_STEPS:
        raise ValueError(messages.UNKNOWN_MOVE.format(text=text))
    return steps
