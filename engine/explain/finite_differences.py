"""The output as a function of one leaf, and finite differences as estimates of its derivative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluate import Array, evaluate
from engine.value import Value


def evaluate_leaf(nodes: Sequence[Value], leaf: Value, numbers: Array) -> Array:
    """Return the output for each of these numbers in `leaf`; shape (n,) in and out."""
    return evaluate(nodes, {leaf: numbers})


@dataclass(frozen=True, slots=True)
class FiniteDifference:
    """A step `h` of a leaf, the `change` of the output, and the quotient change / h."""

    h: float
    change: float
    quotient: float


def nudge_leaf(nodes: Sequence[Value], leaf: Value, h: float) -> FiniteDifference:
    """Return (f(x + h) − f(x)) / h, with its rounding errors; NaN where f is infinite."""
    before, after = evaluate_leaf(nodes, leaf, np.array([leaf.data, leaf.data + h]))
    with np.errstate(all="ignore"):
        return FiniteDifference(h, float(after - before), float((after - before) / h))


def measure_errors(
    nodes: Sequence[Value], leaf: Value, derivative: float, h: Array
) -> tuple[Array, Array]:
    """Return |quotient − derivative| for every step `h`, one-sided and central:
    (f(x + h) − f(x)) / h and (f(x + h) − f(x − h)) / 2h.
    """
    here = evaluate_leaf(nodes, leaf, np.array([leaf.data]))[0]
    ahead = evaluate_leaf(nodes, leaf, leaf.data + h)
    behind = evaluate_leaf(nodes, leaf, leaf.data - h)
    with np.errstate(all="ignore"):
        one_sided, central = (ahead - here) / h, (ahead - behind) / (2 * h)
        return np.abs(one_sided - derivative), np.abs(central - derivative)
