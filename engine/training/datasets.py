"""Datasets: seeded points with a class or a number each.

A generator gets the number of samples, of classes, the noise (standard deviation, in the units of
the inputs, or of the targets where these are numbers), a seed and a formula, and returns inputs
(samples, dimensions) and targets (samples,): the index of a class, the classes as even as the
number of samples lets them be, or a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine import random
from engine.random import Floats, Integers, RandomStream
from engine.script.formula import evaluate_formula

Points = tuple[Floats, Floats]
NUMBERS = (0, 0)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A family of points: its name, what it shows, and which of its properties can be chosen."""

    name: str
    title: str
    hint: str
    make: Callable[[int, int, float, int, str], Points]
    dimensions: int = 2
    samples: int | None = None
    """The number of samples where it is fixed."""
    classes: tuple[int, int] = (2, 2)
    """The fewest and the most classes; none where targets are numbers."""
    formula: str = ""
    """The formula with which it is first met; empty where it takes none."""
    noise: float = 0.1
    """The noise that shows the family best, used where none is given."""
    suggested: dict[str, str] = field(default_factory=dict)
    """Settings other than the defaults with which it is first met, as in a URL."""

    @property
    def regression(self) -> bool:
        """Whether its targets are numbers, not classes."""
        return self.classes == NUMBERS


def _classes(samples: int, classes: int) -> Integers:
    return np.arange(samples, dtype=np.int64) % classes


def _places(samples: int, classes: int) -> tuple[Integers, Floats]:
    """Each sample's class, and its place within the class from 0 to 1."""
    kinds = _classes(samples, classes)
    last = np.maximum(1, (samples - 1 - kinds) // classes)
    return kinds, (np.arange(samples) // classes) / last


def _noise(samples: int, noise: float, seed: int) -> Floats:
    return noise * random.normal(random.key(seed, RandomStream.NOISE), 2 * samples).reshape(
        samples, 2
    )


def _four(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = np.array([[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]])
    return points, np.array([1.0, 0.0, 0.0, 1.0])


def _moons(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    kinds, place = _places(samples, 2)
    angle = np.pi * place
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(kinds[:, None] == 0, upper, lower) - np.array([0.5, 0.25])
    return points + _noise(samples, noise, seed), kinds.astype(np.float64)


def _circles(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    kinds, place = _places(samples, 2)
    angle = 2.0 * np.pi * place
    radius = np.where(kinds == 0, 1.0, 0.5)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + _noise(samples, noise, seed), kinds.astype(np.float64)


def _xor(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Uniform over four squares, away from the axes; the class is whether the signs differ."""
    drawn = random.uniform(random.key(seed, RandomStream.DATA), 2 * samples, 0.1, 1.0).reshape(
        samples, 2
    )
    quadrant = np.arange(samples) % 4
    signs = np.stack(
        [np.where(quadrant < 2, 1.0, -1.0), np.where(quadrant % 2 == 0, 1.0, -1.0)], axis=1
    )
    kinds = (signs[:, 0] != signs[:, 1]).astype(np.int64)
    return drawn * signs + _noise(samples, noise, seed), kinds.astype(np.float64)


def _blobs(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    kinds = _classes(samples, classes)
    angle = 2.0 * np.pi * kinds / classes + np.pi / 4.0
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + _noise(
        samples, noise, seed
    ), kinds.astype(np.float64)


def _spiral(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    kinds, place = _places(samples, classes)
    angle = 1.25 * 2.0 * np.pi * place + 2.0 * np.pi * kinds / classes
    points = (0.05 + 0.95 * place)[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + _noise(samples, noise, seed), kinds.astype(np.float64)


def _yinyang(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Yin, yang and the two dots in the unit disc: Kriener, Göltz, Petrovici 2022, scaled from
    radius 0.5 around (0.5, 0.5) to radius 1 around 0. Classes are even though the dots are small.
    """
    drawn = random.uniform(random.key(seed, RandomStream.DATA), 20 * samples + 800, -1.0, 1.0)
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
    return chosen + _noise(samples, noise, seed), wanted.astype(np.float64)


def _checkerboard(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Uniform over a board of 4 × 4 fields; the class is the field's colour."""
    kinds, _ = _places(samples, 2)
    drawn = random.uniform(random.key(seed, RandomStream.DATA), 3 * samples, 0.0, 1.0).reshape(
        samples, 3
    )
    row = np.minimum(np.floor(4.0 * drawn[:, 2]), 3.0)
    column = 2.0 * np.minimum(np.floor(2.0 * drawn[:, 0]), 1.0) + (row + kinds) % 2
    within = np.column_stack([2.0 * drawn[:, 0] % 1.0, drawn[:, 1]])
    points = (np.column_stack([column, row]) + within) / 2.0 - 1.0
    return points + _noise(samples, noise, seed), kinds.astype(np.float64)


def _square(samples: int, seed: int) -> Floats:
    """Uniform over the square from −1 to 1."""
    drawn = random.uniform(random.key(seed, RandomStream.DATA), 2 * samples, -1.0, 1.0)
    return drawn.reshape(samples, 2)


def _above(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _square(samples, seed)
    kinds = points[:, 1] > evaluate_formula(formula, {"x1": points[:, 0]})
    return points + _noise(samples, noise, seed), kinds.astype(np.float64)


def _numbers(targets: Floats, noise: float, seed: int) -> Floats:
    return targets + noise * random.normal(random.key(seed, RandomStream.NOISE), len(targets))


def _plane(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _square(samples, seed)
    return points, _numbers(points.mean(axis=1), noise, seed)


BUMPS = ((-0.6, 0.4, 1), (0.1, 0.6, -1), (0.7, 0.3, 1), (-0.7, -0.5, -1), (0.0, -0.4, 1),
         (0.6, -0.6, -1))  # fmt: skip
"""Where the Gaussian bumps stand, and their sign."""


def _bumps(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Σ ± exp(−d² / 2σ²) over BUMPS, σ = 0.22."""
    points = _square(samples, seed)
    targets = np.zeros(samples)
    for x, y, sign in BUMPS:
        off = (points[:, 0] - x) ** 2 + (points[:, 1] - y) ** 2
        targets += sign * np.exp(-off / (2.0 * 0.22**2))
    return points, _numbers(targets, noise, seed)


def _curve(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _square(samples, seed)
    return points, _numbers(evaluate_formula(formula, {"x1": points[:, 0]}), noise, seed)


def _function(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _square(samples, seed)
    targets = evaluate_formula(formula, {"x1": points[:, 0], "x2": points[:, 1]})
    return points, _numbers(targets, noise, seed)


def _own(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    raise ValueError("Paste or upload your points first, on the tab Data.")


_FITTING = {"optimizer": "adam", "rate": "0.03", "batch": "20"}

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
    Dataset("above", "Above a curve", "The class says whether x2 is above your formula of x1.",
            _above, noise=0.03, formula="0.5 * sin(4 * x1)", suggested=_FITTING),
    Dataset("plane", "Plane", "Numbers that grow evenly: (x1 + x2) / 2. Noise is on the number.",
            _plane, classes=NUMBERS, noise=0.05, suggested={"hidden": "4", "batch": "20"}),
    Dataset("bumps", "Gaussian bumps", "Numbers: three hills and three hollows. Noise is on the "
            "number.", _bumps, classes=NUMBERS, noise=0.05,
            suggested=_FITTING | {"samples": "500", "hidden": "16,16"}),
    Dataset("curve", "Function of x1", "Numbers: your formula of x1; x2 says nothing. Noise is on "
            "the number.", _curve, classes=NUMBERS, noise=0.05, formula="sin(4 * x1)",
            suggested=_FITTING),
    Dataset("function", "Function of x1, x2", "Numbers: your formula of x1 and x2. Noise is on the "
            "number.", _function, classes=NUMBERS, noise=0.05, formula="x1 * x2",
            suggested=_FITTING),
    Dataset("own", "Your own", "Points of your own, pasted or uploaded on the tab Data.", _own,
            classes=(2, 5), noise=0.0, suggested={"standardise": "1"}),
)  # fmt: skip

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in TABLE}
