"""The loss curve: training and test loss by step, of one run or of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.inspection.frames import ViewOptions
from engine.training.run import Curve, Run
from playground.figures.arrays import array
from playground.figures.axes import Series, notes, numbers, powers
from playground.figures.style import CONFIG, Figure, layout, line_mode, positive

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
                    "hovertemplate": f"step %{{x}}<br>{name} %{{y}}<extra></extra>",
                }
            )  # fmt: skip
    if len(whole.train) > len(curve.train):
        for trace in _lines(whole, view.log, first=len(curve.train) - 1):
            data.append(trace | {"name": f"{trace['name']}, later", "opacity": 0.35})
    curves = [whole] if pinned is None else [whole, pinned.curve]
    losses = [part for line in curves for part in (line.train, line.test)]
    series = [
        Series(title, whole.steps.tolist(), losses)
        for title, losses in (("training", whole.train), ("test", whole.test))
        if not np.isnan(losses).all()
    ]
    return {
        "data": data,
        "layout": layout(
            xaxis=numbers("step", *(line.steps for line in curves), from_zero=True, whole=True),
            yaxis=powers("", *losses) if view.log else numbers("", *losses, from_zero=True),
        ),
        "config": CONFIG,
        "notes": notes("step", *series, log=view.log),
    }


def _lines(curve: Curve, log: bool, first: int = 0) -> list[dict[str, Any]]:
    """Return a trace for each line, from the curve's point number `first` on."""
    traces = []
    for name, (title, colour, dash) in LINES.items():
        losses = getattr(curve, name)[first:]
        if log:
            losses = positive(losses)
        traces.append(
            {
                "type": "scatter",
                "mode": line_mode(losses),
                "name": title,
                "x": array(curve.steps[first:]),
                "y": array(losses),
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"size": 4},
                "hovertemplate": f"step %{{x}}<br>{title} %{{y}}<extra></extra>",
            }
        )
    return traces
