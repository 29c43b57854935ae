"""What all figures share. The browser replaces `var(--…)` by the custom property of the theme."""

from __future__ import annotations

from typing import Any

import numpy as np

Figure = dict[str, Any]
"""A Plotly figure as JSON: data, layout, config."""

DIVERGING = [[0.0, "var(--low)"], [0.5, "var(--middle)"], [1.0, "var(--high)"]]
"""The diverging colour scale, the same in all plots: from low through the middle to high."""

POSITIVE = [[0.0, "var(--middle)"], [1.0, "var(--high)"]]
NEGATIVE = [[0.0, "var(--low)"], [1.0, "var(--middle)"]]
"""Its two halves, for numbers of one sign."""

SEQUENTIAL = [[0.0, "var(--middle)"], [0.4, "var(--little)"], [1.0, "var(--much)"]]
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


def line_mode(values: Any) -> str:
    """Return the mode of a line: with marks if a point stands alone, which a line does not show."""
    finite = np.pad(np.isfinite(np.asarray(values, dtype=np.float64)), 1)
    alone = finite[1:-1] & ~finite[:-2] & ~finite[2:]
    return "lines+markers" if alone.any() else "lines"


def positive(values: Any) -> Any:
    """Return the values with NaN in place of those that a logarithmic axis cannot show."""
    return np.where(np.asarray(values) > 0.0, values, np.nan)


CONFIG = {"displayModeBar": False}
CLASS_COLOURS = [f"var(--class-{i})" for i in range(5)]
CLASS_SYMBOLS = ["circle", "square", "diamond", "triangle-up", "pentagon"]
"""The symbol of each class: classes differ in shape as well as in colour."""


def class_colours(classes: int) -> list[str]:
    """Return a colour for each class: the ends of the scale for two classes, a palette for more."""
    return ["var(--low-ink)", "var(--high-ink)"] if classes == 2 else CLASS_COLOURS[:classes]
