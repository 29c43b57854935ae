"""The bus between the processes that share rooms, and the one for a process that is alone.

`Rooms` changes a room and tells the bus. The bus tells its listener, the `Rooms` of each other
process, that a room changed; they then fetch its state from the bus.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from playground.rooms.question import Answer, Question
from playground.rooms.record import RoomRecord


@dataclass(frozen=True)
class Presence:
    """The people in a room, as some processes count them."""

    people: int = 0
    """Number of people who follow."""
    leads: bool = False
    """Whether a page of the leader is open."""


@dataclass(frozen=True)
class RoomState:
    """A room as the bus knows it."""

    record: RoomRecord
    question: Question | None = None
    names: dict[str, str] = field(default_factory=dict)
    lead_requests: set[str] = field(default_factory=set)
    elsewhere: Presence = Presence()
    """The people there through other processes."""
    revision: int = 0
    """Number of changes to the record and the question. The state with more changes is newer."""


class BusListener(Protocol):
    """What a bus calls."""

    def room_changed(self, code: str) -> None:
        """React to a change that another process made."""

    def pointer_moved(self, code: str, event: bytes) -> None:
        """React to the leader's pointer in another process."""

    def messages_missed(self) -> None:
        """React to a gap: some messages may have been lost."""

    def presence(self) -> dict[str, Presence]:
        """Return who is in this process' rooms by room code, without empty rooms."""


class RoomBus(Protocol):
    """Carries changes of rooms between processes. Every method may raise UnreachableError."""

    def connect(self, listener: BusListener) -> None:
        """Call this listener from now on."""

    def disconnect(self) -> None:
        """Call nobody any more."""

    def fetch(self, code: str) -> RoomState | None:
        """Return the state of a room, or None if the bus does not know it."""

    def code_led_by(self, visitor: str) -> str | None:
        """Return the code of the room that a visitor leads."""

    def leaders(self) -> list[str]:
        """Return every visitor who leads a room."""

    def announce(self, state: RoomState) -> None:
        """Store what the room displays and asks and who leads it, and tell the other processes."""

    def close(self, state: RoomState) -> None:
        """Forget a room, and tell the other processes."""

    def claim_name(self, code: str, visitor: str, proposal: str) -> str:
        """Return the nickname of a visitor: the proposal, if no process chose another before."""

    def add_lead_request(self, code: str, visitor: str) -> None:
        """Store that a visitor asks to lead, and tell the other processes."""

    def add_answer(self, code: str, question: str, visitor: str, answer: Answer) -> None:
        """Store an answer to the question with this id, and tell the other processes."""

    def answers(self, code: str, question: str) -> dict[str, Answer]:
        """Return the answers that arrived through any process."""

    def forget(self, code: str, question: str, visitor: str) -> None:
        """Forget the name, the wish and the answer of a visitor."""

    def move_pointer(self, code: str, event: bytes) -> None:
        """Hand the leader's pointer to the other processes."""


class LocalBus:
    """The bus of a process that shares its rooms with nobody: nobody to tell, nothing to fetch."""

    def connect(self, listener: BusListener) -> None: ...

    def disconnect(self) -> None: ...

    def fetch(self, code: str) -> RoomState | None:
        return None

    def code_led_by(self, visitor: str) -> str | None:
        return None

    def leaders(self) -> list[str]:
        return []

    def announce(self, state: RoomState) -> None: ...

    def close(self, state: RoomState) -> None: ...

    def claim_name(self, code: str, visitor: str, proposal: str) -> str:
        return proposal

    def add_lead_request(self, code: str, visitor: str) -> None: ...

    def add_answer(self, code: str, question: str, visitor: str, answer: Answer) -> None: ...

    def answers(self, code: str, question: str) -> dict[str, Answer]:
        return {}

    def forget(self, code: str, question: str, visitor: str) -> None: ...

    def move_pointer(self, code: str, event: bytes) -> None: ...
