"""How the output depends on leaves: a curve with its tangent, a map with the gradient, the error of
a nudge, and the path of gradient steps.
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
"""The steps h in the plot of the error, four for each power of ten."""


def function(nodes: Sequence[Value], leaf: Value, gradient: float | None, reach: float) -> Figure:
    """Return the output as a function of the leaf, up to `reach` below and above its number."""
    x = np.linspace(leaf.data - reach, leaf.data + reach, 201)
    y = evaluate_leaf(nodes, leaf, x)
    here = nodes[-1].data
    data = [_line("output", x, y, "var(--series-1)", "solid")]
    if gradient is not None:
        near = np.array([leaf.data - reach / 2, leaf.data + reach / 2])
        tangent = here + gradient * (near - leaf.data)
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
    gradients: tuple[float, float] | None,
    reach: float,
    trail: Trajectory,
) -> Figure:
    """Return the output over two leaves, up to `reach` to each side.

    The middle of the colour scale is the present output, the arrow is the gradient, and the line is
    the path of the gradient steps.
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
            "z": [_json_list(row) for row in z], "colorscale": DIVERGING,
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
    figure = _figure(data, axis(pair[0].label), axis(pair[1].label, scaleanchor="x"))
    if gradients and any(gradients):
        tip = here + 0.55 * reach * np.array(gradients) / np.hypot(*gradients)
        figure["layout"]["annotations"] = [{
            "x": tip[0], "y": tip[1], "ax": here[0], "ay": here[1], "xref": "x", "yref": "y",
            "axref": "x", "ayref": "y", "showarrow": True, "arrowhead": 2, "arrowsize": 1.2,
            "arrowwidth": 2.6, "arrowcolor": "var(--ink)", "text": "",
        }]  # fmt: skip
    return figure


def _path(trail: Trajectory, pair: tuple[Value, Value]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the numbers of both leaves, (steps + 1, 2). The number of an input is constant."""
    columns = [
        [step[trail.leaves.index(leaf)] for step in trail.path]
        if leaf in trail.leaves
        else [leaf.data] * len(trail.path)
        for leaf in pair
    ]
    return np.array(columns).T


def history(trail: Trajectory, output: str) -> Figure:
    """Return the output after each gradient step."""
    steps = np.arange(len(trail.outputs))
    line = _line("output", steps, np.array(trail.outputs), "var(--series-1)", "solid")
    line |= {"mode": "lines+markers", "marker": {"size": 6}}
    return _figure([line], axis("gradient steps", rangemode="tozero"), axis(output))


def nudges(nodes: Sequence[Value], leaf: Value, gradient: float, h: float) -> Figure:
    """Return the error of the difference quotient over the step h, on logarithmic axes."""
    one_sided, central = measure_errors(nodes, leaf, gradient, STEPS)
    chosen, _ = measure_errors(nodes, leaf, gradient, np.array([h]))
    data = [
        _line("one-sided", STEPS, _positive(one_sided), "var(--series-1)", "solid"),
        _line("central", STEPS, _positive(central), "var(--series-2)", "dot"),
        {
            "type": "scatter", "mode": "markers", "name": "chosen", "x": [h],
            "y": _json_list(_positive(chosen)), "marker": {"size": 11, "color": "var(--series-1)"},
            "hovertemplate": "h %{x:.0e}: error %{y:.1e}<extra></extra>",
        },
    ]  # fmt: skip
    powers: dict[str, Any] = {"type": "log", "exponentformat": "power", "dtick": 3}
    return _figure(data, axis("h", **powers), axis("error", **powers))


def _positive(error: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.where(error > 0, error, np.nan)


def _json_list(values: Any) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _line(name: str, x: Any, y: Any, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": _json_list(x), "y": _json_list(y),
        "line": {"color": colour, "width": 2.4, "dash": dash},
        "hovertemplate": "%{x:.4g}, %{y:.4g}<extra></extra>",
    }  # fmt: skip


def _figure(data: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> Figure:
    return {"data": data, "layout": layout(xaxis=x, yaxis=y), "config": CONFIG}
