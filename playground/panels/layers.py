"""How the layers learn: their gradients, their weights, and neurons that do not learn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from engine.inspection.frames import Frame, ViewOptions
from engine.inspection.layer_health import LayerHealth, inspect_layers
from engine.notation import format_number
from engine.random import Floats
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.axes import Series, around_zero, names, notes, numbers, powers
from playground.figures.style import CONFIG, Figure, layout, positive

SIGN_COLOURS = {-1: "var(--low-ink)", 0: "var(--quiet)", 1: "var(--high-ink)"}
"""The colour of a bar of weights by their sign."""


def figures(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Figure]:
    """Return the norm of each layer's gradient, and the histogram of the chosen layer's weights."""
    layers = layer_health(frame.run)
    return {"gradients": gradients(layers), "weights": histogram(layers[view.layer - 1])}


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


def gradients(layers: tuple[LayerHealth, ...]) -> Figure:
    norms = np.array([layer.gradient_norm for layer in layers])
    *hidden, output = (layer.name for layer in layers)
    labels = [*(name.removeprefix("layer ") for name in hidden), output]
    bars = {
        "type": "bar",
        "name": "gradient",
        "x": list(range(len(layers))),
        "y": array(positive(norms)),
        "marker": {"color": "var(--series-1)"},
        "hovertext": [f"{layer.name}, weight norm {format_number(layer.weight_norm)}"
                      for layer in layers],
        "hovertemplate": "%{hovertext}: gradient norm %{y}<extra></extra>",
    }  # fmt: skip
    return {
        "data": [bars],
        "layout": layout(
            xaxis=names("layer", labels), yaxis=powers("gradient norm", norms, below=0.5)
        ),
        "config": CONFIG,
        "notes": notes("layer", Series("", labels, norms), log=True),
    }


def histogram(layer: LayerHealth) -> Figure:
    edges = np.linspace(-1.0, 1.0, len(layer.histogram) + 1) * layer.reach
    middles = edges[:-1] / 2.0 + edges[1:] / 2.0
    signs = np.sign(np.arange(len(middles)) - len(middles) // 2).tolist()
    bars = {
        "type": "bar",
        "name": "weights",
        "x": array(middles),
        "y": array(layer.histogram),
        "marker": {"color": [SIGN_COLOURS[sign] for sign in signs]},
        "hovertemplate": "weights near %{x}: %{y}<extra></extra>",
    }
    return {
        "data": [bars],
        "layout": layout(
            xaxis=around_zero("weight", layer.reach),
            yaxis=numbers("count", layer.histogram, from_zero=True, whole=True),
            bargap=0.05,
        ),
        "config": CONFIG,
    }
