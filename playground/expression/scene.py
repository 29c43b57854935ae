"""What the state of an expression lab shows: the graph, the walk over it, and the step of the walk.

Everything follows from the `Lab`. What several states share (the graph, the walk) is computed once
and cached, so that a step costs no more than its drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite, isnan

from engine.explain.expansion import expand
from engine.explain.folding import FoldedGraph, find_foldable, find_owners, fold, select_folded
from engine.explain.gradient_steps import Trajectory, take_steps
from engine.explain.sentences import Sentence, describe_step
from engine.explain.walk import Pass, Step, Walk, build_walk
from engine.notation import format_number, number_literal
from engine.script.errors import ExpressionError
from engine.script.parser import MAX_CHARACTERS, MAX_NODES, Expression, label_nodes, parse
from engine.value import Value
from playground.expression.state import Lab, parse_move
from playground.messages import expression as messages

MAX_LARGE_CHARACTERS = 200_000
"""Maximum length of a text that came by reference, from a network, in characters."""
MAX_LARGE_NODES = 6_000
"""Maximum number of nodes of such a text."""
MAX_DRAWN = 1_000
"""Maximum number of nodes that are drawn at once. The rest has to be folded."""


@dataclass(frozen=True, slots=True, eq=False)
class LabGraph:
    """The graph of a lab's present text, with some operations taken apart."""

    text: str
    expression: Expression
    nodes: list[Value]
    owners: dict[Value, Value]
    trail: Trajectory
    expansion_note: str
    """What taking operations apart did to the gradients, or the empty string."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a lab shows."""

    lab: Lab
    graph: LabGraph
    view: FoldedGraph
    walk: Walk
    step_index: int
    """Number of steps of the walk that are done."""
    sentence: Sentence

    @property
    def expression(self) -> Expression:
        """The parsed text."""
        return self.graph.expression

    @property
    def nodes(self) -> list[Value]:
        """All nodes of the graph, operands first, including folded ones."""
        return self.graph.nodes

    @property
    def step(self) -> Step | None:
        """The step of the walk that is shown, None before the first."""
        return self.walk.steps[self.step_index - 1] if self.step_index else None

    @property
    def leaves(self) -> list[Value]:
        """The named numbers of the graph, in the order of the text."""
        nodes = set(self.nodes)
        spans = self.expression.literal_spans
        named = (self.expression.names[name] for name in sorted(spans, key=spans.__getitem__))
        return [leaf for leaf in named if leaf in nodes]

    def literal(self, leaf: Value) -> str:
        """Return the number of a leaf as the text writes it: 1e6 stays 1e6."""
        expression = self.expression
        if leaf.data != expression.literals[leaf.label]:  # gradient steps moved it
            return number_literal(leaf.data)
        start, end = expression.literal_spans[leaf.label]
        return expression.text[start:end]

    @property
    def selected(self) -> Value | None:
        """The selected node."""
        return self.find(self.lab.node) if self.lab.node else None

    @property
    def output_name(self) -> str:
        """The name of the output."""
        return self.nodes[-1].label or "output"

    @property
    def foldable(self) -> list[Value]:
        """The statements that are folded or can be."""
        return find_foldable(self.graph.owners)

    def find(self, label: str) -> Value | None:
        """Return the node with this label."""
        return next((node for node in self.nodes if node.label == label), None)

    @property
    def predictions(self) -> dict[int, str]:
        """What the person predicted, by step of the walk. Empty if the answer was shown instead."""
        pairs = (answer.partition("~") for answer in self.lab.answers)
        return {int(step): value for step, _, value in pairs if step.isdecimal()}

    @property
    def grads(self) -> dict[Value, float]:
        """The gradients after this step, without those that the person has still to predict."""
        grads = self.walk.gradients_after(self.step_index)
        if not self.lab.predict:
            return grads
        predictions = self.predictions
        return {
            node: grad
            for node, grad in grads.items()
            if (last := self.walk.last_step_to(node, self.step_index)) is None
            or last in predictions
        }

    @property
    def question_step(self) -> Step | None:
        """The step whose gradient the person is to predict now, or None."""
        step = self.step
        if not self.lab.predict or step is None or step.direction is Pass.FORWARD:
            return None
        return None if self.step_index in self.predictions else step

    @property
    def waiting(self) -> list[Value]:
        """The nodes that have a gradient and have not passed it on, if a person chooses the order;
        operands first.
        """
        received = self.walk.gradients_after(len(self.walk.steps))
        passed = set(self.lab.order)
        return [
            node
            for node in self.nodes
            if node.op is not None and node in received and node.label not in passed
        ]

    @property
    def early(self) -> tuple[Value, Value] | None:
        """A node that passed its gradient on before another that uses it, and that other node."""
        places = {label: place for place, label in enumerate(self.lab.order)}
        for user in self.nodes:
            for node in user.operands:
                if places.get(node.label, len(places)) < places.get(user.label, -1):
                    return node, user
        return None

    def is_input(self, node: Value) -> bool:
        """Whether this leaf is an input, which gets no gradient."""
        return node.label in self.lab.inputs

    def is_visible(self, step_index: int) -> bool:
        """Whether this step can be seen from outside of the folded statements."""
        step = self.walk.steps[step_index - 1]
        if step.operand is None:
            return step.node in self.view.operands
        shown_as = self.view.shown_as
        return shown_as[step.node] is not shown_as.get(step.receiver)


@lru_cache(maxsize=64)
def scene(lab: Lab) -> Scene:
    """Return everything that a lab's state shows. It is cached, so it must not be changed.

    Raises ExpressionError for a text that cannot be parsed, and ValueError if gradient steps
    diverge or there would be too much to draw.
    """
    graph = _graph(lab.code, lab.large, lab.inputs, lab.moves, lab.opened)
    order = lab.order if lab.ordering else None
    walk = _walk(graph, lab.inputs, lab.calls, lab.forgotten, order)
    view = fold(graph.nodes, graph.owners, select_folded(graph.owners, lab.folded), not lab.bare)
    if len(view.nodes) > MAX_DRAWN:
        raise ValueError(messages.TOO_MANY_NODES.format(nodes=len(view.nodes), limit=MAX_DRAWN))
    last = len(walk.steps)
    step_index = last if lab.step is None else min(lab.step, last)
    return Scene(lab, graph, view, walk, step_index, describe_step(walk, step_index))


def scene_despite(lab: Lab, error: ValueError) -> Scene | None:
    """Return what can still be shown of a lab that has an error: the statements above the one with
    the error, or everything as it was before the gradient steps. None if nothing can.
    """
    while True:
        if isinstance(error, ExpressionError) and error.line > 1:
            lab = lab.with_(code="\n".join(lab.code.split("\n")[: error.line - 1]))
        elif not lab.moves:
            return None
        lab = lab.with_(moves=(), step=None, answers=(), playing=False)
        try:
            return scene(lab)
        except ValueError as further:
            error = further


def replace_numbers(code: str, expression: Expression, numbers: Mapping[str, str]) -> str:
    """Return the text with other numbers, written as in `numbers`. Everything else in it stays."""
    spans = expression.literal_spans
    for name in sorted(numbers, key=spans.__getitem__, reverse=True):
        start, end = spans[name]
        code = code[:start] + numbers[name] + code[end:]
    return code


@lru_cache(maxsize=16)
def _graph(
    code: str,
    large: bool,
    inputs: tuple[str, ...],
    moves: tuple[str, ...],
    opened: tuple[str, ...],
) -> LabGraph:
    limits = (MAX_LARGE_CHARACTERS, MAX_LARGE_NODES) if large else (MAX_CHARACTERS, MAX_NODES)
    expression = parse(code, None, *limits)
    nodes = expression.nodes()
    in_graph = set(nodes)
    named = [expression.names[name] for name in expression.literal_spans if name not in inputs]
    parameters = [leaf for leaf in named if leaf in in_graph]
    trail = take_steps(expression.output, parameters, [parse_move(move) for move in moves])
    moved = [leaf for leaf in parameters if leaf.data != expression.literals[leaf.label]]
    numbers = {leaf.label: number_literal(leaf.data) for leaf in moved}
    text = replace_numbers(code, expression, numbers)
    label_nodes(nodes)
    before = _gradients(nodes) if opened else {}
    expanded = expand(expression.output, opened)
    note = _expansion_note(before, expanded) if len(expanded) != len(nodes) else ""
    statements = {node for node in expression.names.values() if node.op is not None}
    return LabGraph(text, expression, expanded, find_owners(expanded, statements), trail, note)


@lru_cache(maxsize=16)
def _walk(
    graph: LabGraph,
    inputs: tuple[str, ...],
    calls: int,
    keeps_gradients: bool,
    order: tuple[str, ...] | None,
) -> Walk:
    named = [node for node in graph.nodes if node.op is None and node.label]
    parameters = [leaf for leaf in named if leaf.label not in inputs]
    leftover = graph.trail.leftover_gradients if keeps_gradients else None
    if order is None:
        return build_walk(graph.nodes, parameters, calls, leftover)
    by_label = {node.label: node for node in graph.nodes if node.op is not None}
    chosen = [by_label[label] for label in dict.fromkeys(order) if label in by_label]
    return build_walk(graph.nodes, parameters, 1, leftover, chosen)


def _gradients(nodes: Sequence[Value]) -> dict[str, float]:
    """Return the gradients by label, as `backward()` computes them."""
    for node in nodes:
        node.grad = 0.0
    nodes[-1].backward()
    return {node.label: node.grad for node in nodes if node.label}


def _expansion_note(before: Mapping[str, float], nodes: Sequence[Value]) -> str:
    """Say what taking operations apart did to the gradients of the nodes that were there before."""
    after = _gradients(nodes)
    off = max(_distance(grad, after[name]) for name, grad in before.items())
    difference = format_number(off, 1) if off else ""
    return messages.expanded(len(after) - len(before), len(before), difference)


def _distance(before: float, after: float) -> float:
    """Return the relative difference of two gradients; ∞ and NaN differ from every other number."""
    if before == after or (isnan(before) and isnan(after)):
        return 0.0
    if not (isfinite(before) and isfinite(after)):
        return inf
    return abs(after - before) / max(1.0, abs(before))
