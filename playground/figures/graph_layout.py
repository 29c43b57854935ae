"""Where the nodes of a graph go: layers from left to right, edges crossing as little as can be.

The placement depends on the structure alone, so numbers that change move nothing. igraph's Sugiyama
layout (Sugiyama, Tagawa, Toda 1981) orders the nodes within their layers. Where a part of the graph
is hidden, the rest keeps its order and only closes the gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import igraph

Point = tuple[float, float]
MOST_WORK = 800_000
"""Nodes and bends times the rounds in which igraph uncrosses them: some 0.15 s."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A place for every node and a route for every edge, in layers (x) and rows (y, downwards)."""

    nodes: tuple[Point, ...]
    edges: tuple[tuple[Point, ...], ...]


@lru_cache(maxsize=256)
def place(
    count: int, edges: tuple[tuple[int, int], ...], layers: tuple[int, ...] | None = None
) -> Layout:
    """The layout of `count` nodes, listed operands first, and their edges (from, to).

    A node stands in the layer given for it, else as near to what uses it as it can. Each edge's
    route starts and ends at its nodes and bends where it passes through layers in between.
    """
    graph = igraph.Graph(n=count, edges=list(edges), directed=True)
    layers = layers or tuple(layers_of(count, edges))
    bends = sum(layers[end] - layers[start] for start, end in edges)
    rounds = max(8, min(200, MOST_WORK // (count + bends)))
    layout = graph.layout_sugiyama(layers=list(layers), maxiter=rounds)
    points = [_left_to_right(point) for point in layout.coords]
    routes = tuple(
        (points[start], *sorted(map(_left_to_right, bends)), points[end])
        for (start, end), bends in zip(edges, layout.edge_routing, strict=True)
    )
    return Layout(tuple(points), routes)


@lru_cache(maxsize=64)
def place_seen(
    count: int,
    edges: tuple[tuple[int, int], ...],
    seen: tuple[int, ...],
    ways: tuple[tuple[int, ...], ...],
) -> Layout:
    """The layout of the nodes `seen` of such a graph, and of `ways` through what is hidden.

    A way lists nodes, the first and the last of them seen; where the first stands for others, which
    are read in its place, it leads straight on. Layers and rows in which nothing is left are closed
    up; nothing else moves.
    """
    whole = place(count, edges)
    routes: dict[tuple[int, int], tuple[Point, ...]] = {}
    for edge, route in zip(edges, whole.edges, strict=True):
        routes.setdefault(edge, route)
    for start, end in (leg for way in ways for leg in pairwise(way)):
        routes.setdefault((start, end), (whole.nodes[start], whole.nodes[end]))
    layers = {x: i for i, x in enumerate(sorted({whole.nodes[node][0] for node in seen}))}
    led = [
        [point for leg in pairwise(way) for point in routes[leg] if point[0] in layers]
        for way in ways
    ]
    rows = sorted({whole.nodes[node][1] for node in seen} | {y for line in led for _, y in line})
    row, at = {rows[0]: 0.0}, 0.0
    for above, below in pairwise(rows):
        at += min(1.0, below - above)
        row[below] = at

    def closed_up(point: Point) -> Point:
        return float(layers[point[0]]), row[point[1]]

    return Layout(
        tuple(closed_up(whole.nodes[node]) for node in seen),
        tuple(tuple(dict.fromkeys(closed_up(point) for point in line)) for line in led),
    )


def _left_to_right(point: Sequence[float]) -> Point:
    return float(point[1]), float(point[0])


def layers_of(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Each node's layer from the left: as many before the last as its longest way to the end."""
    users: list[list[int]] = [[] for _ in range(count)]
    for start, end in edges:
        users[start].append(end)
    to_end = [0] * count
    for node in range(count - 1, -1, -1):
        to_end[node] = max((to_end[user] + 1 for user in users[node]), default=0)
    longest = max(to_end, default=0)
    return [longest - distance for distance in to_end]
