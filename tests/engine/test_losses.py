"""Losses against their formulas in NumPy, and where a formula would lose its digits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value
from engine.losses import LOSSES, TABLE, Loss
from engine.outputs import OUTPUTS

PAIRS = st.lists(st.tuples(st.floats(-5, 5), st.sampled_from([-1.0, 1.0])), min_size=1, max_size=5)


def sample(name: str, outputs: list[float], targets: list[float]) -> tuple[float, list[float]]:
    """The loss of one sample, and its gradient by the outputs."""
    values = [Value(o) for o in outputs]
    loss = LOSSES[name].sample(values, [Value(t) for t in targets])
    loss.backward()
    return loss.data, [value.grad for value in values]


@given(PAIRS)
def test_the_sum_of_squares_is_the_sum_of_squares(pairs: list[tuple[float, float]]) -> None:
    o, t = map(np.array, zip(*pairs, strict=True))
    loss, slopes = sample("squares", o.tolist(), t.tolist())
    assert loss == pytest.approx(np.sum((o - t) ** 2), rel=1e-14)
    np.testing.assert_allclose(slopes, 2 * (o - t), rtol=1e-14)


@given(PAIRS)
def test_the_mean_squared_error_is_a_mean_over_the_outputs(
    pairs: list[tuple[float, float]],
) -> None:
    o, t = map(np.array, zip(*pairs, strict=True))
    loss, slopes = sample("mse", o.tolist(), t.tolist())
    assert loss == pytest.approx(np.mean((o - t) ** 2), rel=1e-14)
    np.testing.assert_allclose(slopes, 2 * (o - t) / len(o), rtol=1e-14)


@given(PAIRS)
def test_huber_is_a_square_near_0_and_a_distance_beyond(pairs: list[tuple[float, float]]) -> None:
    o, t = map(np.array, zip(*pairs, strict=True))
    d = np.abs(o - t)
    loss, slopes = sample("huber", o.tolist(), t.tolist())
    assert loss == pytest.approx(np.mean(np.where(d <= 1, d * d / 2, d - 0.5)), rel=1e-14)
    np.testing.assert_allclose(slopes, np.clip(o - t, -1, 1) / len(o), rtol=1e-14)


@pytest.mark.parametrize(("d", "loss", "slope"), [(1.0, 0.5, 1.0), (-1.0, 0.5, -1.0), (0, 0, 0)])
def test_huber_has_no_corner_where_its_parts_meet(d: float, loss: float, slope: float) -> None:
    assert sample("huber", [d], [0.0]) == (loss, [slope])


@given(PAIRS)
def test_the_hinge_loss_is_the_distance_to_the_margin(pairs: list[tuple[float, float]]) -> None:
    o, t = map(np.array, zip(*pairs, strict=True))
    loss, slopes = sample("hinge", o.tolist(), t.tolist())
    assert loss == pytest.approx(np.sum(np.maximum(0, 1 - t * o)), rel=1e-14, abs=1e-15)
    np.testing.assert_array_equal(slopes, np.where(t * o < 1, -t, 0))


@given(st.lists(st.tuples(st.floats(-15, 15), st.sampled_from([0.0, 1.0])), min_size=1, max_size=5))
def test_cross_entropy_follows_its_formula_where_the_formula_is_safe(
    pairs: list[tuple[float, float]],
) -> None:
    z, t = map(np.array, zip(*pairs, strict=True))
    o = 1 / (1 + np.exp(-z))
    loss, slopes = sample("bce", z.tolist(), t.tolist())
    naive = -np.sum(t * np.log(o) + (1 - t) * np.log(1 - o))
    # The formula itself has lost up to 3.3e6 units of rounding at 1 − σ(15).
    assert loss == pytest.approx(naive, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(slopes, o - t, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("z", "target", "loss", "slope"),
    [
        (800.0, 0.0, 800.0, 1.0), (-800.0, 1.0, 800.0, -1.0),
        (800.0, 1.0, 0.0, 0.0), (-800.0, 0.0, 0.0, 0.0), (0.0, 1.0, math.log(2), -0.5),
    ],
)  # fmt: skip
def test_cross_entropy_is_finite_and_exact_where_the_sigmoid_saturates(
    z: float, target: float, loss: float, slope: float
) -> None:
    assert sample("bce", [z], [target]) == (loss, [slope])


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=6), st.integers(0, 5))
def test_softmax_cross_entropy_is_the_log_of_the_true_classs_probability(
    sums: list[float], chosen: int
) -> None:
    targets = [float(place == chosen % len(sums)) for place in range(len(sums))]
    loss, slopes = sample("ce", sums, targets)
    shares = np.exp(sums) / np.exp(sums).sum()
    assert loss == pytest.approx(-np.log(shares[chosen % len(sums)]), rel=1e-12, abs=1e-13)
    np.testing.assert_allclose(slopes, shares - targets, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("sums", "loss", "slopes"),
    [([800.0, -800.0], 0.0, [0.0, 0.0]), ([-800.0, 800.0], 1600.0, [-1.0, 1.0]),
     ([900.0, 0.0, 0.0], 0.0, [0.0, 0.0, 0.0])],
)  # fmt: skip
def test_softmax_cross_entropy_is_finite_and_exact_where_softmax_saturates(
    sums: list[float], loss: float, slopes: list[float]
) -> None:
    assert sample("ce", sums, [1.0, 0.0, 0.0][: len(sums)]) == (loss, slopes)


@pytest.mark.parametrize("loss", TABLE, ids=lambda loss: loss.name)
def test_a_loss_names_outputs_with_class_targets(loss: Loss) -> None:
    assert set(loss.outputs) <= set(OUTPUTS)


def test_a_wrong_number_of_targets_is_an_error() -> None:
    for loss in TABLE:
        with pytest.raises(ValueError, match="zip"):
            loss.sample([Value(1.0)], [Value(1.0), Value(0.0)])
