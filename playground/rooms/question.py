"""What a leader asks the class, and the answers.

A question is open, then revealed, then closed. It ends only when the leader closes it. Closed
questions stay in the room's list with their answers, and can be opened again.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from playground.expression.predictions import is_right
from playground.expression.state import shows_same_step
from playground.rooms.record import Display


class State(StrEnum):
    """Where a question is in its life."""

    OPEN = "open"
    REVEALED = "revealed"
    CLOSED = "closed"


@dataclass(frozen=True)
class Answer:
    """What one follower answered last."""

    value: float
    name: str = ""
    """The nickname of the follower."""
    time: float = 0.0
    """When, in seconds since 1970."""


@dataclass
class Question:
    """A question with one answer a visitor. Answers count while it is open."""

    text: str
    correct: float
    display: Display
    """What the class sees while the question is open."""
    solution: Display
    """What the class sees when it is revealed."""
    predicts: bool = False
    """Whether the leader had chosen Predict first before."""
    answers: dict[str, Answer] = field(default_factory=dict)
    state: State = State.OPEN
    people: int = 0
    """The largest number of followers while the question was open."""
    asked_at: float = 0.0
    """When it was asked first, in seconds since 1970."""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(6))

    @property
    def is_open(self) -> bool:
        """Whether answers still count."""
        return self.state == State.OPEN

    @property
    def is_revealed(self) -> bool:
        """Whether the class sees the correct answer."""
        return self.state == State.REVEALED

    @property
    def share_correct(self) -> float:
        """The share of correct answers, from 0 to 1; NaN without answers."""
        correct = [is_right(answer.value, self.correct) for answer in self.answers.values()]
        return sum(correct) / len(correct) if correct else float("nan")

    def is_about(self, display: Display) -> bool:
        """Return whether a display shows the step in question, whatever is selected or folded."""
        ours = self.solution if self.is_revealed else self.display
        same_place = (display.lab, display.run) == (ours.lab, ours.run)
        return same_place and shows_same_step(display.state, ours.state)

    def body(self, with_answers: bool = True) -> dict[str, Any]:
        """Return the question as JSON."""
        body = asdict(self)
        return body if with_answers else body | {"answers": {}}

    @classmethod
    def from_body(cls, body: Mapping[str, Any], answers: dict[str, Answer] | None = None) -> Self:
        """Return the question from its JSON, with these answers in place of its own. Fields that
        another version added are left out.
        """
        if answers is None:
            answers = {visitor: Answer(**entry) for visitor, entry in body["answers"].items()}
        values = {
            name: body[name] for name in (field.name for field in fields(cls)) if name in body
        }
        values |= {name: Display(**body[name]) for name in ("display", "solution")}
        return cls(**values | {"state": State(body["state"]), "answers": answers})
