"""Scores by their definitions, sample by sample."""

from __future__ import annotations

from math import isnan, sqrt
from statistics import correlation, fmean, linear_regression

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inspection.metrics import confusion, r2, rmse

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40)
NUMBERS = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=40)


@given(PAIRS)
def test_every_sample_is_counted_where_its_classes_meet(pairs: list[tuple[int, int]]) -> None:
    true, predicted = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    table = confusion(predicted, true, 4)
    assert table.dtype == np.int64
    for row in range(4):
        assert table[row].tolist() == [pairs.count((row, column)) for column in range(4)]


@given(NUMBERS)
def test_the_error_is_that_of_each_prediction(pairs: list[tuple[float, float]]) -> None:
    predicted, true = np.array(pairs).T
    assert rmse(predicted, true) == pytest.approx(sqrt(fmean((f - w) ** 2 for f, w in pairs)))


def test_a_line_by_least_squares_explains_what_its_correlation_says() -> None:
    x, y = [0.0, 1.0, 2.0, 4.0, 7.0], [1.0, 2.5, 2.0, 5.5, 6.0]
    slope, start = linear_regression(x, y)
    predicted = slope * np.array(x) + start
    assert r2(predicted, np.array(y)) == pytest.approx(correlation(x, y) ** 2, rel=1e-12)


def test_perfect_is_1_the_mean_is_0_and_worse_is_less() -> None:
    true = np.array([1.0, 2.0, 6.0])
    assert r2(true, true) == 1.0
    assert r2(np.full(3, 3.0), true) == 0.0
    assert r2(-true, true) < 0.0


@pytest.mark.parametrize("true", [[], [2.0], [0.1] * 7])
def test_where_nothing_varies_nothing_can_be_explained(true: list[float]) -> None:
    assert isnan(r2(np.zeros(len(true)), np.array(true)))


def test_without_samples_there_is_no_error_to_tell() -> None:
    assert isnan(rmse(np.empty(0), np.empty(0)))
    assert confusion(np.empty(0, np.int64), np.empty(0, np.int64), 2).tolist() == [[0, 0], [0, 0]]
