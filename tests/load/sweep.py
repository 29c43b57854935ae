"""A sweep of 400 runs: how long it takes in one process, and with one worker and with two."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.cluster import cluster, missing
from tests.load.clients import ready
from tests.server import Server, serving
from tests.visitor import Visitor

FORM = (
    "dataset=moons&hidden=8,8&first=seed&first_values=0..19&second=rate"
    "&second_values=0.001..1 x20&steps=500"
)
RUNS, SECONDS = 400, 5.0


def sweeps(folder: Path) -> list[str]:
    """The same sweep in one process and, where Redis and PostgreSQL are here, with workers."""
    with serving(folder / "alone") as server:
        alone = _lasts(server)
    print(
        f"A sweep of {RUNS} runs of 2-8-8-1 on moons, 500 steps each: {alone:.1f} s in one process "
        f"(bound {SECONDS:g})"
    )
    missed = [] if alone <= SECONDS else ["a sweep in one process"]
    if absent := missing():
        print(f"  with workers: left out, {absent}")
        return missed
    lasted = []
    for workers in (1, 2):
        with (
            tempfile.TemporaryDirectory() as there,
            cluster(Path(there), webs=1, workers=workers) as made,
        ):
            lasted.append(_lasts(made.server(0)))
    print(f"  with 1 worker {lasted[0]:.1f} s, with 2 {lasted[1]:.1f} s")
    return missed + ([] if lasted[1] <= 0.75 * lasted[0] else ["a sweep with two workers"])


def _lasts(server: Server) -> float:
    """Seconds from the request to the last cell; a small sweep goes first, which warms up."""
    ready(server)
    visitor = Visitor(server)
    _done(visitor, FORM.replace("0..19", "0..1").replace("x20", "x2"), 4)
    return _done(visitor, FORM, RUNS)


def _done(visitor: Visitor, form: str, runs: int) -> float:
    began = time.monotonic()
    status, headers, told = visitor.ask("POST", "/sweeps", form)
    assert status == 303, told
    while f"{runs} of {runs} done".encode() not in visitor.ask("GET", headers["Location"])[2]:
        assert time.monotonic() < began + 120
        time.sleep(0.1)
    return time.monotonic() - began
