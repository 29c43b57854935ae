"""What web processes and workers tell each other about runs, through Redis.

For each run that was used lately Redis holds its definition (how it began, and its log), its
progress (how far it has come), whether it plays, and what its pages look at. A process that
changes a run holds its lease, two seconds at a time: a process that dies holds nothing for longer.
Leases are numbered, so that Redis and the store recognise what the holder of an earlier lease
still writes.

Calls block. They raise UnreachableError, in words, and LeaseLostError if another process has the
lease now.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playground.clock import Clock
from playground.messages import runs as messages
from playground.runner.audience import MAX_VIEWS
from playground.runner.cluster.redis_bus import RedisBus
from playground.runner.errors import UnreachableError

LEASE_MS = 2_000
"""How long a lease lasts if it is not renewed, in milliseconds."""
WATCHED_MS = 2_500
"""How long a run counts as watched after a web process has said so, in milliseconds."""
REQUEST_MS = 500
"""How long a request for a lease lasts, in milliseconds."""
QUEUED_MS = 1_500
"""How long a task may lie in the queue before another is put there, in milliseconds."""
KEEP_SECONDS = 3_600
"""How long Redis keeps a run after its last use, in seconds."""
WAIT_SECONDS = 5.0
"""Maximum time to wait for a lease, in seconds."""
POLL_SECONDS = 0.003
"""Seconds between two attempts to get a lease."""
CHANNEL = "playground:run:"
"""The channels of runs begin with this; the id follows."""
LEASE_NUMBER = "playground:lease-number"
"""The key of the number of the last lease."""

TAKE = """
if not redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local number = redis.call('incr', KEYS[2])
if number == 1 then
  local now = redis.call('time')
  redis.call('set', KEYS[2], now[1] .. string.format('%06d', now[2]))
  number = redis.call('incr', KEYS[2])
end
return number
"""
"""Takes a lease and numbers it. The count begins at Redis' clock, in microseconds, so that a Redis
that lost its data begins above the numbers that the store has; from then on it only rises.
"""
PUBLISH = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return {-1, '', 0, 0} end
redis.call('pexpire', KEYS[1], ARGV[2])
redis.call('set', KEYS[2], ARGV[3], 'EX', ARGV[4])
redis.call('publish', KEYS[6], 'p' .. ARGV[3])
return {redis.call('exists', KEYS[3]), redis.call('get', KEYS[4]) or '',
        redis.call('exists', KEYS[5], KEYS[8]), redis.call('exists', KEYS[7])}
"""
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


class LeaseLostError(Exception):
    """Another process has the lease now."""


@dataclass(frozen=True)
class Lease:
    """The right to change a run. A later lease has a higher number."""

    run: str
    token: str
    number: int


@dataclass(frozen=True)
class LeaseStatus:
    """What the holder of a lease learns each time that it publishes progress."""

    is_requested: bool
    """Another process wants to change the run."""
    speed: str
    """The speed at which the run is to play; empty if it is not to play."""
    is_watched: bool
    is_touched: bool
    """A person did something with the run lately."""


@dataclass(frozen=True)
class RunState:
    """What Redis has of a run, as bytes; what it does not have is None or empty."""

    progress: bytes | None
    speed: str
    """The speed at which it plays; empty if it does not play."""
    snapshot_steps: tuple[int, ...] | None = None
    """The steps of the snapshots that workers have saved; None if no worker has saved any."""
    views: dict[str, bytes] | None = None


@dataclass(frozen=True)
class IdleRuns:
    """Runs that should play and that nobody trains, by what is to be done about them."""

    untrained: tuple[str, ...] = ()
    """Ask a worker to train these."""
    paused: tuple[str, ...] = ()
    """These were paused elsewhere."""
    lost: tuple[str, ...] = ()
    """Redis has lost these."""


class RunBus:
    """Runs in one Redis. A run that nobody touches for `idle_seconds` is reported as such."""

    def __init__(self, bus: RedisBus, idle_seconds: float, clock: Clock) -> None:
        self.bus, self._clock = bus, clock
        self._idle_ms = int(1000 * idle_seconds)
        self._take, self._publish = bus.script(TAKE), bus.script(PUBLISH)
        self._release = bus.script(RELEASE)

    def raise_lease_number(self, minimum: int) -> None:
        """Number later leases above this. A new Redis does not know the numbers in the store."""

        def work(client: Any) -> None:
            if int(client.get(LEASE_NUMBER) or 0) < minimum:
                client.set(LEASE_NUMBER, minimum)

        self.bus.call(work)

    def take(self, run: str) -> Lease | None:
        """Return the lease of a run if it is free."""
        token = secrets.token_urlsafe(9)
        keys = [key(run, "lease"), LEASE_NUMBER]
        number = int(self.bus.call(lambda _: self._take(keys, [token, LEASE_MS])))
        return Lease(run, token, number) if number else None

    @contextmanager
    def lease(self, run: str) -> Iterator[Lease]:
        """Hold the lease of a run. If another process has it, ask for it and wait."""
        lease, end = self.take(run), self._clock.now() + WAIT_SECONDS
        while lease is None:
            if self._clock.now() > end:
                raise UnreachableError(messages.BUSY_ELSEWHERE)
            self.bus.call(lambda client: client.set(key(run, "request"), 1, px=REQUEST_MS))
            self._clock.sleep(POLL_SECONDS)
            lease = self.take(run)
            if lease is not None:
                self.bus.call(lambda client: client.delete(key(run, "request")))
        try:
            yield lease
        finally:
            self.release(lease)

    def release(self, lease: Lease) -> None:
        """Give a lease back."""
        self.bus.call(lambda _: self._release([key(lease.run, "lease")], [lease.token]))

    def is_requested(self, run: str) -> bool:
        """Whether another process asks for the lease of a run."""
        return bool(self.bus.call(lambda client: client.exists(key(run, "request"))))

    def publish(self, lease: Lease, progress: bytes) -> LeaseStatus:
        """Tell all processes how far a run has come, and renew its lease. Raises
        LeaseLostError.
        """
        names = ("lease", "progress", "request", "plays", "watched")
        keys = [key(lease.run, name) for name in names]
        keys += [CHANNEL + lease.run, key(lease.run, "touched"), key(lease.run, "hidden")]
        requested, speed, watched, touched = self.bus.call(
            lambda _: self._publish(keys, [lease.token, LEASE_MS, progress, KEEP_SECONDS])
        )
        if requested < 0:
            raise LeaseLostError(lease.run)
        return LeaseStatus(requested > 0, speed.decode(), bool(watched), bool(touched))

    def put_definition(self, run: str, definition: bytes) -> None:
        """Keep how a run began, and its log."""
        name = key(run, "definition")
        self.bus.call(lambda client: client.set(name, definition, ex=KEEP_SECONDS))

    def definition(self, run: str) -> bytes | None:
        """Return how a run began, and its log."""
        body: bytes | None = self.bus.call(lambda client: client.get(key(run, "definition")))
        return body

    def put_snapshot_steps(self, run: str, steps: Sequence[int]) -> None:
        """Tell all processes at which steps the store has snapshots of a run."""
        body = json.dumps(steps)
        self.bus.call(lambda client: client.set(key(run, "snapshots"), body, ex=KEEP_SECONDS))

    def put_data(self, digest: str, data: bytes) -> None:
        """Keep samples under their hash."""
        self.bus.call(lambda client: client.set(_data_key(digest), data, ex=KEEP_SECONDS))

    def data(self, digest: str) -> bytes | None:
        """Return the samples with this hash."""
        body: bytes | None = self.bus.call(lambda client: client.get(_data_key(digest)))
        return body

    def state(self, run: str) -> RunState:
        """Return how far a run has come, the speed at which it plays, and its snapshots."""
        keys = [key(run, name) for name in ("progress", "plays", "snapshots")]
        progress, speed, steps = self.bus.call(lambda client: client.mget(*keys))
        return RunState(progress, (speed or b"").decode(), _parse_steps(steps))

    def touch(self, run: str) -> RunState:
        """Return the same and what the pages look at, for a person who does something with the
        run.
        """

        def work(client: Any) -> RunState:
            with client.pipeline() as pipe:
                pipe.mget(*(key(run, name) for name in ("progress", "plays", "snapshots")))
                pipe.hgetall(key(run, "views"))
                pipe.set(key(run, "touched"), 1, px=self._idle_ms)
                (progress, speed, steps), views, _ = pipe.execute()
            return RunState(
                progress,
                (speed or b"").decode(),
                _parse_steps(steps),
                {token.decode(): view for token, view in views.items()},
            )

        return self.bus.call(work)

    def play(self, run: str, speed: str, watched_ms: int) -> None:
        """Let a run play for as long as it is watched; for `watched_ms` milliseconds it counts as
        watched.
        """

        def work(client: Any) -> None:
            with client.pipeline() as pipe:
                pipe.set(key(run, "plays"), speed, ex=KEEP_SECONDS)
                pipe.set(key(run, "watched"), 1, px=watched_ms)
                pipe.set(key(run, "touched"), 1, px=self._idle_ms)
                pipe.execute()

        self.bus.call(work)

    def pause(self, run: str) -> None:
        """Let a run play no longer."""
        self.bus.call(lambda client: client.delete(key(run, "plays")))

    def expect(self, run: str, watched_ms: int) -> None:
        """Count a run as watched for this many milliseconds."""
        self.bus.call(lambda client: client.set(key(run, "watched"), 1, px=watched_ms))

    def hide(self, run: str, token: str, hidden_ms: int) -> None:
        """Count a run as watched for this many milliseconds, since a page of it is hidden."""
        pages = key(run, "hidden")

        def work(client: Any) -> None:
            with client.pipeline() as pipe:
                if client.scard(pages) >= MAX_VIEWS:
                    pipe.delete(pages)
                pipe.sadd(pages, token).pexpire(pages, hidden_ms)
                pipe.execute()

        self.bus.call(work)

    def unhide(self, run: str, token: str) -> None:
        """Count a run as watched for a page no longer: it is shown again, or closed."""
        self.bus.call(lambda client: client.srem(key(run, "hidden"), token))

    def look(self, run: str, token: str, view: bytes) -> None:
        """Tell all processes what a page looks at."""
        views = key(run, "views")

        def work(client: Any) -> None:
            with client.pipeline() as pipe:
                if client.hlen(views) >= MAX_VIEWS:  # nearly all of these pages are closed
                    pipe.delete(views)
                pipe.hset(views, token, view).expire(views, KEEP_SECONDS)
                pipe.publish(CHANNEL + run, b"v" + token.encode() + b"\n" + view)
                pipe.execute()

        self.bus.call(work)

    def keep_watching(self, runs: Iterable[str]) -> IdleRuns:
        """Count these runs, which all should play, as watched; return the ones that nobody
        trains.
        """
        ids = list(runs)

        def work(client: Any) -> IdleRuns:
            with client.pipeline() as pipe:
                for run in ids:
                    pipe.set(key(run, "watched"), 1, px=WATCHED_MS)
                    pipe.exists(key(run, "lease"))
                    pipe.exists(key(run, "plays"))
                    pipe.exists(key(run, "progress"), key(run, "definition"))
                answers = pipe.execute()
            untrained, paused, lost = [], [], []
            for index, run in enumerate(ids):
                is_held, plays, parts = answers[4 * index + 1 : 4 * index + 4]
                if parts < 2:
                    lost.append(run)
                elif not plays:
                    paused.append(run)
                elif not is_held and self.queue(run):
                    untrained.append(run)
            return IdleRuns(tuple(untrained), tuple(paused), tuple(lost))

        return self.bus.call(work) if ids else IdleRuns()

    def queue(self, run: str) -> bool:
        """Return whether to put a task for this run into the queue: no if one is there already."""
        name = key(run, "queued")
        return bool(self.bus.call(lambda client: client.set(name, 1, nx=True, px=QUEUED_MS)))

    def unqueue(self, run: str) -> None:
        """Note that the task for this run has left the queue."""
        self.bus.call(lambda client: client.delete(key(run, "queued")))

    def forget(self, run: str) -> None:
        """Delete all that Redis has of a run, under its lease: a worker that trains it hands it
        over first, and publishes nothing more.
        """
        self.pause(run)
        names = ("definition", "progress", "snapshots", "plays", "watched", "touched", "views")
        with self.lease(run):
            self.bus.call(
                lambda client: client.delete(*(key(run, name) for name in (*names, "hidden")))
            )


def key(run: str, name: str) -> str:
    """Return the key of one thing that Redis has of a run."""
    return f"playground:run:{run}:{name}"


def _data_key(digest: str) -> str:
    return f"playground:data:{digest}"


def _parse_steps(body: bytes | None) -> tuple[int, ...] | None:
    return None if body is None else tuple(json.loads(body))
