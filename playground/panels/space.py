"""How space bends: the plane's grid and the samples as a layer maps them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.inspection.frames import Frame, ViewOptions, features_at
from engine.inspection.layer_space import LayerMap, grid_lines, map_space, split_lines
from engine.random import Floats
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.style import (
    CLASS_SYMBOLS,
    CONFIG,
    DIVERGING,
    Figure,
    axis,
    class_colours,
    layout,
)
from playground.panels.pinned import Pinned


def bent(run: Run, view: ViewOptions) -> LayerMap:
    """Where the chosen layer takes the samples and the grid over the plane."""
    model = run.model
    chosen = (*model.neurons, model.predictions)[view.layer - 1]
    middles = np.array([sum(ends) / 2.0 for ends in run.data.window])
    halves = np.array([(ends[1] - ends[0]) / 2.0 for ends in run.data.window])
    points = features_at(run, view, middles + halves * grid_lines(1.0))
    at_samples, at_grid = (
        model.program.evaluate(run.parameters, each, chosen, run.backend)
        for each in (run.samples.all, points)
    )
    return map_space(at_samples, split_lines(at_grid))


def figures(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Figure]:
    """The grid's lines, those of constant x2 dotted, and the samples class by class."""
    run, found = frame.run, bent(frame.run, view)
    half = len(found.lines) // 2
    traces = [
        _lines("x1 constant", found.lines[:half], "solid"),
        _lines("x2 constant", found.lines[half:], "dot"),
        *_samples(run, found.points),
    ]
    units = found.axes.shape[1]
    shares = [f", {share:.0%} of the variance" for share in found.shares]
    names = ["unit 1", "unit 2"] if units == 2 else ["unit 1", ""]
    if units > 2:
        names = [f"component {i + 1}{share}" for i, share in enumerate(shares)]
    return {
        "space": {
            "data": traces,
            "layout": layout(xaxis=axis(names[0]), yaxis=axis(names[1])),
            "config": CONFIG,
        }
    }


def _lines(name: str, lines: tuple[Floats, ...], dash: str) -> dict[str, Any]:
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line, gap)])
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": array(points[:, 0].copy()),
        "y": array(points[:, 1].copy()), "hoverinfo": "skip",
        "line": {"color": "var(--quiet)", "width": 1, "dash": dash},
    }  # fmt: skip


def _samples(run: Run, points: Floats) -> list[dict[str, Any]]:
    data = run.data
    if data.is_regression:
        low, high = data.span
        colour = {"color": array(data.targets), "cmin": low, "cmax": high, "colorscale": DIVERGING}
        return [_markers("samples", points, colour | {"symbol": "circle"})]
    return [
        _markers(name, points[data.class_indices == kind], {"color": colour, "symbol": symbol})
        for kind, (name, colour, symbol) in enumerate(
            zip(data.classes, class_colours(len(data.classes)), CLASS_SYMBOLS, strict=False)
        )
    ]


def _markers(name: str, points: Floats, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": array(points[:, 0].copy()),
        "y": array(points[:, 1].copy()), "marker": {"size": 6} | marker, "hoverinfo": "name",
    }  # fmt: skip


def page(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Any]:
    """The layers to choose from: their numbers and units."""
    sizes = frame.run.model.sizes[1:]
    return {"mapped": list(enumerate(sizes, 1))}
