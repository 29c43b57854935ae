"""A formula that a person types, worked out for many points at once.

It is read by the expression lab's parser and computed by the same operations; what is not defined
at a point is said with the point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.evaluate import evaluate
from engine.notation import format_number
from engine.random import Floats
from engine.script.parser import ExpressionError, parse
from engine.value import Value, sort_topologically

TRIAL_POINTS = (0.3, 0.7, 1.7, -0.4, 0.0)
"""The parser computes as it reads, so a formula is read at the first of these numbers at which it
is defined."""


@dataclass(frozen=True, eq=False)
class Formula:
    """The graph of a formula: its nodes, operands first, and its variables."""

    nodes: tuple[Value, ...]
    variables: Mapping[str, Value]

    def values(self, columns: Mapping[str, Floats]) -> Floats:
        """What it is worth where the variables are these, (points,) each; NaN or infinite where
        it is not defined.
        """
        points = len(next(iter(columns.values())))
        used = {node: columns[name] for name, node in self.variables.items() if node in self.nodes}
        found = np.asarray(evaluate(self.nodes, used)) if used else np.array(self.nodes[-1].data)
        return np.array(np.broadcast_to(found, points), dtype=np.float64)


@lru_cache(maxsize=256)
def parse_formula(text: str, variables: tuple[str, ...]) -> Formula:
    """The formula, which may use these variables. Raises ValueError, in words."""
    problem: ExpressionError | None = None
    for tried in TRIAL_POINTS:
        names = {name: Value(tried, name) for name in variables}
        try:
            found = parse(text, names)
        except ExpressionError as error:
            problem = problem or error
            continue
        return Formula(tuple(sort_topologically(found.output)), names)
    assert problem is not None
    raise ValueError(
        f"In the formula, column {problem.column}: {problem.message} "
        f"It may use {' and '.join(variables)}, numbers, and the functions of the expression lab."
    )


def evaluate_formula(text: str, columns: Mapping[str, Floats]) -> Floats:
    """What the formula is worth at these points, (points,).

    Raises ValueError, in words, for one that cannot be read or is not defined at one of them.
    """
    found = parse_formula(text, tuple(columns)).values(columns)
    wrong = np.flatnonzero(~np.isfinite(found))
    if len(wrong):
        at = wrong[0]
        where = ", ".join(
            f"{name} = {format_number(column[at])}" for name, column in columns.items()
        )
        raise ValueError(
            f"The formula is not defined at {where}: it gives {format_number(float(found[at]))}. "
            "Choose one that is defined at every point."
        )
    return found
