"""The output as a function of its leaves, and what a small change of the leaf says of its slope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.value import Value

Array = npt.NDArray[np.float64]


def over(nodes: Sequence[Value], given: Mapping[Value, Array]) -> Array:
    """The output where leaves have other numbers, everything else as it is.

    `nodes` are listed operands first, the output last; the arrays of `given` have one shape, which
    the answer has too. NaN or ±inf where the expression is not defined.
    """
    known: dict[Value, Array] = {
        leaf: np.asarray(at, dtype=np.float64) for leaf, at in given.items()
    }
    shape = np.broadcast_shapes(*(at.shape for at in known.values()))
    with np.errstate(all="ignore"):
        for node in nodes:
            if node.op is not None and any(each in known for each in node.operands):
                operands = [known.get(each, np.float64(each.data)) for each in node.operands]
                known[node] = node.op.forward(*operands, *node.numbers)
    return np.broadcast_to(known.get(nodes[-1], np.float64(nodes[-1].data)), shape)


def curve(nodes: Sequence[Value], leaf: Value, at: Array) -> Array:
    """The output where `leaf` has each of the numbers `at`; shape (n,) in and out."""
    return over(nodes, {leaf: at})


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
