"""Sweeps in SQL, with the cells that are done: plain values in and out, through the store's
threads.

Whoever trains cells, here or in a worker, needs no more than this: a sweep by its id, the numbers
that are missing, and a place for what came of one. Keeping a cell twice keeps it once.
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
class KeptSweep:
    """A sweep as it is kept; `done` is how many of its cells are."""

    id: str
    visitor: str
    sweep: Sweep
    made: float
    cancelled: bool
    done: int

    @property
    def going(self) -> bool:
        """Whether cells are still to be trained."""
        return not self.cancelled and self.done < self.sweep.runs


@dataclass(frozen=True)
class SweepStore:
    """The sweeps of a store. What it raises is StoreError."""

    store: Store

    def keep(self, visitor: str, sweep: Sweep) -> KeptSweep:
        """A new sweep, of which no cell is done."""
        id, now = secrets.token_urlsafe(9), time.time()
        row = {"id": id, "visitor": visitor, "spec": sweep.model_dump_json(), "runs": sweep.runs}
        self.store.write(SWEEPS.insert().values(**row, made=now, used=now, cancelled=False))
        return KeptSweep(id, visitor, sweep, now, False, 0)

    def find(self, id: str) -> KeptSweep | None:
        """The sweep of this id."""
        return next(iter(self._kept(_COUNTED.where(SWEEPS.c.id == id))), None)

    def of(self, visitor: str) -> list[KeptSweep]:
        """The sweeps of a visitor, the newest first."""
        return self._kept(_COUNTED.where(SWEEPS.c.visitor == visitor))

    def visitors(self) -> list[str]:
        """Whose sweeps there are."""
        rows = self.store.rows(sa.select(SWEEPS.c.visitor).distinct())
        return [row["visitor"] for row in rows]

    def unfinished(self) -> list[KeptSweep]:
        """The sweeps with cells that are still to be trained, the newest first."""
        return self._kept(_COUNTED.where(~SWEEPS.c.cancelled, SWEEPS.c.runs > _DONE))

    def missing(self, kept: KeptSweep) -> list[int]:
        """The numbers of the cells that are not done."""
        rows = self.store.rows(sa.select(CELLS.c.number).where(CELLS.c.sweep == kept.id))
        done = {row["number"] for row in rows}
        return [number for number in range(kept.sweep.runs) if number not in done]

    def keep_cell(self, id: str, number: int, outcome: Outcome) -> None:
        """Keep what came of a cell, unless its sweep is gone."""
        self.keep_cells(id, {number: outcome})

    def keep_cells(self, id: str, outcomes: Mapping[int, Outcome]) -> None:
        """The same of several."""
        kept = [self._keeping(id, number, each) for number, each in outcomes.items()]
        gone = CELLS.delete().where(CELLS.c.sweep == id, CELLS.c.number.in_(list(outcomes)))
        self.store.write(gone, *kept)

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
        """What came of the cells that are done, by their numbers, without their curves."""
        columns = [column for column in CELLS.c if column.name != "curve"]
        rows = self.store.rows(sa.select(*columns).where(CELLS.c.sweep == id))
        return {row["number"]: _outcome(row, Curve()) for row in rows}

    def cell(self, id: str, number: int) -> Outcome | None:
        """What came of a cell, with its curve; None while it is not done."""
        where = (CELLS.c.sweep == id) & (CELLS.c.number == number)
        rows = self.store.rows(sa.select(CELLS).where(where))
        return _outcome(rows[0], _curve(rows[0]["curve"])) if rows else None

    def cancel(self, id: str) -> None:
        """No other cells of this sweep are to be trained."""
        self.store.write(SWEEPS.update().where(SWEEPS.c.id == id).values(cancelled=True))

    def use(self, id: str) -> None:
        """It is used now, which expiry counts from."""
        self.store.write(SWEEPS.update().where(SWEEPS.c.id == id).values(used=time.time()))

    def forget(self, ids: Iterable[str]) -> None:
        """Delete sweeps with their cells."""
        these = tuple(ids)
        self.store.write(
            CELLS.delete().where(CELLS.c.sweep.in_(these)),
            SWEEPS.delete().where(SWEEPS.c.id.in_(these)),
        )

    def expire(self, before: float) -> list[str]:
        """Delete the sweeps that nobody used since then; returns their ids."""
        rows = self.store.rows(sa.select(SWEEPS.c.id).where(SWEEPS.c.used < before))
        ids = [row["id"] for row in rows]
        self.forget(ids)
        return ids

    def _kept(self, query: sa.Select[Any]) -> list[KeptSweep]:
        return [
            KeptSweep(
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
    """The stride, then the losses of the training and of the test samples, as doubles."""
    return np.concatenate([[curve.stride], curve.train, curve.test]).astype("<f8").tobytes()


def _curve(body: bytes) -> Curve:
    stride, *losses = np.frombuffer(body, "<f8").astype(np.float64)
    train, test = np.array(losses).reshape(2, -1)
    return Curve(int(stride), train, test)
