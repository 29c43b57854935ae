"""The output as a function of its leaves, and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluate import evaluate
from engine.explain.finite_differences import evaluate_leaf, measure_errors, nudge_leaf
from engine.script.parser import parse

TEXT = "x = {x!r}\nw = {w!r}\ny = tanh(x * w) + x ** 2 / (1 + w * w) - max(x, w)"


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=8), st.floats(-3, 3))
def test_evaluating_a_leaf_equals_parsing_with_other_numbers(
    numbers: list[float], w: float
) -> None:
    expression = parse(TEXT.format(x=1.0, w=w))
    expected = [parse(TEXT.format(x=x, w=w)).output.data for x in numbers]
    outputs = evaluate_leaf(expression.nodes(), expression.names["x"], np.array(numbers))
    assert outputs.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_two_leaves_are_evaluated_over_a_grid() -> None:
    expression = parse(TEXT.format(x=1.0, w=2.0))
    x, w = np.meshgrid([0.5, 1.0, 2.0], [-1.0, 3.0])
    outputs = evaluate(expression.nodes(), {expression.names["x"]: x, expression.names["w"]: w})
    assert outputs.shape == (2, 3)
    assert outputs[1, 2] == pytest.approx(parse(TEXT.format(x=2.0, w=3.0)).output.data)


def test_undefined_points_give_nan_or_infinity() -> None:
    expression = parse("x = 1\ny = log(x)")
    outputs = evaluate_leaf(expression.nodes(), expression.names["x"], np.array([-1.0, 0.0, 1.0]))
    assert np.isnan(outputs[0])
    assert outputs[1] == -np.inf
    assert outputs[2] == 0


def test_a_leaf_that_is_not_used_gives_a_constant() -> None:
    expression = parse("x = 1\nw = 2\ny = w * w")
    numbers = np.array([1.0, 2.0, 3.0])
    assert evaluate_leaf(expression.nodes(), expression.names["x"], numbers).tolist() == [
        4.0,
        4.0,
        4.0,
    ]


def test_a_small_finite_difference_is_close_to_the_gradient() -> None:
    expression = parse(TEXT.format(x=0.7, w=-1.2))
    expression.output.backward()
    leaf = expression.names["x"]
    difference = nudge_leaf(expression.nodes(), leaf, 1e-6)
    assert difference.h == 1e-6
    assert difference.change == pytest.approx(difference.quotient * 1e-6)
    assert difference.quotient == pytest.approx(leaf.grad, abs=1e-5)


def test_finite_differences_fail_for_large_and_for_tiny_steps() -> None:
    expression = parse("x = 0.7\ny = sin(x) * exp(x)")
    expression.output.backward()
    leaf = expression.names["x"]
    steps = 10.0 ** np.arange(0, -13, -1)
    one_sided, central = measure_errors(expression.nodes(), leaf, leaf.grad, steps)
    for error, order, best in ((one_sided, 1, 8), (central, 2, 5)):
        assert abs(int(error.argmin()) - best) <= 2
        assert error[0] > 1e3 * error.min()
        assert error[-1] > 100 * error.min()
        assert np.log10(error[1] / error[2]) == pytest.approx(order, abs=0.1)
