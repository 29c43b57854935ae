"""Datasets: seeded points with a class each.

A generator gets the number of samples, of classes, the noise (standard deviation, in the units of
the inputs) and a seed, and returns inputs (samples, dimensions) and classes (samples,), the classes
as even as the number of samples lets them be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine import random
from engine.random import Floats, Integers, Stream


@dataclass(frozen=True, slots=True)
class Dataset:
    """A family of points: its name, what it shows, and which of its properties can be chosen."""

    name: str
    title: str
    hint: str
    make: Callable[[int, int, float, int], tuple[Floats, Integers]]
    dimensions: int = 2
    samples: int | None = None
    """The number of samples where it is fixed."""
    classes: tuple[int, int] = (2, 2)
    """The fewest and the most classes."""
    regression: bool = False
    formula: str = ""
    noise: float = 0.1
    """The noise that shows the family best, used where none is given."""
    suggested: dict[str, str] = field(default_factory=dict)
    """Settings other than the defaults with which it is first met, as in a URL."""


def _classes(samples: int, classes: int) -> Integers:
    return np.arange(samples, dtype=np.int64) % classes


def _places(samples: int, classes: int) -> tuple[Integers, Floats]:
    """Each sample's class, and its place within the class from 0 to 1."""
    kinds = _classes(samples, classes)
    last = np.maximum(1, (samples - 1 - kinds) // classes)
    return kinds, (np.arange(samples) // classes) / last


def _noise(samples: int, noise: float, seed: int) -> Floats:
    return noise * random.normal(random.key(seed, Stream.NOISE), 2 * samples).reshape(samples, 2)


def _four(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    points = np.array([[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]])
    return points, np.array([1, 0, 0, 1], dtype=np.int64)


def _moons(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    kinds, place = _places(samples, 2)
    angle = np.pi * place
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(kinds[:, None] == 0, upper, lower) - np.array([0.5, 0.25])
    return points + _noise(samples, noise, seed), kinds


def _circles(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    kinds, place = _places(samples, 2)
    angle = 2.0 * np.pi * place
    radius = np.where(kinds == 0, 1.0, 0.5)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + _noise(samples, noise, seed), kinds


def _xor(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    """Uniform over four squares, away from the axes; the class is whether the signs differ."""
    drawn = random.uniform(random.key(seed, Stream.DATA), 2 * samples, 0.1, 1.0).reshape(samples, 2)
    quadrant = np.arange(samples) % 4
    signs = np.stack(
        [np.where(quadrant < 2, 1.0, -1.0), np.where(quadrant % 2 == 0, 1.0, -1.0)], axis=1
    )
    kinds = (signs[:, 0] != signs[:, 1]).astype(np.int64)
    return drawn * signs + _noise(samples, noise, seed), kinds


def _blobs(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    kinds = _classes(samples, classes)
    angle = 2.0 * np.pi * kinds / classes + np.pi / 4.0
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + _noise(samples, noise, seed), kinds


def _spiral(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    kinds, place = _places(samples, classes)
    angle = 1.25 * 2.0 * np.pi * place + 2.0 * np.pi * kinds / classes
    points = (0.05 + 0.95 * place)[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + _noise(samples, noise, seed), kinds


def _yinyang(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    """Yin, yang and the two dots in the unit disc: Kriener, Göltz, Petrovici 2022, scaled from
    radius 0.5 around (0.5, 0.5) to radius 1 around 0. Classes are even though the dots are small.
    """
    drawn = random.uniform(random.key(seed, Stream.DATA), 20 * samples + 800, -1.0, 1.0)
    points = drawn.reshape(-1, 2)
    points = points[np.hypot(points[:, 0], points[:, 1]) <= 1.0]
    right = np.hypot(points[:, 0] - 0.5, points[:, 1])
    left = np.hypot(points[:, 0] + 0.5, points[:, 1])
    above = points[:, 1] > 0.0
    yin = (left <= 0.5) | (above & (right > 0.5))
    kinds = np.where(np.minimum(left, right) < 0.2, 2, np.where(yin, 0, 1))
    wanted = _classes(samples, 3)
    chosen = np.empty((samples, 2))
    for kind in range(3):
        count = int((wanted == kind).sum())
        chosen[wanted == kind] = points[kinds == kind][:count]
    return chosen + _noise(samples, noise, seed), wanted


def _checkerboard(samples: int, classes: int, noise: float, seed: int) -> tuple[Floats, Integers]:
    """Uniform over a board of 4 × 4 fields; the class is the field's colour."""
    kinds, _ = _places(samples, 2)
    drawn = random.uniform(random.key(seed, Stream.DATA), 3 * samples, 0.0, 1.0).reshape(samples, 3)
    row = np.minimum(np.floor(4.0 * drawn[:, 2]), 3.0)
    column = 2.0 * np.minimum(np.floor(2.0 * drawn[:, 0]), 1.0) + (row + kinds) % 2
    within = np.column_stack([2.0 * drawn[:, 0] % 1.0, drawn[:, 1]])
    points = (np.column_stack([column, row]) + within) / 2.0 - 1.0
    return points + _noise(samples, noise, seed), kinds


TABLE: tuple[Dataset, ...] = (
    Dataset(
        "points",
        "Four points",
        "Four samples of three inputs: small enough to follow every number.",
        _four,
        dimensions=3,
        samples=4,
        noise=0.0,
        suggested={"hidden": "4,4", "init": "uniform", "loss": "squares", "batch": "0",
                   "test": "0"},
    ),
    Dataset("moons", "Two moons", "Two half circles that reach into each other.", _moons),
    Dataset("circles", "Circles", "One class inside the other: no straight line helps.", _circles,
            noise=0.08),
    Dataset("xor", "Exclusive or", "Opposite corners belong together.", _xor, noise=0.05),
    Dataset("blobs", "Gaussian blobs", "Round clouds, which straight lines tell apart.", _blobs,
            classes=(2, 5), noise=0.25),
    Dataset("spiral", "Spiral", "Arms wound around each other: the hardest of these.", _spiral,
            classes=(2, 5), noise=0.02, suggested={"init": "uniform", "optimizer": "adam",
                                                   "rate": "0.05", "batch": "0"}),
    Dataset("yinyang", "Yin-yang", "Two halves, each with a dot of the third class.", _yinyang,
            classes=(3, 3), noise=0.0,
            suggested={"samples": "1000", "loss": "ce", "optimizer": "adam", "rate": "0.03",
                       "batch": "100"}),
    Dataset("checkerboard", "Checkerboard", "Sixteen fields in two colours.", _checkerboard,
            noise=0.0, suggested={"samples": "1000", "hidden": "16,16", "init": "uniform",
                                  "optimizer": "adam", "rate": "0.03", "batch": "0"}),
)  # fmt: skip

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in TABLE}
