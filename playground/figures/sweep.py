"""A sweep as a heatmap: a cell for every run, coloured by its loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isfinite, log10
from typing import Any

from engine.notation import format_number
from engine.training.sweeps import Outcome, Sweep
from playground.figures.style import CONFIG, FONT, SEQUENTIAL, Figure, axis, layout

MARKS = {"diverged": "×", "could not be trained": "!"}
"""The mark of a cell without a loss to compare, by its meaning in words."""
MAX_POWER = 308.25
"""The largest power of ten that is a number for certain."""
MAX_LABELS = 10
"""Maximum number of labels on an axis."""
MAX_TEXT_COLUMNS = 7
"""Maximum number of columns that leave room for numbers in the cells."""


def marked(outcome: Outcome) -> str:
    """Return why a cell has no loss to compare, in the words of MARKS, or the empty string."""
    if outcome.diverged:
        return "diverged"
    return "" if isfinite(outcome.loss) else "could not be trained"


def figure(
    sweep: Sweep,
    outcomes: Mapping[int, Outcome],
    labels: Sequence[Sequence[str]],
    selected: int | None = None,
) -> Figure:
    """Return the heatmap (trace 0), with columns by the first setting and rows by the second, and
    the marks of cells without a loss (trace 1).

    `labels` are the values of each setting for people. The `selected` cell has a frame.
    """
    rows, columns = sweep.shape
    cells = [(n, *divmod(n, columns)) for n in range(sweep.runs)]
    losses = {n: outcome.loss for n, outcome in outcomes.items() if not marked(outcome)}
    colours = [[_level(losses.get(row * columns + column)) for column in range(columns)]
               for row in range(rows)]  # fmt: skip
    levels = [level for row in colours for level in row if level is not None]
    low, high = (min(levels), max(levels)) if levels else (-1.0, 0.0)
    high = max(high, low + 0.01)
    titles = [setting.title for setting in sweep.axes]
    hover_texts = [[""] * columns for _ in range(rows)]
    cell_texts = [[""] * columns for _ in range(rows)]
    for n, row, column in cells:
        values = [labels[0][column], *([labels[1][row]] if rows > 1 or len(titles) > 1 else [])]
        where = "<br>".join(f"{a} {b}" for a, b in zip(titles, values, strict=True))
        hover_texts[row][column] = f"{where}<br>{_describe(outcomes.get(n))}"
        if n in losses and columns <= MAX_TEXT_COLUMNS:
            cell_texts[row][column] = format_number(losses[n], 3)
    marks = [(column, row, MARKS[marked(outcomes[n])])
             for n, row, column in cells if n in outcomes and marked(outcomes[n])]  # fmt: skip
    ends = [low + (high - low) * i / 4 for i in range(5)]
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "name": "loss", "z": colours, "zmin": low, "zmax": high,
            "x": list(range(columns)), "y": list(range(rows)),
            "text": cell_texts, "texttemplate": "%{text}", "textfont": {"color": "var(--ink)"},
            "hovertext": hover_texts,
            "hovertemplate": "%{hovertext}<extra></extra>", "xgap": 2, "ygap": 2,
            "colorscale": SEQUENTIAL, "showscale": bool(levels),
            "colorbar": {
                "thickness": 12, "tickfont": FONT, "outlinewidth": 0, "tickvals": ends,
                "ticktext": [format_number(10.0 ** min(end, MAX_POWER), 2) for end in ends],
            },
        },
        {
            "type": "scatter", "mode": "text", "name": "marks", "hoverinfo": "skip",
            "x": [x for x, _, _ in marks], "y": [y for _, y, _ in marks],
            "text": [mark for _, _, mark in marks], "textfont": FONT,
        },
    ]  # fmt: skip
    second = (titles[1], labels[1]) if len(titles) > 1 else ("", [""])
    return {
        "data": data,
        "layout": layout(
            xaxis=_values(titles[0], labels[0]),
            yaxis=_values(*second) | {"visible": len(titles) > 1},
            hovermode="closest",
            shapes=[] if selected is None else [_frame(*divmod(selected, columns))],
        ),
        "config": CONFIG,
    }


def _level(loss: float | None) -> float | None:
    """Return the position of a loss on the logarithmic scale."""
    return None if loss is None else log10(max(loss, 1e-12))


def _describe(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not trained yet"
    return marked(outcome) or f"loss {format_number(outcome.loss)}"


def _values(title: str, labels: Sequence[str]) -> dict[str, Any]:
    """Return an axis with a position for each value and at most MAX_LABELS labels."""
    every = ceil(len(labels) / MAX_LABELS)
    return axis(
        title, range=[-0.5, len(labels) - 0.5], showgrid=False, zeroline=False, automargin=True,
        tickvals=list(range(0, len(labels), every)), ticktext=list(labels[::every]),
    )  # fmt: skip


def _frame(row: int, column: int) -> dict[str, Any]:
    return {
        "type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5,
        "line": {"color": "var(--ink)", "width": 3},
    }  # fmt: skip
