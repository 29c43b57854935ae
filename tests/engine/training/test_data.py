"""Data and their features: edits, scaling, and what the program reads of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.hyperparameters import MAX_SAMPLES
from engine.training.csv_table import TableError, parse_csv
from engine.training.data import data_from_table, fit_scaling, is_own, make_data, tabulate
from engine.training.features import feature_columns, formulas, titles
from engine.training.model import build_model
from engine.training.settings import Settings

DATA = make_data(Settings(samples=40))


def test_the_features_of_the_training_samples_are_standardised() -> None:
    settings = Settings(samples=40, features=("x1", "x1sq"), standardise=True)
    scaling = fit_scaling(settings, DATA)
    columns = scaling.transform(DATA.inputs)[~DATA.is_test]
    np.testing.assert_allclose(columns.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(columns.std(axis=0), 1.0, rtol=1e-12)


def test_a_feature_that_does_not_vary_is_only_shifted() -> None:
    settings = Settings(samples=40, features=("x1", "own"), feature="3 + 0 * x1", standardise=True)
    scaling = fit_scaling(settings, DATA)
    assert scaling.standard_deviations[1] == 1.0
    np.testing.assert_array_equal(scaling.transform(DATA.inputs)[:, 1], 0.0)


def test_a_feature_that_is_not_defined_somewhere_is_refused_or_not_a_number() -> None:
    points = np.array([[0.0, 1.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match="not defined"):
        feature_columns(points, ("own",), "1 / x1")
    columns = feature_columns(points, ("own",), "1 / x1", strict=False)
    assert columns[1].tolist() == [0.5]
    assert not np.isfinite(columns[0, 0])


def test_an_own_feature_without_a_formula_is_asked_for() -> None:
    with pytest.raises(ValueError, match="Write a formula"):
        feature_columns(DATA.inputs, ("x1", "own"), "  ")


def test_features_have_titles_and_formulas_and_other_inputs_stand_for_themselves() -> None:
    assert titles(("x1sq", "own", "x3"), "x1 + 1") == ("x1²", "x1 + 1", "x3")
    assert formulas(("x1sq", "own", "x3"), "x1 + 1") == ("x1 ** 2", "x1 + 1", "x3")


def test_the_table_of_numbers_has_the_targets_and_its_indices_the_split() -> None:
    settings = Settings(dataset="plane", samples=40)
    data = make_data(settings)
    samples = tabulate(data, fit_scaling(settings, data), 1, 0.0, 1.0)
    np.testing.assert_array_equal(samples.all[:, -1], data.targets)
    np.testing.assert_array_equal(samples.test, samples.all[data.is_test])
    np.testing.assert_array_equal(samples.train, samples.all[~data.is_test])


def test_a_person_adds_no_more_points_than_there_may_be() -> None:
    full = replace(
        DATA,
        inputs=np.zeros((MAX_SAMPLES, 2)),
        targets=np.zeros(MAX_SAMPLES),
        is_test=np.zeros(MAX_SAMPLES, dtype=np.bool_),
    )
    with pytest.raises(ValueError, match="5,000 points, the maximum"):
        full.add(0, (0.0, 0.0), 0.0, test=False)
    assert len(full.move(3, (1.0, 1.0)).inputs) == MAX_SAMPLES


def test_an_own_table_is_shown_whole_and_split_like_any_other() -> None:
    table = parse_csv("1,5,7.5\n2,5,7.5\n3,5,7.5\n4,5,7.5\n")
    data = data_from_table(table, Settings(dataset="own", test=0.5))
    (left, right), (bottom, top) = data.window
    assert left < 1.0 < 4.0 < right
    assert bottom < 5.0 < top
    assert data.span == (6.5, 8.5)  # all targets are the same
    assert data.is_test.sum() == 2
    assert is_own(Settings(dataset="own"))
    assert not is_own(Settings())


def test_a_loss_for_classes_is_refused_for_a_table_of_numbers() -> None:
    table = parse_csv("1,5,7.5\n2,5,8.5\n3,5,9.5\n4,5,1.25\n")
    settings = Settings(dataset="own", loss="hinge")
    data = data_from_table(table, settings)
    with pytest.raises(ValueError, match="Hinge is a loss for classes"):
        build_model(settings, data, fit_scaling(settings, data))


def test_a_quote_without_an_end_is_named_with_its_row() -> None:
    with pytest.raises(TableError, match="Row 1"):
        parse_csv('1,2,"' + "a" * 200_000)
