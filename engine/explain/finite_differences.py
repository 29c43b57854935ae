"""The output as a function of its leaves, and what a small change of the leaf says of its slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluate import Array, evaluate
from engine.value import Value


def curve(nodes: Sequence[Value], leaf: Value, at: Array) -> Array:
    """The output where `leaf` has each of the numbers `at`; shape (n,) in and out."""
    return evaluate(nodes, {leaf: at})


@dataclass(frozen=True, slots=True)
class Nudge:
    """A leaf moved by `h`: the output's `change`, and the quotient of both."""

    h: float
    change: float
    quotient: float


def nudge(nodes: Sequence[Value], leaf: Value, h: float) -> Nudge:
    """(f(x + h) − f(x)) / h, computed as anybody would, rounding included."""
    before, after = curve(nodes, leaf, np.array([leaf.data, leaf.data + h]))
    return Nudge(h, float(after - before), float((after - before) / h))


def errors(nodes: Sequence[Value], leaf: Value, slope: float, h: Array) -> tuple[Array, Array]:
    """|quotient − slope| for every step `h`, one-sided and central: (f(x+h) − f(x−h)) / 2h."""
    here = curve(nodes, leaf, np.array([leaf.data]))[0]
    ahead, behind = curve(nodes, leaf, leaf.data + h), curve(nodes, leaf, leaf.data - h)
    with np.errstate(all="ignore"):
        return np.abs((ahead - here) / h - slope), np.abs((ahead - behind) / (2 * h) - slope)
