"""What all figures share. `var(--…)` is a custom property of the theme, put in by the browser."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np

from engine.random import Floats

Figure = dict[str, Any]
"""A Plotly figure as JSON: data, layout, config."""

DIVERGING = [[0.0, "var(--low)"], [0.5, "var(--middle)"], [1.0, "var(--high)"]]
"""From "no" through undecided to "yes": the one colour scale, the same everywhere."""

SEQUENTIAL = [[0.0, "var(--little)"], [1.0, "var(--much)"]]
"""From little to much; ink is read on all of it."""

FONT = {"family": "var(--font)", "size": "var(--plot-text)", "color": "var(--ink)"}


def layout(**more: Any) -> dict[str, Any]:
    """A layout in the page's font and colours, without a title: the page has one."""
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
    """An axis with quiet lines."""
    return {
        "title": {"text": title, "standoff": 6},
        "gridcolor": "var(--grid)",
        "zerolinecolor": "var(--line)",
        "linecolor": "var(--line)",
        "fixedrange": True,
    } | more


def decades(numbers: Floats, most: int | None = None) -> list[int]:
    """From a whole power of ten to another, around the numbers that have a place on a logarithmic
    axis; where there is a `most`, so many powers, the highest.
    """
    known = numbers[np.isfinite(numbers) & (numbers > 0.0)]
    low, high = (known.min(), known.max()) if known.size else (0.1, 1.0)
    begin, end = floor(log10(low)), ceil(log10(high))
    end = max(end, begin + 1)
    return [begin if most is None else max(begin, end - most), end]


NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def nice(value: float) -> float:
    """The least round number that is not below the value; the end of an axis that stays where it is
    while numbers move, and its labels with it (a browser keeps the size of every label it drew).
    """
    if not isfinite(value) or value <= 0.0:
        return 1.0
    power = 10.0 ** max(-307, floor(log10(value)))  # below, ten times less is not exact any more
    return next(power * step for step in NICE if power * step >= value * (1.0 - 1e-12))


CONFIG = {"displayModeBar": False, "responsive": True}
CLASS_COLOURS = [f"var(--class-{i})" for i in range(5)]
CLASS_SYMBOLS = ["circle", "square", "diamond", "triangle-up", "pentagon"]
"""Classes differ in shape as well as in colour."""


def class_colours(classes: int) -> list[str]:
    """A colour a class: the ends of the scale for two, a palette for more."""
    return ["var(--low-ink)", "var(--high-ink)"] if classes == 2 else CLASS_COLOURS[:classes]
