"""How the engine's time for a step grows with the network and with the samples."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.bench.jobs import Job, Network
from tests.bench.peers import ENGINE

WIDTHS = (4, 16, 64, 256)
SAMPLES = (10, 100, 1000, 10_000, 100_000)
FITTED_ABOVE = 10_000
"""Products of parameters and samples, below which latency rules."""
LONGEST = 3.0
"""Seconds a step that a network may be expected to take, else it is left out."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A network 2-width-width-1 on so many samples: the seconds of a step, None where left out."""

    width: int
    samples: int
    products: int
    seconds: float | None


def cells(rounds: int, seconds: float) -> list[Cell]:
    """All widths with all samples. The best of some rounds, since whatever disturbs adds time."""
    cells: list[Cell] = []
    for width in WIDTHS:
        for samples in SAMPLES:
            job = Job(f"{width} × {samples}", Network((2, width, width, 1)), samples, 1e-2, "mean")
            lasts = None if _expected(cells, job) > LONGEST else _measured(job, rounds, seconds)
            cells.append(Cell(width, samples, job.products, lasts))
    return cells


def exponent(cells: Sequence[Cell]) -> float | None:
    """The slope of log seconds against log products, by least squares; None for too few cells."""
    measured = [(c.products, c.seconds) for c in cells if c.seconds and c.products > FITTED_ABOVE]
    if len(measured) < 3:
        return None
    products, seconds = np.log(np.array(measured)).T
    return float(np.polyfit(products, seconds, 1)[0])


def _expected(cells: Sequence[Cell], job: Job) -> float:
    """In proportion to the last that was measured."""
    measured = [cell for cell in cells if cell.seconds]
    if not measured:
        return 0.0
    last = measured[-1]
    return (last.seconds or 0.0) * job.products / last.products


def _measured(job: Job, rounds: int, seconds: float) -> float:
    engine = ENGINE.prepare(job)
    engine.advance(1)
    steps, best = 1, float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        engine.advance(steps)
        lasted = time.perf_counter() - start
        best = min(best, lasted / steps)
        if lasted > 4.0 * seconds:
            break
        steps = max(1, round(seconds / best))
    return best
