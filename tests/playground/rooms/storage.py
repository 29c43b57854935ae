"""A store of rooms in memory that can break, and questions to ask."""

from __future__ import annotations

import json
from typing import Any

from playground.rooms.question import Answer, Question
from playground.rooms.record import Display
from playground.storage.store import StoreError

DISPLAY = Display("expression", "code=a")
SOLUTION = Display("expression", "code=a&step=3")


def question(correct: float = 2.0, answers: dict[str, float] | None = None) -> Question:
    """Return a question about what DISPLAY shows, with these answers."""
    entries = {visitor: Answer(value) for visitor, value in (answers or {}).items()}
    return Question("What?", correct, DISPLAY, SOLUTION, answers=entries)


def values(question: Question | None) -> dict[str, float]:
    """Return the answers as numbers."""
    assert question is not None
    return {visitor: answer.value for visitor, answer in question.answers.items()}


class Storage:
    """Rooms as the store has them, as JSON; it fails as long as `broken` is set."""

    def __init__(self) -> None:
        self.rooms: dict[str, Any] = {}
        self.question_rows: dict[tuple[str, str], Any] = {}
        self.writes = 0
        self.broken = False

    def keep(self, code: str, body: Any) -> None:
        self._write()
        self.rooms[code] = json.loads(json.dumps(body))

    def delete(self, code: str) -> None:
        self._write()
        self.rooms.pop(code, None)
        self.question_rows = {key: row for key, row in self.question_rows.items() if key[0] != code}

    def all(self) -> list[tuple[str, Any]]:
        return list(self.rooms.items())

    def keep_question(self, code: str, id: str, asked_at: float, closed: bool, body: Any) -> None:
        self._write()
        self.question_rows[code, id] = asked_at, closed, json.loads(json.dumps(body))

    def questions(self, code: str) -> list[Any]:
        rows = [row for (room, _), row in self.question_rows.items() if room == code]
        return [body for _, _, body in sorted(rows, key=lambda row: row[0], reverse=True)]

    def open_questions(self) -> list[tuple[str, Any]]:
        return [(code, row[2]) for (code, _), row in self.question_rows.items() if not row[1]]

    def _write(self) -> None:
        if self.broken:
            raise StoreError("no space is left")
        self.writes += 1
