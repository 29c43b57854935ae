"""Sweeps in SQL, with their finished cells: plain values in and out, through the store's threads.

This is all that a trainer of cells needs, here or in a worker: a sweep by its id, the numbers of
the missing cells, and a place for the outcome of each. To store a cell twice stores it once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import sqlalchemy as sa

from engine.training.run import Curve
from engine.training.sweeps import Outcome, Sweep
from playground.storage.schema import CELLS, SWEEPS
from playground.storage.store import Store


@dataclass(frozen=True)
class StoredSweep:
    """A sweep as the store has it. `done` is the number of its finished cells."""

    id: str
    visitor: str
    sweep: Sweep
    created_at: float
    cancelled: bool
    done: int

    @property
    def going(self) -> bool:
        """Whether cells are still to be trained."""
        return not self.cancelled and self.done < self.sweep.runs


@dataclass(frozen=True)
class SweepStore:
    """The sweeps of a store. If the database fails, every method raises StoreError."""

    store: Store

    def keep(self, visitor: str, sweep: Sweep) -> StoredSweep:
        """Store a new sweep, without finished cells."""
        id, now = secrets.token_urlsafe(9), time.time()
        row = {"id": id, "visitor": visitor, "spec": sweep.model_dump_json(), "runs": sweep.runs}
        self.store.write(SWEEPS.insert().values(**row, made=now, used=now, cancelled=False))
        return StoredSweep(id, visitor, sweep, now, False, 0)

    def find(self, id: str) -> StoredSweep | None:
        """Return the sweep with this id."""
        return next(iter(self._stored(_COUNTED.where(SWEEPS.c.id == id))), None)

    def of(self, visitor: str) -> list[StoredSweep]:
        """Return the sweeps of a visitor, the newest first."""
        return self._stored(_COUNTED.where(SWEEPS.c.visitor == visitor))

    def visitors(self) -> list[str]:
        """Return everyone who owns a sweep."""
        rows = self.store.rows(sa.select(SWEEPS.c.visitor).distinct())
        return [row["visitor"] for row in rows]

    def unfinished(self) -> list[StoredSweep]:
        """Return the sweeps with missing cells, the newest first."""
        return self._stored(_COUNTED.where(~SWEEPS.c.cancelled, SWEEPS.c.runs > _DONE))

    def missing(self, stored: StoredSweep) -> list[int]:
        """Return the numbers of the missing cells."""
        rows = self.store.rows(sa.select(CELLS.c.number).where(CELLS.c.sweep == stored.id))
        done = {row["number"] for row in rows}
        return [number for number in range(stored.sweep.runs) if number not in done]

    def keep_cell(self, id: str, number: int, outcome: Outcome) -> None:
        """Store the outcome of a cell, unless its sweep was deleted."""
        self.keep_cells(id, {number: outcome})

    def keep_cells(self, id: str, outcomes: Mapping[int, Outcome]) -> None:
        """Store the outcomes of several cells, unless their sweep was deleted."""
        stored = [self._keeping(id, number, outcome) for number, outcome in outcomes.items()]
        gone = CELLS.delete().where(CELLS.c.sweep == id, CELLS.c.number.in_(list(outcomes)))
        self.store.write(gone, *stored)

    @staticmethod
    def _keeping(id: str, number: int, outcome: Outcome) -> sa.Executable:
        values = {
            "train": _number(outcome.train), "test": _number(outcome.test),
            "step": outcome.step, "diverged": outcome.diverged, "state": outcome.state,
            "backend": outcome.backend, "curve": _bytes(outcome.curve),
        }  # fmt: skip
        columns = {"sweep": SWEEPS.c.id, "number": sa.literal(number)} | {
            name: sa.literal(value, CELLS.c[name].type) for name, value in values.items()
        }
        row = sa.select(*columns.values()).where(SWEEPS.c.id == id)
        return CELLS.insert().from_select(list(columns), row)

    def cells(self, id: str) -> dict[int, Outcome]:
        """Return the outcomes of the finished cells, by number, without their curves."""
        columns = [column for column in CELLS.c if column.name != "curve"]
        rows = self.store.rows(sa.select(*columns).where(CELLS.c.sweep == id))
        return {row["number"]: _outcome(row, Curve()) for row in rows}

    def cell(self, id: str, number: int) -> Outcome | None:
        """Return the outcome of a cell, with its curve; None if it is not finished."""
        where = (CELLS.c.sweep == id) & (CELLS.c.number == number)
        rows = self.store.rows(sa.select(CELLS).where(where))
        return _outcome(rows[0], _curve(rows[0]["curve"])) if rows else None

    def cancel(self, id: str) -> None:
        """Train no other cell of this sweep."""
        self.store.write(SWEEPS.update().where(SWEEPS.c.id == id).values(cancelled=True))

    def use(self, id: str) -> None:
        """Note that a sweep is used now."""
        self.store.write(SWEEPS.update().where(SWEEPS.c.id == id).values(used=time.time()))

    def forget(self, ids: Iterable[str]) -> None:
        """Delete sweeps with their cells."""
        these = tuple(ids)
        self.store.write(
            CELLS.delete().where(CELLS.c.sweep.in_(these)),
            SWEEPS.delete().where(SWEEPS.c.id.in_(these)),
        )

    def expire(self, before: float) -> list[str]:
        """Delete the sweeps that nobody has used since this time; return their ids."""
        rows = self.store.rows(sa.select(SWEEPS.c.id).where(SWEEPS.c.used < before))
        ids = [row["id"] for row in rows]
        self.forget(ids)
        return ids

    def _stored(self, query: sa.Select[Any]) -> list[StoredSweep]:
        return [
            StoredSweep(
                row["id"], row["visitor"], Sweep.model_validate_json(row["spec"]), row["made"],
                row["cancelled"], row["done"],
            )
            for row in self.store.rows(query.order_by(SWEEPS.c.made.desc()))
        ]  # fmt: skip


_DONE = (
    sa.select(sa.func.count()).where(CELLS.c.sweep == SWEEPS.c.id).correlate(SWEEPS)
).scalar_subquery()
_COUNTED = sa.select(SWEEPS, _DONE.label("done"))


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def _outcome(row: Mapping[str, Any], curve: Curve) -> Outcome:
    train, test = (float("nan") if row[name] is None else row[name] for name in ("train", "test"))
    return Outcome(
        train, test, curve, row["backend"], row["step"], row["diverged"], row["state"]
    )  # fmt: skip


def _bytes(curve: Curve) -> bytes:
    """Return a curve as doubles: the stride, the training losses, the test losses."""
    return np.concatenate([[curve.stride], curve.train, curve.test]).astype("<f8").tobytes()


def _curve(body: bytes) -> Curve:
    stride, *losses = np.frombuffer(body, "<f8").astype(np.float64)
    train, test = np.array(losses).reshape(2, -1)
    return Curve(int(stride), train, test)
