"""What rooms say: who may lead, what can be asked, and what is no longer there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from playground.messages import count

NO_LEAD_REQUEST = "No follower with that name has asked to lead."
NO_QUESTION = "There is no open question."
NO_SUCH_QUESTION = "This room has no such question."
NOT_BACKWARD = "Go to a step of the backward pass first. Then ask the class."
ROOM_CLOSED = "This room is closed, or it never existed."
RUN_GONE = "The run on this page no longer exists."
CSV_HEADER = ("asked at", "question", "correct answer", "name", "answer", "right", "answered at")
"""The columns of the exported questions."""


class Answers(Protocol):
    """The answers to a question, as far as this text needs them."""

    answers: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        """Whether answers still count."""

    @property
    def share_correct(self) -> float:
        """The share of correct answers."""


def answers_summary(question: Answers, people: int) -> str:
    """Say how many of the class answered and, once the question is not open, how many correctly."""
    number = len(question.answers)
    if not number and not question.is_open:
        return "No answers."
    answers = f"{count(number, 'answer')} of {max(people, number)}"
    return (
        f"{answers}." if question.is_open else f"{answers}, {question.share_correct:.0%} correct."
    )


def no_such_room(code: str) -> str:
    """Say that no room has this code."""
    return f"There is no room {code}. Check the code, or ask whether the room is still open."


def too_many_rooms(limit: int) -> str:
    """Say that no further room can open."""
    return f"Limit reached: this instance allows {count(limit, 'open room')}. Try again later."
