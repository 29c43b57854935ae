"""Frames: the picture is that of the network that is trained."""

from __future__ import annotations

import numpy as np
import pytest

from engine import MLP
from engine.inspection.frames import (
    RESOLUTION,
    ViewOptions,
    classify,
    features_at,
    frame,
    slice_ranges,
)
from engine.ops import OPERATIONS
from engine.training.run import Run, advance, begin, compute_losses
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings, suggest_settings

POINTS = parse_settings(suggest_settings("points", {}))[0] or Settings()
THREE = Settings(dataset="blobs", classes=3, samples=30, hidden=(5,))


def network(run: Run) -> MLP:
    """The run's network as Values, with the run's weights."""
    chosen, sizes = run.settings, [len(layer.neurons) for layer in run.model.mlp.layers]
    mlp = MLP(run.data.inputs.shape[1], sizes, chosen.activations, chosen.output_activation())
    for parameter, data in zip(mlp.parameters(), run.parameters.tolist(), strict=True):
        parameter.data = data
    return mlp


RUNS = pytest.mark.parametrize(
    "chosen",
    [Settings(samples=30), Settings(samples=30, loss="bce"), Settings(samples=30, loss="hinge"),
     Settings(samples=30, activation=("relu", "sin")), Settings(samples=30, hidden=()), POINTS,
     THREE, Settings(dataset="spiral", classes=5, samples=30, loss="bce", hidden=(4,))],
    ids=lambda chosen: f"{chosen.dataset}-{chosen.loss}-{chosen.classes}",
)  # fmt: skip


@RUNS
def test_the_surface_is_what_the_network_gives_at_the_points_of_the_grid(chosen: Settings) -> None:
    run = advance(begin(chosen), 5)
    view = ViewOptions(slice=(0.25,)) if chosen.dataset == "points" else ViewOptions()
    picture, mlp = frame(run, view), network(run)
    outputs = len(mlp.layers[-1].neurons)
    assert picture.surface.outputs.shape == (outputs, RESOLUTION, RESOLUTION)
    (_, reach), _ = picture.surface.window
    axis = np.linspace(-reach, reach, RESOLUTION)
    for row, column in [(0, 0), (0, 49), (49, 0), (13, 31), (25, 25), (48, 7)]:
        x = [float(axis[column]), float(axis[row]), *view.slice]
        expected = [output.data for output in mlp.outputs(x)]
        outputs_here = picture.surface.outputs[:, row, column]
        assert outputs_here == pytest.approx(expected, rel=1e-12, abs=1e-13)
    assert reach > np.abs(run.data.inputs[:, :2]).max()


@RUNS
def test_predictions_and_accuracy_are_those_of_the_network(chosen: Settings) -> None:
    run = advance(begin(chosen), 20)
    picture, mlp = frame(run), network(run)
    right: dict[bool, list[bool]] = {False: [], True: []}
    for place, row in enumerate(run.data.inputs.tolist()):
        outputs = [output.data for output in mlp.outputs(row)]
        assert picture.predictions[place] == pytest.approx(outputs, rel=1e-12, abs=1e-13)
        middle = 0.5 if chosen.output_activation() == "sigmoid" else 0.0
        kind = outputs.index(max(outputs)) if len(outputs) > 1 else int(outputs[0] > middle)
        right[bool(run.data.is_test[place])].append(kind == run.data.targets[place])
    assert picture.accuracy[0] == np.mean(right[False])
    if right[True]:
        assert picture.accuracy[1] == np.mean(right[True])
    else:
        assert np.isnan(picture.accuracy[1])


@RUNS
def test_a_frame_tells_the_moment_of_its_run(chosen: Settings) -> None:
    run = advance(begin(chosen), 9)
    picture = frame(run)
    assert (picture.step, picture.run) == (9, run)
    np.testing.assert_array_equal(picture.loss, compute_losses(run))
    assert (picture.loss[0], len(run.curve.train)) == (run.curve.train[-1], 10)
    assert (picture.surface.low, picture.surface.high) == (
        (0, 1) if chosen.output_activation() == "sigmoid" else (-1, 1)
    )


def test_a_slice_moves_the_plane_through_the_third_input() -> None:
    run = advance(begin(POINTS), 3)
    surfaces = [frame(run, ViewOptions(slice=at)).surface.outputs for at in ((), (0.0,), (1.0,))]
    np.testing.assert_array_equal(surfaces[0], surfaces[1])
    assert not np.allclose(surfaces[1], surfaces[2])
    np.testing.assert_array_equal(
        frame(run, ViewOptions(slice=(1.0, 7.0))).surface.outputs, surfaces[2]
    )
    assert slice_ranges(run) == ((-1.0, 1.0),)
    assert slice_ranges(begin(THREE)) == ()


def test_a_slice_means_nothing_to_data_of_two_inputs() -> None:
    run = begin(THREE)
    np.testing.assert_array_equal(
        frame(run, ViewOptions(slice=(1.0,))).surface.outputs, frame(run).surface.outputs
    )


def test_the_class_is_the_side_of_the_middle_or_the_greatest_output() -> None:
    one = np.array([[-0.1], [0.0], [0.1], [0.6]])
    assert classify(one, -1.0, 1.0).tolist() == [0, 0, 1, 1]
    assert classify(one, 0.0, 1.0).tolist() == [0, 0, 0, 1]
    several = np.array([[0.1, 0.9, 0.2], [-3.0, -2.0, -1.0], [0.5, 0.1, 0.4]])
    assert classify(several, -1.0, 1.0).tolist() == [1, 2, 0]


def test_a_frame_is_pure() -> None:
    run = advance(begin(THREE), 4)
    before = run.parameters.copy()
    first, second = frame(run), frame(run)
    np.testing.assert_array_equal(first.surface.outputs, second.surface.outputs)
    np.testing.assert_array_equal(run.parameters, before)


def test_cross_entropy_shows_probabilities_not_sums() -> None:
    run = advance(begin(Settings(samples=30, loss="bce")), 50)
    picture = frame(run).surface.outputs
    assert 0 < picture.min() < picture.max() < 1
    assert OPERATIONS["sigmoid"].class_targets == (0.0, 1.0)


def test_numbers_are_scored_by_their_error_and_by_what_they_explain() -> None:
    run = advance(begin(Settings(dataset="plane", samples=40, hidden=())), 200)
    picture = frame(run)
    assert picture.scores is not None
    predictions, targets = picture.predictions[:, 0], run.data.targets
    for indices, error, share in zip(run.samples.indices, *picture.scores, strict=True):
        residuals = targets[indices] - predictions[indices]
        assert error == pytest.approx(np.sqrt(np.mean(residuals**2)))
        spread = ((targets[indices] - targets[indices].mean()) ** 2).sum()
        assert share == pytest.approx(1 - (residuals**2).sum() / spread)
    assert not picture.is_wrong.any()
    assert np.isnan(picture.accuracy).all()


def test_features_at_points_have_the_inputs_beyond_the_plane_from_the_view() -> None:
    run = begin(THREE)
    features = features_at(run, ViewOptions(slice=(0.75,)), np.array([[1.0, 2.0]]))
    assert features.shape == (1, len(run.scaling.names))
