"""The inputs of a network: the coordinates of a point, and functions of them.

Every feature is a formula in the expression lab's language; one more can be a person's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from engine.random import Floats
from engine.script import formula
from engine.training import messages

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


def formulas(names: Sequence[str], own: str) -> tuple[str, ...]:
    """Return the formulas of these features; a name that is no feature stands for itself."""
    by_name = {name: feature.text for name, feature in FEATURES.items()} | {OWN: own}
    return tuple(by_name.get(name, name) for name in names)


def titles(names: Sequence[str], own: str) -> tuple[str, ...]:
    """Return the titles of these features for people."""
    by_name = {name: feature.title for name, feature in FEATURES.items()} | {OWN: own}
    return tuple(by_name.get(name, name) for name in names)


def feature_columns(
    inputs: Floats, names: tuple[str, ...], own: str, strict: bool = True
) -> Floats:
    """Return the features of points: (points, dimensions) → (points, features).

    Raises ValueError, in words, for an own formula that cannot be read. Where it is not defined at
    a point, raises ValueError if `strict`, else gives NaN.
    """
    if inputs.shape[1] != 2 or names == ("x1", "x2"):
        return inputs
    coordinates = {"x1": inputs[:, 0], "x2": inputs[:, 1]}
    if OWN in names and not own.strip():
        raise ValueError(messages.NO_OWN_FEATURE)
    evaluate = formula.evaluate_formula if strict else _evaluate_anywhere
    return np.column_stack([evaluate(text, coordinates) for text in formulas(names, own)])


def _evaluate_anywhere(text: str, coordinates: dict[str, Floats]) -> Floats:
    return formula.parse_formula(text, tuple(coordinates)).evaluate(coordinates)
