"""How good the predictions are: confusion matrices, or predicted against true values."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.inspection.frames import Frame, ViewOptions, classify
from engine.inspection.metrics import confusion
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.axes import Series, notes, numbers
from playground.figures.style import CONFIG, Figure, layout

PARTS = (("training", False, "var(--series-1)"), ("test", True, "var(--series-2)"))
"""The two parts of the samples: name, whether they are for testing, and colour."""


def figures(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Figure]:
    """Return predictions over targets, if these are numbers. Classes have tables instead."""
    data = frame.run.data
    if not data.is_regression:
        return {}
    ends = list(data.span)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "exact",
            "x": ends,
            "y": ends,
            "line": {"color": "var(--quiet)", "width": 1.5, "dash": "dash"},
            "hoverinfo": "skip",
        }
    ]
    for name, is_test, colour in PARTS:
        part = data.is_test == is_test
        symbol = "square-open" if is_test else "circle"
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": array(data.targets[part]),
                "y": array(frame.predictions[part, 0].copy()),
                "marker": {"size": 6, "color": colour, "symbol": symbol},
                "hovertemplate": f"{name}<br>target %{{x}}<br>prediction %{{y}}<extra></extra>",
            }
        )
    predictions = frame.predictions[:, 0]
    axes = layout(
        xaxis=numbers("target", data.targets),
        yaxis=numbers("prediction", data.targets, predictions),
    )
    lost = notes("", Series("", range(len(predictions)), predictions))
    return {"scores": {"data": traces, "layout": axes, "config": CONFIG, "notes": lost}}


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return the confusion matrices of training and of test samples, with shares of each row."""
    run, data = frame.run, frame.run.data
    if data.is_regression:
        return {"confusions": []}
    predicted = classify(frame.predictions, *run.scale)
    matrices = []
    for name, is_test, _ in PARTS:
        part = data.is_test == is_test
        if part.any():
            counts = confusion(predicted[part], data.class_indices[part], len(data.classes))
            shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
            matrices.append((name, counts.tolist(), shares.tolist()))
    return {"confusions": matrices}
