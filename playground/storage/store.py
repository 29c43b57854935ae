"""What must outlast a restart, in SQL: runs with their logs and snapshots, rooms, and long texts.

Only the modules of this folder use SQL. The database is SQLite in the data folder, or any other
by URL. Calls block. They run in threads of their own, so neither gevent's loop nor the training
waits for a disk. Only plain values and bytes go in and out.
"""

from __future__ import annotations

import hashlib
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

from playground.messages import storage as messages
from playground.storage.schema import COMMANDS, DATA, RUNS, SCHEMA, SNAPSHOTS, TEXTS
from playground.threads import call_catching

Result = TypeVar("Result")

BUSY_SECONDS = 1.0
"""Maximum time that a write waits for another process that writes, in seconds."""
THREADS = 2
USE_SECONDS = 3_600.0
"""Maximum error of the time at which a text was last used, in seconds."""

logger = logging.getLogger(__name__)


class StoreError(Exception):
    """The database failed. The message says why in words."""


@dataclass(frozen=True)
class RunUpdate:
    """What is new of a run since it was last saved. Nothing is saved of a run that was deleted
    meanwhile (it has no row and is not new), or that was saved under a later lease.
    """

    id: str
    columns: Mapping[str, Any]
    """The columns of its row that changed."""
    unchanged_commands: int = 0
    """How many commands at the beginning of the log are as before."""
    log: tuple[tuple[int, str], ...] | None = None
    """The commands after those, which replace the rest of the log; None if the log did not
    change.
    """
    snapshots: Mapping[int, bytes] = field(default_factory=dict)
    """New snapshots, by step."""
    steps: tuple[int, ...] | None = None
    """The steps of all snapshots; others are deleted. None if none is to be deleted."""
    is_new: bool = False

    @property
    def lease(self) -> int:
        """The number of the lease under which the run is saved."""
        return int(self.columns.get("lease", 0))


@dataclass(frozen=True)
class StoredRun:
    """A run as the store has it: its row, the commands of its log with their steps, the steps of
    its snapshots, and its samples.
    """

    row: Mapping[str, Any]
    log: tuple[tuple[int, str], ...]
    steps: tuple[int, ...]
    data: bytes


def digest_of(body: bytes) -> str:
    """Return the hash under which samples are kept."""
    return hashlib.sha256(body).hexdigest()


class Store:
    """One database. If it fails, every method raises StoreError, in words."""

    def __init__(self, url: str, threads: int = THREADS) -> None:
        self.url = url
        self._pool = ThreadPool(threads) if threads else None
        address = sa.make_url(url)
        if address.get_backend_name() == "sqlite":
            self._engine = sa.create_engine(address, connect_args={"timeout": BUSY_SECONDS})
            sa.event.listen(self._engine, "connect", _pragmas)
        else:
            arguments = {"connect_timeout": 2} if address.get_backend_name() == "postgresql" else {}
            self._engine = sa.create_engine(address, pool_pre_ping=True, connect_args=arguments)
        self.call(self._prepare)

    def call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return the function's result, computed in one of the store's threads; if it has none, in
        this thread.
        """
        if self._pool is None:
            result, error, _ = call_catching(function, arguments)
        else:
            result, error, _ = self._pool.apply(call_catching, (function, arguments))
        if isinstance(error, (sa.exc.SQLAlchemyError, OSError)):
            raise StoreError(_reason(error)) from error
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    def close(self) -> None:
        """End connections and threads."""
        self._engine.dispose()
        if self._pool is not None:
            self._pool.kill()

    def save(self, updates: Iterable[RunUpdate]) -> None:
        """Save all of these updates, or none."""
        self.call(self._save, tuple(updates))

    def keep_data(self, body: bytes) -> str:
        """Store the samples that a run began with; return their hash."""
        digest = digest_of(body)
        self.call(self._put, DATA, {"digest": digest}, {"body": body, "made": time.time()})
        return digest

    def find(self, id: str) -> StoredRun | None:
        """Return the run with this id."""
        return self.call(self._find, id)

    def snapshot(self, id: str, step: int) -> bytes | None:
        """Return the snapshot of a run at a step."""
        where = (SNAPSHOTS.c.run == id) & (SNAPSHOTS.c.step == step)
        body: bytes | None = self.call(self._scalar, sa.select(SNAPSHOTS.c.body).where(where))
        return body

    def snapshots(self, id: str, step: int) -> dict[int, bytes]:
        """Return all snapshots of a run up to a step."""
        where = (SNAPSHOTS.c.run == id) & (SNAPSHOTS.c.step <= step)
        rows = self.rows(sa.select(SNAPSHOTS.c.step, SNAPSHOTS.c.body).where(where))
        return {row["step"]: row["body"] for row in rows}

    def runs_of(self, visitor: str) -> list[Mapping[str, Any]]:
        """Return the rows of a visitor's runs, without their states, the last used first."""
        columns = [column for column in RUNS.c if column.name != "state"]
        where = sa.select(*columns).where(RUNS.c.visitor == visitor)
        return self.rows(where.order_by(RUNS.c.used.desc()))

    def visitors(self) -> list[str]:
        """Return everyone who owns a run."""
        rows = self.call(self._rows, sa.select(RUNS.c.visitor).distinct())
        return [row["visitor"] for row in rows]

    def count(self) -> int:
        """Return how many runs there are."""
        return int(self.call(self._scalar, sa.select(sa.func.count()).select_from(RUNS)))

    def last_lease(self) -> int:
        """Return the highest number of a lease under which a run was saved."""
        return int(self.call(self._scalar, sa.select(sa.func.max(RUNS.c.lease))) or 0)

    def change(self, id: str, **columns: Any) -> None:
        """Change columns of a run's row."""
        self.write(RUNS.update().where(RUNS.c.id == id).values(**columns))

    def forget(self, ids: Iterable[str]) -> None:
        """Delete runs with their logs and snapshots."""
        self.call(self._forget, tuple(ids))

    def expire(self, before: float, max_runs: int | None = None) -> list[str]:
        """Delete the runs without a name that nobody has used since this time, at most `max_runs`,
        the longest unused first, and samples that no run needs; return their ids.
        """
        return self.call(self._expire, before, max_runs)

    def keep_text(self, kind: str, text: str, max_texts: int) -> str:
        """Store a text under its hash; return the hash. If there are more than `max_texts` of a
        kind, the longest unused are deleted.
        """
        body = text.encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(body).hexdigest()[:32]
        self.call(self._keep_text, kind, digest, body, max_texts)
        return digest

    def find_text(self, kind: str, digest: str) -> str | None:
        """Return the text with this hash; None if it is not stored."""
        if not re.fullmatch("[0-9a-f]{32}", digest):
            return None
        where = (TEXTS.c.kind == kind) & (TEXTS.c.digest == digest)
        rows = self.rows(sa.select(TEXTS.c.body, TEXTS.c.used).where(where))
        if not rows:
            return None
        if time.time() - rows[0]["used"] > USE_SECONDS:
            with suppress(StoreError):  # a store that cannot be written to can still be read
                self.write(TEXTS.update().where(where).values(used=time.time()))
        return str(rows[0]["body"].decode("utf-8", "surrogatepass"))

    def put(self, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        """Give the row with this key these values; insert it if there is none."""
        self.call(self._put, table, key, values)

    def rows(self, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
        """Return the rows that a query finds."""
        return self.call(self._rows, query)

    def write(self, *statements: sa.Executable) -> None:
        """Execute all of these statements, or none."""
        self.call(self._execute, statements)

    def _prepare(self) -> None:
        if self._engine.dialect.name == "sqlite" and self._engine.url.database:
            Path(self._engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self._engine.begin() as connection:
            if _version(connection) == SCHEMA:
                return
        from playground.storage.migrations import upgrade

        upgrade(self._engine)

    def _save(self, updates: tuple[RunUpdate, ...]) -> None:
        with self._engine.begin() as connection:
            accepted = _put_rows(connection, updates)
            for update in accepted:
                if update.log is not None:
                    _put_log(connection, update.id, update.unchanged_commands, update.log)
            _put_snapshots(connection, accepted)

    def _put(self, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            _put(connection, table, key, values)

    def _find(self, id: str) -> StoredRun | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == id)).mappings().first()
            if row is None:
                return None
            log = sa.select(COMMANDS.c.step, COMMANDS.c.body).where(COMMANDS.c.run == id)
            commands = connection.execute(log.order_by(COMMANDS.c.number))
            steps = sa.select(SNAPSHOTS.c.step).where(SNAPSHOTS.c.run == id)
            data = sa.select(DATA.c.body).where(DATA.c.digest == row["data"])
            return StoredRun(
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

    def _expire(self, before: float, max_runs: int | None) -> list[str]:
        unused = sa.select(RUNS.c.id).where((RUNS.c.used < before) & ~RUNS.c.stays)
        with self._engine.connect() as connection:
            longest = unused.order_by(RUNS.c.used).limit(max_runs)
            ids = list(connection.execute(longest).scalars())
        self._forget(tuple(ids))
        needed = sa.select(RUNS.c.data)
        self._execute([DATA.delete().where(DATA.c.digest.not_in(needed), DATA.c.made < before)])
        return ids

    def _keep_text(self, kind: str, digest: str, body: bytes, max_texts: int) -> None:
        last = sa.select(TEXTS.c.digest).where(TEXTS.c.kind == kind)
        last = last.order_by(TEXTS.c.used.desc()).limit(max_texts)
        with self._engine.begin() as connection:
            key = {"kind": kind, "digest": digest}
            _put(connection, TEXTS, key, {"body": body, "used": time.time()})
            connection.execute(
                TEXTS.delete().where((TEXTS.c.kind == kind) & TEXTS.c.digest.not_in(last))
            )


def _put(
    connection: Connection, table: sa.Table, key: dict[str, Any], values: dict[str, Any]
) -> None:
    """Give the row with this key these values; insert it if there is none."""
    where = sa.and_(*(table.c[name] == value for name, value in key.items()))
    if not connection.execute(table.update().where(where).values(**values)).rowcount:
        connection.execute(table.insert().values(**key, **values))


def _put_rows(connection: Connection, updates: Sequence[RunUpdate]) -> list[RunUpdate]:
    """Write the rows; return the updates that were accepted: their run exists, and no later lease
    has saved it.
    """
    ours = (RUNS.c.id == sa.bindparam("run")) & (RUNS.c.lease <= sa.bindparam("under"))
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for update in updates:
        row = {**update.columns, "run": update.id, "under": update.lease}
        alike.setdefault(frozenset(row), []).append(row)
    for rows in alike.values():
        connection.execute(RUNS.update().where(ours), rows)
    ids = [update.id for update in updates]
    present = sa.select(RUNS.c.id, RUNS.c.lease).where(RUNS.c.id.in_(ids))
    leases = {row.id: row.lease for row in connection.execute(present)}
    accepted = []
    for update in updates:
        if update.is_new and update.id not in leases:
            connection.execute(RUNS.insert().values(id=update.id, **update.columns))
            leases[update.id] = update.lease
        if leases.get(update.id) == update.lease:
            accepted.append(update)
    return accepted


def _put_log(
    connection: Connection, run: str, unchanged: int, log: tuple[tuple[int, str], ...]
) -> None:
    rest = (COMMANDS.c.run == run) & (COMMANDS.c.number >= unchanged)
    connection.execute(COMMANDS.delete().where(rest))
    if log:
        rows = [
            {"run": run, "number": unchanged + i, "step": step, "body": body}
            for i, (step, body) in enumerate(log)
        ]
        connection.execute(COMMANDS.insert(), rows)


def _put_snapshots(connection: Connection, updates: Sequence[RunUpdate]) -> None:
    for update in updates:
        if update.steps is not None:
            stale = (SNAPSHOTS.c.run == update.id) & SNAPSHOTS.c.step.not_in(update.steps)
            connection.execute(SNAPSHOTS.delete().where(stale))
    rows = [
        {"run": update.id, "step": step, "body": body}
        for update in updates
        for step, body in update.snapshots.items()
    ]
    if rows:
        same = (SNAPSHOTS.c.run == sa.bindparam("of")) & (SNAPSHOTS.c.step == sa.bindparam("at"))
        keys = [{"of": row["run"], "at": row["step"]} for row in rows]
        connection.execute(SNAPSHOTS.delete().where(same), keys)
        connection.execute(SNAPSHOTS.insert(), rows)


def _version(connection: Connection) -> str | None:
    """Return the version of the database's schema, from Alembic's own table."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
    return version.scalar_one_or_none()


def _pragmas(connection: Any, _record: object) -> None:
    """Let SQLite write ahead: readers never wait, and a killed process loses nothing that was
    committed.
    """
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _reason(error: Exception) -> str:
    """Return what went wrong, in a few words of the database. The words of a database server name
    hosts and users: only the log gets them.
    """
    cause = getattr(error, "orig", None) or error
    if not isinstance(cause, (OSError, sqlite3.Error)):
        logger.warning("%s", cause)
        return messages.DATABASE_DOWN
    return str(cause).strip().splitlines()[0][:200] if str(cause).strip() else type(cause).__name__
