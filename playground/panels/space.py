"""How a layer maps the plane: its grid and the samples, as the outputs of the layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.inspection.frames import Frame, ViewOptions, features_at
from engine.inspection.layer_space import LayerMap, grid_lines, map_space, split_lines
from engine.random import Floats
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.axes import Series, notes, numbers
from playground.figures.style import (
    CLASS_SYMBOLS,
    CONFIG,
    DIVERGING,
    Figure,
    class_colours,
    layout,
)


def figures(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Figure]:
    """Return the lines of the grid, dotted if x2 is constant, and the samples class by class."""
    run, layer = frame.run, layer_map(frame.run, view)
    half = len(layer.lines) // 2
    traces = [
        _lines("x1 constant", layer.lines[:half], "solid"),
        _lines("x2 constant", layer.lines[half:], "dot"),
        *_samples(run, layer.points),
    ]
    x, y = _axis_names(layer)
    places = np.concatenate([layer.points, *layer.lines])
    axes = layout(xaxis=numbers(x, places[:, 0]), yaxis=numbers(y, places[:, 1]))
    lost = notes("", Series("", range(places.size), places.ravel()))
    return {"space": {"data": traces, "layout": axes, "config": CONFIG, "notes": lost}}


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return the layers to choose from: their numbers and neurons."""
    return {"layers": list(enumerate(frame.run.model.sizes[1:], 1))}


def layer_map(run: Run, view: ViewOptions) -> LayerMap:
    """Return where the chosen layer takes the samples and the grid of the plane."""
    model = run.model
    neurons = (*model.neurons, model.predictions)[view.layer - 1]
    window = np.array(run.data.window)
    middles, halves = window.mean(axis=1), (window[:, 1] - window[:, 0]) / 2.0
    grid = features_at(run, view, middles + halves * grid_lines(1.0))
    samples, lines = (
        model.program.evaluate(run.parameters, points, neurons, run.backend)
        for points in (run.samples.all, grid)
    )
    return map_space(samples, split_lines(lines))


def _axis_names(layer: LayerMap) -> tuple[str, str]:
    match layer.axes.shape[1]:
        case 1:
            return "neuron 1", ""
        case 2:
            return "neuron 1", "neuron 2"
    first, second = (f"{share:.0%}" for share in layer.shares)
    return f"component 1, {first} of variance", f"component 2, {second}"


def _lines(name: str, lines: tuple[Floats, ...], dash: str) -> dict[str, Any]:
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line, gap)])
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": array(points[:, 0].copy()),
        "y": array(points[:, 1].copy()),
        "hoverinfo": "skip",
        "line": {"color": "var(--quiet)", "width": 1, "dash": dash},
    }


def _samples(run: Run, points: Floats) -> list[dict[str, Any]]:
    data = run.data
    if data.is_regression:
        low, high = data.span
        colour = {"color": array(data.targets), "cmin": low, "cmax": high, "colorscale": DIVERGING}
        return [_markers("samples", points, colour | {"symbol": "circle"})]
    styles = zip(data.classes, class_colours(len(data.classes)), CLASS_SYMBOLS, strict=False)
    return [
        _markers(name, points[data.class_indices == i], {"color": colour, "symbol": symbol})
        for i, (name, colour, symbol) in enumerate(styles)
    ]


def _markers(name: str, points: Floats, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": array(points[:, 0].copy()),
        "y": array(points[:, 1].copy()),
        "marker": {"size": 6} | marker,
        "hoverinfo": "name",
    }
