"""What a leader asks the class. Questions and answers live in the room alone, and end with it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from playground.expression.predictions import is_right
from playground.rooms.record import Display


@dataclass
class Question:
    """A question with one answer a visitor. Answers count until the question is revealed; then the
    room displays the solution.
    """

    text: str
    correct: float
    solution: Display | None = None
    answers: dict[str, float] = field(default_factory=dict)
    revealed: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(6))

    @property
    def is_open(self) -> bool:
        """Whether answers still count."""
        return not self.revealed

    @property
    def share_correct(self) -> float:
        """The share of correct answers, from 0 to 1; NaN without answers."""
        correct = [is_right(value, self.correct) for value in self.answers.values()]
        return sum(correct) / len(correct) if correct else float("nan")

    def body(self) -> dict[str, Any]:
        """Return the question as JSON, without its answers."""
        return asdict(self) | {"answers": {}}

    @classmethod
    def from_body(cls, body: Mapping[str, Any], answers: dict[str, float]) -> Self:
        """Return the question from its JSON, with these answers."""
        solution = Display(**body["solution"]) if body["solution"] else None
        return cls(**{**body, "solution": solution, "answers": answers})
