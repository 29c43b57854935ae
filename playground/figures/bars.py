"""Targets and predictions as pairs of bars, if there are few samples."""

from __future__ import annotations

import numpy as np

from engine.inspection.frames import Frame
from engine.notation import format_number
from engine.training.run import Run
from playground.figures.arrays import array
from playground.figures.axes import Series, names, notes, numbers
from playground.figures.style import CONFIG, Figure, layout

MAX_BARS = 12
"""Maximum number of samples that have bars."""
BARS = {"target": "var(--quiet)", "prediction": "var(--series-1)"}
"""Colour of each kind of bar."""


def has_bars(run: Run) -> bool:
    """Return whether a run has one output, and few enough samples, for bars."""
    return len(run.data.inputs) <= MAX_BARS and len(run.model.predictions) == 1


def figure(frame: Frame) -> Figure:
    """Return the bars: trace 0 for the targets, trace 1 for the predictions."""
    run, (low, high) = frame.run, frame.run.scale
    targets = (
        run.data.targets
        if run.data.is_regression
        else np.where(run.data.class_indices == 1, high, low)
    )
    predictions = frame.predictions[:, 0].copy()
    inputs = [f"({', '.join(format_number(x) for x in sample)})" for sample in run.data.inputs]
    samples = [str(number) for number in range(1, len(inputs) + 1)]
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": list(range(len(inputs))),
                "y": array(values),
                "marker": {"color": colour},
                "hovertext": [
                    f"sample {sample}: {text}" for sample, text in zip(samples, inputs, strict=True)
                ],
                "hovertemplate": f"%{{hovertext}}<br>{name} %{{y}}<extra></extra>",
            }
            for name, values, colour in (
                ("target", targets, BARS["target"]),
                ("prediction", predictions, BARS["prediction"]),
            )
        ],
        "layout": layout(
            xaxis=names("sample", samples),
            yaxis=numbers("", [0.0, low, high], targets, predictions),
            barmode="group",
            bargap=0.3,
        ),
        "config": CONFIG,
        "notes": notes("sample", Series("prediction", samples, predictions)),
    }
