"""The expression graph: a box for every Value, and its operation as a disc to the left of the box.

All boxes of a kind are one trace, and so are all edges, so that many nodes cost little more than
few. The step at work adds two traces. One unit is a pixel at the zoom at which the plot opens.
Positions depend only on the structure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import isnan
from typing import Any

from engine.explain.folding import FoldedGraph, fold
from engine.explain.sentences import describe_local_derivatives
from engine.explain.walk import Pass, Step
from engine.notation import NAN, format_exactly, format_formula, format_number
from engine.value import Value
from playground.figures.block_layout import place_blocks
from playground.figures.graph_layout import Layout, Point, place, place_visible
from playground.figures.style import FONT, Figure, layout

BOX_WIDTH, BOX_HEIGHT = 120.0, 62.0
LAYER, ROW = 186.0, 78.0
DISC = -BOX_WIDTH / 2 - 17
"""Position of an operation's disc, from the middle of the box of its result."""
LARGE = 60
"""Number of nodes above which statements are laid out, and open ones are blocks among them. In a
smaller graph all nodes are laid out, and the gaps of folded ones are closed.
"""
MANY = 150
"""Number of edges from which on edges are thinner."""


def figure(
    nodes: Sequence[Value],
    computed: Collection[Value],
    grads: Mapping[Value, float],
    step: Step | None = None,
    view: FoldedGraph | None = None,
    formulas: Mapping[Value, str] | None = None,
    selected: Value | None = None,
    question: Value | None = None,
) -> Figure:
    """Return the graph of Values, which are listed operands first, the output last.

    It shows the data of the `computed` nodes and the gradients in `grads`. The `step` of a walk is
    highlighted, and the `selected` node has a frame. Without a `view` nothing is folded; `formulas`
    are the texts of folded statements. The local derivatives of the `question` are left out: if the
    upstream gradient is 1, they are what the person has to predict.
    """
    view = view or fold(nodes, {}, ())
    centres, routes = _positions(nodes, view)
    at = dict(zip(view.nodes, centres, strict=True))
    users = [node for node in view.nodes for _ in view.operands[node]]
    edges_at_work = _edges_at_work(step, users, view)
    leaves = [at[node] for node in view.nodes if node.op is None]
    results = [at[node] for node in view.nodes if node.op is not None and node not in view.hidden]
    folded = [at[node] for node in view.nodes if node in view.hidden]
    working = [
        at[view.shown_as[node]]
        for node in ((step.node, step.receiver) if step else ())
        if node in view.shown_as
    ]
    framed = [at[view.shown_as[selected]]] if selected and selected in view.shown_as else []
    return {
        "data": [
            _edges("edges", routes, "var(--edge)", 1.6 if len(routes) < MANY else 0.7),
            _edges("carrying", [routes[i] for i in edges_at_work], "var(--accent)", 4),
            _boxes("leaves", leaves, "leaf"),
            _boxes("results", results, "inner"),
            *([_boxes("folded", folded, "folded")] if folded else []),
            _frames("at work", working[:1] + [c for c in working[1:] if c != working[0]]),
            *([_frames("selected", framed, 7.0)] if framed else []),
            _discs(view, centres, formulas or {}, question),
            _texts(view.nodes, centres, computed, grads),
        ],
        "layout": layout(
            xaxis={"visible": False},
            yaxis={"visible": False, "scaleanchor": "x", "scaleratio": 1},
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            dragmode="pan",
            hovermode="closest",
            meta=_extent(centres)
            | {"graph": hash(tuple(n.label for n in nodes)), "focus": _around(framed or working)},
        ),
        "config": {"displayModeBar": False, "scrollZoom": True},
    }


def local_derivatives(node: Value) -> list[str]:
    """Return `e = a · b`, then for each operand with a name `∂e/∂a = b = −3`."""
    return [f"{node.label} = {node.format_formula()}", *describe_local_derivatives(node)]


def _positions(
    nodes: Sequence[Value], view: FoldedGraph
) -> tuple[tuple[Point, ...], tuple[tuple[Point, ...], ...]]:
    """Return the middle of every visible box, and every edge as a line."""
    index = {node: i for i, node in enumerate(nodes)}
    edges = tuple((index[operand], index[node]) for node in nodes for operand in node.operands)
    visible = tuple(index[node] for node in view.nodes)
    paths = tuple(tuple(index[n] for n in path) for node in view.nodes for path in view.paths[node])
    if len(nodes) > LARGE:
        owners = tuple(index[view.owners.get(node, node)] for node in nodes)
        closed = frozenset(index[node] for node in view.hidden)
        return _pixel_layout(place_blocks(edges, owners, closed, visible, paths))
    if len(visible) < len(nodes):
        return _pixel_layout(place_visible(len(nodes), edges, visible, paths))
    return _pixel_layout(place(len(nodes), edges))


@lru_cache(maxsize=64)
def _pixel_layout(placed: Layout) -> tuple[tuple[Point, ...], tuple[tuple[Point, ...], ...]]:
    parts = 8 if len(placed.edges) < 400 else 4
    routes = tuple(tuple(_route(route, parts)) for route in _numbered(placed.edges))
    return tuple(map(_pixels, placed.nodes)), routes


def _extent(centres: Sequence[Point]) -> dict[str, float]:
    """Return the size of the drawing, and its top left corner."""
    xs, ys = [x for x, _ in centres], [y for _, y in centres]
    left, top = min(xs) + DISC - 26, max(ys) + BOX_HEIGHT / 2 + 12
    width, height = max(xs) + BOX_WIDTH / 2 + 12 - left, top - min(ys) + BOX_HEIGHT / 2 + 12
    return {"width": width, "height": height, "left": left, "top": top}


def _pixels(point: Point) -> Point:
    return point[0] * LAYER, -point[1] * ROW


def _around(centres: Sequence[Point]) -> dict[str, list[float]] | None:
    """Return the part of the plot to look at, if there is one."""
    if not centres:
        return None
    xs, ys = zip(*centres, strict=True)
    return {
        "x": [min(xs) + DISC - 26, max(xs) + BOX_WIDTH / 2 + 8],
        "y": [min(ys) - BOX_HEIGHT / 2 - 8, max(ys) + BOX_HEIGHT / 2 + 8],
    }


def _edges_at_work(step: Step | None, users: Sequence[Value], view: FoldedGraph) -> list[int]:
    """Return the edges that a step uses: forward all edges into the node, backward one."""
    if step is None:
        return []
    into = [i for i, user in enumerate(users) if user is view.shown_as[step.node]]
    if step.direction is Pass.FORWARD:
        return into
    if step.operand is None or step.receiver not in view.shown_as:
        return []
    if step.node in view.operands and step.node not in view.hidden:
        behind = [operand in view.shown_as for operand in step.node.operands]
        return into[sum(behind[: step.operand]) :][:1]
    carried = view.shown_as[step.receiver]
    user = view.shown_as[step.node]
    return [i for i, operand in zip(into, view.operands[user], strict=True) if operand is carried]


def _numbered(routes: Sequence[Sequence[Point]]) -> list[tuple[Sequence[Point], int]]:
    """Return each route with its number among those between the same two nodes."""
    drawn: dict[tuple[Point, Point], int] = {}
    numbered = []
    for route in routes:
        ends = route[0], route[-1]
        numbered.append((route, drawn.get(ends, 0)))
        drawn[ends] = drawn.get(ends, 0) + 1
    return numbered


def _route(numbered: tuple[Sequence[Point], int], parts: int = 8) -> list[Point]:
    """Return a smooth line from the right of a box through its bends to the disc of its user. Every
    bend has this number of parts.
    """
    route, again = numbered
    points = [_pixels(point) for point in route]
    points[0] = points[0][0] + BOX_WIDTH / 2, points[0][1]
    points[-1] = points[-1][0] + DISC, points[-1][1]
    bow, line = 12.0 * again, [points[0]]
    for start, end in pairwise(points):
        if start[1] == end[1] and not bow:
            if len(line) > 1 and line[-2][1] == line[-1][1]:
                line.pop()
            line.append(end)
            continue
        for part in range(1, parts + 1):
            t = part / parts
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


def _frames(name: str, centres: Sequence[Point], margin: float = 3.0) -> dict[str, Any]:
    x, y = _outlines(centres, margin)
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "hoverinfo": "skip",
        "line": {"color": "var(--accent)", "width": 4 if margin < 4 else 2},
    }  # fmt: skip


def _texts(
    nodes: Sequence[Value],
    centres: Sequence[Point],
    computed: Collection[Value],
    grads: Mapping[Value, float],
) -> dict[str, Any]:
    def lines(node: Value) -> str:
        data = f"data {_short(node.data)}" if node in computed else "data"
        grad = f"grad {_short(grads[node])}" if node in grads else "grad" if node.label else ""
        return f"<b>{node.label or _short(node.data)}</b><br>{data}<br>{grad}"

    def hover(node: Value) -> str:
        data = f"data {format_exactly(node.data)}" if node in computed else "data not computed yet"
        grad = f"grad {format_exactly(grads[node])}" if node in grads else "grad not computed yet"
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
        "customdata": [node.label for node in nodes],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _short(value: float) -> str:
    """Return a number with four digits, or with three if it needs a power of ten."""
    if isnan(value):
        return NAN
    text = format_number(value)
    return format_number(value, 3) if "·" in text else text


def _discs(
    view: FoldedGraph,
    centres: Sequence[Point],
    formulas: Mapping[Value, str],
    question: Value | None,
) -> dict[str, Any]:
    results = [
        (node, c) for node, c in zip(view.nodes, centres, strict=True) if node.op is not None
    ]

    def hover(node: Value) -> str:
        if node is question:
            return f"{node.label} = {node.format_formula()}"
        if node not in view.hidden:
            return "<br>".join(local_derivatives(node))
        return f"{node.label} = {formulas.get(node, '…')}<br>{view.hidden[node]} nodes folded"

    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "operations",
        "x": [x + DISC for _, (x, _) in results],
        "y": [y for _, (_, y) in results],
        "text": ["⋯" if node in view.hidden else _symbol(node) for node, _ in results],
        "textfont": FONT,
        "marker": {
            "size": "var(--disc-size)", "color": "var(--disc)",
            "line": {"color": "var(--edge)", "width": 1.4},
        },
        "hovertext": [hover(node) for node, _ in results],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [node.label for node, _ in results],
    }  # fmt: skip


def _symbol(node: Value) -> str:
    assert node.op is not None
    return (
        format_formula("x ** n", {"x": "x", "n": node.attributes[0]})
        if node.attributes
        else node.op.symbol
    )
