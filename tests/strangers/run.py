"""Strangers at a real server: some ask, one breaks connections, and what comes back is judged."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playground.app import create_app
from playground.http.services import services_of
from playground.settings import Deployment
from tests.machine import slowness
from tests.server import Server, serving
from tests.strangers.asks import Ask, Asker
from tests.strangers.broken import Held, opened
from tests.strangers.client import Answer, Client, NoAnswerError
from tests.strangers.measured import Memory, footprint, health, kind_of, tracebacks
from tests.strangers.routes import Route, routes
from tests.strangers.values import Pools
from tests.strangers.world import Stranger, World

ASKERS = 3
BROKEN = 0.12
"""The share of requests that is broken, on connections of their own."""
MOST_HELD = 60
"""Of these at once."""
WARM_SECONDS = 60.0
"""Maximum wait for the native backend to compile, in seconds; it is kept for the next time."""
MAX_ANSWER_SECONDS = 5.0 * slowness()
"""What one answer may take on this machine."""
HEALTHY_SECONDS = 1.0
SETTLED_SECONDS = 20.0
"""Until everything that was left must be gone."""
MOST_GROWTH, WARM_REQUESTS, MOST_GROWTH_COLD = 0.1, 20_000, 0.25
"""Of memory, after the first half of the requests; of less than so many, before all is full that
may be filled.
"""
MORE_FILES, MORE_THREADS = 16, 12
"""The database's connections and the pools' threads, which are made when they are needed."""
SAMPLE_SECONDS, TELL_SECONDS = 0.5, 60.0
MOST_SHOWN = 2
"""Of requests that fail in the same way."""
LIMITS = {
    "RUNS": "60", "RUNS_PER_VISITOR": "10", "ROOMS": "12", "TEXTS": "300", "TABLES": "30",
    "UPLOAD": "131072", "SNAPSHOT_BYTES": "100000", "REPLAY_SECONDS": "1",
}  # fmt: skip
"""Of the server: low where they bound what is kept, so that they are soon reached."""
GENEROUS = dict.fromkeys(
    (
        "REQUESTS_PER_MINUTE", "REQUESTS_PER_MINUTE_ADDRESS", "RUNS_PER_HOUR", "ROOMS_PER_HOUR",
        "WRONG_CODES_PER_MINUTE", "TABLES_PER_HOUR", "NAMED_PER_DAY",
    ),
    "100000000",
)  # fmt: skip
"""High where they bound how much one address may ask."""


@dataclass
class Tally:
    """What was seen. `failures` are by kind: how often, and the first requests."""

    count: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reached: dict[str, Counter[int]] = field(default_factory=dict)
    times: deque[float] = field(default_factory=lambda: deque(maxlen=100_000))
    slowest: tuple[float, str] = (0.0, "")
    failures: dict[str, list[bytes]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fail(self, kind: str, raw: bytes = b"") -> None:
        """Something that must not be; the first requests of a kind are kept."""
        with self.lock:
            self.counts[kind] += 1
            requests = self.failures.setdefault(kind, [])
            if raw and len(requests) < MOST_SHOWN:
                requests.append(raw)

    def note(self, ask: Ask, answer: Answer) -> None:
        """An answer."""
        with self.lock:
            self.count += 1
            self.statuses[answer.status] += 1
            self.reached.setdefault(ask.endpoint, Counter())[answer.status] += 1
            self.times.append(answer.seconds)
            self.slowest = max(self.slowest, (answer.seconds, ask.endpoint))


def judge(ask: Ask, answer: Answer, tally: Tally) -> None:
    """Whether this answer may be: no failure of ours, and what is refused is refused in words.

    A server that is busy says when to come again.
    """
    busy = answer.status == 503 and "retry-after" in answer.headers
    if answer.status >= 500 and answer.status != 501 and not busy:
        tally.fail(f"{answer.status} from {ask.endpoint}", ask.raw)
        return
    by_gevent = answer.headers.get("connection") == "close"
    if answer.status >= 400 and not (ask.bodiless or by_gevent) and len(answer.body.strip()) < 10:
        tally.fail(f"{answer.status} without words from {ask.endpoint}", ask.raw)


class Strangers:
    """Requests to a server, up to a number or until the time is up."""

    def __init__(self, server: Server, chosen: int, requests: int, seconds: float) -> None:
        self.server, self.chosen, self.requests = server, chosen, requests
        self.end = time.monotonic() + seconds
        self.tally, self.memory = Tally(), Memory([])

    def come(self, pools: Pools, app_routes: list[Route], say: Callable[[str], object]) -> None:
        """All of them, until they are done; the memory is sampled meanwhile, and how far they are
        is said every minute.
        """
        world = World([Stranger() for _ in range(8)])
        chances = [random.Random(f"{self.chosen} {number}") for number in range(ASKERS + 1)]
        askers = [Asker(chance, pools, app_routes, world) for chance in chances]
        threads = [
            threading.Thread(target=self._ask, args=(connection,)) for connection in askers[1:]
        ]
        threads.append(threading.Thread(target=self._break, args=(askers[0],)))
        for thread in threads:
            thread.start()
        due = time.monotonic() + TELL_SECONDS
        while any(thread.is_alive() for thread in threads):
            time.sleep(SAMPLE_SECONDS)
            count, memory = self.tally.count, footprint(self.server.pid).memory
            self.memory.samples.append((count, memory))
            if time.monotonic() > due:
                due += TELL_SECONDS
                failed = self.tally.counts.total()
                say(
                    f"{count:,} requests, the slowest {self.tally.slowest[0]:.2f} s, "
                    f"{failed} failures, {memory / 2**20:.0f} MB"
                )

    @property
    def _done(self) -> bool:
        return self.tally.count >= self.requests or time.monotonic() > self.end

    def _ask(self, asker: Asker) -> None:
        client = Client(self.server.port)
        while not self._done:
            ask = asker.ask()
            try:
                answer = client.ask(ask.raw, ask.bodiless)
                if answer.seconds > MAX_ANSWER_SECONDS:  # once more, the machine may be shared
                    answer = client.ask(ask.raw, ask.bodiless)
                    if answer.seconds > MAX_ANSWER_SECONDS:
                        self.tally.fail(f"over {MAX_ANSWER_SECONDS:g} s at {ask.endpoint}", ask.raw)
            except (NoAnswerError, ValueError) as error:
                client.close()
                self.tally.fail(f"no answer from {ask.endpoint}: {error}", ask.raw)
                continue
            judge(ask, answer, self.tally)
            self.tally.note(ask, answer)
            if ask.honest:
                asker.world.learn(ask.who, answer)
        client.close()

    def _break(self, asker: Asker) -> None:
        """Opens connections that go wrong, goes on with those that are open, and gives them up."""
        chance, open_now = asker.chance, list[Held]()
        broken = 0
        while not self._done:
            with suppress(OSError):
                if broken <= BROKEN * self.tally.count:
                    open_now.append(opened(self.server.port, asker.ask(), chance))
                    broken += 1
                    with self.tally.lock:
                        self.tally.count += 1
            for connection in list(open_now):
                connection.go_on()
                if time.monotonic() > connection.until or len(open_now) > MOST_HELD:
                    self._judge_broken(connection)
                    connection.end(reset=chance.random() < 0.5)
                    open_now.remove(connection)
            time.sleep(0.002)
        for connection in open_now:
            connection.end(reset=True)

    def _judge_broken(self, connection: Held) -> None:
        status = connection.received[9:12]
        if status.startswith(b"5") and status != b"501":
            self.tally.fail(f"{status.decode()} on a broken connection", connection.ask.raw)


def visited(
    folder: Path,
    requests: int,
    chosen: int,
    seconds: float,
    say: Callable[[str], object] = lambda line: None,
    examples: int = 200,
) -> Tally:
    """A server of its own that strangers have been at; what failed is in the tally."""
    app = create_app(Deployment(data=folder / "own"))
    app_routes = routes(app)
    services_of(app).runner.stop()
    pools, log = Pools.draw(chosen, examples), folder / "log"
    limits = {f"PLAYGROUND_{name}": value for name, value in (LIMITS | GENEROUS).items()}
    with serving(folder / "data", log=log, **limits) as server:
        warm(server)
        strangers = Strangers(server, chosen, requests, seconds)
        before, start = footprint(server.pid), time.perf_counter()
        strangers.come(pools, app_routes, say)
        tally, took = strangers.tally, time.perf_counter() - start
        grown, slope = strangers.memory.growth()
        now = footprint(server.pid)
        used = 1000 * (now.seconds - before.seconds) / max(tally.count, 1)
        say(f"{tally.count:,} requests in {took:.0f} s, {tally.count / took:.0f} a second, each of")
        say(f"{used:.1f} ms of the server's processor time")
        say(f"before: {before}")
        settle(server, before.files, before.threads, tally, say)
        say(f"memory grew by {grown:.1%} in the second half, {slope / 1024:+.0f} KB a 1,000")
        if grown > (MOST_GROWTH if tally.count >= WARM_REQUESTS else MOST_GROWTH_COLD):
            tally.fail(f"memory grew by {grown:.1%}")
    for traceback in tracebacks(log):
        tally.fail(f"traceback in the log: {kind_of(traceback)}", traceback.encode())
    return tally


def warm(server: Server) -> None:
    """Wait for the native backend, if there is one."""
    end = time.monotonic() + WARM_SECONDS
    while health(server.port)[0]["backend"] == "numpy" and time.monotonic() < end:
        time.sleep(0.2)


def settle(
    server: Server, files: int, threads: int, tally: Tally, say: Callable[[str], object]
) -> None:
    """The server is well, and what strangers left behind is gone soon."""
    state, late = health(server.port)
    if late > HEALTHY_SECONDS:
        tally.fail(f"/healthz came after {late:.2f} s")
    end = time.monotonic() + SETTLED_SECONDS
    while time.monotonic() < end:
        state, _ = health(server.port)
        now = footprint(server.pid)
        wrong = {
            "runs that play": int(str(state["playing"])),
            "viewers": int(str(state["viewers"])),
            "connections": now.clients,
            "files": max(0, now.files - files - MORE_FILES),
            "threads": max(0, now.threads - threads - MORE_THREADS),
        }
        if not any(wrong.values()):
            break
        time.sleep(0.3)
    say(f"after:  {now}; /healthz after {late * 1000:.0f} ms: {state}")
    for what, count in wrong.items():
        if count:
            tally.fail(f"{count} {what} are left")
