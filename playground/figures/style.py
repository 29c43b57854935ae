"""What all figures share. The browser replaces `var(--…)` by the custom property of the theme."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np

from engine.random import Floats

Figure = dict[str, Any]
"""A Plotly figure as JSON: data, layout, config."""

DIVERGING = [[0.0, "var(--low)"], [0.5, "var(--middle)"], [1.0, "var(--high)"]]
"""The diverging colour scale, the same in all plots: from low through the middle to high."""

SEQUENTIAL = [[0.0, "var(--little)"], [1.0, "var(--much)"]]
"""The sequential colour scale, from little to much. Text is readable on all of it."""

FONT = {"family": "var(--font)", "size": "var(--plot-text)", "color": "var(--ink)"}


def layout(**more: Any) -> dict[str, Any]:
    """Return a layout in the font and colours of the page, without a title."""
    return {
        "font": FONT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": "var(--plot-left)", "r": 12, "t": 8, "b": "var(--plot-bottom)"},
        "hoverlabel": {
            "font": FONT, "bgcolor": "var(--raised)", "bordercolor": "var(--line)", "align": "left",
        },
        "showlegend": False,
    } | more  # fmt: skip


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """Return an axis with quiet lines."""
    return {
        "title": {"text": title, "standoff": 6},
        "gridcolor": "var(--grid)",
        "zerolinecolor": "var(--line)",
        "linecolor": "var(--line)",
        "fixedrange": True,
    } | more


def decades(numbers: Floats, max_powers: int | None = None) -> list[int]:
    """Return the range of a logarithmic axis in whole powers of ten, around the numbers that have a
    logarithm. With `max_powers` it has at most that many powers, the highest ones.
    """
    positive = numbers[np.isfinite(numbers) & (numbers > 0.0)]
    low, high = (positive.min(), positive.max()) if positive.size else (0.1, 1.0)
    begin, end = floor(log10(low)), ceil(log10(high))
    end = max(end, begin + 1)
    return [begin if max_powers is None else max(begin, end - max_powers), end]


NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def nice(value: float) -> float:
    """Return the smallest round number that is at least the value.

    An axis that ends there stays the same while numbers change, and so do its labels: a browser
    keeps the size of every label that it has drawn.
    """
    if not isfinite(value) or value <= 0.0:
        return 1.0
    power = 10.0 ** max(-307, floor(log10(value)))  # smaller powers are not exact
    return next(power * step for step in NICE if power * step >= value * (1.0 - 1e-12))


CONFIG = {"displayModeBar": False, "responsive": True}
CLASS_COLOURS = [f"var(--class-{i})" for i in range(5)]
CLASS_SYMBOLS = ["circle", "square", "diamond", "triangle-up", "pentagon"]
"""The symbol of each class: classes differ in shape as well as in colour."""


def class_colours(classes: int) -> list[str]:
    """Return a colour for each class: the ends of the scale for two classes, a palette for more."""
    return ["var(--low-ink)", "var(--high-ink)"] if classes == 2 else CLASS_COLOURS[:classes]
