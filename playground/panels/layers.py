"""How the layers learn: their gradients, their weights, and neurons that do not learn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from engine.inspection.frames import Frame, ViewOptions
from engine.inspection.layer_health import LayerHealth, inspect_layers
from engine.random import Floats
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.style import CONFIG, Figure, axis, decades, layout, nice

MAX_DECADES = 12
"""Maximum length of the axis of gradients, in powers of ten."""


def figures(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Figure]:
    """Return the norm of each layer's gradient, and the histogram of the chosen layer's weights."""
    layers = layer_health(frame.run)
    return {"gradients": _gradients(layers), "weights": _histogram(layers[view.layer - 1])}


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return the layers to choose from, and a message for each that has a problem."""
    layers = layer_health(frame.run)
    return {"health": layers, "warnings": [layer.problems for layer in layers if layer.problems]}


@lru_cache(maxsize=4)
def layer_health(run: Run) -> tuple[LayerHealth, ...]:
    """Return the health of every layer over all training samples."""
    model, train = run.model, run.samples.train
    _, gradient = model.program.gradient(run.parameters, train, model.reduction, run.backend)
    activations = run.settings.activations
    return inspect_layers(model.sizes, activations, run.parameters, gradient, _pre_activations(run))


def _pre_activations(run: Run) -> list[Floats]:
    """Return the pre-activations of each hidden layer, (neurons, samples)."""
    layers = run.model.pre_activations
    nodes = [node for layer in layers for node in layer]
    if not nodes:
        return []
    program, train = run.model.program, run.samples.train
    rows = program.evaluate(run.parameters, train, nodes, run.backend)
    ends = np.cumsum([len(layer) for layer in layers])
    return np.split(rows, ends[:-1])


def _gradients(layers: tuple[LayerHealth, ...]) -> Figure:
    norms = np.array([layer.gradient_norm for layer in layers])
    norms[np.isinf(norms)] = np.nan  # a message says so instead
    bars = {
        "type": "bar",
        "name": "gradient",
        "x": [layer.name for layer in layers],
        "y": array(norms),
        "marker": {"color": "var(--series-1)"},
        "customdata": [layer.weight_norm for layer in layers],
        "hovertemplate": "%{x}: gradient norm %{y:.4g}, weight norm %{customdata:.4g}"
        "<extra></extra>",
    }
    y = axis(
        "gradient norm",
        type="log",
        exponentformat="power",
        dtick=1,
        range=decades(norms, MAX_DECADES),
    )
    return {
        "data": [bars],
        "layout": layout(xaxis=axis(type="category"), yaxis=y),
        "config": CONFIG,
    }


def _histogram(layer: LayerHealth) -> Figure:
    edges = np.linspace(-layer.reach, layer.reach, len(layer.histogram) + 1)
    bars = {
        "type": "bar",
        "name": "weights",
        "x": array((edges[:-1] + edges[1:]) / 2.0),
        "y": array(layer.histogram),
        "marker": {"color": "var(--series-2)"},
        "hovertemplate": "weights near %{x:.3g}: %{y}<extra></extra>",
    }
    reach = nice(layer.reach)
    return {
        "data": [bars],
        "layout": layout(
            xaxis=axis("weight", range=[-reach, reach]),
            yaxis=axis("count", range=[0, nice(float(layer.histogram.max()))]),
            bargap=0.05,
        ),
        "config": CONFIG,
    }
