"""Rooms and their questions in SQL: plain values in and out, through the store's threads."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from playground.storage.schema import QUESTIONS, ROOMS
from playground.storage.store import Store

MAX_QUESTIONS = 60
"""Maximum number of stored questions of a room. The oldest closed ones are deleted first."""

Body = Mapping[str, Any]
"""A room or a question as JSON."""


@dataclass(frozen=True)
class RoomStore:
    """The rooms of a store. If the database fails, every method raises StoreError."""

    store: Store

    def keep(self, code: str, body: Body) -> None:
        """Store a room."""
        self.store.put(ROOMS, {"code": code}, {"body": json.dumps(body), "used": time.time()})

    def delete(self, code: str) -> None:
        """Delete a room with its questions."""
        self.store.write(
            ROOMS.delete().where(ROOMS.c.code == code),
            QUESTIONS.delete().where(QUESTIONS.c.room == code),
        )

    def all(self) -> list[tuple[str, Body]]:
        """Return every room with its code."""
        rows = self.store.rows(sa.select(ROOMS.c.code, ROOMS.c.body))
        return [(row["code"], json.loads(row["body"])) for row in rows]

    def keep_question(self, code: str, id: str, asked_at: float, closed: bool, body: Body) -> None:
        """Store a question of a room. Of too many, the oldest closed ones are deleted."""
        row = {"asked": asked_at, "closed": closed, "body": json.dumps(body)}
        self.store.put(QUESTIONS, {"room": code, "id": id}, row)
        ours = QUESTIONS.c.room == code
        newest = sa.select(QUESTIONS.c.id).where(ours).order_by(QUESTIONS.c.asked.desc())
        old = QUESTIONS.c.id.not_in(newest.limit(MAX_QUESTIONS))
        self.store.write(QUESTIONS.delete().where(ours & QUESTIONS.c.closed & old))

    def questions(self, code: str) -> list[Body]:
        """Return the questions of a room, the newest first."""
        query = sa.select(QUESTIONS.c.body).where(QUESTIONS.c.room == code)
        rows = self.store.rows(query.order_by(QUESTIONS.c.asked.desc()))
        return [json.loads(row["body"]) for row in rows]

    def open_questions(self) -> list[tuple[str, Body]]:
        """Return the questions that are not closed, each with the code of its room, the oldest
        first.
        """
        query = sa.select(QUESTIONS.c.room, QUESTIONS.c.body).where(~QUESTIONS.c.closed)
        rows = self.store.rows(query.order_by(QUESTIONS.c.asked))
        return [(row["room"], json.loads(row["body"])) for row in rows]
