"""Datasets: the same points for the same seed, classes in balance, shapes as promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.random import Floats, Integers
from engine.training.datasets import DATASETS, TABLE, Dataset
from engine.training.run import advance, begin
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings, suggest_settings
from tests.backends import BACKENDS


def points_of(
    name: str, samples: int, classes: int, noise: float, seed: int
) -> tuple[Floats, Integers]:
    """The points, and their classes as indices."""
    dataset = DATASETS[name]
    points, targets = dataset.make(samples, classes, noise, seed, dataset.formula)
    return points, targets.astype(np.int64)


GENERATED = [dataset for dataset in TABLE if dataset.name != "own"]
CLASSIFIED = [d for d in GENERATED if not d.is_regression]
EVERY = pytest.mark.parametrize("dataset", GENERATED, ids=lambda dataset: dataset.name)
CHOSEN = pytest.mark.parametrize(
    "dataset", [d for d in CLASSIFIED if d.samples is None], ids=lambda dataset: dataset.name
)


@EVERY
@given(st.integers(4, 300), st.integers(2, 5), st.floats(0, 1), st.integers(0, 2**31 - 1))
def test_points_have_their_shape_and_classes_their_balance(
    dataset: Dataset, samples: int, classes: int, noise: float, seed: int
) -> None:
    samples = dataset.samples or samples
    if not dataset.is_regression:
        classes = min(max(classes, dataset.classes[0]), dataset.classes[1])
    inputs, targets = dataset.make(samples, classes, noise, seed, dataset.formula)
    assert inputs.shape == (samples, dataset.dimensions)
    assert inputs.dtype == np.float64
    assert np.isfinite(inputs).all()
    assert targets.shape == (samples,)
    assert np.isfinite(targets).all()
    if dataset.is_regression or dataset.formula:
        return
    counts = np.bincount(targets.astype(np.int64), minlength=classes)
    assert len(counts) == classes
    assert counts.max() - counts.min() <= 1


@CHOSEN
def test_a_seed_gives_its_points_and_no_others(dataset: Dataset) -> None:
    first, again, other = (points_of(dataset.name, 50, 2, 0.1, seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.isclose(first, other).all(axis=1).any()


@CHOSEN
def test_noise_is_the_standard_deviation_by_which_points_stray(dataset: Dataset) -> None:
    ideal, kinds = points_of(dataset.name, 5000, 2, 0.0, 1)
    for noise in (0.1, 0.5):
        points, same = points_of(dataset.name, 5000, 2, noise, 1)
        np.testing.assert_array_equal(kinds, same)
        assert np.std(points - ideal, axis=0) == pytest.approx([noise, noise], rel=0.05)
        assert np.mean(points - ideal, axis=0) == pytest.approx([0, 0], abs=5 * noise / 5000**0.5)


def test_the_four_points_are_those_of_the_exercise() -> None:
    inputs, kinds = points_of("points", 4, 2, 0.0, 9)
    assert inputs.tolist() == [[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]]
    assert kinds.tolist() == [1, 0, 0, 1]


def test_without_noise_moons_lie_on_two_half_circles() -> None:
    points, kinds = points_of("moons", 201, 2, 0.0, 0)
    points += np.array([0.5, 0.25])
    upper, lower = points[kinds == 0], points[kinds == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-14)
    assert (upper[:, 1] >= -1e-15).all()
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, rtol=1e-14)
    assert (lower[:, 1] <= 0.5 + 1e-15).all()
    # From end to end: both reach from one tip to the other.
    assert np.ptp(upper[:, 0]) == pytest.approx(2, abs=1e-14)
    assert np.ptp(lower[:, 0]) == pytest.approx(2, abs=1e-14)


def test_without_noise_circles_are_circles() -> None:
    points, kinds = points_of("circles", 200, 2, 0.0, 0)
    np.testing.assert_allclose(np.hypot(*points.T), np.where(kinds == 0, 1, 0.5), rtol=1e-14)
    # All the way around: every quarter holds a quarter of the points, but for the ends.
    quarters = np.bincount(np.floor(np.arctan2(*points.T) / (np.pi / 2)).astype(int) + 2)
    assert quarters[:4] == pytest.approx([50] * 4, abs=4)


def test_without_noise_the_class_of_xor_is_whether_the_signs_differ() -> None:
    points, kinds = points_of("xor", 200, 2, 0.0, 0)
    np.testing.assert_array_equal(kinds, points[:, 0] * points[:, 1] < 0)
    assert np.abs(points).min() >= 0.1
    assert np.abs(points).max() <= 1.0
    assert (np.histogram2d(*points.T, bins=2, range=[[-1, 1], [-1, 1]])[0] == 50).all()


@pytest.mark.parametrize("classes", [2, 3, 4, 5])
def test_without_noise_blobs_are_points_on_a_circle_far_apart(classes: int) -> None:
    points, kinds = points_of("blobs", 60, classes, 0.0, 0)
    np.testing.assert_allclose(np.hypot(*points.T), 1, rtol=1e-14)
    centres = np.array([points[kinds == kind][0] for kind in range(classes)])
    np.testing.assert_allclose(points, centres[kinds], rtol=1e-14)
    apart = np.hypot(*(centres[:, None] - centres[None]).T) + 9 * np.eye(classes)
    assert apart.min() == pytest.approx(2 * np.sin(np.pi / classes), rel=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_without_noise_spiral_arms_grow_evenly_with_the_angle(classes: int) -> None:
    points, kinds = points_of("spiral", 300, classes, 0.0, 0)
    for kind in range(classes):
        arm = points[kinds == kind]
        radius = np.hypot(*arm.T)
        angle = np.unwrap(np.arctan2(*arm.T))
        assert (radius[0], radius[-1]) == pytest.approx((0.05, 1.0), rel=1e-12)
        np.testing.assert_allclose(np.diff(radius), np.diff(radius)[0], rtol=1e-9)
        np.testing.assert_allclose(np.diff(angle), np.diff(angle)[0], rtol=1e-9)
        assert angle[-1] - angle[0] == pytest.approx(2.5 * np.pi, rel=1e-12)
        turn = (angle[0] - 2 * np.pi * kind / classes) / (2 * np.pi)
        assert turn == pytest.approx(round(turn), abs=1e-12)


@EVERY
def test_what_a_dataset_suggests_are_settings(dataset: Dataset) -> None:
    assert set(dataset.suggested) <= set(Settings.model_fields)
    chosen, wrong = parse_settings(suggest_settings(dataset.name, {}))
    assert wrong == {}
    assert chosen is not None
    assert chosen.dataset == dataset.name


def test_yin_and_yang_are_each_other_turned_half_around() -> None:
    points, kinds = points_of("yinyang", 3000, 3, 0.0, 1)
    assert np.bincount(kinds).tolist() == [1000, 1000, 1000]
    assert np.hypot(*points.T).max() <= 1.0
    left, right = (
        np.hypot(points[:, 0] + 0.5, points[:, 1]),
        np.hypot(points[:, 0] - 0.5, points[:, 1]),
    )
    assert (np.minimum(left, right)[kinds == 2] < 0.2).all()
    assert (np.minimum(left, right)[kinds != 2] >= 0.2).all()
    # Both dots, and both halves, hold about as much: each is the other turned by half a turn.
    assert (left < 0.2).sum() == pytest.approx(500, abs=80)
    for kind in (0, 1):
        above = (points[kinds == kind][:, 1] > 0).mean()
        assert above == pytest.approx(0.75 if kind == 0 else 0.25, abs=0.06)


def test_without_noise_a_checkerboard_has_sixteen_fields_in_two_colours() -> None:
    points, kinds = points_of("checkerboard", 4000, 2, 0.0, 0)
    assert np.abs(points).max() <= 1.0
    column, row = np.floor((points.T + 1) * 2).clip(0, 3).astype(int)
    np.testing.assert_array_equal((row + column) % 2, kinds)
    fields = np.bincount(4 * row + column, minlength=16)
    assert fields.min() > 200


def test_one_label_in_ten_is_wrong_about_the_side_of_the_line() -> None:
    points, labels = points_of("mislabelled", 400, 2, 0.0, 0)
    is_wrong = labels != (points.sum(axis=1) > 0)
    assert is_wrong.mean() == 0.1
    assert [is_wrong[labels == label].mean() for label in (0, 1)] == [0.1, 0.1]


def test_a_network_that_learns_wrong_labels_gets_worse_on_other_points() -> None:
    settings, _ = parse_settings(suggest_settings("mislabelled", {}))
    assert settings is not None
    run = advance(begin(settings, BACKENDS[-1]), 1000)
    assert run.curve.train[-1] < 0.2
    assert run.curve.test[-1] > 1.1 * run.curve.test.min() > 0.5


REGRESSION = [d for d in GENERATED if d.is_regression]


@pytest.mark.parametrize("dataset", REGRESSION, ids=lambda dataset: dataset.name)
def test_noise_of_numbers_is_on_the_numbers(dataset: Dataset) -> None:
    points, ideal = dataset.make(5000, 0, 0.0, 1, dataset.formula)
    same, noisy = dataset.make(5000, 0, 0.3, 1, dataset.formula)
    np.testing.assert_array_equal(points, same)
    assert np.std(noisy - ideal) == pytest.approx(0.3, rel=0.05)
    assert np.abs(ideal).max() <= 1.01


def test_typed_functions_give_what_they_say() -> None:
    points, targets = DATASETS["function"].make(50, 0, 0.0, 3, "x1 - 2 * x2")
    np.testing.assert_allclose(targets, points @ [1, -2], rtol=1e-13, atol=1e-15)
    points, targets = DATASETS["curve"].make(50, 0, 0.0, 3, "exp(x1)")
    np.testing.assert_allclose(targets, np.exp(points[:, 0]), rtol=1e-13)
    points, targets = DATASETS["above"].make(50, 2, 0.0, 3, "x1 ** 2 - 0.5")
    np.testing.assert_array_equal(targets, points[:, 1] > points[:, 0] ** 2 - 0.5)
    with pytest.raises(ValueError, match="not defined at x1"):
        DATASETS["curve"].make(50, 0, 0.0, 3, "log(x1)")
    with pytest.raises(ValueError, match="tab Data"):
        DATASETS["own"].make(50, 2, 0.0, 3, "")
