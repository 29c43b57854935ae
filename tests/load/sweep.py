"""A sweep of 400 runs: how long it takes in one process, and with one worker and with two."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playground.storage.store import Store
from playground.storage.sweep_rows import SweepStore
from tests.cluster import cluster, missing
from tests.load.clients import ready
from tests.machine import slowness
from tests.server import Server, serving
from tests.visitor import Visitor

FORM = (
    "dataset=moons&hidden=8,8&first=seed&first_values=0..19&second=rate&second_values=0.001..1 x20"
)
RUNS = 400
SECONDS = 5.0
"""What a sweep may take on the reference machine; `slowness()` scales it for this one."""
LOOK_SECONDS = 1.0
FASTER = 1.6
"""Times that two workers are faster than one, where there are two cores for all processes."""


def alone(folder: Path) -> list[str]:
    """The sweep in one process."""
    with serving(folder) as server:
        lasted = _lasts(server, 500, f"sqlite:///{folder / 'playground.db'}")
    bound = SECONDS * slowness()
    print(
        f"A sweep of {RUNS} runs of 2-8-8-1 on moons, 500 steps each: {lasted:.1f} s in one "
        f"process (bound {bound:.1f})"
    )
    return [] if lasted <= bound else ["a sweep in one process"]


def shared(steps: int) -> list[str]:
    """The same with workers that have one thread each, where Redis and PostgreSQL are here."""
    if absent := missing():
        print(f"  with workers: left out, {absent}")
        return []
    lasted = []
    for workers in (1, 2):
        with (
            tempfile.TemporaryDirectory() as there,
            cluster(Path(there), webs=1, workers=workers, PLAYGROUND_THREADS="1") as instance,
        ):
            lasted.append(_lasts(instance.server(0), steps, instance.database_url))
    ratio = lasted[0] / lasted[1]
    print(
        f"  of {steps:,} steps each: {lasted[0]:.1f} s with 1 worker, {lasted[1]:.1f} s with 2, "
        f"{ratio:.2f} times as fast (bound {FASTER})"
    )
    return [] if ratio >= FASTER else ["a sweep with two workers"]


def _lasts(server: Server, steps: int, database: str) -> float:
    """Seconds from the request to the last cell; short runs go first, which warm up."""
    ready(server)
    visitor, store = Visitor(server), Store(database, threads=0)
    try:
        _done(visitor, SweepStore(store), f"{FORM}&steps=10")
        return _done(visitor, SweepStore(store), f"{FORM}&steps={steps}")
    finally:
        store.close()


def _done(visitor: Visitor, sweeps: SweepStore, form: str) -> float:
    """The same, with its page looked at as often as a browser does."""
    began = looked = time.monotonic()
    status, headers, page = visitor.ask("POST", "/sweeps", form)
    assert status == 303, page
    id = headers["Location"].rpartition("/")[2]
    while (now := time.monotonic()) < began + 120:
        sweep = sweeps.find(id)
        assert sweep is not None
        if sweep.done == RUNS:
            break
        if now - looked > LOOK_SECONDS:
            visitor.ask("GET", headers["Location"])
            looked = now
        time.sleep(0.02)
    lasted = time.monotonic() - began
    assert f"{RUNS} of {RUNS} done".encode() in visitor.ask("GET", headers["Location"])[2]
    return lasted
