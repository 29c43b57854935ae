"""What leaves do to the output: a curve with its tangent, a map with the gradient, how far a nudge
is off, and where gradient steps have led.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.evaluate import evaluate
from engine.explain.finite_differences import evaluate_leaf, measure_errors
from engine.explain.gradient_steps import Trajectory
from engine.notation import format_number
from engine.value import Value
from playground.figures.style import CONFIG, DIVERGING, FONT, Figure, axis, layout

STEPS = np.logspace(0, -12, 49)
"""The steps h of the error's plot: four in a power of ten."""


def function(nodes: Sequence[Value], leaf: Value, slope: float | None, reach: float) -> Figure:
    """The output over the leaf, from `reach` left of its number to `reach` right of it."""
    x = np.linspace(leaf.data - reach, leaf.data + reach, 201)
    y = evaluate_leaf(nodes, leaf, x)
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


def surface(
    nodes: Sequence[Value],
    pair: tuple[Value, Value],
    slopes: tuple[float, float] | None,
    reach: float,
    trail: Trajectory,
) -> Figure:
    """The output over two leaves. The middle of the scale is what it is here; the arrow points to
    where it grows fastest, and the line is the way of the gradient steps.
    """
    here = np.array([leaf.data for leaf in pair])
    path = _path(trail, pair)
    reach = max(reach, 1.15 * float(np.abs(path - here).max(initial=0.0)))
    x, y = (np.linspace(leaf.data - reach, leaf.data + reach, 61) for leaf in pair)
    z = evaluate(nodes, dict(zip(pair, np.meshgrid(x, y), strict=True)))
    z = np.where(np.isfinite(z), z, np.nan)
    now = nodes[-1].data
    off = np.abs(z - now)
    span = float(np.nanquantile(off, 0.95)) if np.isfinite(off).any() else 0.0
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "name": "output", "x": x.tolist(), "y": y.tolist(),
            "z": [_listed(row) for row in z], "colorscale": DIVERGING,
            "zmin": now - (span or 1.0), "zmax": now + (span or 1.0),
            "colorbar": {"thickness": 12, "tickfont": FONT, "outlinewidth": 0},
            "hovertemplate": "%{x:.4g}, %{y:.4g}: %{z:.4g}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "lines+markers", "name": "path",
            "x": path[:, 0].tolist(), "y": path[:, 1].tolist(), "hoverinfo": "skip",
            "line": {"color": "var(--ink)", "width": 1.6}, "marker": {"size": 4},
        },
        {
            "type": "scatter", "mode": "markers", "name": "here", "x": [here[0]], "y": [here[1]],
            "marker": {"size": 12, "color": "var(--ink)"},
            "hovertemplate": f"here: %{{x:.4g}}, %{{y:.4g}}: {format_number(now)}<extra></extra>",
        },
    ]  # fmt: skip
    made = _figure(data, axis(pair[0].label), axis(pair[1].label, scaleanchor="x"))
    if slopes and any(slopes):
        tip = here + 0.55 * reach * np.array(slopes) / np.hypot(*slopes)
        made["layout"]["annotations"] = [{
            "x": tip[0], "y": tip[1], "ax": here[0], "ay": here[1], "xref": "x", "yref": "y",
            "axref": "x", "ayref": "y", "showarrow": True, "arrowhead": 2, "arrowsize": 1.2,
            "arrowwidth": 2.6, "arrowcolor": "var(--ink)", "text": "",
        }]  # fmt: skip
    return made


def _path(trail: Trajectory, pair: tuple[Value, Value]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Where the two leaves have been, (steps + 1, 2); an input has stood still."""
    columns = [
        [step[trail.leaves.index(leaf)] for step in trail.path]
        if leaf in trail.leaves
        else [leaf.data] * len(trail.path)
        for leaf in pair
    ]
    return np.array(columns).T


def history(trail: Trajectory, output: str) -> Figure:
    """The output after each gradient step."""
    steps = np.arange(len(trail.outputs))
    line = _line("output", steps, np.array(trail.outputs), "var(--series-1)", "solid")
    line |= {"mode": "lines+markers", "marker": {"size": 6}}
    return _figure([line], axis("gradient steps", rangemode="tozero"), axis(output))


def nudges(nodes: Sequence[Value], leaf: Value, slope: float, h: float) -> Figure:
    """How far the quotient of differences is from the gradient, by the step h; both logarithmic."""
    one_sided, central = measure_errors(nodes, leaf, slope, STEPS)
    chosen, _ = measure_errors(nodes, leaf, slope, np.array([h]))
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
