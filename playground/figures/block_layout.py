"""The layout of a large graph: first its statements, then the nodes inside open statements.

The graph of statements is laid out as if all were folded. An open statement becomes a block with a
layout of its own. Blocks push the columns to their right, and within each layer everything moves as
little as possible to make room (least squares, by isotonic regression).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise

from playground.figures.graph_layout import Layout, Point, layers_of, place

Edge = tuple[int, int]


@dataclass(slots=True)
class Block:
    """An open statement: positions of its nodes and ports, in columns and rows from its result.

    A port stands for a visible node outside that is an operand inside. Ports are at the left edge.
    """

    nodes: dict[int, Point] = field(default_factory=dict)
    ports: dict[int, Point] = field(default_factory=dict)
    routes: dict[Edge, tuple[Point, ...]] = field(default_factory=dict)
    width: int = 1
    above: float = 0.0
    below: float = 0.0


@lru_cache(maxsize=64)
def place_blocks(
    edges: tuple[Edge, ...],
    owners: tuple[int, ...],
    closed: frozenset[int],
    visible: tuple[int, ...],
    paths: tuple[tuple[int, ...], ...],
) -> Layout:
    """Return the layout of the `visible` nodes and of `paths` between them.

    `owners` gives each node, operands first, the statement that contains it, or the node itself.
    Statements that are not `closed` are open.
    """
    statements = sorted(set(owners))
    index = {statement: i for i, statement in enumerate(statements)}
    between = {(owners[u], owners[v]) for u, v in edges if owners[u] != owners[v]}
    ordered = tuple(sorted((index[u], index[v]) for u, v in between))
    base = place(len(statements), ordered)
    routes = dict(zip(ordered, base.edges, strict=True))
    blocks = _blocks(edges, owners, closed)
    single = Block()
    placed = [blocks.get(statement, single) for statement in statements]

    columns = _columns(base.nodes, placed)
    rows = _rows(base, placed)
    at: dict[int, Point] = {}
    for statement, block, (layer, row) in zip(statements, placed, base.nodes, strict=True):
        right, middle = columns[int(layer) + 1] - 1, rows[layer, row]
        at[statement] = right, middle
        at |= {node: (right + x, middle + y) for node, (x, y) in block.nodes.items()}

    def crossing(u: int, v: int) -> Iterator[Point]:
        """Lead from one statement to another, through the layers between them."""
        yield at[u]
        for layer, row in routes[index[owners[u]], index[owners[v]]][1:-1]:
            yield columns[int(layer)], rows[layer, row]
            yield columns[int(layer) + 1] - 1, rows[layer, row]

    def route_of(path: tuple[int, ...]) -> tuple[Point, ...]:
        u, v = path[0], path[-1]
        owner = owners[v]
        inner = blocks.get(owner)
        if inner is None:
            return (*crossing(u, v), at[v])
        right, middle = at[owner]
        moved = [(right + x, middle + y) for x, y in inner.routes[u, v]]
        return tuple(moved) if owners[u] == owner else (*crossing(u, v), *moved)

    return Layout(tuple(at[node] for node in visible), tuple(route_of(path) for path in paths))


def _blocks(
    edges: Sequence[Edge], owners: Sequence[int], closed: frozenset[int]
) -> dict[int, Block]:
    members: dict[int, list[int]] = {}
    for node, owner in enumerate(owners):
        members.setdefault(owner, []).append(node)
    inside: dict[int, dict[Edge, None]] = {}
    for u, v in edges:
        source = owners[u] if owners[u] in closed else u
        inside.setdefault(owners[v], {})[source, v] = None
    return {
        owner: _block(owner, nodes, tuple(inside[owner]))
        for owner, nodes in members.items()
        if owner not in closed and len(nodes) > 1
    }


def _block(owner: int, members: Sequence[int], edges: Sequence[Edge]) -> Block:
    ports = sorted({u for u, _ in edges} - set(members))
    index = {node: i for i, node in enumerate([*ports, *members])}
    inner = tuple((index[u], index[v]) for u, v in edges)
    layers = layers_of(len(index), inner)
    placed = place(len(index), inner, (*[0] * len(ports), *layers[len(ports) :]))
    column, row = placed.nodes[index[owner]]
    moved = [(x - column, y - row) for x, y in placed.nodes]
    return Block(
        {node: moved[index[node]] for node in members},
        {port: moved[index[port]] for port in ports},
        {
            edge: tuple((x - column, y - row) for x, y in route)
            for edge, route in zip(edges, placed.edges, strict=True)
        },
        width=max(layers) + 1,
        above=-min(y for _, y in moved),
        below=max(y for _, y in moved),
    )


def _columns(places: Sequence[Point], blocks: Sequence[Block]) -> list[float]:
    """Return where each layer starts. A layer is as wide as its widest block."""
    widths = [1] * (1 + int(max(x for x, _ in places)))
    for (layer, _), block in zip(places, blocks, strict=True):
        widths[int(layer)] = max(widths[int(layer)], block.width)
    return [float(start) for start in accumulate(widths, initial=0)]


def _rows(base: Layout, blocks: Sequence[Block]) -> Mapping[Point, float]:
    """Return the row of every node and bend, by its position while everything was folded."""
    room = dict.fromkeys((bend for route in base.edges for bend in route[1:-1]), (0.0, 0.0))
    room |= {
        point: (block.above, block.below) for point, block in zip(base.nodes, blocks, strict=True)
    }
    layers: dict[float, list[Point]] = {}
    for point in sorted(room):
        layers.setdefault(point[0], []).append(point)
    rows: dict[Point, float] = {}
    for points in layers.values():
        gaps = [
            min(1.0, second[1] - first[1]) + room[first][1] + room[second][0]
            for first, second in pairwise(points)
        ]
        spread_out = spread([y for _, y in points], gaps)
        rows |= dict(zip(points, spread_out, strict=True))
    return rows


def spread(positions: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Return the numbers nearest to the `positions`, in the sum of squares, such that each is at
    least its gap after the one before it.

    Pool adjacent violators: Barlow, Bartholomew, Bremner, Brunk 1972.
    """
    offsets = list(accumulate(gaps, initial=0.0))
    pools: list[tuple[float, int]] = []
    for here, offset in zip(positions, offsets, strict=True):
        total, count = here - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, more = pools.pop()
            total, count = total + before, count + more
        pools.append((total, count))
    level = [total / count for total, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(level, offsets, strict=True)]
