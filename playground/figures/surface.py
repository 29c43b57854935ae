"""The decision surface: the output of the network over the plane, and the samples on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.inspection.frames import Frame, Surface, ViewOptions
from engine.notation import format_number
from engine.training.run import Run
from playground.figures.arrays import array, quantised
from playground.figures.axes import within
from playground.figures.style import (
    CLASS_SYMBOLS,
    CONFIG,
    DIVERGING,
    Figure,
    class_colours,
    layout,
)


def figure(frame: Frame, view: ViewOptions = ViewOptions()) -> Figure:
    """Return the surface (trace 0), the misclassified samples (trace 1), which frames replace, and
    training and test samples, class by class.
    """
    run = frame.run
    x, y = run.data.window
    square = {} if x != y else {"scaleanchor": "x", "constrain": "domain"}
    plain = {"zeroline": False, "showgrid": False}
    return {
        "data": [heatmap(frame.surface, view.discrete), _wrong(frame), *_samples(run, view)],
        "layout": layout(
            xaxis=within("x1", *x) | plain | {"constrain": "domain"},
            yaxis=within("x2", *y) | plain | square,
            hovermode="closest",
            meta=_cursor_data(frame, view),
        ),
        "config": CONFIG,
    }


def _cursor_data(frame: Frame, view: ViewOptions) -> dict[str, Any]:
    """Return what the cursor needs beside the heatmap: the outputs at both ends of the scale,
    whether outputs can lie beyond them, the classes, and the levels of several outputs.
    """
    run, surface = frame.run, frame.surface
    output = run.settings.output_activation(run.data.is_regression)
    levels = {} if len(surface.outputs) == 1 else {"outputs": array(quantised(surface))}
    return levels | {
        "low": surface.low,
        "high": surface.high,
        "open": output == "linear",
        "discrete": view.discrete,
        "classes": run.data.classes,
    }


def legend(run: Run) -> list[dict[str, str]]:
    """Return the name of each class, its colour, and the shape of its symbol."""
    classes = run.data.classes
    colours = class_colours(len(classes)) if classes else []
    return [
        {"name": name, "colour": colour, "shape": symbol}
        for name, colour, symbol in zip(classes, colours, CLASS_SYMBOLS, strict=False)
    ]


def heatmap(surface: Surface, discrete: bool = False) -> dict[str, Any]:
    """Return the trace of a surface: its outputs on the diverging scale, or the predicted class."""
    levels = quantised(surface, discrete)
    outputs, rows, columns = levels.shape
    (left, right), (bottom, top) = surface.window
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x0": left, "dx": right / (columns - 1) - left / (columns - 1),
        "y0": bottom, "dy": top / (rows - 1) - bottom / (rows - 1),
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
    predicted = surface.outputs.argmax(axis=0).astype(np.uint8)
    scale = {"zmin": -0.5, "zmax": outputs - 0.5, "colorscale": steps, "showscale": False}
    return trace | scale | {"z": array(predicted), "opacity": 0.55}


def _wrong(frame: Frame) -> dict[str, Any]:
    wrong = frame.run.data.inputs[frame.is_wrong]
    size = _size(frame.run) + 7
    return {
        "type": "scatter", "mode": "markers", "name": "misclassified", "hoverinfo": "skip",
        "x": array(wrong[:, 0]), "y": array(wrong[:, 1]),
        "marker": {
            "symbol": "circle-open", "size": size, "color": "var(--ink)", "line": {"width": 1.6},
        },
    }  # fmt: skip


def _size(run: Run) -> int:
    samples = len(run.data.inputs)
    return 14 if samples <= 20 else 8 if samples <= 1000 else 5


def _samples(run: Run, view: ViewOptions) -> list[dict[str, Any]]:
    """Return training and test samples, class by class. Each has its index among the samples, and
    the inputs and targets that the plane does not show.
    """
    data = run.data
    colours = class_colours(len(data.classes)) if data.classes else [""]
    everything = np.ones(len(data.inputs), np.bool_)
    traces = []
    for class_index, colour in enumerate(colours):
        for is_test in (False,) if view.untested else (False, True):
            in_class = data.class_indices == class_index if data.classes else everything
            indices = np.flatnonzero(in_class & (data.is_test == is_test))
            if not len(indices):
                continue
            inputs = data.inputs[indices]
            name = (data.classes[class_index] if data.classes else "number") + ", test" * is_test
            others = [
                "".join(f"<br>x{i} {format_number(x)}" for i, x in enumerate(sample, 3))
                for sample in inputs[:, 2:].tolist()
            ]
            marker: dict[str, Any] = {
                "symbol": CLASS_SYMBOLS[class_index] + ("-open" if is_test else ""),
                "size": _size(run),
                "color": colour,
                "line": {
                    "width": 1.8 if is_test else 1,
                    "color": colour if is_test else "var(--paper)",
                },
            }
            if data.is_regression:
                targets = data.targets[indices]
                low, high = data.span
                marker |= {
                    "symbol": "square" if is_test else "circle", "color": array(targets),
                    "cmin": low, "cmax": high, "colorscale": DIVERGING,
                    "line": {"width": 1, "color": "var(--ink)"},
                }  # fmt: skip
                others = [
                    f"{text}<br>target {format_number(target)}"
                    for text, target in zip(others, targets.tolist(), strict=True)
                ]
            extras = [inputs[:, 2:], *([data.targets[indices, None]] if data.is_regression else [])]
            customdata = [
                [index, *more]
                for index, more in zip(indices.tolist(), np.hstack(extras).tolist(), strict=True)
            ]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "x": array(inputs[:, 0]),
                    "y": array(inputs[:, 1]),
                    "customdata": customdata,
                    "marker": marker,
                    "hovertemplate": f"{name.replace('%', '&#37;')}<br>x1 %{{x}}<br>x2 %{{y}}"
                    f"{'%{hovertext}' * any(others)}<extra></extra>",
                }
                | ({"hovertext": others} if any(others) else {})
            )
    return traces
