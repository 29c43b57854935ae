"""Bent space against NumPy's own singular values, and its steadiness from call to call."""

from __future__ import annotations

import numpy as np
import pytest

from engine.inspection.layer_space import LINES, POINTS, grid_lines, map_space, split_lines

RNG = np.random.default_rng(11)
WIDE = RNG.normal(size=(6, 6)) @ RNG.normal(size=(6, 80)) + 3.0


def test_the_grid_has_straight_lines_each_way() -> None:
    lines = split_lines(grid_lines(2.0).T)
    assert len(lines) == 2 * LINES
    assert {line.shape for line in lines} == {(2, POINTS)}
    at = np.linspace(-2.0, 2.0, LINES)
    for way, some in enumerate((lines[:LINES], lines[LINES:])):
        for level, line in zip(at, some, strict=True):
            np.testing.assert_array_equal(line[way], level)
            np.testing.assert_array_equal(line[1 - way], np.linspace(-2.0, 2.0, POINTS))


def test_two_neurons_are_drawn_as_they_are() -> None:
    points = RNG.normal(size=(2, 9))
    lines = split_lines(grid_lines(1.0, 3, 5).T, 5)
    layer_map = map_space(points, lines)
    np.testing.assert_array_equal(layer_map.points, points.T)
    for drawn, line in zip(layer_map.lines, lines, strict=True):
        np.testing.assert_array_equal(drawn, line.T)
    shares = np.var(points, axis=1) / np.var(points, axis=1).sum()
    assert layer_map.shares == pytest.approx(tuple(shares))


def test_one_neuron_is_drawn_against_0() -> None:
    points = RNG.normal(size=(1, 9))
    layer_map = map_space(points, [points[:, :4]])
    np.testing.assert_array_equal(layer_map.points, np.column_stack([points[0], np.zeros(9)]))
    np.testing.assert_array_equal(layer_map.lines[0], layer_map.points[:4])
    assert layer_map.shares == (1.0, 0.0)


def test_more_neurons_are_drawn_by_their_two_principal_components() -> None:
    layer_map = map_space(WIDE, [WIDE[:, :7]])
    centred = WIDE - WIDE.mean(axis=1, keepdims=True)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(layer_map.axes @ u[:, :2]), np.eye(2), atol=1e-12)
    np.testing.assert_allclose(layer_map.points, (layer_map.axes @ centred).T, atol=1e-12)
    np.testing.assert_allclose(layer_map.lines[0], layer_map.points[:7], atol=1e-12)
    assert layer_map.shares == pytest.approx(tuple(s[:2] ** 2 / (s**2).sum()))


def test_the_same_samples_give_the_same_picture_whatever_signs_were_found() -> None:
    layer_map = map_space(WIDE, [])
    for axis in layer_map.axes:
        assert axis[np.abs(axis).argmax()] > 0
    again = map_space(WIDE, [], -layer_map.axes)
    np.testing.assert_array_equal(again.axes, -layer_map.axes)


def test_a_picture_in_motion_does_not_flip() -> None:
    """The largest component of an axis changes its neuron, and its sign, as the cloud turns."""
    flat = RNG.normal(size=(3, 60)) * np.array([[5.0], [2.0], [0.1]])
    before, flips = None, 0
    for angle in np.linspace(0.0, np.pi, 80):
        c, s = np.cos(angle), np.sin(angle)
        turned = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ flat
        alone, layer_map = map_space(turned, []), map_space(turned, [], before)
        if before is not None:
            assert ((layer_map.axes * before).sum(axis=1) > 0.99).all()
        flips += bool((alone.axes * layer_map.axes).sum(axis=1).min() < 0)
        before = layer_map.axes
    assert flips


def test_axes_of_another_layer_are_no_guide() -> None:
    alone = map_space(WIDE, [])
    np.testing.assert_array_equal(map_space(WIDE, [], np.eye(2)).axes, alone.axes)


@pytest.mark.parametrize("units", [1, 2, 5])
def test_samples_that_do_not_differ_make_a_point_and_no_nonsense(units: int) -> None:
    layer_map = map_space(np.full((units, 4), 0.5), [np.zeros((units, 3))])
    assert layer_map.shares == (1.0, 0.0)
    assert np.isfinite(layer_map.points).all()
    assert np.isfinite(layer_map.lines[0]).all()


@pytest.mark.parametrize("scale", [1e-200, 1e150, np.inf])
def test_numbers_of_any_size_raise_nothing(scale: float) -> None:
    layer_map = map_space(WIDE * scale, [])
    assert np.isfinite(layer_map.axes).all()
    assert np.isfinite(layer_map.shares).all()
