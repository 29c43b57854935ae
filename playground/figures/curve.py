"""One leaf alone: the output as its function with the tangent, and how far a nudge is off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.nudge import curve, errors
from engine.value import Value
from playground.figures.style import CONFIG, Figure, axis, layout

STEPS = np.logspace(0, -12, 49)
"""The steps h of the error's plot: four in a power of ten."""


def function(nodes: Sequence[Value], leaf: Value, slope: float | None, reach: float) -> Figure:
    """The output over the leaf, from `reach` left of its number to `reach` right of it."""
    x = np.linspace(leaf.data - reach, leaf.data + reach, 201)
    y = curve(nodes, leaf, x)
    here = nodes[-1].data
    data = [_line("output", x, y, "var(--series-1)", "solid")]
    if slope is not None:
        near = np.array([leaf.data - reach / 2, leaf.data + reach / 2])
        tangent = here + slope * (near - leaf.data)
        data.append(_line("tangent", near, tangent, "var(--series-2)", "dot"))
    data.append({
        "type": "scatter", "mode": "markers", "name": "here", "x": [leaf.data], "y": [here],
        "marker": {"size": 11, "color": "var(--series-2)"},
        "hovertemplate": "%{x:.4g}, %{y:.4g}<extra></extra>",
    })  # fmt: skip
    finite = y[np.isfinite(y)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)
    room = 0.08 * (high - low) or 1.0
    return _figure(data, axis(leaf.label), axis(nodes[-1].label, range=[low - room, high + room]))


def nudges(nodes: Sequence[Value], leaf: Value, slope: float, h: float) -> Figure:
    """How far the quotient of differences is from the gradient, by the step h; both logarithmic."""
    one_sided, central = errors(nodes, leaf, slope, STEPS)
    chosen, _ = errors(nodes, leaf, slope, np.array([h]))
    data = [
        _line("one-sided", STEPS, _positive(one_sided), "var(--series-1)", "solid"),
        _line("central", STEPS, _positive(central), "var(--series-2)", "dot"),
        {
            "type": "scatter", "mode": "markers", "name": "chosen", "x": [h],
            "y": _listed(_positive(chosen)), "marker": {"size": 11, "color": "var(--series-1)"},
            "hovertemplate": "h %{x:.0e}: off by %{y:.1e}<extra></extra>",
        },
    ]  # fmt: skip
    powers: dict[str, Any] = {"type": "log", "exponentformat": "power", "dtick": 3}
    return _figure(data, axis("h", **powers), axis("error", **powers))


def _positive(error: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.where(error > 0, error, np.nan)


def _listed(values: Any) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _line(name: str, x: Any, y: Any, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": _listed(x), "y": _listed(y),
        "line": {"color": colour, "width": 2.4, "dash": dash},
        "hovertemplate": "%{x:.4g}, %{y:.4g}<extra></extra>",
    }  # fmt: skip


def _figure(data: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> Figure:
    return {"data": data, "layout": layout(xaxis=x, yaxis=y), "config": CONFIG}
