"""The output as a function of its leaves, and what a small change of the leaf says of its slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluate import Array, evaluate
from engine.value import Value


def evaluate_leaf(nodes: Sequence[Value], leaf: Value, at: Array) -> Array:
    """The output where `leaf` has each of the numbers `at`; shape (n,) in and out."""
    return evaluate(nodes, {leaf: at})


@dataclass(frozen=True, slots=True)
class FiniteDifference:
    """A leaf moved by `h`: the output's `change`, and the quotient of both."""

    h: float
    change: float
    quotient: float


def nudge_leaf(nodes: Sequence[Value], leaf: Value, h: float) -> FiniteDifference:
    """(f(x + h) − f(x)) / h, computed as anybody would, rounding included."""
    before, after = evaluate_leaf(nodes, leaf, np.array([leaf.data, leaf.data + h]))
    return FiniteDifference(h, float(after - before), float((after - before) / h))


def measure_errors(
    nodes: Sequence[Value], leaf: Value, slope: float, h: Array
) -> tuple[Array, Array]:
    """|quotient − slope| for every step `h`, one-sided and central: (f(x+h) − f(x−h)) / 2h."""
    here = evaluate_leaf(nodes, leaf, np.array([leaf.data]))[0]
    ahead, behind = (
        evaluate_leaf(nodes, leaf, leaf.data + h),
        evaluate_leaf(nodes, leaf, leaf.data - h),
    )
    with np.errstate(all="ignore"):
        return np.abs((ahead - here) / h - slope), np.abs((ahead - behind) / (2 * h) - slope)
