"""What an expression lab's state shows: the graph, the walk over it, and the place in the walk.

Everything follows from the `Lab`. What several states share (the graph, the walk) is computed once
and kept, so that a step costs no more than its drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.explain.expansion import expand
from engine.explain.folding import FoldedGraph, find_foldable, find_owners, fold, select_folded
from engine.explain.gradient_steps import Trajectory, take_steps
from engine.explain.sentences import Sentence, describe_step
from engine.explain.walk import Pass, Step, Walk, build_walk
from engine.notation import format_number, number_literal
from engine.script.errors import ExpressionError
from engine.script.parser import MAX_CHARACTERS, MAX_NODES, Expression, label_nodes, parse
from engine.value import DomainError, Value
from playground.expression.state import Lab, read_move

LARGE_CHARACTERS, LARGE_NODES = 200_000, 6_000
"""The most of a text that was not typed but came by reference, from a network."""
MOST_DRAWN = 1_000
"""Nodes that are drawn at once; the rest is to be folded."""


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """The graph of a lab's present text, with operations taken apart."""

    text: str
    expression: Expression
    nodes: list[Value]
    owners: dict[Value, Value]
    trail: Trajectory
    apart: str
    """What is to be said of operations that are taken apart."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a lab shows."""

    lab: Lab
    graph: Graph
    view: FoldedGraph
    walk: Walk
    place: int
    sentence: Sentence

    @property
    def expression(self) -> Expression:
        """The text, read."""
        return self.graph.expression

    @property
    def nodes(self) -> list[Value]:
        """All nodes of the graph, operands first, folded away or not."""
        return self.graph.nodes

    @property
    def step(self) -> Step | None:
        """The step that is shown, None before the first."""
        return self.walk.steps[self.place - 1] if self.place else None

    @property
    def leaves(self) -> list[Value]:
        """The named numbers of the graph, in the order of the text."""
        nodes = set(self.nodes)
        places = self.expression.literal_spans
        named = (self.expression.names[name] for name in sorted(places, key=places.__getitem__))
        return [leaf for leaf in named if leaf in nodes]

    @property
    def chosen(self) -> Value | None:
        """The node that is chosen."""
        return self.find(self.lab.node) if self.lab.node else None

    @property
    def output_name(self) -> str:
        """What the output is called."""
        return self.nodes[-1].label or "output"

    @property
    def foldable(self) -> list[Value]:
        """The statements that can be folded, or are."""
        return find_foldable(self.graph.owners)

    def find(self, label: str) -> Value | None:
        """The node with this label."""
        return next((node for node in self.nodes if node.label == label), None)

    @property
    def uncovered(self) -> dict[int, str]:
        """The places of the walk whose gradients were predicted, and what was said there."""
        pairs = (answer.partition("~") for answer in self.lab.answers)
        return {int(place): typed for place, _, typed in pairs if place.isdecimal()}

    @property
    def grads(self) -> dict[Value, float]:
        """The gradients that are shown at this place, without those that are to be predicted."""
        grads = self.walk.gradients_after(self.place)
        if not self.lab.predict:
            return grads
        open_places = self.uncovered
        return {
            node: grad
            for node, grad in grads.items()
            if (last := self.walk.last_step_to(node, self.place)) is None or last in open_places
        }

    @property
    def asks(self) -> Step | None:
        """The step whose gradient is to be predicted now, None where there is none."""
        step = self.step
        if not self.lab.predict or step is None or step.direction is Pass.FORWARD:
            return None
        return None if self.place in self.uncovered else step

    def is_input(self, node: Value) -> bool:
        """Whether no gradient is wanted of this leaf."""
        return node.label in self.lab.inputs

    def shows(self, place: int) -> bool:
        """Whether the step that leads to this place can be seen from outside of what is folded."""
        step = self.walk.steps[place - 1]
        if step.operand is None:
            return step.node in self.view.operands
        shown_as = self.view.shown_as
        return shown_as[step.node] is not shown_as.get(step.receiver)


@lru_cache(maxsize=64)
def scene(lab: Lab) -> Scene:
    """Everything that is shown of a lab's state; to be read, not changed, for it is kept.

    Raises ExpressionError where the text cannot be read, DomainError where a derivative is not
    finite, ValueError where gradient steps lead astray or too much would have to be drawn.
    """
    graph = _graph(lab.code, lab.large, lab.inputs, lab.moves, lab.opened)
    try:
        walked = _walk(graph, lab.inputs, lab.calls, lab.forgotten)
    except DomainError as error:
        if error.node in graph.expression.source_positions:
            line, column = graph.expression.source_positions[error.node]
            raise ExpressionError(f"{error}.", line, column, "Try another number.") from None
        raise
    seen = fold(graph.nodes, graph.owners, select_folded(graph.owners, lab.folded), not lab.bare)
    if len(seen.nodes) > MOST_DRAWN:
        raise ValueError(
            f"That would draw {len(seen.nodes):,} nodes; {MOST_DRAWN:,} are the most. "
            "Fold something first."
        )
    place = len(walked.steps) if lab.step is None else min(lab.step, len(walked.steps))
    return Scene(lab, graph, seen, walked, place, describe_step(walked, place))


@lru_cache(maxsize=16)
def _graph(
    code: str,
    large: bool,
    inputs: tuple[str, ...],
    moves: tuple[str, ...],
    opened: tuple[str, ...],
) -> Graph:
    characters, most = (LARGE_CHARACTERS, LARGE_NODES) if large else (MAX_CHARACTERS, MAX_NODES)
    expression = parse(code, None, characters, most)
    nodes = expression.nodes()
    parameters = [expression.names[name] for name in expression.literal_spans if name not in inputs]
    used = set(nodes)
    parameters = [leaf for leaf in parameters if leaf in used]
    trail = take_steps(expression.output, parameters, [read_move(move) for move in moves])
    text = rewritten(code, expression, {leaf.label: leaf.data for leaf in parameters})
    label_nodes(nodes)
    before = _gradients(nodes) if opened else {}
    count = len(nodes)
    nodes = expand(expression.output, opened)
    apart = _apart(before, nodes) if len(nodes) != count else ""
    named = {node for node in expression.names.values() if node.op is not None}
    return Graph(text, expression, nodes, find_owners(nodes, named), trail, apart)


@lru_cache(maxsize=16)
def _walk(graph: Graph, inputs: tuple[str, ...], calls: int, leftover_gradients: bool) -> Walk:
    leaves = [node for node in graph.nodes if node.op is None]
    named = [leaf for leaf in leaves if leaf.label] or leaves
    wanted = [leaf for leaf in named if leaf.label not in inputs]
    return build_walk(
        graph.nodes, wanted, calls, graph.trail.leftover_gradients if leftover_gradients else None
    )


def rewritten(code: str, expression: Expression, numbers: Mapping[str, float]) -> str:
    """The text with other numbers; whatever stands beside them stays."""
    places = expression.literal_spans
    for name in sorted(numbers, key=places.__getitem__, reverse=True):
        if numbers[name] != expression.literals[name]:
            start, end = places[name]
            code = code[:start] + number_literal(numbers[name]) + code[end:]
    return code


def _gradients(nodes: Sequence[Value]) -> dict[str, float]:
    """The gradients by label, as `backward()` gives them."""
    for node in nodes:
        node.grad = 0.0
    nodes[-1].backward()
    return {node.label: node.grad for node in nodes if node.label}


def _apart(before: Mapping[str, float], nodes: Sequence[Value]) -> str:
    """What taking apart has done to the gradients of everything that was there before."""
    after = _gradients(nodes)
    off = max(abs(after[name] - grad) / max(1.0, abs(grad)) for name, grad in before.items())
    new = len(after) - len(before)
    return (
        f"Taken apart: {new} new node{'s' if new > 1 else ''}. The gradients of the other "
        f"{len(before)} are the same" + (f" to within {format_number(off, 1)}." if off else ".")
    )
