"""A graph of Values as flat lists, which the interpretation in NumPy and the lowering both read.

The graph is that of one sample. A node is a number: its place in a topological order. Operations
are numbers too: their place in the operation table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from math import copysign

import numpy as np

from engine.ops import TABLE
from engine.value import Value, sort_topologically

CODES = {operation.name: code for code, operation in enumerate(TABLE)}
LEAF = -1


class Leaf(IntEnum):
    """What a leaf stands for."""

    CONSTANT = 0
    INPUT = 1
    """A column of the batch, targets among them."""
    PARAMETER = 2
    MASK = 3
    """A factor that dropout sets, 1 without dropout."""


@dataclass(slots=True)
class Graph:
    """Nodes in topological order; `operations[i]` is LEAF or a code of the operation table."""

    operations: list[int] = field(default_factory=list)
    operands: list[tuple[int, ...]] = field(default_factory=list)
    numbers: list[tuple[float, ...]] = field(default_factory=list)
    leaves: list[tuple[Leaf, int]] = field(default_factory=list)
    """For a leaf, its kind and its place among those of that kind."""
    data: list[float] = field(default_factory=list)
    """For a leaf, its number when the graph was read."""
    labels: list[str] = field(default_factory=list)
    place: dict[Value, int] = field(default_factory=dict)
    loss: int = 0
    results: tuple[int, ...] = ()
    """Nodes that will be asked for, the loss among them."""
    masks: int = 0

    def add(
        self,
        operation: int,
        operands: tuple[int, ...] = (),
        numbers: tuple[float, ...] = (),
        leaf: tuple[Leaf, int] = (Leaf.CONSTANT, 0),
        data: float = 0.0,
        label: str = "",
    ) -> int:
        """Append a node and return its place."""
        self.operations.append(operation)
        self.operands.append(operands)
        self.numbers.append(numbers)
        self.leaves.append(leaf)
        self.data.append(data)
        self.labels.append(label)
        return len(self.operations) - 1

    @property
    def has_wide_operations(self) -> bool:
        """Whether an operation has more operands than the kernels take: max of three, say."""
        return any(len(operands) > 2 for operands in self.operands)

    def depending_on(self, *kinds: Leaf) -> list[bool]:
        """Which nodes are leaves of these kinds or computed from one."""
        result: list[bool] = []
        for operation, operands, leaf in zip(
            self.operations, self.operands, self.leaves, strict=True
        ):
            if operation == LEAF:
                result.append(leaf[0] in kinds)
            else:
                result.append(any(result[operand] for operand in operands))
        return result

    def needed(self, roots: Sequence[int]) -> list[bool]:
        """Which nodes the roots are computed from, the roots included."""
        result = [False] * len(self.operations)
        for root in roots:
            result[root] = True
        for node in range(len(result) - 1, -1, -1):
            if result[node]:
                for operand in self.operands[node]:
                    result[operand] = True
        return result

    def by_depth(self) -> list[int]:
        """The nodes, those with fewer operations between them and the leaves first."""
        depth: list[int] = []
        for operands in self.operands:
            depth.append(1 + max([depth[operand] for operand in operands], default=-1))
        return sorted(range(len(depth)), key=depth.__getitem__)


def read(
    loss: Value,
    inputs: Sequence[Value],
    parameters: Sequence[Value],
    outputs: Sequence[Value] = (),
    dropped: Sequence[Value] = (),
) -> Graph:
    """The graph of the loss and the outputs.

    A reader of a node of `dropped` gets it times the mask at its place there, so that dropout is
    a multiplication like any other.
    """
    graph = Graph(masks=len(dropped))
    places = {value: (Leaf.INPUT, i) for i, value in enumerate(inputs)}
    places |= {value: (Leaf.PARAMETER, i) for i, value in enumerate(parameters)}
    mask_of = {value: i for i, value in enumerate(dropped)}
    read_as: dict[Value, int] = {}
    constant = (Leaf.CONSTANT, 0)
    for value in sort_topologically(loss, *outputs):
        if value.op is None:
            leaf = places.get(value, constant)
            place = graph.add(LEAF, leaf=leaf, data=value.data, label=value.label)
        else:
            operands = tuple([read_as[operand] for operand in value.operands])
            place = graph.add(CODES[value.op.name], operands, value.attributes, label=value.label)
        graph.place[value] = read_as[value] = place
        if value in mask_of:
            leaf = (Leaf.MASK, mask_of[value])
            mask = graph.add(LEAF, leaf=leaf, data=1.0, label=f"mask{mask_of[value] + 1}")
            read_as[value] = graph.add(CODES["mul"], (place, mask))
    graph.loss = graph.place[loss]
    graph.results = (graph.loss, *[graph.place[output] for output in outputs])
    return graph


def simplified(graph: Graph) -> Graph:
    """The same graph with constants folded and common work shared.

    An operation on constants becomes a constant; nodes of the same operation on the same operands
    become one, unless they pass a gradient on: each of them multiplies its own, and the products
    are summed. The sum comes first in a shared node, which differs where a factor is infinite.
    Constants are those of the moment at which the graph was read.
    """
    result = Graph(masks=graph.masks)
    moved: list[int] = []
    trained = graph.depending_on(Leaf.PARAMETER)
    places: dict[object, int] = {}
    constant: list[bool] = []
    for node, operation in enumerate(graph.operations):
        leaf, data, label = graph.leaves[node], graph.data[node], graph.labels[node]
        numbers = graph.numbers[node]
        operands = tuple([moved[operand] for operand in graph.operands[node]])
        if operation != LEAF and all(constant[operand] for operand in operands):
            with np.errstate(all="ignore"):
                arguments = [result.data[operand] for operand in operands]
                op = TABLE[operation].with_operands(len(arguments))
                data = float(op.forward(*arguments, *numbers))
            operation, operands, numbers = LEAF, (), ()
        key: object
        if operation != LEAF:
            key = (operation, operands, numbers, node if trained[node] else LEAF)
        else:
            key = (leaf, data, copysign(1.0, data)) if leaf[0] == Leaf.CONSTANT else leaf
        place = places.get(key)
        if place is None:
            place = places[key] = result.add(operation, operands, numbers, leaf, data, label)
            constant.append(operation == LEAF and leaf[0] == Leaf.CONSTANT)
        moved.append(place)
    result.place = {value: moved[node] for value, node in graph.place.items()}
    result.loss = moved[graph.loss]
    result.results = tuple([moved[node] for node in graph.results])
    return result
