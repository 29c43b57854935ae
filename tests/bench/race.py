"""Those who take part in a job: first they must agree, then they take turns and are timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from engine.random import Floats

AGREED = 1e-6
CHECKED = 5


class DisagreementError(Exception):
    """Two that should train the same did not."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """`advance(steps)` trains on from where it was left and returns the losses of the batches, each
    before its update; it is asked for multiples of `chunk` steps.
    """

    name: str
    advance: Callable[[int], Floats]
    chunk: int = 1


def agree(contestants: Sequence[Contestant], title: str) -> None:
    """Their first losses, compared with those of the first contestant; warms everyone up.

    Raises DisagreementError, which says who differs from whom.
    """
    first: Floats | None = None
    for contestant in contestants:
        steps = -(-CHECKED // contestant.chunk) * contestant.chunk
        losses = np.asarray(contestant.advance(steps))[:CHECKED]
        first = losses if first is None else first
        if not np.allclose(losses, first, rtol=AGREED, atol=0.0):
            raise DisagreementError(
                f"{title}: the losses of {contestant.name} are {losses.tolist()}, those of"
                f" {contestants[0].name} {first.tolist()}"
            )


def rates(contestants: Sequence[Contestant], rounds: int, seconds: float) -> dict[str, float]:
    """The median steps a second of each, over rounds in which everyone has a turn of about so many
    seconds, or of one chunk.
    """
    steps = {contestant.name: _calibrated(contestant, seconds) for contestant in contestants}
    samples: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in contestants:
            count = steps[contestant.name]
            samples[contestant.name].append(count / _timed(contestant, count))
    return {name: median(values) for name, values in samples.items()}


def _calibrated(contestant: Contestant, seconds: float) -> int:
    """How many steps last about so long."""
    count = contestant.chunk
    while (lasted := _timed(contestant, count)) < seconds / 4:
        count *= 4
    return max(1, round(count * seconds / lasted / contestant.chunk)) * contestant.chunk


def _timed(contestant: Contestant, steps: int) -> float:
    start = time.perf_counter()
    contestant.advance(steps)
    return time.perf_counter() - start
