"""Gradient steps against a loop written by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.gradient_steps import GradientSteps, take_steps
from engine.script.parser import Expression, parse
from engine.value import DomainError

LOSS = "x = 2\nt = 1\nw = {w!r}\nb = {b!r}\nloss = (tanh(w*x + b) - t) ** 2"


def parsed(w: float = 0.3, b: float = -0.2) -> Expression:
    return parse(LOSS.format(w=w, b=b))


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.001, 0.5), st.booleans(), st.integers(1, 9))
def test_a_step_equals_the_loop_written_by_hand(
    w: float, b: float, rate: float, forgotten: bool, count: int
) -> None:
    expression = parsed(w, b)
    leaves = [expression.names["w"], expression.names["b"]]
    trajectory = take_steps(expression.output, leaves, [GradientSteps(rate, count, forgotten)])

    grads, path = [0.0, 0.0], [(w, b)]
    for _ in range(count):
        by_hand = parsed(w, b)
        by_hand.output.backward()
        here = [by_hand.names["w"].grad, by_hand.names["b"].grad]
        leftover = grads if forgotten else [0.0, 0.0]
        grads = [before + now for before, now in zip(leftover, here, strict=True)]
        w, b = w - rate * grads[0], b - rate * grads[1]
        path.append((w, b))
    assert trajectory.steps == count
    for ours, theirs in zip(trajectory.path, path, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    assert trajectory.outputs[-1] == pytest.approx(parsed(w, b).output.data, rel=1e-9, abs=1e-12)
    assert [trajectory.leftover_gradients[leaf] for leaf in leaves] == pytest.approx(
        grads, rel=1e-9, abs=1e-12
    )
    assert expression.output.data == trajectory.outputs[-1]


def test_zero_steps_change_nothing() -> None:
    expression = parsed()
    trajectory = take_steps(expression.output, [expression.names["w"]], [])
    assert (trajectory.steps, trajectory.path, trajectory.leftover_gradients) == (
        0, [(0.3,)], {expression.names["w"]: 0.0},
    )  # fmt: skip


def test_a_negative_rate_goes_up() -> None:
    expression = parsed()
    trajectory = take_steps(expression.output, [expression.names["w"]], [GradientSteps(-0.1, 3)])
    assert sorted(trajectory.outputs) == trajectory.outputs


def test_steps_do_not_move_inputs() -> None:
    expression = parsed()
    take_steps(expression.output, [expression.names["w"]], [GradientSteps(0.1, 3)])
    assert expression.names["x"].data == 2
    assert expression.names["b"].data == -0.2


def test_too_many_steps_are_an_error_in_words() -> None:
    expression = parsed()
    with pytest.raises(ValueError, match=r"At most 200 gradient steps are possible\. .* first\.$"):
        take_steps(
            expression.output,
            [expression.names["w"]],
            [GradientSteps(0.1, 150), GradientSteps(0.2, 51)],
        )


def test_an_error_names_the_step_that_diverges() -> None:
    expression = parse("w = 1\ny = w ** 4")
    with pytest.raises(ValueError, match=r"Gradient step \d with rate 100 leads to numbers"):
        take_steps(expression.output, [expression.names["w"]], [GradientSteps(100.0, 10)])
    expression = parse("w = 1\ny = sqrt(w)")
    with pytest.raises((ValueError, DomainError)):
        take_steps(expression.output, [expression.names["w"]], [GradientSteps(0.4, 20)])
