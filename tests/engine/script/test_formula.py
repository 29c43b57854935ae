"""Typed formulas for many points, and features that formulas compute."""

from __future__ import annotations

import numpy as np
import pytest

from engine.script import formula
from engine.training import features

POINTS = np.array([[0.5, -0.25], [-1.0, 1.0], [0.125, 0.75]])
COLUMNS = {"x1": POINTS[:, 0], "x2": POINTS[:, 1]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x1 * x2 + 1", POINTS[:, 0] * POINTS[:, 1] + 1),
        ("x1", POINTS[:, 0]),
        ("3", np.full(3, 3.0)),
        ("2 - 3", np.full(3, -1.0)),
        ("r = x1 ** 2 + x2 ** 2; exp(-r)", np.exp(-(POINTS**2).sum(axis=1))),
        ("log(x1 + 2)", np.log(POINTS[:, 0] + 2)),
        ("1 / x1", 1 / POINTS[:, 0]),
        ("sqrt(-1 * min(x2 - 1, 0))", np.sqrt(1 - POINTS[:, 1])),
    ],
)
def test_a_formula_has_the_values_that_numpy_computes(text: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(formula.evaluate_formula(text, COLUMNS), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log(x1)", "not defined at x1 = −1, x2 = 1: it gives not a number"),
        ("1 / (x2 - 1)", "not defined at x1 = −1, x2 = 1: it gives ∞"),
        ("x1 +", "column 5: something is missing here"),
        ("x3 * 2", "x3"),
        ("", "the expression is empty"),
        ("x1 = 2", "x1 already has a value"),
        ("__import__('os')", "there is no function __import__"),
    ],
)
def test_an_unusable_formula_is_explained_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        formula.evaluate_formula(text, COLUMNS)
    assert message
    assert message in str(caught.value)


def test_features_are_the_formulas_that_they_print() -> None:
    x1, x2 = POINTS.T
    expected = [x1, x2, x1**2, x2**2, x1 * x2, np.sin(np.pi * x1), np.sin(np.pi * x2), x1 - x2]
    names = (*features.FEATURES, features.OWN)
    columns = features.feature_columns(POINTS, names, "x1 - x2")
    np.testing.assert_allclose(columns, np.column_stack(expected), rtol=1e-15)
    assert features.titles(names, "x1 - x2")[-1] == "x1 - x2"


def test_an_own_feature_must_be_defined_at_every_sample_but_not_everywhere() -> None:
    with pytest.raises(ValueError, match="not defined at x1 = −1"):
        features.feature_columns(POINTS, ("x1", "own"), "sqrt(x1)")
    lenient = features.feature_columns(POINTS, ("x1", "own"), "sqrt(x1)", strict=False)
    assert np.isnan(lenient[1, 1])
    assert np.isfinite(lenient[0]).all()
    with pytest.raises(ValueError, match="Write a formula"):
        features.feature_columns(POINTS, ("own",), " ")
