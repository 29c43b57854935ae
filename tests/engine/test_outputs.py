"""Outputs: their class targets, and softmax against its formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value
from engine.ops import OPERATIONS
from engine.outputs import OUTPUTS, log_sum_exp


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_class_targets_are_where_the_activation_saturates(name: str) -> None:
    forward, output = OPERATIONS[name].forward, OUTPUTS[name]
    assert (output.low, output.high) == pytest.approx(
        (forward(-50.0), forward(50.0)), rel=0, abs=1e-20
    )


def test_a_linear_output_separates_classes_by_sign() -> None:
    z = Value(3.0)
    assert OUTPUTS["linear"].apply([z]) == [z]
    assert (OUTPUTS["linear"].low, OUTPUTS["linear"].high) == (-1.0, 1.0)


def test_an_activation_without_class_targets_is_no_output() -> None:
    assert list(OUTPUTS) == ["linear", "tanh", "sigmoid", "softmax"]


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=6))
def test_softmax_divides_each_exponential_by_their_sum(sums: list[float]) -> None:
    outputs = [output.data for output in OUTPUTS["softmax"].apply([Value(z) for z in sums])]
    np.testing.assert_allclose(outputs, np.exp(sums) / np.exp(sums).sum(), rtol=1e-13)


@pytest.mark.parametrize(
    "sums", [[800.0, -800.0], [-800.0, 800.0], [-800.0, -800.0], [900.0, 0.0, 900.0]]
)
def test_softmax_is_finite_and_exact_where_exponentials_overflow(sums: list[float]) -> None:
    shifted = np.exp(np.array(sums) - max(sums))
    level = log_sum_exp([Value(z) for z in sums]).data
    assert level == pytest.approx(max(sums) + np.log(shifted.sum()), rel=1e-15)
    outputs = [output.data for output in OUTPUTS["softmax"].apply([Value(z) for z in sums])]
    np.testing.assert_allclose(outputs, shifted / shifted.sum(), rtol=1e-12)
