"""Targets against predictions, a pair of bars for each of a few samples."""

from __future__ import annotations

import numpy as np

from engine.inspection.frames import Frame
from engine.notation import format_number
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.style import CONFIG, Figure, axis, layout

MOST_BARS = 12
"""Up to so many samples each prediction is shown as a bar."""
BARS = {"target": "var(--quiet)", "prediction": "var(--series-1)"}
"""What each bar is called, and its colour."""


def has_bars(run: Run) -> bool:
    """Whether there are few enough samples, of one output, to show each."""
    return len(run.data.inputs) <= MOST_BARS and len(run.model.predictions) == 1


def figure(frame: Frame) -> Figure:
    """Trace 0 are the targets, trace 1 the predictions."""
    run, (low, high) = frame.run, frame.run.scale
    targets = (
        run.data.targets
        if run.data.is_regression
        else np.where(run.data.class_indices == 1, high, low)
    )
    inputs = [f"({', '.join(format_number(x) for x in sample)})" for sample in run.data.inputs]
    names = list(range(1, len(inputs) + 1))
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": names,
                "y": array(values),
                "marker": {"color": colour},
                "hovertext": inputs,
                "hovertemplate": f"sample %{{x}}: %{{hovertext}}<br>{name} %{{y:.4g}}"
                "<extra></extra>",
            }
            for name, values, colour in (
                ("target", targets, BARS["target"]),
                ("prediction", frame.predictions[:, 0].copy(), BARS["prediction"]),
            )
        ],
        "layout": layout(
            xaxis=axis("sample", dtick=1),
            yaxis=axis(range=[min(low, 0.0) - 0.15, high + 0.15]),
            barmode="group",
            bargap=0.3,
        ),
        "config": CONFIG,
    }  # fmt: skip
