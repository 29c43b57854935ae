"""One visitor who uses all of their limits, and another whose frames come on as before."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path

from playground.expression.state import Lab
from playground.settings import Deployment
from tests.large import thousand
from tests.load.clients import Stream, close, opened, percentile, read_all, ready
from tests.server import Server, serving
from tests.visitor import Visitor

QUIET = "dataset=spiral&hidden=8,8&speed=10&then=play"
HEAVY = "dataset=spiral&samples=5000&hidden=64,64,64,64,64,64,64,64,64,64&speed=max&then=play"
USUAL = "dataset=spiral&hidden=8,8&speed=max&then=play"
SWEEP = (
    "dataset=spiral&hidden=64,64,64&first=seed&first_values=0..19&second=rate"
    "&second_values=0.001..1 x20&steps=10000"
)
MOST = 1.2
"""How much longer the other's frames may be apart, 99th percentile."""
SETTLE_SECONDS = 4.0
ASKING = 4
"""Connections on which the greedy one asks, each for one page after the other."""


def neighbour(folder: Path, seconds: float) -> list[str]:
    """Frames of a run that plays at 10 steps a second, alone and beside a visitor at their limits:
    runs at full speed on as many streams as one may have, the half of them as large as a network
    may be; all their sweeps; and as many requests a minute as one may send.
    """
    limits = Deployment()
    with serving(folder) as server:
        ready(server)
        quiet = Visitor(server)
        path = quiet.begin(QUIET).partition("?")[0]
        stream = opened(server.port, f"{path}/events?page=x", quiet.cookie)
        before = _apart(stream, [], seconds)
        greedy, over = Visitor(server), threading.Event()
        streams = []
        for place in range(limits.streams_per_visitor):
            run = greedy.begin((HEAVY, USUAL)[place % 2]).partition("?")[0]
            streams.append(opened(server.port, f"{run}/events?page=x", greedy.cookie))
            read_all([stream, *streams], 0.05)
        for _ in range(limits.sweeps_per_visitor):
            assert greedy.ask("POST", "/sweeps", SWEEP)[0] == 303
        rate = limits.requests_per_minute / 60 / ASKING
        asking = [
            threading.Thread(target=_ask, args=(server, greedy.cookie, rate, over))
            for _ in range(ASKING)
        ]
        for thread in asking:
            thread.start()
        try:
            after = _apart(stream, streams, seconds)
        finally:
            over.set()
            for thread in asking:
                thread.join()
        close([stream, *streams])
    print(
        f"One visitor's frames, 99 % at most {1000 * before:.0f} ms apart; beside one who uses all "
        f"limits {1000 * after:.0f} ms, {after / before:.2f} times (bound {MOST})"
    )
    return [] if after <= MOST * before else ["another visitor's frame interval"]


def _apart(stream: Stream, others: list[Stream], seconds: float) -> float:
    """The 99th percentile of the seconds from one frame to the next."""
    read_all([stream, *others], SETTLE_SECONDS)
    stream.forget()
    read_all([stream, *others], seconds)
    assert not stream.ended
    return percentile([later - earlier for earlier, later in pairwise(stream.came)], 0.99)


def _ask(server: Server, cookie: str, rate: float, over: threading.Event) -> None:
    """Ask for pages at this rate, a second, or as fast as they come."""
    visitor, due = Visitor(server), time.monotonic()
    visitor.cookie = cookie
    count = 0
    while not over.is_set():
        text = thousand(f"0.{count + 1}")  # another each time, so that nothing of it is known
        large = f"/expression?{Lab(code=text).query()}"
        paths = ("/network?dataset=moons&hidden=8,8", "/", "/runs", "/sweeps/new", large)
        with suppress(OSError, HTTPException):
            visitor.ask("GET", paths[count % len(paths)], headers={"Accept": "text/html"})
        count, due = count + 1, due + 1 / rate
        over.wait(max(0.0, due - time.monotonic()))
