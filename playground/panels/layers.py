"""How the layers fare: their gradients, their weights, and units that do not learn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from engine.inspection.frames import Frame, ViewOptions
from engine.inspection.layer_health import LayerHealth, inspect_layers
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.style import CONFIG, Figure, axis, decades, layout, nice
from playground.panels.pinned import Pinned

MOST_DECADES = 12
"""Powers of ten on the axis of the gradients."""


@lru_cache(maxsize=4)
def measured(run: Run) -> tuple[LayerHealth, ...]:
    """The health of every layer over all training samples."""
    model, train = run.model, run.samples.train
    _, gradient = model.program.gradient(run.parameters, train, model.reduction, run.backend)
    nodes = [each for layer in model.pre_activations for each in layer]
    rows = model.program.evaluate(run.parameters, train, nodes, run.backend) if nodes else None
    sums, start = [], 0
    for layer in model.pre_activations:
        assert rows is not None
        sums.append(rows[start : start + len(layer)])
        start += len(layer)
    return inspect_layers(model.sizes, run.settings.activations, run.parameters, gradient, sums)


def figures(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Figure]:
    """The gradient's norm a layer, and the histogram of the chosen layer's weights."""
    found = measured(frame.run)
    norms = np.array([layer.gradient_norm for layer in found])
    norms[np.isinf(norms)] = np.nan  # it is told in words
    chosen = found[view.layer - 1]
    edges = np.linspace(-chosen.reach, chosen.reach, len(chosen.histogram) + 1)
    bars = {
        "type": "bar", "name": "gradient", "x": [layer.name for layer in found], "y": array(norms),
        "marker": {"color": "var(--series-1)"},
        "customdata": [layer.weight_norm for layer in found],
        "hovertemplate": "%{x}: norm of the gradient %{y:.4g}, of the weights %{customdata:.4g}"
        "<extra></extra>",
    }  # fmt: skip
    histogram = {
        "type": "bar", "name": "weights", "x": array((edges[:-1] + edges[1:]) / 2.0),
        "y": array(chosen.histogram), "marker": {"color": "var(--series-2)"},
        "hovertemplate": "about %{x:.3g}: %{y} weights<extra></extra>",
    }  # fmt: skip
    return {
        "gradients": {
            "data": [bars],
            "layout": layout(
                xaxis=axis("gradient norm", type="category"),
                yaxis=axis(
                    type="log", exponentformat="power", dtick=1, range=decades(norms, MOST_DECADES)
                ),
            ),
            "config": CONFIG,
        },
        "weights": {
            "data": [histogram],
            "layout": layout(
                xaxis=axis("weight", range=[-nice(chosen.reach), nice(chosen.reach)]),
                yaxis=axis("how many", range=[0, nice(float(chosen.histogram.max()))]),
                bargap=0.05,
            ),
            "config": CONFIG,
        },
    }


def page(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Any]:
    """The layers to choose from, and what is wrong with any."""
    found = measured(frame.run)
    return {"health": found, "told": [layer.problems for layer in found if layer.problems]}
