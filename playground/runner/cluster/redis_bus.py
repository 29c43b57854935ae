"""What web processes and workers tell each other of runs, through Redis.

Of each run that was used of late Redis holds the whole (how it began, and its log), the tip (how
far it has come), whether it plays, and what its pages look at. Whoever changes a run holds its
lease, for two seconds at a time: a process that dies holds nothing for longer. A lease is numbered
by Redis' clock, so that what an earlier holder still writes is known to be old, in Redis and in the
store.

Calls block. They raise UnreachableError, in words, and LostError where the lease is another's.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from playground.runner.errors import UnreachableError
from playground.runner.live_run import MOST_VIEWS

LEASE_MS = 2_000
WATCHED_MS = 2_500
ASKS_MS = 500
QUEUED_MS = 1_500
"""How long a task may lie in the queue before another is put there."""
KEPT_SECONDS = 3_600
"""How long Redis holds a run after it was used last."""
WAIT_SECONDS = 5.0
POLL_SECONDS = 0.003
SOCKET_SECONDS = 2.0
CHANNEL = "playground:run:"

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

PUBLISH = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return {-1, '', 0, 0} end
redis.call('pexpire', KEYS[1], ARGV[2])
redis.call('set', KEYS[2], ARGV[3], 'EX', ARGV[4])
redis.call('publish', KEYS[6], 't' .. ARGV[3])
return {redis.call('exists', KEYS[3]), redis.call('get', KEYS[4]) or '',
        redis.call('exists', KEYS[5]), redis.call('exists', KEYS[7])}
"""
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class LostError(Exception):
    """The lease is no longer ours."""


@dataclass(frozen=True)
class Lease:
    """The right to change a run; a later one has a higher number."""

    run: str
    token: str
    number: int


@dataclass(frozen=True)
class Told:
    """What a holder is told with each moment that it publishes."""

    asked: bool
    """Somebody else wants to change the run."""
    speed: str
    """At which it is to play; empty where it is not."""
    watched: bool
    touched: bool
    """Somebody did something with it of late."""


class Exchange:
    """One Redis; of what nobody did anything with for `idle` seconds that is said."""

    def __init__(self, url: str, idle: float) -> None:
        self._idle_ms = int(1000 * idle)
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=1.0,
            retry=Retry(NoBackoff(), 1),
        )  # fmt: skip
        self._publish = self._redis.register_script(PUBLISH)
        self._release = self._redis.register_script(RELEASE)

    def boot(self) -> str:
        """The same for all processes, for as long as Redis has it."""
        self._call(lambda: self._redis.set("playground:boot", secrets.token_urlsafe(6), nx=True))
        return str(self._call(lambda: self._redis.get("playground:boot")).decode())

    def take(self, run: str) -> Lease | None:
        """The lease of a run, if nobody has it."""

        def work() -> Lease | None:
            seconds, micros = self._redis.time()
            lease = Lease(run, secrets.token_urlsafe(9), seconds * 1_000_000 + micros)
            taken = self._redis.set(_key(run, "lease"), lease.token, nx=True, px=LEASE_MS)
            return lease if taken else None

        return self._call(work)

    @contextmanager
    def lease(self, run: str) -> Iterator[Lease]:
        """The lease of a run, waited for: who has it is asked to give it away after its slice."""
        asks, until = _key(run, "asks"), time.monotonic() + WAIT_SECONDS
        lease = self.take(run)
        while lease is None:
            if time.monotonic() > until:
                raise UnreachableError("the run is held by another process")
            self._call(lambda: self._redis.set(asks, 1, px=ASKS_MS))
            time.sleep(POLL_SECONDS)
            lease = self.take(run)
            if lease is not None:
                self._call(lambda: self._redis.delete(asks))
        try:
            yield lease
        finally:
            self.release(lease)

    def release(self, lease: Lease) -> None:
        """Give the run free."""
        self._call(lambda: self._release([_key(lease.run, "lease")], [lease.token]))

    def publish(self, lease: Lease, tip: bytes) -> Told:
        """Tell all how far a run has come, and hold it on. Raises LostError."""
        run = lease.run
        keys = [_key(run, each) for each in ("lease", "tip", "asks", "plays", "watched")]
        keys += [CHANNEL + run, _key(run, "touched")]
        asked, speed, watched, touched = self._call(
            lambda: self._publish(keys, [lease.token, LEASE_MS, tip, KEPT_SECONDS])
        )
        if asked < 0:
            raise LostError(run)
        return Told(asked > 0, speed.decode(), bool(watched), bool(touched))

    def asked(self, run: str) -> bool:
        """Whether somebody wants to change the run."""
        return bool(self._call(lambda: self._redis.exists(_key(run, "asks"))))

    def put(self, run: str, whole: bytes) -> None:
        """Hold how a run began, and its log."""
        self._call(lambda: self._redis.set(_key(run, "whole"), whole, ex=KEPT_SECONDS))

    def put_data(self, digest: str, data: bytes) -> None:
        """Hold samples under their hash."""
        self._call(lambda: self._redis.set(f"playground:data:{digest}", data, ex=KEPT_SECONDS))

    def state(self, run: str) -> tuple[bytes | None, str]:
        """The tip, and the speed at which it plays."""
        tip, speed = self._call(lambda: self._redis.mget(_key(run, "tip"), _key(run, "plays")))
        return tip, (speed or b"").decode()

    def touch(self, run: str) -> tuple[bytes | None, str, dict[str, bytes]]:
        """The same, and what its pages look at, for somebody who does something with it."""

        def work() -> tuple[bytes | None, str, dict[str, bytes]]:
            with self._redis.pipeline() as pipe:
                pipe.get(_key(run, "tip")).get(_key(run, "plays")).hgetall(_key(run, "views"))
                pipe.set(_key(run, "touched"), 1, px=self._idle_ms)
                tip, speed, seen, _ = pipe.execute()
            return tip, (speed or b"").decode(), {k.decode(): v for k, v in seen.items()}

        return self._call(work)

    def whole(self, run: str) -> bytes | None:
        """How a run began, and its log."""
        body: bytes | None = self._call(lambda: self._redis.get(_key(run, "whole")))
        return body

    def data(self, digest: str) -> bytes | None:
        """The samples of this hash."""
        body: bytes | None = self._call(lambda: self._redis.get(f"playground:data:{digest}"))
        return body

    def play(self, run: str, speed: str, watched_ms: int) -> None:
        """Let a run play, for as long as it is watched."""

        def work() -> None:
            with self._redis.pipeline() as pipe:
                pipe.set(_key(run, "plays"), speed, ex=KEPT_SECONDS)
                pipe.set(_key(run, "watched"), 1, px=watched_ms)
                pipe.set(_key(run, "touched"), 1, px=self._idle_ms)
                pipe.execute()

        self._call(work)

    def expect(self, run: str, milliseconds: int) -> None:
        """Somebody will watch the run soon."""
        self._call(lambda: self._redis.set(_key(run, "watched"), 1, px=milliseconds))

    def stand(self, run: str) -> None:
        """Let a run play no more."""
        self._call(lambda: self._redis.delete(_key(run, "plays")))

    def look(self, run: str, token: str, view: bytes) -> None:
        """Tell what a page looks at."""
        views = _key(run, "views")

        def work() -> None:
            with self._redis.pipeline() as pipe:
                if self._redis.hlen(views) >= MOST_VIEWS:  # of pages that are long gone, nearly all
                    pipe.delete(views)
                pipe.hset(views, token, view).expire(views, KEPT_SECONDS)
                told = token.encode() + b"\n" + view
                pipe.publish(CHANNEL + run, b"v" + told)
                pipe.execute()

        self._call(work)

    def idle(self, runs: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
        """Of these runs, all of which played when last heard of and are watched: those that nobody
        trains and that nobody was asked to train, for which whoever calls asks; those that stand;
        and those of which Redis knows nothing any more.
        """
        ids = list(runs)

        def work() -> tuple[list[str], list[str], list[str]]:
            with self._redis.pipeline() as pipe:
                for run in ids:
                    pipe.set(_key(run, "watched"), 1, px=WATCHED_MS)
                    pipe.exists(_key(run, "lease"))
                    pipe.exists(_key(run, "plays"))
                    pipe.exists(_key(run, "tip"), _key(run, "whole"))
                answers = pipe.execute()
            free, stand, lost = [], [], []
            for i, run in enumerate(ids):
                held, plays, known = answers[4 * i + 1 : 4 * i + 4]
                if known < 2:
                    lost.append(run)
                elif not plays:
                    stand.append(run)
                elif not held and self.queue(run):
                    free.append(run)
            return free, stand, lost

        return self._call(work)

    def queue(self, run: str) -> bool:
        """Whether a task for the run is to be put into the queue now: there is none of late."""
        key = _key(run, "queued")
        return bool(self._call(lambda: self._redis.set(key, 1, nx=True, px=QUEUED_MS)))

    def unqueue(self, run: str) -> None:
        """The task has come."""
        self._call(lambda: self._redis.delete(_key(run, "queued")))

    def forget(self, run: str) -> None:
        """Hold nothing more of a run."""
        names = ("whole", "tip", "plays", "watched", "touched", "views")
        self._call(lambda: self._redis.delete(*(_key(run, each) for each in names)))

    def listen(self) -> Any:
        """A subscription to what is published."""
        return self._redis.pubsub(ignore_subscribe_messages=True)

    def call(self, function: Callable[[Any], Result]) -> Result:
        """What another part asks of the same Redis."""
        return self._call(lambda: function(self._redis))

    def _call(self, function: Callable[[], Result]) -> Result:
        try:
            return function()
        except (redis.RedisError, OperationalError, OSError) as error:
            logger.warning("Redis: %s", error)
            raise UnreachableError("Redis does not answer") from error


def _key(run: str, what: str) -> str:
    return f"playground:run:{run}:{what}"
