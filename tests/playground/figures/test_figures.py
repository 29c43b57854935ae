"""Axes that stay where they are while a run plays, and small pictures."""

from __future__ import annotations

import re

import numpy as np
import pytest

from engine.inspection.frames import ViewOptions, compute_surface
from engine.training.run import Curve, begin
from engine.training.settings_parser import parse_settings
from playground.figures import loss, thumbnails


def test_the_loss_axes_hold_every_point_and_move_seldom() -> None:
    ends = set()
    curve = Curve()
    for step in range(2000):
        if step % curve.stride == 0:
            curve = curve.extend(np.array([1.0 / (1 + step)]), np.array([np.nan]))
        for view in (ViewOptions(), ViewOptions(log=True)):
            layout = loss.figure(curve, view)["layout"]
            x, y = layout["xaxis"]["range"], layout["yaxis"]["range"]
            values = np.log10(curve.train) if view.log else curve.train
            assert x[0] <= curve.steps.min()
            assert curve.steps.max() <= x[1]
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
