"""The expression lab as one plain value.

A `Lab` is everything that a person has typed and chosen. The address carries it, a command
(`commands.py`) makes a new one of it, and `scene.py` computes all that the page
shows of it. Nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from engine.explain.gradient_steps import GradientSteps
from engine.notation import number_literal

SPEEDS: dict[str, tuple[str, int]] = {
    "slow": ("a step in 3 s", 3000),
    "calm": ("a step in 1.5 s", 1500),
    "quick": ("2 steps a second", 500),
    "fast": ("5 steps a second", 200),
}
"""How fast the walk plays: the words, and the milliseconds between two steps."""


Listed = tuple[str, ...]


class Lab(BaseModel):
    """The state of the expression lab."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str = Field("", description="The text, as it was before the gradient steps.")
    story: str = Field("", description="The story of the gallery that this began with.")
    step: int | None = Field(None, ge=0, description="Place in the walk; the end without it.")
    inputs: tuple[str, ...] = Field(
        (), max_length=1000, description="Leaves that want no gradient."
    )
    calls: int = Field(1, ge=1, le=3, description="How often backward() is called.")
    opened: tuple[str, ...] = Field(
        (), max_length=60, description="Operations that are taken apart."
    )
    folded: tuple[str, ...] = Field(
        (), max_length=1000, description="Statements folded; * all but the rest."
    )
    bare: bool = Field(False, description="Constants are not drawn.")
    node: str = Field("", description="The node that is chosen.")
    leaf: str = Field("", description="The leaf that is looked at alone.")
    second: str = Field("", description="The leaf beside it, over both of which a map is drawn.")
    h: int = Field(-3, ge=-12, le=0, description="The nudge of that leaf, as a power of ten.")
    rate: float = Field(0.05, gt=0, le=1000, description="The rate of gradient steps.")
    moves: tuple[str, ...] = Field(
        (), max_length=200, description="Gradient steps taken, as rate*count."
    )
    forgotten: bool = Field(False, description="zero_grad() is forgotten before backward().")
    predict: bool = Field(False, description="Gradients are covered until they are predicted.")
    answers: tuple[str, ...] = Field(
        (), max_length=3000, description="Predictions, as place~number."
    )
    right: int = Field(0, ge=0, description="Predictions that were right.")
    asked: int = Field(0, ge=0, description="Predictions that were made.")
    format: str = Field("", description="The format in which the expression is shown to leave.")
    speed: str = Field("calm", description="How fast the walk plays.")
    playing: bool = Field(False, description="The walk goes on by itself.")
    large: bool = Field(False, exclude=True, description="The text came by reference.")

    @field_validator("inputs", "opened", "folded", "moves", "answers", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("moves")
    @classmethod
    def _taken(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for move in value:
            read_move(move)
        return value

    @field_validator("answers")
    @classmethod
    def _predicted(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for answer in value:
            place, _, typed = answer.partition("~")
            if not (place.isascii() and place.isdecimal() and len(place) < 9):
                raise ValueError(f"{place[:40]} is no place of a walk")
            if typed and not isfinite(float(typed)):
                raise ValueError(f"{typed[:40]} is no prediction")
        return value

    @field_validator("speed")
    @classmethod
    def _offered(cls, value: str) -> str:
        if value not in SPEEDS:
            raise ValueError(f"choose one of {', '.join(SPEEDS)}")
        return value

    def query(self, *left_out: str) -> str:
        """The state as a URL's query: what differs from the default, the code always."""
        pairs = {"code": self.code}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name not in ("code", "large", *left_out) and value != field.default:
                pairs[name] = ",".join(value) if isinstance(value, tuple) else str(value)
        return urlencode(pairs)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> tuple[Lab, str]:
        """The state that a query's fields give, and what is wrong with them in words.

        A field that is wrong has its default.
        """
        try:
            return cls.model_validate(dict(given)), ""
        except ValidationError as error:
            wrong = {str(each["loc"][0]) for each in error.errors()}
            kept = {name: value for name, value in given.items() if name not in wrong}
            said = ", ".join(f"{name}={str(given[name])[:40]}" for name in sorted(wrong))
            return cls.model_validate(kept), f"This address has {said}, which is not understood."

    def but(self, **update: Any) -> Lab:
        """The same state with other fields. Raises ValueError for what a field cannot be."""
        try:
            return type(self).model_validate(dict(self) | update)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise ValueError(f"{str(wrong['loc'][0]).capitalize()}: {wrong['msg']}.") from None


def fields(query: str) -> dict[str, str]:
    """What `Lab.query` wrote, by name."""
    return dict(parse_qsl(query, keep_blank_values=True))


def write_move(move: GradientSteps) -> str:
    """`0.05*10`: ten steps; `-0.05*1` goes up, and an f at the end forgot zero_grad()."""
    return f"{number_literal(move.rate)}*{move.count}" + ("f" if move.keeps_gradients else "")


def read_move(text: str) -> GradientSteps:
    """What `write_move` wrote. Raises ValueError for anything else."""
    rate, _, count = text.removesuffix("f").partition("*")
    move = GradientSteps(float(rate), int(count), text.endswith("f"))
    if not isfinite(move.rate) or not 1 <= move.count <= 1000:
        raise ValueError(f"{text} is no number of steps")
    return move
