"""The layout of a graph: layers from left to right, with few crossings of edges.

Positions depend only on the structure, so that nothing moves while numbers change. igraph's
Sugiyama layout (Sugiyama, Tagawa, Toda 1981) orders the nodes within their layers. If a part of the
graph is hidden, the rest keeps its order, and only the gaps close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import igraph

Point = tuple[float, float]
MAX_WORK = 800_000
"""Maximum number of nodes and bends times igraph's rounds: about 0.15 s."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A position of every node and a route of every edge, in layers (x) and rows (y, downwards)."""

    nodes: tuple[Point, ...]
    edges: tuple[tuple[Point, ...], ...]


@lru_cache(maxsize=256)
def place(
    count: int, edges: tuple[tuple[int, int], ...], layers: tuple[int, ...] | None = None
) -> Layout:
    """Return the layout of `count` nodes, operands first, and of their edges (from, to).

    `layers` gives every node its layer. Without it a node stands as close to its users as it can.
    The route of an edge starts and ends at its nodes, and bends in the layers between them.
    """
    graph = igraph.Graph(n=count, edges=list(edges), directed=True)
    layers = layers or tuple(layers_of(count, edges))
    bends = sum(layers[end] - layers[start] for start, end in edges)
    rounds = max(8, min(200, MAX_WORK // (count + bends)))
    layout = graph.layout_sugiyama(layers=list(layers), maxiter=rounds)
    points = [_left_to_right(point) for point in layout.coords]
    routes = tuple(
        (points[start], *sorted(map(_left_to_right, bends)), points[end])
        for (start, end), bends in zip(edges, layout.edge_routing, strict=True)
    )
    return Layout(tuple(points), routes)


@lru_cache(maxsize=64)
def place_visible(
    count: int,
    edges: tuple[tuple[int, int], ...],
    visible: tuple[int, ...],
    paths: tuple[tuple[int, ...], ...],
) -> Layout:
    """Return the layout of the `visible` nodes of such a graph, and of `paths` through hidden ones.

    The first and the last node of a path are visible. If the first stands for a hidden operand, the
    path is a straight line. Layers and rows without visible nodes close up; nothing else moves.
    """
    whole = place(count, edges)
    routes: dict[tuple[int, int], tuple[Point, ...]] = {}
    for edge, route in zip(edges, whole.edges, strict=True):
        routes.setdefault(edge, route)
    for start, end in (leg for path in paths for leg in pairwise(path)):
        routes.setdefault((start, end), (whole.nodes[start], whole.nodes[end]))
    layers = {x: i for i, x in enumerate(sorted({whole.nodes[node][0] for node in visible}))}
    lines = [
        [point for leg in pairwise(path) for point in routes[leg] if point[0] in layers]
        for path in paths
    ]
    rows = sorted(
        {whole.nodes[node][1] for node in visible} | {y for line in lines for _, y in line}
    )
    row, at = {rows[0]: 0.0}, 0.0
    for above, below in pairwise(rows):
        at += min(1.0, below - above)
        row[below] = at

    def close_gaps(point: Point) -> Point:
        return float(layers[point[0]]), row[point[1]]

    return Layout(
        tuple(close_gaps(whole.nodes[node]) for node in visible),
        tuple(tuple(dict.fromkeys(close_gaps(point) for point in line)) for line in lines),
    )


def _left_to_right(point: Sequence[float]) -> Point:
    return float(point[1]), float(point[0])


def layers_of(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return each node's layer from the left: before the last by its longest path to the end."""
    users: list[list[int]] = [[] for _ in range(count)]
    for start, end in edges:
        users[start].append(end)
    to_end = [0] * count
    for node in range(count - 1, -1, -1):
        to_end[node] = max((to_end[user] + 1 for user in users[node]), default=0)
    longest = max(to_end, default=0)
    return [longest - distance for distance in to_end]
