"""Axes that stay where they are while a run plays, and small pictures."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from engine.explain.gradient_steps import Trajectory
from engine.inspection.frames import ViewOptions, compute_surface
from engine.inspection.layer_health import BINS, LayerHealth
from engine.script.parser import parse
from engine.training.run import Curve, begin
from engine.training.settings_parser import parse_settings
from engine.value import sort_topologically
from playground.figures import curve, loss, thumbnails
from playground.figures.style import DIVERGING, NEGATIVE, POSITIVE
from playground.panels import layers


def test_the_loss_axes_hold_every_point_and_move_seldom() -> None:
    ends = set()
    losses = Curve()
    for step in range(2000):
        if step % losses.stride == 0:
            losses = losses.extend(np.array([1.0 / (1 + step)]), np.array([np.nan]))
        for view in (ViewOptions(), ViewOptions(log=True)):
            layout = loss.figure(losses, view)["layout"]
            x, y = layout["xaxis"]["range"], layout["yaxis"]["range"]
            values = np.log10(losses.train) if view.log else losses.train
            assert x[0] <= losses.steps.min()
            assert losses.steps.max() <= x[1]
            assert y[0] - 1e-9 <= values.min()
            assert values.max() <= y[1] + 1e-9
            ends.add((view.log, *x, *y))
    assert len(ends) < 90


@pytest.mark.parametrize("dataset", ["moons", "blobs"])
def test_the_small_picture_of_a_run_colours_every_place_as_its_network_answers(
    dataset: str,
) -> None:
    settings, _ = parse_settings(
        {"dataset": dataset, "classes": "3" if dataset == "blobs" else "2"}
    )
    assert settings is not None
    run = begin(settings)
    answers = compute_surface(run, ViewOptions(), thumbnails.CELLS)
    shades = np.full((thumbnails.CELLS, thumbnails.CELLS), -1)
    for shade, (_, path) in enumerate(thumbnails.surface(run)):
        for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)", path):
            assert width == back
            cells = shades[thumbnails.CELLS - 1 - int(y), int(x) : int(x) + int(width)]
            assert cells.tolist() == [-1] * int(width)
            cells[:] = shade
    assert shades.min() == 0
    if len(answers) > 1:
        assert len(set(zip(answers.argmax(axis=0).flat, shades.flat, strict=True))) <= len(answers)
    else:
        order = answers[0].ravel().argsort()
        assert (np.diff(shades.ravel()[order]) >= 0).all()


@pytest.mark.parametrize(
    ("formula", "colours", "ends"),
    [
        ("a**2 + b**2", POSITIVE, (0.0, None)),
        ("-a**2 - b**2", NEGATIVE, (None, 0.0)),
        ("a + b", DIVERGING, None),
        ("a*0 + b*0 + 3", POSITIVE, (2.4, 3.0)),
    ],
)
def test_the_colours_of_a_map_begin_at_0_where_nothing_is_below(
    formula: str, colours: list[Any], ends: tuple[float | None, float | None] | None
) -> None:
    expression = parse(f"a = 2; b = -2; L = {formula}")
    pair = expression.names["a"], expression.names["b"]
    trail = Trajectory((), [()], [0.0])
    figure = curve.surface(sort_topologically(expression.output), pair, None, 2.0, trail)
    heatmap = figure["data"][0]
    assert heatmap["colorscale"] == colours
    if ends is None:
        assert heatmap["zmin"] == -heatmap["zmax"]
    else:
        for end, expected in zip((heatmap["zmin"], heatmap["zmax"]), ends, strict=True):
            assert expected is None or end == pytest.approx(expected)


def test_bars_of_weights_have_the_colours_of_their_signs() -> None:
    health = LayerHealth("layer 1", 1.0, 1.0, np.ones(BINS, np.int64), 2.0, (), (), "")
    bars = layers.histogram(health)["data"][0]
    colours = bars["marker"]["color"]
    middle = BINS // 2
    assert set(colours[:middle]) == {"var(--low-ink)"}
    assert set(colours[middle + 1 :]) == {"var(--high-ink)"}
    assert colours[middle] not in colours[:middle] + colours[middle + 1 :]
