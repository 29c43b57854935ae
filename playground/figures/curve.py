"""How the output depends on leaves: a curve with its tangent, a map with the gradient, the error of
a nudge, and the path of gradient steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import float_info
from typing import Any

import numpy as np

from engine.evaluate import evaluate
from engine.explain.finite_differences import evaluate_leaf, measure_errors
from engine.explain.gradient_steps import Trajectory
from engine.notation import format_number
from engine.random import Floats
from engine.value import Value
from playground.figures.axes import (
    LEAST_SPAN,
    Axis,
    Series,
    notes,
    numbers,
    powers,
    within,
)
from playground.figures.style import (
    CONFIG,
    DIVERGING,
    NEGATIVE,
    POSITIVE,
    Figure,
    layout,
    line_mode,
    positive,
)

LARGEST = float_info.max
STEPS = np.logspace(0, -12, 49)
"""The steps h in the plot of the error, four for each power of ten."""


def function(nodes: Sequence[Value], leaf: Value, gradient: float | None, reach: float) -> Figure:
    """Return the output as a function of the leaf, up to `reach` below and above its number."""
    x = _around(leaf, reach, 201)
    y = evaluate_leaf(nodes, leaf, x)
    here = nodes[-1].data
    data = [_line("output", x, y, "var(--series-1)", "solid")]
    if gradient is not None:
        near = np.array([leaf.data - reach / 2, leaf.data + reach / 2])
        with np.errstate(all="ignore"):
            tangent = here + gradient * (near - leaf.data)
        data.append(_line("tangent", near, tangent, "var(--series-2)", "dot"))
    data.append({
        "type": "scatter", "mode": "markers", "name": "here", "x": [leaf.data], "y": [here],
        "marker": {"size": 11, "color": "var(--series-2)"},
        "hovertemplate": "%{x}, %{y}<extra></extra>",
    })  # fmt: skip
    return _figure(
        data,
        within(leaf.label, x[0], x[-1]),
        numbers(nodes[-1].label, y, [here]),
        notes(f"{leaf.label} =", Series("", x.tolist(), y)),
    )


def surface(
    nodes: Sequence[Value],
    pair: tuple[Value, Value],
    gradients: tuple[float, float] | None,
    reach: float,
    trail: Trajectory,
) -> Figure:
    """Return the output over two leaves, up to `reach` to each side.

    The arrow is the gradient, and the line is the path of the gradient steps.
    """
    here = np.array([leaf.data for leaf in pair])
    path = _path(trail, pair)
    reach = max(reach, 1.15 * float(np.abs(path - here).max(initial=0.0)))
    x, y = (_around(leaf, reach, 61) for leaf in pair)
    z = evaluate(nodes, dict(zip(pair, np.meshgrid(x, y), strict=True)))
    now = nodes[-1].data
    colours, low, high = _colours(z)
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "name": "output", "x": x.tolist(), "y": y.tolist(),
            "z": [_json_list(row) for row in z], "colorscale": colours, "zmin": low, "zmax": high,
            "colorbar": {},
            "hovertemplate": "%{x}, %{y}: %{z}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "lines+markers", "name": "path",
            "x": path[:, 0].tolist(), "y": path[:, 1].tolist(), "hoverinfo": "skip",
            "line": {"color": "var(--ink)", "width": 1.6}, "marker": {"size": 4},
        },
        {
            "type": "scatter", "mode": "markers", "name": "here", "x": [here[0]], "y": [here[1]],
            "marker": {"size": 12, "color": "var(--ink)"},
            "hovertemplate": f"here: %{{x}}, %{{y}}: {format_number(now)}<extra></extra>",
        },
    ]  # fmt: skip
    square = {"scaleanchor": "x", "constrain": "domain"}
    figure = _figure(
        data,
        within(pair[0].label, x[0], x[-1]) | {"constrain": "domain"},
        within(pair[1].label, y[0], y[-1]) | square,
        notes("", Series("", range(z.size), z.ravel())),
    )
    if gradients and any(gradients) and np.isfinite(gradients).all():
        tip = here + 0.55 * reach * np.array(gradients) / np.hypot(*gradients)
        figure["layout"]["annotations"] = [{
            "x": tip[0], "y": tip[1], "ax": here[0], "ay": here[1], "xref": "x", "yref": "y",
            "axref": "x", "ayref": "y", "showarrow": True, "arrowhead": 2, "arrowsize": 1.2,
            "arrowwidth": 2.6, "arrowcolor": "var(--ink)", "text": "",
        }]  # fmt: skip
    return figure


def _around(leaf: Value, reach: float, count: int) -> Floats:
    """Return evenly spaced numbers up to `reach` below and above the leaf, (count,)."""
    low, high = np.clip([leaf.data - reach, leaf.data + reach], -LARGEST, LARGEST)
    share = np.linspace(0.0, 1.0, count)
    return np.asarray((1.0 - share) * low + share * high)


def _colours(z: Floats) -> tuple[list[list[Any]], float, float]:
    """Return the colour scale of outputs and the numbers at its ends.

    Outputs of both signs have 0 in the middle of the diverging scale. Others go from 0, or from the
    smallest if all are far from 0, to the largest. One part in twenty may lie beyond an end.
    """
    finite = z[np.isfinite(z)]
    if not finite.size:
        return POSITIVE, 0.0, 1.0
    sizes = np.abs(finite)
    near, far = float(sizes.min()), float(np.quantile(sizes, 0.95)) or float(sizes.max()) or 1.0
    if finite.min() < 0.0 < finite.max():
        return DIVERGING, -far, far
    if near <= far / 2.0:
        near = 0.0
    elif far - near <= LEAST_SPAN * far:
        near = 0.8 * far
    return (NEGATIVE, -far, -near) if finite.min() < 0.0 else (POSITIVE, near, far)


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
    return _figure(
        [line],
        numbers("gradient steps", steps, from_zero=True, whole=True),
        numbers(output, trail.outputs),
        notes("step", Series("", steps.tolist(), trail.outputs)),
    )


def nudges(nodes: Sequence[Value], leaf: Value, gradient: float, h: float) -> Figure:
    """Return the error of the difference quotient over the step h, on logarithmic axes."""
    one_sided, central = measure_errors(nodes, leaf, gradient, STEPS)
    chosen, _ = measure_errors(nodes, leaf, gradient, np.array([h]))
    data = [
        _line("one-sided", STEPS, positive(one_sided), "var(--series-1)", "solid"),
        _line("central", STEPS, positive(central), "var(--series-2)", "dot"),
        {
            "type": "scatter", "mode": "markers", "name": "chosen", "x": [h],
            "y": _json_list(positive(chosen)), "marker": {"size": 11, "color": "var(--series-1)"},
            "hovertemplate": "h %{x}: error %{y}<extra></extra>",
        },
    ]  # fmt: skip
    return _figure(
        data,
        powers("h", STEPS),
        powers("error", one_sided, central, chosen),
        notes(
            "h =",
            *(
                Series(name, STEPS[::-1].tolist(), errors[::-1])
                for name, errors in (("one-sided", one_sided), ("two-sided", central))
            ),
            log=True,
        ),
    )


def _json_list(values: Any) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _line(name: str, x: Any, y: Any, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": line_mode(y), "name": name,
        "x": _json_list(x), "y": _json_list(y), "marker": {"size": 5},
        "line": {"color": colour, "width": 2.4, "dash": dash},
        "hovertemplate": "%{x}, %{y}<extra></extra>",
    }  # fmt: skip


def _figure(data: list[dict[str, Any]], x: Axis, y: Axis, remarks: list[str]) -> Figure:
    shape = layout(xaxis=x, yaxis=y)
    return {"data": data, "layout": shape, "config": CONFIG, "notes": remarks}
