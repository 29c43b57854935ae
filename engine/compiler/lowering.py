"""Write a graph as instructions and lay out its memory.

The affine units that `affine_units.py` finds become whole layers where they read the same rows.
Everything else stays an operation of the table: an odd graph runs too, only slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.compiler.affine_units import Unit, units
from engine.compiler.graph import LEAF, Graph, Leaf
from engine.compiler.instructions import Field, Flow, Kind
from engine.ops import TABLE
from engine.random import Floats, Integers

ALIGNMENT = 8
"""Parameters and constants start and end at whole vectors, of the widest there are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A lowered program: its instructions and its memory."""

    code: Integers
    """(instructions, fields)"""
    trained_code: int
    """How many instructions, from the first, the loss needs."""
    terms: Integers
    numbers: Floats
    slots: Integers
    """(parameters,): which parameter lies in each slot."""
    constants: Floats
    """(constants,), in the slots from `constants_at` on."""
    constants_at: int
    inputs: int
    masks: int
    rows: int
    """Rows of one number a sample, those of inputs and masks first."""
    shared: int
    """Vectors that all samples share."""
    loss: int
    row: dict[int, int]
    """Where the nodes that stay in memory lie."""
    emptied: int
    emptied_at: int
    writes: list[tuple[int, ...]]
    """The nodes that each instruction writes."""
    reads: list[tuple[int, ...]]

    @property
    def pool(self) -> int:
        """Slots in all: whole vectors, and one to spare."""
        return _whole(self.constants_at + len(self.constants)) + ALIGNMENT


def _whole(count: int) -> int:
    return -(-count // ALIGNMENT) * ALIGNMENT


class _Writer:
    """Instructions, memory and slots while they grow."""

    def __init__(self, graph: Graph, inputs: int, parameters: int) -> None:
        self.graph, self.parameters = graph, parameters
        self.samples = graph.depending_on(Leaf.INPUT, Leaf.MASK)
        self.trained = graph.depending_on(Leaf.PARAMETER)
        self.code: list[list[int]] = []
        self.reads: list[tuple[int, ...]] = []
        self.writes: list[tuple[int, ...]] = []
        self.terms: list[list[int]] = []
        self.numbers = [0.0]
        self.slots: list[int] = []
        self.slot: dict[int, int] = {}
        self.constants: list[float] = []
        self.constants_at = _whole(parameters)
        self.rows, self.shared = inputs + graph.masks, 0
        self.row: dict[int, int] = {}
        first = {Leaf.INPUT: 0, Leaf.MASK: inputs}
        for node, (kind, place) in enumerate(graph.leaves):
            if graph.operations[node] == LEAF and kind in first:
                self.row[node] = first[kind] + place

    def emit(self, writes: tuple[int, ...], reads: tuple[int, ...], **fields: int) -> None:
        """Append an instruction; the fields that are not given are 0."""
        line = [0] * len(Field)
        for name, value in fields.items():
            line[Field[name]] = value
        self.code.append(line)
        self.reads.append(reads)
        self.writes.append(writes)

    def slot_of(self, leaf: int) -> int:
        """The slot of a parameter or constant, which it gets when first asked for."""
        slot = self.slot.get(leaf)
        if slot is None:
            kind, place = self.graph.leaves[leaf]
            if kind == Leaf.PARAMETER:
                slot = len(self.slots)
                self.slots.append(place)
            else:
                slot = self.constant(self.graph.data[leaf])
            self.slot[leaf] = slot
        return slot

    def constant(self, number: float) -> int:
        """A new slot that holds this number."""
        self.constants.append(number)
        return self.constants_at + len(self.constants) - 1

    def row_of(self, node: int) -> int:
        """Where a node lies; a parameter or constant is copied to a shared vector first."""
        if node not in self.row:
            slot = self.slot_of(node)
            self.emit((node,), (), KIND=Kind.SHARE, OP=-1, OUT=self.take(node), WEIGHT=slot)
        return self.row[node]

    def take(self, node: int) -> int:
        """Memory for a node."""
        if self.samples[node]:
            self.rows += 1
            self.row[node] = self.rows - 1
        else:
            self.shared += 1
            self.row[node] = -self.shared
        return self.row[node]

    def operation(self, node: int) -> None:
        """An operation of the table, as it is."""
        operands, numbers = self.graph.operands[node], self.graph.numbers[node]
        rows = [self.row_of(operand) for operand in operands]
        number = 0
        if numbers:
            number = len(self.numbers)
            self.numbers.extend(numbers)
        self.emit(
            (node,), operands, KIND=Kind.ELEMENTWISE, OP=self.graph.operations[node],
            OUT=self.take(node), A=rows[0], B=rows[-1], NUMBER=number,
        )  # fmt: skip

    def layer(self, group: Sequence[Unit]) -> bool:
        """All units of the group as one instruction; False where rows or weights do not allow it.

        The rows must follow each other in memory. The weights must be parameters that no other
        instruction has taken, each its own, or all constants; the biases too.
        """
        rows = [self.row[row] for row in group[0].rows]
        if rows != list(range(rows[0], rows[0] + len(rows))):
            return False
        weights = [weight for unit in group for weight in unit.weights]
        biases = [unit.bias for unit in group]
        if not all(self._free(leaves) or self._fixed(leaves) for leaves in (weights, biases)):
            return False
        if self._free(weights) and self._free(biases) and not set(weights).isdisjoint(biases):
            return False
        weight, bias = self._block(weights, 1.0), self._block(biases, 0.0)
        out = self.rows
        for unit in group:
            self.take(unit.result)
        self.emit(
            tuple([unit.result for unit in group]), group[0].rows, KIND=Kind.LAYER,
            OP=group[0].operation, OUT=out, A=rows[0], COUNT=len(rows), UNITS=len(group),
            WEIGHT=weight, BIAS=bias, TRAINED=self._training(weight, bias),
        )  # fmt: skip
        return True

    def _training(self, weight: int, bias: int) -> int:
        return (weight < self.parameters) + 2 * (bias < self.parameters)

    def _free(self, leaves: Sequence[int | None]) -> bool:
        """Whether these are parameters without a slot yet, none of them twice."""
        kinds = self.graph.leaves
        return len(set(leaves)) == len(leaves) and all(
            leaf is not None and kinds[leaf][0] == Leaf.PARAMETER and leaf not in self.slot
            for leaf in leaves
        )

    def _fixed(self, leaves: Sequence[int | None]) -> bool:
        kinds = self.graph.leaves
        return all(leaf is None or kinds[leaf][0] == Leaf.CONSTANT for leaf in leaves)

    def _block(self, leaves: Sequence[int | None], missing: float) -> int:
        """The first of the slots, one after the other, of leaves that are free or fixed."""
        if self._free(leaves):
            slots = [self.slot_of(leaf) for leaf in leaves if leaf is not None]
        else:
            data = self.graph.data
            slots = [self.constant(missing if leaf is None else data[leaf]) for leaf in leaves]
        return slots[0]

    def affine(self, unit: Unit) -> None:
        """One unit over rows that lie anywhere."""
        first = len(self.terms)
        for row, leaf in zip(unit.rows, unit.weights, strict=True):
            slot = self.constant(1.0) if leaf is None else self.slot_of(leaf)
            self.terms.append([self.row[row], slot, Flow.NONE])
        bias = self.constant(0.0) if unit.bias is None else self.slot_of(unit.bias)
        weight = min(slot for _, slot, _ in self.terms[first:])
        self.emit(
            (unit.result,), unit.rows, KIND=Kind.AFFINE, OP=unit.operation,
            OUT=self.take(unit.result), COUNT=len(unit.rows), WEIGHT=3 * first, BIAS=bias,
            TRAINED=self._training(weight, bias),
        )  # fmt: skip

    def flows(self, last: int) -> list[int]:
        """Say of every operand whether the gradient that flows to it is its first, going backward.

        Returns the rows that must be emptied before, because a layer finds gradients in some of
        the rows that it reads and none in others.
        """
        reached = {self.graph.loss}
        emptied: list[int] = []

        def flow(node: int) -> Flow:
            if not self.trained[node]:
                return Flow.NONE
            if node in reached:
                return Flow.ADDED
            reached.add(node)
            return Flow.STORED

        for place in range(last - 1, -1, -1):
            line, reads, (written, *_) = self.code[place], self.reads[place], self.writes[place]
            match line[Field.KIND]:
                case Kind.SHARE:
                    line[Field.TRAINED] = int(self.trained[written])
                case Kind.ELEMENTWISE:
                    line[Field.A_FLOW] = flow(reads[0])
                    line[Field.B_FLOW] = flow(reads[1]) if len(reads) > 1 else Flow.NONE
                case Kind.AFFINE:
                    first = line[Field.WEIGHT] // 3
                    for term, row in enumerate(reads, first):
                        self.terms[term][2] = flow(row)
                        line[Field.A_FLOW] |= self.terms[term][2]
                case Kind.LAYER:
                    flows = {row: flow(row) for row in reads if self.trained[row]}
                    line[Field.A_FLOW] = max(flows.values(), default=Flow.NONE)
                    if line[Field.A_FLOW] == Flow.ADDED:
                        fresh = [row for row in flows if flows[row] == Flow.STORED]
                        emptied += [self.row[row] for row in fresh]
        return emptied


def lower(
    graph: Graph, inputs: int, parameters: int, results: Sequence[int], *, layers: bool = True
) -> Plan:
    """The program of a simplified graph with so many inputs and parameters.

    The loss and the nodes of `results` have a row of their own. With `layers` off, units stay
    single: what a graph costs that no whole-layer instruction fits.
    """
    affine_units, inside = units(graph, [graph.loss, *results])
    for_loss, for_results = graph.needed([graph.loss]), graph.needed(results)
    groups: dict[object, list[Unit]] = {}
    for node in sorted(affine_units):
        unit = affine_units[node]
        key = (unit.rows, unit.operation, for_loss[node]) if layers else node
        groups.setdefault(key, []).append(unit)
    group_of = {unit.result: group for group in groups.values() for unit in group}
    writer = _Writer(graph, inputs, parameters)

    def write(nodes: Iterable[int]) -> None:
        for node in nodes:
            if graph.operations[node] == LEAF or node in inside or node in writer.row:
                continue
            group = group_of.get(node)
            if group is None:
                writer.operation(node)
            elif not (layers and writer.layer(group)):
                for unit in group:
                    writer.affine(unit)

    everything = graph.by_depth()
    write(node for node in everything if for_loss[node])
    loss = writer.row_of(graph.loss)
    trained_code = len(writer.code)
    emptied = writer.flows(trained_code)
    write(node for node in everything if for_results[node] and not for_loss[node])
    for node in results:
        writer.row_of(node)
    placed = set(writer.slots)
    writer.slots.extend(place for place in range(parameters) if place not in placed)
    terms = [number for term in writer.terms for number in term]
    return Plan(
        code=np.array(writer.code, dtype=np.int64).reshape(-1, len(Field)),
        trained_code=trained_code,
        terms=np.array([*terms, *emptied, 0], dtype=np.int64),
        numbers=np.array(writer.numbers),
        slots=np.array(writer.slots, dtype=np.int64),
        constants=np.array(writer.constants, dtype=np.float64),
        constants_at=writer.constants_at,
        inputs=inputs,
        masks=graph.masks,
        rows=writer.rows,
        shared=writer.shared,
        loss=loss,
        row=writer.row,
        emptied=len(emptied),
        emptied_at=len(terms),
        writes=writer.writes,
        reads=writer.reads,
    )


def listing(graph: Graph, plan: Plan) -> str:
    """The instructions for people, a line each, with the labels of what they write and read.

    What has no label is called by its row: r for one number a sample, s for a shared one.
    """

    def name(node: int) -> str:
        if graph.operations[node] == LEAF and graph.leaves[node][0] == Leaf.CONSTANT:
            return f"{graph.data[node]:.6g}"
        row = plan.row.get(node, 0)
        return graph.labels[node] or (f"r{row}" if row >= 0 else f"s{-row}")

    def names(nodes: Sequence[int]) -> str:
        if len(nodes) > 4:
            return f"{name(nodes[0])} … {name(nodes[-1])} ({len(nodes)})"
        return ", ".join(name(node) for node in nodes)

    lines = []
    for place, (line, writes, reads) in enumerate(
        zip(plan.code.tolist(), plan.writes, plan.reads, strict=True)
    ):
        if place == plan.trained_code:
            lines.append("beyond the loss:")
        kind, operation = Kind(line[Field.KIND]), line[Field.OP]
        words = [] if kind == Kind.ELEMENTWISE else [kind.name.lower()]
        words += [TABLE[operation].name] if operation >= 0 else []
        numbers = graph.numbers[writes[0]] if kind == Kind.ELEMENTWISE else ()
        words += [f"{number:g}" for number in numbers]
        source = f" ← {names(reads)}" if reads else ""
        lines.append(f"{place:4}  {' '.join(words):14} {names(writes)}{source}")
    return "\n".join(lines)
