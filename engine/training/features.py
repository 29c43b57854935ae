"""What a network reads of a point: its coordinates, and functions of them.

Each is a formula in the expression lab's language; one more can be a person's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from engine.random import Floats
from engine.script import formula

OWN = "own"
"""The feature that is a person's own formula."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Its name in a URL and in graphs, its title for people, and its formula of x1 and x2."""

    name: str
    title: str
    text: str


TABLE: tuple[Feature, ...] = (
    Feature("x1", "x1", "x1"),
    Feature("x2", "x2", "x2"),
    Feature("x1sq", "x1²", "x1 ** 2"),
    Feature("x2sq", "x2²", "x2 ** 2"),
    Feature("x1x2", "x1·x2", "x1 * x2"),
    Feature("sinx1", "sin πx1", f"sin({pi!r} * x1)"),
    Feature("sinx2", "sin πx2", f"sin({pi!r} * x2)"),
)
FEATURES: dict[str, Feature] = {feature.name: feature for feature in TABLE}


def texts(names: Sequence[str], own: str) -> tuple[str, ...]:
    """The formulas of these features; a name that is none stands for itself."""
    known = {name: feature.text for name, feature in FEATURES.items()} | {OWN: own}
    return tuple(known.get(name, name) for name in names)


def titles(names: Sequence[str], own: str) -> tuple[str, ...]:
    """What these features are called for people."""
    known = {name: feature.title for name, feature in FEATURES.items()} | {OWN: own}
    return tuple(known.get(name, name) for name in names)


def columns(inputs: Floats, names: tuple[str, ...], own: str, strict: bool = True) -> Floats:
    """The features of points: (points, dimensions) → (points, features).

    Raises ValueError, in words, for an own formula that cannot be read or, where it is `strict`,
    is not defined at one of the points; else it is NaN there.
    """
    if inputs.shape[1] != 2 or names == ("x1", "x2"):
        return inputs
    known = {"x1": inputs[:, 0], "x2": inputs[:, 1]}
    if OWN in names and not own.strip():
        raise ValueError("Write a formula of x1 and x2, such as x1 * x2, or leave it out.")
    work = formula.evaluate_formula if strict else _anywhere
    return np.column_stack([work(text, known) for text in texts(names, own)])


def _anywhere(text: str, known: dict[str, Floats]) -> Floats:
    return formula.parse_formula(text, tuple(known)).values(known)
