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

from engine.explain.folding import FoldedGraph
from engine.explain.folding import fold as view_of
from engine.explain.sentences import describe_local_derivative
from engine.explain.walk import Pass, Step
from engine.notation import format_formula, format_number
from engine.value import DomainError, Value
from playground.figures.block_layout import place_blocks
from playground.figures.graph_layout import Layout, Point, place, place_seen
from playground.figures.style import FONT, Figure, layout

BOX_WIDTH, BOX_HEIGHT = 120.0, 62.0
LAYER, ROW = 186.0, 78.0
DISC = -BOX_WIDTH / 2 - 17
"""Where an operation's disc stands, from the middle of its result's box."""
LARGE = 60
"""From as many nodes on, statements are laid out, and open ones are blocks among them; in a smaller
graph all nodes are, and what is folded leaves its gap to be closed.
"""


MANY = 150
"""As many edges are drawn thinner."""


def figure(
    nodes: Sequence[Value],
    known: Collection[Value],
    grads: Mapping[Value, float],
    step: Step | None = None,
    seen: FoldedGraph | None = None,
    formulas: Mapping[Value, str] | None = None,
    chosen: Value | None = None,
    asked: Value | None = None,
) -> Figure:
    """The graph of Values that are listed operands first, the output last.

    Only the data of `known` nodes and the gradients in `grads` are shown; the `step` of a walk is
    lit, the `chosen` node is framed. Only what is `seen` is drawn; `formulas` are the texts of
    folded statements. Of the `asked` operation the local derivatives are left out: where 1 comes
    from above they are what is to be predicted.
    """
    seen = seen or view_of(nodes, {}, ())
    centres, routes = _places(nodes, seen)
    at = dict(zip(seen.nodes, centres, strict=True))
    users = [node for node in seen.nodes for _ in seen.operands[node]]
    lit = _carrying(step, users, seen)
    leaves = [at[node] for node in seen.nodes if node.op is None]
    results = [at[node] for node in seen.nodes if node.op is not None and node not in seen.hidden]
    folded = [at[node] for node in seen.nodes if node in seen.hidden]
    working = [
        at[seen.shown_as[node]]
        for node in ((step.node, step.receiver) if step else ())
        if node in seen.shown_as
    ]
    framed = [at[seen.shown_as[chosen]]] if chosen and chosen in seen.shown_as else []
    return {
        "data": [
            _edges("edges", routes, "var(--edge)", 1.6 if len(routes) < MANY else 0.7),
            _edges("carrying", [routes[i] for i in lit], "var(--accent)", 4),
            _boxes("leaves", leaves, "leaf"),
            _boxes("results", results, "inner"),
            *([_boxes("folded", folded, "folded")] if folded else []),
            _frames("at work", working[:1] + [c for c in working[1:] if c != working[0]]),
            *([_frames("chosen", framed, 7.0)] if framed else []),
            _discs(seen, centres, formulas or {}, asked),
            _texts(seen.nodes, centres, known, grads),
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
    """`e = a · b`, then for each operand `∂e/∂a = b = −3`, as one would write it."""
    lines = [f"{node.label} = {node.format_formula()}"]
    try:
        slopes = node.local_derivatives()
    except DomainError as error:
        return [*lines, str(error)]
    return lines + [describe_local_derivative(node, i, slope) for i, slope in enumerate(slopes)]


def _places(
    nodes: Sequence[Value], seen: FoldedGraph
) -> tuple[tuple[Point, ...], tuple[tuple[Point, ...], ...]]:
    """The middle of every box that is seen, and every edge as a line."""
    index = {node: i for i, node in enumerate(nodes)}
    edges = tuple((index[each], index[node]) for node in nodes for each in node.operands)
    shown = tuple(index[node] for node in seen.nodes)
    ways = tuple(tuple(index[n] for n in path) for node in seen.nodes for path in seen.paths[node])
    if len(nodes) > LARGE:
        owners = tuple(index[seen.owners.get(node, node)] for node in nodes)
        closed = frozenset(index[node] for node in seen.hidden)
        return _drawn(place_blocks(edges, owners, closed, shown, ways))
    if len(shown) < len(nodes):
        return _drawn(place_seen(len(nodes), edges, shown, ways))
    return _drawn(place(len(nodes), edges))


@lru_cache(maxsize=64)
def _drawn(placed: Layout) -> tuple[tuple[Point, ...], tuple[tuple[Point, ...], ...]]:
    parts = 8 if len(placed.edges) < 400 else 4
    routes = tuple(tuple(_route(route, parts)) for route in _apart(placed.edges))
    return tuple(map(_pixels, placed.nodes)), routes


def _extent(centres: Sequence[Point]) -> dict[str, float]:
    """The whole drawing: its size, and where its top left corner is."""
    xs, ys = [x for x, _ in centres], [y for _, y in centres]
    left, top = min(xs) + DISC - 26, max(ys) + BOX_HEIGHT / 2 + 12
    width, height = max(xs) + BOX_WIDTH / 2 + 12 - left, top - min(ys) + BOX_HEIGHT / 2 + 12
    return {"width": width, "height": height, "left": left, "top": top}


def _pixels(point: Point) -> Point:
    return point[0] * LAYER, -point[1] * ROW


def _around(centres: Sequence[Point]) -> dict[str, list[float]] | None:
    """From where to where one is to look, if anywhere."""
    if not centres:
        return None
    xs, ys = zip(*centres, strict=True)
    return {
        "x": [min(xs) + DISC - 26, max(xs) + BOX_WIDTH / 2 + 8],
        "y": [min(ys) - BOX_HEIGHT / 2 - 8, max(ys) + BOX_HEIGHT / 2 + 8],
    }


def _carrying(step: Step | None, users: Sequence[Value], seen: FoldedGraph) -> list[int]:
    """The edges that a step sends something along: forward all into the node, backward one."""
    if step is None:
        return []
    into = [i for i, user in enumerate(users) if user is seen.shown_as[step.node]]
    if step.direction is Pass.FORWARD:
        return into
    if step.operand is None or step.receiver not in seen.shown_as:
        return []
    if step.node in seen.operands and step.node not in seen.hidden:
        behind = [each in seen.shown_as for each in step.node.operands]
        return into[sum(behind[: step.operand]) :][:1]
    carried = seen.shown_as[step.receiver]
    user = seen.shown_as[step.node]
    return [i for i, each in zip(into, seen.operands[user], strict=True) if each is carried]


def _apart(routes: Sequence[Sequence[Point]]) -> list[tuple[Sequence[Point], int]]:
    """Each route with its number among those between the same two nodes."""
    drawn: dict[tuple[Point, Point], int] = {}
    numbered = []
    for route in routes:
        ends = route[0], route[-1]
        numbered.append((route, drawn.get(ends, 0)))
        drawn[ends] = drawn.get(ends, 0) + 1
    return numbered


def _route(numbered: tuple[Sequence[Point], int], parts: int = 8) -> list[Point]:
    """A smooth line from the right of a box through its bends to the disc of what uses it, every
    bend in so many parts.
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
    known: Collection[Value],
    grads: Mapping[Value, float],
) -> dict[str, Any]:
    def lines(node: Value) -> str:
        data = f"data {_short(node.data)}" if node in known else "data"
        grad = f"grad {_short(grads[node])}" if node in grads else "grad" if node.label else ""
        return f"<b>{node.label or _short(node.data)}</b><br>{data}<br>{grad}"

    def hover(node: Value) -> str:
        data = f"data {node.data!r}" if node in known else "data not computed yet"
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
        "customdata": [node.label for node in nodes],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _short(value: float) -> str:
    """A number with four digits, or with three where a power of ten needs the room."""
    text = format_number(value)
    return format_number(value, 3) if "·" in text else text


def _discs(
    seen: FoldedGraph, centres: Sequence[Point], formulas: Mapping[Value, str], asked: Value | None
) -> dict[str, Any]:
    made = [(node, c) for node, c in zip(seen.nodes, centres, strict=True) if node.op is not None]

    def hover(node: Value) -> str:
        if node is asked:
            return f"{node.label} = {node.format_formula()}"
        if node not in seen.hidden:
            return "<br>".join(local_derivatives(node))
        return f"{node.label} = {formulas.get(node, '…')}<br>{seen.hidden[node]} nodes folded"

    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "operations",
        "x": [x + DISC for _, (x, _) in made],
        "y": [y for _, (_, y) in made],
        "text": ["⋯" if node in seen.hidden else _symbol(node) for node, _ in made],
        "textfont": FONT,
        "marker": {
            "size": "var(--disc-size)", "color": "var(--disc)",
            "line": {"color": "var(--edge)", "width": 1.4},
        },
        "hovertext": [hover(node) for node, _ in made],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [node.label for node, _ in made],
    }  # fmt: skip


def _symbol(node: Value) -> str:
    assert node.op is not None
    return (
        format_formula("x ** n", {"x": "x", "n": node.attributes[0]})
        if node.attributes
        else node.op.symbol
    )
