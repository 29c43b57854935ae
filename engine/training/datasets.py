"""Datasets: seeded points, each with a class or a number.

A generator takes the number of samples, the number of classes, the noise, a seed and a formula. It
returns inputs (samples, dimensions) and targets (samples,), which are numbers or indices of classes
of equal size. The noise is a standard deviation, of the inputs or, where targets are numbers, of
the targets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine import random
from engine.random import Floats, Integers, RandomStream
from engine.script.formula import evaluate_formula
from engine.training import messages

Points = tuple[Floats, Floats]
REGRESSION = (0, 0)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A family of points: its name, what it shows, and which of its properties a person chooses."""

    name: str
    title: str
    hint: str
    make: Callable[[int, int, float, int, str], Points]
    dimensions: int = 2
    samples: int | None = None
    """The number of samples, if it is fixed."""
    classes: tuple[int, int] = (2, 2)
    """The minimum and the maximum number of classes; REGRESSION where targets are numbers."""
    formula: str = ""
    """The example formula; empty where it takes none."""
    noise: float = 0.1
    """The noise that shows the family best."""
    suggested: dict[str, str] = field(default_factory=dict)
    """Settings that suit it, where they are not the defaults, as in an address."""

    @property
    def is_regression(self) -> bool:
        """Whether its targets are numbers, not classes."""
        return self.classes == REGRESSION


def _classes(samples: int, classes: int) -> Integers:
    return np.arange(samples, dtype=np.int64) % classes


def _positions(samples: int, classes: int) -> tuple[Integers, Floats]:
    """Return the class of every sample, and its position within the class from 0 to 1."""
    class_indices = _classes(samples, classes)
    last = np.maximum(1, (samples - 1 - class_indices) // classes)
    return class_indices, (np.arange(samples) // classes) / last


def _noise(samples: int, noise: float, seed: int) -> Floats:
    return noise * random.normal(random.key(seed, RandomStream.NOISE), 2 * samples).reshape(
        samples, 2
    )


def _four(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = np.array([[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]])
    return points, np.array([1.0, 0.0, 0.0, 1.0])


def _moons(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    class_indices, position = _positions(samples, 2)
    angle = np.pi * position
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(class_indices[:, None] == 0, upper, lower) - np.array([0.5, 0.25])
    return points + _noise(samples, noise, seed), class_indices.astype(np.float64)


def _circles(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    class_indices, position = _positions(samples, 2)
    angle = 2.0 * np.pi * position
    radius = np.where(class_indices == 0, 1.0, 0.5)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + _noise(samples, noise, seed), class_indices.astype(np.float64)


def _xor(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Uniform over four squares, away from the axes; the class is whether the signs differ."""
    uniform = random.uniform(random.key(seed, RandomStream.DATA), 2 * samples, 0.1, 1.0).reshape(
        samples, 2
    )
    quadrant = np.arange(samples) % 4
    signs = np.stack(
        [np.where(quadrant < 2, 1.0, -1.0), np.where(quadrant % 2 == 0, 1.0, -1.0)], axis=1
    )
    class_indices = (signs[:, 0] != signs[:, 1]).astype(np.int64)
    return uniform * signs + _noise(samples, noise, seed), class_indices.astype(np.float64)


def _blobs(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    class_indices = _classes(samples, classes)
    angle = 2.0 * np.pi * class_indices / classes + np.pi / 4.0
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + _noise(
        samples, noise, seed
    ), class_indices.astype(np.float64)


def _spiral(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    class_indices, position = _positions(samples, classes)
    angle = 1.25 * 2.0 * np.pi * position + 2.0 * np.pi * class_indices / classes
    points = (0.05 + 0.95 * position)[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + _noise(samples, noise, seed), class_indices.astype(np.float64)


def _yinyang(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Yin, yang and the two dots in the unit disc: Kriener, Göltz, Petrovici 2022, scaled from
    radius 0.5 around (0.5, 0.5) to radius 1 around 0. Classes are even though the dots are small.
    """
    uniform = random.uniform(random.key(seed, RandomStream.DATA), 20 * samples + 800, -1.0, 1.0)
    points = uniform.reshape(-1, 2)
    points = points[np.hypot(points[:, 0], points[:, 1]) <= 1.0]
    right = np.hypot(points[:, 0] - 0.5, points[:, 1])
    left = np.hypot(points[:, 0] + 0.5, points[:, 1])
    above = points[:, 1] > 0.0
    yin = (left <= 0.5) | (above & (right > 0.5))
    class_indices = np.where(np.minimum(left, right) < 0.2, 2, np.where(yin, 0, 1))
    targets = _classes(samples, 3)
    points_of_class = np.empty((samples, 2))
    for class_index in range(3):
        count = int((targets == class_index).sum())
        points_of_class[targets == class_index] = points[class_indices == class_index][:count]
    return points_of_class + _noise(samples, noise, seed), targets.astype(np.float64)


def _checkerboard(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Uniform over a board of 4 × 4 fields; the class is the field's colour."""
    class_indices, _ = _positions(samples, 2)
    uniform = random.uniform(random.key(seed, RandomStream.DATA), 3 * samples, 0.0, 1.0).reshape(
        samples, 3
    )
    row = np.minimum(np.floor(4.0 * uniform[:, 2]), 3.0)
    column = 2.0 * np.minimum(np.floor(2.0 * uniform[:, 0]), 1.0) + (row + class_indices) % 2
    within = np.column_stack([2.0 * uniform[:, 0] % 1.0, uniform[:, 1]])
    points = (np.column_stack([column, row]) + within) / 2.0 - 1.0
    return points + _noise(samples, noise, seed), class_indices.astype(np.float64)


def _mislabelled(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Uniform over two triangles beside the line x1 + x2 = 0; one label in ten is wrong."""
    sides, _ = _positions(samples, 2)
    points = _uniform_square(samples, seed)
    is_above = points.sum(axis=1) > 0.0
    points = np.where((is_above == (sides == 1))[:, None], points, -points)
    is_wrong = np.arange(samples) // 2 % 10 == 9
    labels = np.where(is_wrong, 1 - sides, sides)
    return points + _noise(samples, noise, seed), labels.astype(np.float64)


def _uniform_square(samples: int, seed: int) -> Floats:
    """Uniform over the square from −1 to 1."""
    uniform = random.uniform(random.key(seed, RandomStream.DATA), 2 * samples, -1.0, 1.0)
    return uniform.reshape(samples, 2)


def _above(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _uniform_square(samples, seed)
    class_indices = points[:, 1] > evaluate_formula(formula, {"x1": points[:, 0]})
    return points + _noise(samples, noise, seed), class_indices.astype(np.float64)


def _add_noise(targets: Floats, noise: float, seed: int) -> Floats:
    return targets + noise * random.normal(random.key(seed, RandomStream.NOISE), len(targets))


def _plane(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _uniform_square(samples, seed)
    return points, _add_noise(points.mean(axis=1), noise, seed)


BUMPS = (
    (-0.6, 0.4, 1),
    (0.1, 0.6, -1),
    (0.7, 0.3, 1),
    (-0.7, -0.5, -1),
    (0.0, -0.4, 1),
    (0.6, -0.6, -1),
)
"""The centres of the Gaussian bumps, x1 and x2, and their signs."""


def _bumps(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    """Σ ± exp(−d² / 2σ²) over BUMPS, σ = 0.22."""
    points = _uniform_square(samples, seed)
    targets = np.zeros(samples)
    for x, y, sign in BUMPS:
        off = (points[:, 0] - x) ** 2 + (points[:, 1] - y) ** 2
        targets += sign * np.exp(-off / (2.0 * 0.22**2))
    return points, _add_noise(targets, noise, seed)


def _curve(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _uniform_square(samples, seed)
    return points, _add_noise(evaluate_formula(formula, {"x1": points[:, 0]}), noise, seed)


def _function(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    points = _uniform_square(samples, seed)
    targets = evaluate_formula(formula, {"x1": points[:, 0], "x2": points[:, 1]})
    return points, _add_noise(targets, noise, seed)


def _own(samples: int, classes: int, noise: float, seed: int, formula: str) -> Points:
    raise ValueError(messages.NO_OWN_DATA)


_FITTING = {"optimizer": "adam", "rate": "0.03", "batch": "20"}

TABLE: tuple[Dataset, ...] = (
    Dataset(
        "points",
        "Four points",
        "Four samples with three inputs each: small enough to follow every number.",
        _four,
        dimensions=3,
        samples=4,
        noise=0.0,
        suggested={
            "hidden": "4,4",
            "init": "uniform",
            "loss": "squares",
            "batch": "0",
            "test": "0",
        },
    ),
    Dataset("moons", "Two moons", "Two half circles that interlock.", _moons),
    Dataset(
        "circles",
        "Circles",
        "One class inside the other: no straight line separates them.",
        _circles,
        noise=0.08,
    ),
    Dataset("xor", "Exclusive or", "Opposite corners have the same class.", _xor, noise=0.05),
    Dataset(
        "blobs",
        "Gaussian blobs",
        "Round clouds that straight lines separate.",
        _blobs,
        classes=(2, 5),
        noise=0.25,
    ),
    Dataset(
        "spiral",
        "Spiral",
        "Arms that wind around each other: the hardest dataset here.",
        _spiral,
        classes=(2, 5),
        noise=0.02,
        suggested={"init": "uniform", "optimizer": "adam", "rate": "0.05", "batch": "0"},
    ),
    Dataset(
        "yinyang",
        "Yin-yang",
        "Two halves, each with a dot of the third class.",
        _yinyang,
        classes=(3, 3),
        noise=0.0,
        suggested={
            "samples": "1000",
            "loss": "ce",
            "optimizer": "adam",
            "rate": "0.03",
            "batch": "100",
        },
    ),
    Dataset(
        "checkerboard",
        "Checkerboard",
        "Sixteen squares: neighbours have different classes.",
        _checkerboard,
        noise=0.0,
        suggested={
            "samples": "1000",
            "hidden": "16,16",
            "init": "uniform",
            "optimizer": "adam",
            "rate": "0.03",
            "batch": "0",
        },
    ),
    Dataset(
        "mislabelled",
        "Wrong labels",
        "A line separates the classes, but one label in ten is wrong. Watch the training loss fall "
        "while the test loss rises.",
        _mislabelled,
        noise=0.0,
        suggested={
            "test": "0.5",
            "hidden": "16,16,16",
            "init": "uniform",
            "optimizer": "adam",
            "rate": "0.03",
            "batch": "0",
        },
    ),
    Dataset(
        "above",
        "Above a curve",
        "The class says whether x2 is above your function of x1.",
        _above,
        noise=0.03,
        formula="0.5 * sin(4 * x1)",
        suggested=_FITTING,
    ),
    Dataset(
        "plane",
        "Plane",
        "Targets are numbers: (x1 + x2) / 2, plus noise.",
        _plane,
        classes=REGRESSION,
        noise=0.05,
        suggested={"hidden": "4", "batch": "20"},
    ),
    Dataset(
        "bumps",
        "Gaussian bumps",
        "Targets are numbers: three hills and three valleys, plus noise.",
        _bumps,
        classes=REGRESSION,
        noise=0.05,
        suggested=_FITTING | {"samples": "500", "hidden": "16,16"},
    ),
    Dataset(
        "curve",
        "Function of x1",
        "Targets are numbers: your function of x1, plus noise. x2 does not matter.",
        _curve,
        classes=REGRESSION,
        noise=0.05,
        formula="sin(4 * x1)",
        suggested=_FITTING,
    ),
    Dataset(
        "function",
        "Function of x1, x2",
        "Targets are numbers: a function of x1 and x2, plus noise.",
        _function,
        classes=REGRESSION,
        noise=0.05,
        formula="x1 * x2",
        suggested=_FITTING,
    ),
    Dataset(
        "own",
        "Your own data",
        "Paste or upload your own points on the tab Data.",
        _own,
        classes=(2, 5),
        noise=0.0,
        suggested={"standardise": "1"},
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in TABLE}
