"""Find the affine units of a graph: sums of products, each with the activation that reads it.

The lowering writes a unit as one instruction. Nodes that fit no unit stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.compiler.graph import CODES, LEAF, Graph, Leaf
from engine.ops import TABLE

_ADD, _MUL = CODES["add"], CODES["mul"]
_IN_PLACE = frozenset(
    CODES[op.name] for op in TABLE if op.is_activation and op.derivative_from_result
)
"""What a unit may apply to its sum in place, for the derivative follows from the result."""


@dataclass(slots=True)
class Unit:
    """activation(bias + Σ weight · row): nodes; weights and bias are leaves.

    A weight of None is 1, a bias of None is 0, an operation of LEAF is no activation.
    """

    rows: tuple[int, ...]
    weights: list[int | None]
    bias: int | None
    result: int
    operation: int = LEAF


def units(graph: Graph, results: Sequence[int]) -> tuple[dict[int, Unit], set[int]]:
    """The affine units of a graph by the node of their result, and the nodes inside them.

    A unit is a sum of at least two terms, one of them a leaf times a row, whose inner nodes nobody
    else reads and whose rows differ; an activation that alone reads the sum belongs to it.
    """
    samples = graph.depending_on(Leaf.INPUT, Leaf.MASK)
    operations, operands = graph.operations, graph.operands
    uses = [0] * len(operations)
    for arguments in operands:
        for operand in arguments:
            uses[operand] += 1
    for node in results:
        uses[node] += 2
    affine_units: dict[int, Unit] = {}
    inside: set[int] = set()
    visited: set[int] = set()
    for node in range(len(operations) - 1, -1, -1):
        if operations[node] == _ADD and samples[node] and node not in visited:
            unit, inner = _unit(graph, node, samples, uses, visited)
            if unit is not None:
                affine_units[node] = unit
                inside |= inner
    for node, operation in enumerate(operations):
        if operation in _IN_PLACE:
            (operand,) = operands[node]
            unit = affine_units.get(operand)
            if uses[operand] == 1 and unit is not None and unit.operation == LEAF:
                del affine_units[operand]
                affine_units[node] = unit
                unit.result, unit.operation = node, operation
                inside.add(operand)
    return affine_units, inside


def _unit(
    graph: Graph, root: int, samples: list[bool], uses: list[int], visited: set[int]
) -> tuple[Unit | None, set[int]]:
    """The unit whose sum is `root`, None where its terms do not make one, and what it absorbs."""
    operations, operands = graph.operations, graph.operands
    rows: list[int] = []
    weights: list[int | None] = []
    biases: list[int] = []
    inner: set[int] = set()
    products = 0
    pending = [root]
    while pending:
        node = pending.pop()
        once = uses[node] == 1 and samples[node]
        if operations[node] == _ADD and (node == root or once):
            visited.add(node)
            inner.add(node)
            left, right = operands[node]
            pending += (right, left)
            continue
        if operations[node] == _MUL and once:
            left, right = operands[node]
            weight, row = (left, right) if samples[right] else (right, left)
            if operations[weight] == LEAF and not samples[weight]:
                rows.append(row)
                weights.append(weight)
                inner.add(node)
                products += 1
                continue
        if samples[node]:
            rows.append(node)
            weights.append(None)
        else:
            biases.append(node)
    if (
        products == 0
        or len(biases) > 1
        or len(rows) + len(biases) < 2
        or len(set(rows)) < len(rows)
        or any(operations[bias] != LEAF for bias in biases)
    ):
        return None, set()
    inner.discard(root)
    return Unit(tuple(rows), weights, biases[0] if biases else None, root), inner
