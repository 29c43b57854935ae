"""Which classes are taken for which, or how far off numbers are."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.inspection.frames import Frame, ViewOptions, classify
from engine.inspection.metrics import confusion
from playground.figures.arrays import array
from playground.figures.style import CONFIG, Figure, axis, layout
from playground.panels.pinned import Pinned

PARTS = (("training", False), ("test", True))


def figures(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Figure]:
    """For numbers what was found against what was wanted; classes have a table."""
    data = frame.run.data
    if not data.is_regression:
        return {}
    low, high = data.span
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "name": "right", "x": [low, high], "y": [low, high],
         "line": {"color": "var(--quiet)", "width": 1.5, "dash": "dash"}, "hoverinfo": "skip"}
    ]  # fmt: skip
    for (name, test), colour in zip(PARTS, ("var(--series-1)", "var(--series-2)"), strict=True):
        chosen = data.is_test == test
        traces.append({
            "type": "scatter", "mode": "markers", "name": name, "x": array(data.targets[chosen]),
            "y": array(frame.predictions[chosen, 0].copy()),
            "marker": {"size": 6, "color": colour, "symbol": "square-open" if test else "circle"},
            "hovertemplate": f"{name}<br>wanted %{{x:.4g}}<br>found %{{y:.4g}}<extra></extra>",
        })  # fmt: skip
    shown = layout(xaxis=axis("wanted"), yaxis=axis("found"))
    return {"classes": {"data": traces, "layout": shown, "config": CONFIG}}


def page(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Any]:
    """The confusion of training and of test samples, with the share of each row."""
    run, data = frame.run, frame.run.data
    if data.is_regression:
        return {"confusions": []}
    found = classify(frame.predictions, *run.scale)
    tables = []
    for name, test in PARTS:
        chosen = data.is_test == test
        if chosen.any():
            counts = confusion(found[chosen], data.class_indices[chosen], len(data.classes))
            shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
            tables.append((name, counts.tolist(), shares.tolist()))
    return {"confusions": tables}
