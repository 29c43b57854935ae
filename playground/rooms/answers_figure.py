"""What the class answered: how many gave each number, the right one marked once it is told."""

from __future__ import annotations

from collections import Counter

from engine.notation import format_number
from playground.expression.commands import is_right
from playground.figures.style import CONFIG, Figure, axis, layout
from playground.rooms.room import Question

MOST_BARS = 12
"""So many answers have a bar of their own, those that most gave; the others share one."""


def figure(question: Question) -> Figure:
    """A bar for every answer, by its size; answers that are written alike are one."""
    counts = Counter(format_number(value) for value in question.answers.values())
    values = {format_number(value): value for value in question.answers.values()}
    named = sorted((text for text, _ in counts.most_common(MOST_BARS)), key=values.__getitem__)
    heights = [counts[text] for text in named]
    others = sum(counts.values()) - sum(heights)
    if others:
        named, heights = [*named, "others"], [*heights, others]
    right = {t for t, v in values.items() if question.revealed and is_right(v, question.right)}
    return {
        "data": [
            {
                "type": "bar",
                "name": "answers",
                "x": named,
                "y": heights,
                "text": [
                    f"{h}{' – right' if t in right else ''}"
                    for t, h in zip(named, heights, strict=True)
                ],
                "textposition": "outside",
                "textangle": 0,
                "cliponaxis": False,
                "marker": {
                    "color": ["var(--high)" if t in right else "var(--quiet)" for t in named]
                },
                "hovertemplate": "%{x}: %{y}<extra></extra>",
            }
        ],
        "layout": layout(
            xaxis=axis("answer", type="category"),
            yaxis=axis(rangemode="tozero", range=[0, max([4, *heights]) * 1.3]),
        ),
        "config": CONFIG,
    }
