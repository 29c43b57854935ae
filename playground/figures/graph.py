"""The expression graph: a box for every Value, with the operation that made it as a disc at its
left.

One trace holds all boxes of a kind, one all edges, so that many nodes cost little more than few;
what is lit are two traces more. One unit is a pixel at the zoom on which the plot opens. Positions
depend on the structure alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from engine.notation import number, write
from engine.sentences import local_derivative
from engine.value import DomainError, Value
from engine.walk import Pass, Step
from playground.figures.style import FONT, Figure, layout
from playground.layout import Point, place

BOX_WIDTH, BOX_HEIGHT = 108.0, 62.0
LAYER, ROW = 176.0, 78.0
DISC = -BOX_WIDTH / 2 - 17
"""Where an operation's disc stands, from the middle of its result's box."""


def figure(
    nodes: Sequence[Value],
    known: Collection[Value],
    grads: Mapping[Value, float],
    step: Step | None = None,
) -> Figure:
    """The graph of Values that are listed operands first, the output last.

    Only the data of `known` nodes and the gradients in `grads` are shown; the `step` of a walk is
    lit.
    """
    index = {node: i for i, node in enumerate(nodes)}
    edges = tuple((index[each], index[node]) for node in nodes for each in node.operands)
    centres, routes = _geometry(len(nodes), edges)
    users = [node for node in nodes for _ in node.operands]
    lit = _carrying(step, users, nodes)
    kinds = {
        "leaf": [c for node, c in zip(nodes, centres, strict=True) if node.op is None],
        "inner": [c for node, c in zip(nodes, centres, strict=True) if node.op is not None],
    }
    working = [] if step is None else [centres[index[step.node]]]
    if step is not None and step.receiver is not step.node:
        working.append(centres[index[step.receiver]])
    return {
        "data": [
            _edges("edges", routes, "var(--edge)", 1.6),
            _edges("carrying", [routes[i] for i in lit], "var(--accent)", 4),
            _boxes("leaves", kinds["leaf"], "leaf"),
            _boxes("results", kinds["inner"], "inner"),
            _at_work(working),
            _discs(nodes, centres),
            _texts(nodes, centres, known, grads),
        ],
        "layout": layout(
            xaxis={"visible": False},
            yaxis={"visible": False, "scaleanchor": "x", "scaleratio": 1},
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            dragmode="pan",
            hovermode="closest",
            meta=_extent(centres),
            uirevision=str(hash((len(nodes), edges))),
        ),
        "config": {"displayModeBar": False, "responsive": True, "scrollZoom": True},
    }


def local_derivatives(node: Value) -> list[str]:
    """`e = a · b`, then for each operand `∂e/∂a = b = −3`, as one would write it."""
    lines = [f"{node.label} = {node.written()}"]
    try:
        slopes = node.partials()
    except DomainError as error:
        return [*lines, str(error)]
    return lines + [local_derivative(node, i, slope) for i, slope in enumerate(slopes)]


@lru_cache(maxsize=64)
def _geometry(
    count: int, edges: tuple[tuple[int, int], ...]
) -> tuple[tuple[Point, ...], tuple[tuple[Point, ...], ...]]:
    """The middle of every box, and every edge as a line."""
    placed = place(count, edges)
    routes = tuple(tuple(_route(route)) for route in _apart(placed.edges))
    return tuple(map(_pixels, placed.nodes)), routes


def _extent(centres: Sequence[Point]) -> dict[str, float]:
    """The whole drawing: its size, and where its top left corner is."""
    xs, ys = [x for x, _ in centres], [y for _, y in centres]
    left, top = min(xs) + DISC - 26, max(ys) + BOX_HEIGHT / 2 + 12
    width, height = max(xs) + BOX_WIDTH / 2 + 12 - left, top - min(ys) + BOX_HEIGHT / 2 + 12
    return {"width": width, "height": height, "left": left, "top": top}


def _pixels(point: Point) -> Point:
    return point[0] * LAYER, -point[1] * ROW


def _carrying(step: Step | None, users: Sequence[Value], nodes: Sequence[Value]) -> list[int]:
    """The edges that a step sends something along: forward all into the node, backward one."""
    if step is None:
        return []
    into = [i for i, user in enumerate(users) if user is step.node]
    if step.direction is Pass.FORWARD:
        return into
    return [] if step.operand is None else [into[step.operand]]


def _apart(routes: Sequence[Sequence[Point]]) -> list[tuple[Sequence[Point], int]]:
    """Each route with its number among those between the same two nodes."""
    drawn: dict[tuple[Point, Point], int] = {}
    numbered = []
    for route in routes:
        ends = route[0], route[-1]
        numbered.append((route, drawn.get(ends, 0)))
        drawn[ends] = drawn.get(ends, 0) + 1
    return numbered


def _route(numbered: tuple[Sequence[Point], int]) -> list[Point]:
    """A smooth line from the right of a box through its bends to the disc of what uses it."""
    route, again = numbered
    points = [_pixels(point) for point in route]
    points[0] = points[0][0] + BOX_WIDTH / 2, points[0][1]
    points[-1] = points[-1][0] + DISC, points[-1][1]
    bow, line = 12.0 * again, [points[0]]
    for start, end in pairwise(points):
        for part in range(1, 9):
            t = part / 8
            ease = t * t * (3 - 2 * t)
            y = start[1] + (end[1] - start[1]) * ease - bow * 4 * t * (1 - t)
            line.append((round(start[0] + (end[0] - start[0]) * t, 1), round(y, 1)))
    return line


def _edges(
    name: str, routes: Sequence[Sequence[Point]], colour: str, width: float
) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for route in routes:
        x += [*(point[0] for point in route), None]
        y += [*(point[1] for point in route), None]
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "hoverinfo": "skip",
        "line": {"color": colour, "width": width},
    }  # fmt: skip


def _outlines(
    centres: Sequence[Point], margin: float = 0.0
) -> tuple[list[float | None], list[float | None]]:
    x: list[float | None] = []
    y: list[float | None] = []
    w, h = BOX_WIDTH / 2 + margin, BOX_HEIGHT / 2 + margin
    for cx, cy in centres:
        x += [cx - w, cx + w, cx + w, cx - w, cx - w, None]
        y += [cy - h, cy - h, cy + h, cy + h, cy - h, None]
    return x, y


def _boxes(name: str, centres: Sequence[Point], kind: str) -> dict[str, Any]:
    x, y = _outlines(centres)
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "fill": "toself",
        "hoverinfo": "skip", "fillcolor": f"var(--{kind})",
        "line": {"color": f"var(--{kind}-line)", "width": 1.4},
    }  # fmt: skip


def _at_work(centres: Sequence[Point]) -> dict[str, Any]:
    x, y = _outlines(centres, 3.0)
    return {
        "type": "scatter", "mode": "lines", "name": "at work", "x": x, "y": y, "hoverinfo": "skip",
        "line": {"color": "var(--accent)", "width": 4},
    }  # fmt: skip


def _texts(
    nodes: Sequence[Value],
    centres: Sequence[Point],
    known: Collection[Value],
    grads: Mapping[Value, float],
) -> dict[str, Any]:
    def lines(node: Value) -> str:
        data = f"data {number(node.data)}" if node in known else "data"
        grad = f"grad {number(grads[node])}" if node in grads else "grad" if node.label else ""
        return f"<b>{node.label or number(node.data)}</b><br>{data}<br>{grad}"

    def hover(node: Value) -> str:
        data = f"data {node.data!r}" if node in known else "data not known yet"
        grad = f"grad {grads[node]!r}" if node in grads else "no grad here yet"
        return f"{node.label or 'constant'}<br>{data}<br>{grad}"

    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "values",
        "x": [x for x, _ in centres],
        "y": [y for _, y in centres],
        "text": [lines(node) for node in nodes],
        "textposition": "middle center",
        "textfont": FONT,
        "marker": {"size": 60, "opacity": 0, "symbol": "square"},
        "hovertext": [hover(node) for node in nodes],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _discs(nodes: Sequence[Value], centres: Sequence[Point]) -> dict[str, Any]:
    made = [(node, c) for node, c in zip(nodes, centres, strict=True) if node.op is not None]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "operations",
        "x": [x + DISC for _, (x, _) in made],
        "y": [y for _, (_, y) in made],
        "text": [_symbol(node) for node, _ in made],
        "textfont": FONT,
        "marker": {
            "size": "var(--disc-size)", "color": "var(--disc)",
            "line": {"color": "var(--edge)", "width": 1.4},
        },
        "hovertext": ["<br>".join(local_derivatives(node)) for node, _ in made],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip


def _symbol(node: Value) -> str:
    assert node.op is not None
    return write("x ** n", {"x": "x", "n": node.numbers[0]}) if node.numbers else node.op.symbol
