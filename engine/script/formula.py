"""A formula that a person types, evaluated for many points at once.

The parser of the expression lab reads it and the same operations compute it. An error names a point
at which the formula is not defined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.evaluate import evaluate
from engine.notation import format_number
from engine.random import Floats
from engine.script import messages
from engine.script.errors import ExpressionError
from engine.script.parser import parse
from engine.value import Value, sort_topologically

TRIAL_NUMBERS = (0.3, 0.7, 1.7, -0.4, 0.0)
"""The parser computes while it reads. So it reads a formula with each of these numbers in its
variables, until one works."""


@dataclass(frozen=True, eq=False)
class Formula:
    """The graph of a formula: its nodes, operands first, and its variables."""

    nodes: tuple[Value, ...]
    variables: Mapping[str, Value]

    def evaluate(self, columns: Mapping[str, Floats]) -> Floats:
        """Return the formula for these variables, (points,) each and as the result. It is NaN or
        infinite at points where the formula is not defined.
        """
        points = len(next(iter(columns.values())))
        leaf_data = {
            leaf: columns[name] for name, leaf in self.variables.items() if leaf in self.nodes
        }
        if not leaf_data:
            return np.full(points, self.nodes[-1].data)
        return np.array(np.broadcast_to(evaluate(self.nodes, leaf_data), points), dtype=np.float64)


@lru_cache(maxsize=256)
def parse_formula(text: str, variables: tuple[str, ...]) -> Formula:
    """Return the formula, which may use these variables. Raises ValueError in words."""
    first_error: ExpressionError | None = None
    for number in TRIAL_NUMBERS:
        names = {name: Value(number, name) for name in variables}
        try:
            output = parse(text, names).output
        except ExpressionError as error:
            first_error = first_error or error
            continue
        return Formula(tuple(sort_topologically(output)), names)
    assert first_error is not None
    raise ValueError(
        messages.FORMULA_ERROR.format(
            column=first_error.column,
            message=first_error.message,
            variables=" and ".join(variables),
        )
    )


def evaluate_formula(text: str, columns: Mapping[str, Floats]) -> Floats:
    """Return the formula at these points, (points,).

    Raises ValueError in words if the formula cannot be read, or is not defined at one of the
    points.
    """
    results = parse_formula(text, tuple(columns)).evaluate(columns)
    (undefined,) = np.nonzero(~np.isfinite(results))
    if len(undefined):
        index = undefined[0]
        point = (f"{name} = {format_number(column[index])}" for name, column in columns.items())
        raise ValueError(
            messages.FORMULA_UNDEFINED.format(
                point=", ".join(point), result=format_number(float(results[index]))
            )
        )
    return results
