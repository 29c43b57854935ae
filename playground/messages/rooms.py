"""What rooms say: who may lead, what can be asked, and what is no longer there."""

from __future__ import annotations

from playground.messages import count

NO_LEAD_REQUEST = "No follower with that name has asked to lead."
NO_QUESTION = "There is no open question."
NOT_BACKWARD = "Go to a step of the backward pass first. Then ask the class."
ROOM_CLOSED = "This room is closed, or it never existed."
RUN_GONE = "The run on this page no longer exists."
ANSWER = "The answer"
"""How a message names the field of the answer."""


def no_such_room(code: str) -> str:
    """Say that no room has this code."""
    return f"There is no room {code}. Check the code, or ask whether the room is still open."


def too_many_rooms(limit: int) -> str:
    """Say that no further room can open."""
    return f"Limit reached: this instance allows {count(limit, 'open room')}. Try again later."
