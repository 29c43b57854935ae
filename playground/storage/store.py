"""What must outlast a restart, in SQL: runs with their logs and snapshots, rooms, and long texts.

The only module that speaks SQL, beside `sweepstore`. SQLite in the data folder by default, any
database by URL. Calls block; they run in threads of their own, so that neither gevent's loop nor
the training waits for a disk. Only plain values and bytes go in and out.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from gevent.threadpool import ThreadPool
from sqlalchemy.engine import Connection

from playground.storage.schema import COMMANDS, DATA, ROOMS, RUNS, SCHEMA, SNAPSHOTS, TEXTS
from playground.threads import call_catching

Result = TypeVar("Result")

BUSY_SECONDS = 1.0
"""How long a write waits for another process that writes."""
THREADS = 2
USED_SECONDS = 3_600.0
"""So old may it be when a text was used, as it is known."""

logger = logging.getLogger(__name__)


class StoreError(Exception):
    """The database could not do what was asked of it; says why in words."""


@dataclass(frozen=True)
class Saving:
    """What is new of a run since it was saved last; nothing is saved of one that was deleted
    meanwhile, which has no row and is not `new`, nor of one that was saved under a later lease.

    `columns` are those of its row that changed; `log` the commands from number `logged` on, what
    stood there and after it is forgotten; `snapshots` the new ones by step, `kept` the steps of all
    that are to be there. Without `log` that is as it was, and without `kept` no snapshot goes.
    """

    id: str
    columns: Mapping[str, Any]
    logged: int = 0
    log: tuple[tuple[int, str], ...] | None = None
    snapshots: Mapping[int, bytes] = field(default_factory=dict)
    kept: tuple[int, ...] | None = None
    new: bool = False

    @property
    def lease(self) -> int:
        """The number of the lease under which it is saved."""
        return int(self.columns.get("lease", 0))


@dataclass(frozen=True)
class Kept:
    """A run as it is kept: its row, the commands of its log with their steps, the steps of its
    snapshots, and its data.
    """

    row: Mapping[str, Any]
    log: tuple[tuple[int, str], ...]
    steps: tuple[int, ...]
    data: bytes


def digest_of(body: bytes) -> str:
    """Return the hash under which samples are kept."""
    return hashlib.sha256(body).hexdigest()


class Store:
    """One database. What it raises is StoreError, in words."""

    def __init__(self, url: str, threads: int = THREADS) -> None:
        self.url = url
        self._pool = ThreadPool(threads) if threads else None
        made = sa.make_url(url)
        if made.get_backend_name() == "sqlite":
            self._engine = sa.create_engine(made, connect_args={"timeout": BUSY_SECONDS})
            sa.event.listen(self._engine, "connect", _pragmas)
        else:
            arguments = {"connect_timeout": 2} if made.get_backend_name() == "postgresql" else {}
            self._engine = sa.create_engine(made, pool_pre_ping=True, connect_args=arguments)
        self.call(self._prepare)

    def call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """The function's result, worked out in one of the store's threads; where it has none, in
        the thread that asks.
        """
        if self._pool is None:
            result, error, _ = call_catching(function, arguments)
        else:
            result, error, _ = self._pool.apply(call_catching, (function, arguments))
        if isinstance(error, (sa.exc.SQLAlchemyError, OSError)):
            raise StoreError(_said(error)) from error
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    def close(self) -> None:
        """Let connections and threads go."""
        self._engine.dispose()
        if self._pool is not None:
            self._pool.kill()

    def save(self, savings: Iterable[Saving]) -> None:
        """All of these, or none."""
        self.call(self._save, tuple(savings))

    def keep_data(self, body: bytes) -> str:
        """Keep the samples that a run began with; returns their hash."""
        digest = digest_of(body)
        self.call(self._put, DATA, {"digest": digest}, {"body": body, "made": time.time()})
        return digest

    def find(self, id: str) -> Kept | None:
        """The run of this id."""
        return self.call(self._find, id)

    def snapshot(self, id: str, step: int) -> bytes | None:
        """The snapshot of a run at a step."""
        where = (SNAPSHOTS.c.run == id) & (SNAPSHOTS.c.step == step)
        body: bytes | None = self.call(self._scalar, sa.select(SNAPSHOTS.c.body).where(where))
        return body

    def snapshots(self, id: str, step: int) -> dict[int, bytes]:
        """All snapshots of a run up to a step."""
        where = (SNAPSHOTS.c.run == id) & (SNAPSHOTS.c.step <= step)
        rows = self.rows(sa.select(SNAPSHOTS.c.step, SNAPSHOTS.c.body).where(where))
        return {row["step"]: row["body"] for row in rows}

    def runs_of(self, visitor: str) -> list[Mapping[str, Any]]:
        """The rows of a visitor's runs, without their states, the last used first."""
        columns = [column for column in RUNS.c if column.name != "state"]
        where = sa.select(*columns).where(RUNS.c.visitor == visitor)
        return self.rows(where.order_by(RUNS.c.used.desc()))

    def visitors(self) -> list[str]:
        """Whose runs there are."""
        rows = self.call(self._rows, sa.select(RUNS.c.visitor).distinct())
        return [row["visitor"] for row in rows]

    def count(self) -> int:
        """How many runs there are."""
        return int(self.call(self._scalar, sa.select(sa.func.count()).select_from(RUNS)))

    def last_lease(self) -> int:
        """Return the highest number of a lease under which a run was saved."""
        return int(self.call(self._scalar, sa.select(sa.func.max(RUNS.c.lease))) or 0)

    def change(self, id: str, **columns: Any) -> None:
        """Other values in a run's row."""
        self.write(RUNS.update().where(RUNS.c.id == id).values(**columns))

    def forget(self, ids: Iterable[str]) -> None:
        """Delete runs, with all that is theirs."""
        self.call(self._forget, tuple(ids))

    def expire(self, before: float, most: int | None = None) -> list[str]:
        """Delete the runs that nobody used since then, except those that are to stay, and data
        that no run needs; returns their ids. At most so many go, the longest unused first.
        """
        return self.call(self._expire, before, most)

    def keep_text(self, kind: str, text: str, most: int) -> str:
        """Keep a text under its hash, which is returned; beyond `most` of a kind the longest unused
        go.
        """
        body = text.encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(body).hexdigest()[:32]
        self.call(self._keep_text, kind, digest, body, most)
        return digest

    def find_text(self, kind: str, digest: str) -> str | None:
        """The text with this hash, None where it is not kept."""
        if not re.fullmatch("[0-9a-f]{32}", digest):
            return None
        where = (TEXTS.c.kind == kind) & (TEXTS.c.digest == digest)
        rows = self.rows(sa.select(TEXTS.c.body, TEXTS.c.used).where(where))
        if not rows:
            return None
        if time.time() - rows[0]["used"] > USED_SECONDS:
            with suppress(StoreError):  # where nothing can be written it is still read
                self.write(TEXTS.update().where(where).values(used=time.time()))
        return str(rows[0]["body"].decode("utf-8", "surrogatepass"))

    def keep_room(self, code: str, room: Mapping[str, Any] | None) -> None:
        """Keep a room as it is, or, with None, forget it."""
        if room is None:
            self.write(ROOMS.delete().where(ROOMS.c.code == code))
        else:
            body = {"body": json.dumps(room), "used": time.time()}
            self.call(self._put, ROOMS, {"code": code}, body)

    def rooms(self) -> list[tuple[str, dict[str, Any]]]:
        """Every room that is kept, with its code."""
        rows = self.rows(sa.select(ROOMS.c.code, ROOMS.c.body))
        return [(row["code"], json.loads(row["body"])) for row in rows]

    def rows(self, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
        """The rows that a query finds."""
        return self.call(self._rows, query)

    def write(self, *statements: sa.Executable) -> None:
        """All of these, or none."""
        self.call(self._execute, statements)

    def _prepare(self) -> None:
        if self._engine.dialect.name == "sqlite" and self._engine.url.database:
            Path(self._engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self._engine.begin() as connection:
            if _version(connection) == SCHEMA:
                return
        from playground.storage.migrations import upgrade

        upgrade(self._engine)

    def _save(self, savings: tuple[Saving, ...]) -> None:
        with self._engine.begin() as connection:
            taken = _put_rows(connection, savings)
            for saving in taken:
                if saving.log is not None:
                    _put_log(connection, saving.id, saving.logged, saving.log)
            _put_snapshots(connection, taken)

    def _put(self, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            _put(connection, table, key, values)

    def _find(self, id: str) -> Kept | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == id)).mappings().first()
            if row is None:
                return None
            log = sa.select(COMMANDS.c.step, COMMANDS.c.body).where(COMMANDS.c.run == id)
            commands = connection.execute(log.order_by(COMMANDS.c.number))
            steps = sa.select(SNAPSHOTS.c.step).where(SNAPSHOTS.c.run == id)
            data = sa.select(DATA.c.body).where(DATA.c.digest == row["data"])
            return Kept(
                dict(row),
                tuple((at, body) for at, body in commands),
                tuple(connection.execute(steps.order_by(SNAPSHOTS.c.step)).scalars()),
                connection.execute(data).scalar_one(),
            )

    def _rows(self, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _scalar(self, query: sa.Select[Any]) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _execute(self, statements: Iterable[sa.Executable]) -> None:
        with self._engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)

    def _forget(self, ids: tuple[str, ...]) -> None:
        with self._engine.begin() as connection:
            for table, column in ((COMMANDS, "run"), (SNAPSHOTS, "run"), (RUNS, "id")):
                connection.execute(table.delete().where(table.c[column].in_(ids)))

    def _expire(self, before: float, most: int | None) -> list[str]:
        unused = sa.select(RUNS.c.id).where((RUNS.c.used < before) & ~RUNS.c.stays)
        with self._engine.connect() as connection:
            longest = unused.order_by(RUNS.c.used).limit(most)
            ids = list(connection.execute(longest).scalars())
        self._forget(tuple(ids))
        needed = sa.select(RUNS.c.data)
        self._execute([DATA.delete().where(DATA.c.digest.not_in(needed), DATA.c.made < before)])
        return ids

    def _keep_text(self, kind: str, digest: str, body: bytes, most: int) -> None:
        last = sa.select(TEXTS.c.digest).where(TEXTS.c.kind == kind)
        last = last.order_by(TEXTS.c.used.desc()).limit(most)
        with self._engine.begin() as connection:
            key = {"kind": kind, "digest": digest}
            _put(connection, TEXTS, key, {"body": body, "used": time.time()})
            connection.execute(
                TEXTS.delete().where((TEXTS.c.kind == kind) & TEXTS.c.digest.not_in(last))
            )


def _put(
    connection: Connection, table: sa.Table, key: dict[str, Any], values: dict[str, Any]
) -> None:
    """The row with this key has these values, whether it was there or not."""
    where = sa.and_(*(table.c[name] == value for name, value in key.items()))
    if not connection.execute(table.update().where(where).values(**values)).rowcount:
        connection.execute(table.insert().values(**key, **values))


def _put_rows(connection: Connection, savings: Sequence[Saving]) -> list[Saving]:
    """Those of which there is a row now under their own lease."""
    ours = (RUNS.c.id == sa.bindparam("run")) & (RUNS.c.lease <= sa.bindparam("under"))
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for saving in savings:
        row = {**saving.columns, "run": saving.id, "under": saving.lease}
        alike.setdefault(frozenset(row), []).append(row)
    for rows in alike.values():
        connection.execute(RUNS.update().where(ours), rows)
    there = sa.select(RUNS.c.id, RUNS.c.lease).where(RUNS.c.id.in_([each.id for each in savings]))
    leases = {row.id: row.lease for row in connection.execute(there)}
    taken = []
    for saving in savings:
        if saving.new and saving.id not in leases:
            connection.execute(RUNS.insert().values(id=saving.id, **saving.columns))
            leases[saving.id] = saving.lease
        if leases.get(saving.id) == saving.lease:
            taken.append(saving)
    return taken


def _put_log(
    connection: Connection, run: str, logged: int, log: tuple[tuple[int, str], ...]
) -> None:
    beyond = (COMMANDS.c.run == run) & (COMMANDS.c.number >= logged)
    connection.execute(COMMANDS.delete().where(beyond))
    if log:
        rows = [
            {"run": run, "number": logged + i, "step": step, "body": body}
            for i, (step, body) in enumerate(log)
        ]
        connection.execute(COMMANDS.insert(), rows)


def _put_snapshots(connection: Connection, savings: Sequence[Saving]) -> None:
    for saving in savings:
        if saving.kept is not None:
            stale = (SNAPSHOTS.c.run == saving.id) & SNAPSHOTS.c.step.not_in(saving.kept)
            connection.execute(SNAPSHOTS.delete().where(stale))
    rows = [
        {"run": saving.id, "step": step, "body": body}
        for saving in savings
        for step, body in saving.snapshots.items()
    ]
    if rows:
        same = (SNAPSHOTS.c.run == sa.bindparam("of")) & (SNAPSHOTS.c.step == sa.bindparam("at"))
        keys = [{"of": row["run"], "at": row["step"]} for row in rows]
        connection.execute(SNAPSHOTS.delete().where(same), keys)
        connection.execute(SNAPSHOTS.insert(), rows)


def _version(connection: Connection) -> str | None:
    """The version of the schema that is there, by Alembic's own table."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
    return version.scalar_one_or_none()


def _pragmas(connection: Any, _record: object) -> None:
    """SQLite writes ahead (readers never wait; a killed process loses nothing that was
    committed).
    """
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _said(error: Exception) -> str:
    """What went wrong, in a few words of the database; of a server's, which names hosts and users,
    only the log is told.
    """
    cause = getattr(error, "orig", None) or error
    if not isinstance(cause, (OSError, sqlite3.Error)):
        logger.warning("%s", cause)
        return "the database does not answer"
    return str(cause).strip().splitlines()[0][:200] if str(cause).strip() else type(cause).__name__
