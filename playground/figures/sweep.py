"""A sweep as a heatmap: a cell for every run, coloured by its loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, log10
from typing import Any

from engine.notation import format_number
from engine.training.sweeps import Outcome, Sweep
from playground.figures.axes import POWERS_OF_TEN, names
from playground.figures.style import CONFIG, FONT, SEQUENTIAL, Figure, layout
from playground.messages import figures as messages

MARKS = {"diverged": "×", "could not be trained": "!"}
"""The mark of a cell without a loss to compare, by its meaning in words."""
MAX_DECADES = 6
"""The colours tell losses apart up to this many powers of ten above the smallest one."""


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
    low, high = _ends([loss for loss in losses.values() if loss > 0.0])
    colours = [[_level(losses.get(row * columns + column), low) for column in range(columns)]
               for row in range(rows)]  # fmt: skip
    titles = [setting.title for setting in sweep.axes]
    hover_texts = [[""] * columns for _ in range(rows)]
    cell_texts = [[""] * columns for _ in range(rows)]
    for n, row, column in cells:
        values = [labels[0][column], *([labels[1][row]] if rows > 1 or len(titles) > 1 else [])]
        where = "<br>".join(f"{a} {b}" for a, b in zip(titles, values, strict=True))
        hover_texts[row][column] = f"{where}<br>{_describe(outcomes.get(n))}"
        if n in losses:
            cell_texts[row][column] = format_number(losses[n], 3)
    marks = [(column, row, MARKS[marked(outcomes[n])])
             for n, row, column in cells if n in outcomes and marked(outcomes[n])]  # fmt: skip
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "name": "loss", "z": colours, "zmin": low, "zmax": high,
            "x": list(range(columns)), "y": list(range(rows)),
            "text": cell_texts, "texttemplate": "%{text}",
            "hovertext": hover_texts,
            "hovertemplate": "%{hovertext}<extra></extra>", "xgap": 2, "ygap": 2,
            "colorscale": SEQUENTIAL, "showscale": bool(losses), "colorbar": POWERS_OF_TEN,
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
            xaxis=names(titles[0], labels[0]),
            yaxis=names(*second) | {"visible": len(titles) > 1},
            hovermode="closest",
            shapes=[] if selected is None else [_frame(*divmod(selected, columns))],
        ),
        "config": CONFIG,
        "notes": _notes(high, losses.values()),
    }


def _notes(high: float, losses: Iterable[float]) -> list[str]:
    """Return whether there are losses beyond the colour scale, in words."""
    is_beyond = any(loss > 0.0 and log10(loss) > high + 1e-9 for loss in losses)
    return [messages.ONE_COLOUR.format(most=format_number(10.0**high))] if is_beyond else []


def _ends(losses: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the colour scale, in powers of ten."""
    if not losses:
        return -1.0, 0.0
    low, high = log10(min(losses)), log10(max(losses))
    high = min(high, low + MAX_DECADES)
    return (low, high) if high - low > 0.01 else (low - 0.5, low + 0.5)


def _level(loss: float | None, least: float) -> float | None:
    """Return the position of a loss on the logarithmic scale; that of 0 is its lower end."""
    return None if loss is None else log10(loss) if loss > 0.0 else least


def _describe(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not trained yet"
    return marked(outcome) or f"loss {format_number(outcome.loss)}"


def _frame(row: int, column: int) -> dict[str, Any]:
    return {
        "type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5,
        "line": {"color": "var(--ink)", "width": 3},
    }  # fmt: skip
