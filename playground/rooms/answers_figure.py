"""The figure of a class's answers: a bar for each answer; the correct one is marked at the end."""

from __future__ import annotations

from collections import Counter

from engine.notation import format_number
from playground.expression.predictions import is_right
from playground.figures.axes import names, numbers
from playground.figures.style import CONFIG, Figure, layout
from playground.rooms.question import Question

MAX_BARS = 12
"""Maximum number of answers with a bar of their own, the most frequent ones. Others share one."""


def answers_figure(question: Question) -> Figure:
    """Return a bar chart of the answers in order of value. Answers that look alike share a bar."""
    answers = [answer.value for answer in question.answers.values()]
    counts = Counter(map(format_number, answers))
    values = {format_number(value): value for value in answers}
    labels = sorted((text for text, _ in counts.most_common(MAX_BARS)), key=values.__getitem__)
    heights = [counts[text] for text in labels]
    others = sum(counts.values()) - sum(heights)
    if others:
        labels, heights = [*labels, "others"], [*heights, others]
    correct = {text for text, value in values.items() if is_right(value, question.correct)}
    bar_texts = [
        f"{height}{' ✓' if label in correct else ''}"
        for label, height in zip(labels, heights, strict=True)
    ]
    return {
        "data": [
            {
                "type": "bar",
                "name": "answers",
                "x": list(range(len(labels))),
                "y": heights,
                "hovertext": labels,
                "text": bar_texts,
                "textposition": "outside",
                "textangle": 0,
                "cliponaxis": False,
                "marker": {
                    "color": [
                        "var(--high)" if label in correct else "var(--quiet)" for label in labels
                    ]
                },
                "hovertemplate": "%{hovertext}: %{y}<extra></extra>",
            }
        ],
        "layout": layout(
            xaxis=names("answer", labels),
            yaxis=numbers("", [1.3 * max([4, *heights])], from_zero=True, whole=True),
        ),
        "config": CONFIG,
    }
