"""The decision surface: what the network answers over the plane, and the samples on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.frames import Frame
from engine.training import Run
from playground.figures.style import (
    CLASS_SYMBOLS,
    CONFIG,
    DIVERGING,
    Figure,
    axis,
    class_colours,
    layout,
)
from playground.stream import array, quantised


def figure(run: Run, frame: Frame) -> Figure:
    """Trace 0 is the surface, which frames replace; then training and test samples, class by
    class.
    """
    reach = [-frame.surface.reach, frame.surface.reach]
    return {
        "data": [_heatmap(frame), *_samples(run)],
        "layout": layout(
            xaxis=axis("x1", range=reach, constrain="domain", zeroline=False, showgrid=False),
            yaxis=axis(
                "x2", range=reach, scaleanchor="x", constrain="domain", zeroline=False,
                showgrid=False,
            ),
        ),
        "config": CONFIG,
    }  # fmt: skip


def legend(run: Run) -> list[dict[str, str]]:
    """Each class as the samples show it: its name, its colour, and the shape of its symbol."""
    classes = run.settings.classes
    return [
        {"name": f"class {kind + 1}", "colour": colour, "shape": CLASS_SYMBOLS[kind]}
        for kind, colour in enumerate(class_colours(classes))
    ]


def _heatmap(frame: Frame) -> dict[str, Any]:
    surface = frame.surface
    levels = quantised(surface)
    outputs, rows, columns = levels.shape
    side = 2.0 * surface.reach
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x0": -surface.reach, "dx": side / (columns - 1),
        "y0": -surface.reach, "dy": side / (rows - 1),
        "zsmooth": False,
        "hoverinfo": "skip",
    }  # fmt: skip
    if outputs == 1:
        scale = {"zmin": 0, "zmax": 255, "colorscale": DIVERGING, "showscale": False}
        return trace | scale | {"z": array(levels[0])}
    colours = class_colours(outputs)
    steps = [
        [end, colour]
        for i, colour in enumerate(colours)
        for end in (i / outputs, (i + 1) / outputs)
    ]
    winner = surface.outputs.argmax(axis=0).astype(np.uint8)
    scale = {"zmin": -0.5, "zmax": outputs - 0.5, "colorscale": steps, "showscale": False}
    return trace | scale | {"z": array(winner), "opacity": 0.55}


def _samples(run: Run) -> list[dict[str, Any]]:
    data, classes = run.data, run.settings.classes
    traces = []
    for kind, colour in enumerate(class_colours(classes)):
        for is_test in (False, True):
            chosen = data.inputs[(data.classes == kind) & (data.is_test == is_test)]
            if not len(chosen):
                continue
            name = f"class {kind + 1}" + (", test" if is_test else "")
            beyond = "".join(
                f"<br>x{i + 1} %{{customdata[{i - 2}]}}" for i in range(2, chosen.shape[1])
            )
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "x": array(chosen[:, 0]),
                    "y": array(chosen[:, 1]),
                    "customdata": chosen[:, 2:].tolist(),
                    "marker": {
                        "symbol": CLASS_SYMBOLS[kind] + ("-open" if is_test else ""),
                        "size": 8 if len(data.inputs) > 20 else 14,
                        "color": colour,
                        "line": {
                            "width": 1.8 if is_test else 1,
                            "color": colour if is_test else "var(--paper)",
                        },
                    },
                    "hovertemplate": f"{name}<br>x1 %{{x:.4g}}<br>x2 %{{y:.4g}}{beyond}"
                    "<extra></extra>",
                }
            )
    return traces
