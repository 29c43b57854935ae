"""A sweep as a heatmap: a cell for every run, coloured by its loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isfinite, log10
from typing import Any

from engine.notation import format_number
from engine.training.sweeps import Outcome, Sweep
from playground.figures.style import CONFIG, FONT, SEQUENTIAL, Figure, axis, layout

MARKS = {"diverged": "×", "could not be trained": "!"}
"""What stands in a cell that has no loss to compare, and what it means in words."""
HIGHEST = 308.25
"""10 to the power of more than this may be more than the largest number."""
MOST_LABELS = 10
MOST_NUMBERS = 7
"""So many columns leave room for numbers in the cells."""


def marked(outcome: Outcome) -> str:
    """Why a cell has no loss to compare, in the words of MARKS; empty where it has."""
    if outcome.diverged:
        return "diverged"
    return "" if isfinite(outcome.loss) else "could not be trained"


def figure(
    sweep: Sweep,
    outcomes: Mapping[int, Outcome],
    labels: Sequence[Sequence[str]],
    chosen: int | None = None,
) -> Figure:
    """Trace 0 is the heatmap, column by the first setting and row by the second; trace 1 the marks
    of what has no loss. `labels` are the values of each setting for people; the cell that is
    `chosen` is framed.
    """
    rows, columns = sweep.shape
    places = [(n, *divmod(n, columns)) for n in range(sweep.runs)]
    compared = {n: each.loss for n, each in outcomes.items() if not marked(each)}
    colours = [[_level(compared.get(row * columns + column)) for column in range(columns)]
               for row in range(rows)]  # fmt: skip
    known = [level for row in colours for level in row if level is not None]
    low, high = (min(known), max(known)) if known else (-1.0, 0.0)
    high = max(high, low + 0.01)
    titles = [each.title for each in sweep.axes]
    told = [[""] * columns for _ in range(rows)]
    written = [[""] * columns for _ in range(rows)]
    for n, row, column in places:
        named = [labels[0][column], *([labels[1][row]] if rows > 1 or len(titles) > 1 else [])]
        where = "<br>".join(f"{a} {b}" for a, b in zip(titles, named, strict=True))
        told[row][column] = f"{where}<br>{_said(outcomes.get(n))}"
        if n in compared and columns <= MOST_NUMBERS:
            written[row][column] = format_number(compared[n], 3)
    marks = [(column, row, MARKS[marked(outcomes[n])])
             for n, row, column in places if n in outcomes and marked(outcomes[n])]  # fmt: skip
    ends = [low + (high - low) * i / 4 for i in range(5)]
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "name": "loss", "z": colours, "zmin": low, "zmax": high,
            "x": list(range(columns)), "y": list(range(rows)),
            "text": written, "texttemplate": "%{text}", "textfont": {"color": "var(--ink)"},
            "hovertext": told,
            "hovertemplate": "%{hovertext}<extra></extra>", "xgap": 2, "ygap": 2,
            "colorscale": SEQUENTIAL, "showscale": bool(known),
            "colorbar": {
                "thickness": 12, "tickfont": FONT, "outlinewidth": 0, "tickvals": ends,
                "ticktext": [format_number(10.0 ** min(end, HIGHEST), 2) for end in ends],
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
            shapes=[] if chosen is None else [_frame(*divmod(chosen, columns))],
        ),
        "config": CONFIG,
    }


def _level(loss: float | None) -> float | None:
    """Where a loss stands on the scale, which is logarithmic."""
    return None if loss is None else log10(max(loss, 1e-12))


def _said(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not trained yet"
    return marked(outcome) or f"loss {format_number(outcome.loss)}"


def _values(title: str, labels: Sequence[str]) -> dict[str, Any]:
    """An axis with a place for each value, of which MOST_LABELS at the most are named."""
    every = ceil(len(labels) / MOST_LABELS)
    return axis(
        title, range=[-0.5, len(labels) - 0.5], showgrid=False, zeroline=False, automargin=True,
        tickvals=list(range(0, len(labels), every)), ticktext=list(labels[::every]),
    )  # fmt: skip


def _frame(row: int, column: int) -> dict[str, Any]:
    return {
        "type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5,
        "line": {"color": "var(--ink)", "width": 3},
    }  # fmt: skip
