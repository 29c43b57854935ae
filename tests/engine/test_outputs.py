"""Outputs: their numbers for classes, and softmax against its formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value
from engine.ops import OPERATIONS
from engine.outputs import OUTPUTS, log_sum_exp


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_the_numbers_for_yes_and_no_are_where_the_activation_saturates(name: str) -> None:
    forward, output = OPERATIONS[name].forward, OUTPUTS[name]
    assert (output.low, output.high) == pytest.approx(
        (forward(-50.0), forward(50.0)), rel=0, abs=1e-20
    )


def test_a_linear_output_tells_classes_apart_by_sign() -> None:
    z = Value(3.0)
    assert OUTPUTS["linear"].apply([z]) == [z]
    assert (OUTPUTS["linear"].low, OUTPUTS["linear"].high) == (-1.0, 1.0)


def test_what_cannot_tell_classes_apart_is_no_output() -> None:
    assert list(OUTPUTS) == ["linear", "tanh", "sigmoid", "softmax"]


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=6))
def test_softmax_is_the_share_of_each_exponential(sums: list[float]) -> None:
    found = [output.data for output in OUTPUTS["softmax"].apply([Value(z) for z in sums])]
    np.testing.assert_allclose(found, np.exp(sums) / np.exp(sums).sum(), rtol=1e-13)


@pytest.mark.parametrize(
    "sums", [[800.0, -800.0], [-800.0, 800.0], [-800.0, -800.0], [900.0, 0.0, 900.0]]
)
def test_softmax_is_finite_and_exact_where_exponentials_overflow(sums: list[float]) -> None:
    shifted = np.exp(np.array(sums) - max(sums))
    level = log_sum_exp([Value(z) for z in sums]).data
    assert level == pytest.approx(max(sums) + np.log(shifted.sum()), rel=1e-15)
    found = [output.data for output in OUTPUTS["softmax"].apply([Value(z) for z in sums])]
    np.testing.assert_allclose(found, shifted / shifted.sum(), rtol=1e-12)
