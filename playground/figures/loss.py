"""The loss curve: training and test loss by step, of one run or of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.inspection.frames import ViewOptions
from engine.random import Floats
from engine.training.run import Curve, Run
from playground.figures.arrays import array
from playground.figures.style import CONFIG, Figure, axis, decades, layout, nice

LINES = {
    "train": ("training", "var(--series-1)", "solid"),
    "test": ("test", "var(--series-2)", "dot"),
}
"""Title, colour and dash of each line."""


def figure(
    curve: Curve,
    view: ViewOptions = ViewOptions(),
    pinned: Run | None = None,
    whole: Curve | None = None,
) -> Figure:
    """Return the training loss (trace 0), the test loss (trace 1), then those of a pinned run.

    Where an earlier step is shown, `whole` is the curve up to the newest: what came later is drawn
    fainter, on the same axes.
    """
    whole = whole or curve
    data = _lines(curve, view.log)
    if pinned is not None:
        for trace in _lines(pinned.curve, view.log):
            name = f"{trace['name']}, pinned"
            data.append(
                trace | {
                    "name": name, "opacity": 0.5, "line": trace["line"] | {"width": 4},
                    "hovertemplate": f"step %{{x}}<br>{name} %{{y:.4g}}<extra></extra>",
                }
            )  # fmt: skip
    if len(whole.train) > len(curve.train):
        for trace in _lines(whole, view.log, first=len(curve.train) - 1):
            data.append(trace | {"name": f"{trace['name']}, later", "opacity": 0.35})
    curves = [whole] if pinned is None else [whole, pinned.curve]
    losses = np.concatenate([part for line in curves for part in (line.train, line.test)])
    return {
        "data": data,
        "layout": layout(
            xaxis=axis("step", range=[0, nice(max(float(line.steps[-1]) for line in curves))]),
            yaxis=axis(type="log", dtick=1, range=decades(losses)) if view.log else _linear(losses),
        ),
        "config": CONFIG,
    }


def _linear(losses: Floats) -> dict[str, Any]:
    return axis(range=[0, nice(float(np.nanmax(losses, initial=0.0)))])


def _lines(curve: Curve, log: bool, first: int = 0) -> list[dict[str, Any]]:
    """Return a trace for each line, from the curve's point number `first` on."""
    traces = []
    for name, (title, colour, dash) in LINES.items():
        losses = getattr(curve, name)[first:]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": title,
                "x": array(curve.steps[first:]),
                "y": array(np.where(losses > 0, losses, np.nan) if log else losses),
                "line": {"color": colour, "width": 2, "dash": dash},
                "hovertemplate": f"step %{{x}}<br>{title} %{{y:.4g}}<extra></extra>",
            }
        )
    return traces
