"""Every local derivative of the table can be written at any numbers, with the case that holds."""

from __future__ import annotations

import ast
import math
from itertools import product

import pytest

from engine import DomainError, Value
from engine.explain.equations import choose_rule, local_derivative_line
from engine.ops import TABLE, Operation
from engine.value import apply


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
@pytest.mark.parametrize("extra", [0, 1])
def test_every_rule_has_a_case_at_every_number_and_the_case_is_what_runs(
    op: Operation, extra: int
) -> None:
    op = op.with_operands(op.arity + extra) if op.extend else op
    attributes = (2.0,) if op.name == "pow" else ()
    for numbers in product((-1.5, 0.0, 1.5, math.inf), repeat=op.arity):
        names = [Value(number, f"x{i}") for i, number in enumerate(numbers)]
        try:
            node = apply(op, *names, attributes=attributes)
        except DomainError:
            continue
        node.label = "y"
        for index, local_derivative in enumerate(node.local_derivatives()):
            line = local_derivative_line(node, index, local_derivative)
            rule = choose_rule(node, index)
            if rule is None:
                assert math.isnan(node.data)
                continue
            assert not any(isinstance(part, ast.IfExp) for part in ast.walk(rule.formula))
            assert ("because" in line) == (rule.reason is not None)
            if isinstance(rule.formula, ast.Constant):
                assert rule.formula.value == local_derivative


def test_a_comparison_with_nan_has_no_reason() -> None:
    nan, one = Value(math.nan, "a"), Value(1.0, "b")
    node = nan.max(one)
    node.label = "y"
    assert local_derivative_line(node, 1, 0.5) == "∂y/∂b = 0.5"
