"""The expression graph: a box for every Value, a small disc for every operation, left to right.

One trace holds all boxes, one all edges, so that many nodes cost little more than few. One unit is
a pixel at the zoom on which the plot opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from engine.notation import number, write
from engine.value import DomainError, Value
from playground.figures.style import FONT, Figure, layout
from playground.layout import Point, place

BOX_WIDTH, BOX_HEIGHT = 112.0, 66.0
LAYER, ROW = 80.0, 80.0


def figure(nodes: Sequence[Value]) -> Figure:
    """The graph of Values that are listed operands first, the output last."""
    operations = [node for node in nodes if node.op is not None]
    index = {node: i for i, node in enumerate(nodes)}
    disc = {node: len(nodes) + i for i, node in enumerate(operations)}
    edges = [(disc[node], index[node]) for node in operations]
    edges += [(index[operand], disc[node]) for node in operations for operand in node.operands]
    ordered = _operands_first(len(nodes) + len(operations), edges)
    renamed = tuple((ordered[start], ordered[end]) for start, end in edges)
    placed = place(len(ordered), renamed)
    points = [_pixels(placed.nodes[ordered[i]]) for i in range(len(ordered))]
    boxes = points[: len(nodes)]
    discs = points[len(nodes) :]
    routes = [[_pixels(point) for point in route] for route in placed.edges]
    width = max(x for x, _ in points) + BOX_WIDTH + 24
    height = -min(y for _, y in points) + BOX_HEIGHT + 24
    return {
        "data": [
            _edges(routes),
            _boxes([boxes[index[node]] for node in nodes if node.op is None], "leaf"),
            _boxes([boxes[index[node]] for node in operations], "inner"),
            _discs(operations, discs),
            _texts(nodes, boxes),
        ],
        "layout": layout(
            xaxis={"visible": False},
            yaxis={"visible": False, "scaleanchor": "x", "scaleratio": 1},
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            dragmode="pan",
            hovermode="closest",
            meta={
                "width": width, "height": height,
                "left": -BOX_WIDTH / 2 - 12, "top": BOX_HEIGHT / 2 + 12,
            },
            uirevision=str(hash(renamed)),
        ),
        "config": {"displayModeBar": False, "responsive": True, "scrollZoom": True},
    }  # fmt: skip


def _operands_first(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """A number for each node that is above the numbers of all nodes with an edge to it."""
    users: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, end in edges:
        users[start].append(end)
        waiting[end] += 1
    ready = [node for node in range(count - 1, -1, -1) if not waiting[node]]
    numbers = [0] * count
    for position in range(count):
        node = ready.pop()
        numbers[node] = position
        for user in reversed(users[node]):
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    return numbers


def _pixels(point: Point) -> Point:
    return point[0] * LAYER, -point[1] * ROW


def _edges(routes: Sequence[Sequence[Point]]) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    drawn: dict[tuple[Point, Point], int] = {}
    for route in routes:
        ends = route[0], route[-1]
        bow = 12.0 * drawn.get(ends, 0)
        drawn[ends] = drawn.get(ends, 0) + 1
        for start, end in pairwise(route):
            for step in range(9):
                t = step / 8
                ease = t * t * (3 - 2 * t)
                x.append(start[0] + (end[0] - start[0]) * t)
                y.append(start[1] + (end[1] - start[1]) * ease - bow * 4 * t * (1 - t))
        x.append(None)
        y.append(None)
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip",
        "line": {"color": "var(--edge)", "width": 1.6},
    }  # fmt: skip


def _boxes(centres: Sequence[Point], kind: str) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    w, h = BOX_WIDTH / 2, BOX_HEIGHT / 2
    for cx, cy in centres:
        x += [cx - w, cx + w, cx + w, cx - w, cx - w, None]
        y += [cy - h, cy - h, cy + h, cy + h, cy - h, None]
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "fill": "toself", "hoverinfo": "skip",
        "fillcolor": f"var(--{kind})", "line": {"color": f"var(--{kind}-line)", "width": 1.4},
    }  # fmt: skip


def _texts(nodes: Sequence[Value], centres: Sequence[Point]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [x for x, _ in centres],
        "y": [y for _, y in centres],
        "text": [
            f"<b>{node.label or number(node.data)}</b><br>"
            f"data {number(node.data)}<br>grad {number(node.grad)}"
            for node in nodes
        ],
        "textposition": "middle center",
        "textfont": FONT,
        "marker": {"size": 60, "opacity": 0, "symbol": "square"},
        "hovertext": [
            f"{node.label or 'constant'}<br>data {node.data!r}<br>grad {node.grad!r}"
            for node in nodes
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _discs(operations: Sequence[Value], centres: Sequence[Point]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [x for x, _ in centres],
        "y": [y for _, y in centres],
        "text": [_symbol(node) for node in operations],
        "textfont": FONT,
        "marker": {
            "size": "var(--disc-size)", "color": "var(--disc)",
            "line": {"color": "var(--edge)", "width": 1.4},
        },
        "hovertext": ["<br>".join(local_derivatives(node)) for node in operations],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip


def _symbol(node: Value) -> str:
    assert node.op is not None
    return write("x ** n", {"x": "x", "n": node.numbers[0]}) if node.numbers else node.op.symbol


def local_derivatives(node: Value) -> list[str]:
    """`e = a · b`, then for each operand `∂e/∂a = b = −3`, as one would write it."""
    assert node.op is not None
    lines = [f"{node.label} = {node.written()}"]
    try:
        slopes = node.partials()
    except DomainError as error:
        return [*lines, str(error)]
    letters = node.names()
    for letter, operand, text, slope in zip(
        "ab", node.operands, node.op.partial_texts, slopes, strict=False
    ):
        written, worth = write(text, letters), number(slope)
        chain = written if written == worth else f"{written} = {worth}"
        lines.append(f"∂{node.label}/∂{operand.label or letter} = {chain}")
    return lines
