"""The loss curve: training and test loss by step."""

from __future__ import annotations

from engine.training import Curve
from playground.figures.style import CONFIG, Figure, axis, layout
from playground.stream import curve_json

LINES = {
    "train": ("training", "var(--series-1)", "solid"),
    "test": ("test", "var(--series-2)", "dot"),
}
"""What each line is called, its colour and its dash."""


def figure(curve: Curve) -> Figure:
    """Trace 0 is the training loss, trace 1 the test loss; frames extend both."""
    values = curve_json(curve)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": title,
                "x": values["x"],
                "y": values[name],
                "line": {"color": colour, "width": 2, "dash": dash},
                "hovertemplate": f"step %{{x}}<br>{title} %{{y:.4g}}<extra></extra>",
            }
            for name, (title, colour, dash) in LINES.items()
        ],
        "layout": layout(
            xaxis=axis("step", rangemode="tozero"),
            yaxis=axis(rangemode="tozero"),
        ),
        "config": CONFIG,
    }  # fmt: skip
