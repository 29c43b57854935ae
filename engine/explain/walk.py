"""The walk: the forward pass and the backward pass as single steps, each with its numbers.

A forward step computes one node. A backward step sends one gradient along one edge, from a result
to one of its operands, so that a sum of several contributions is seen as a sum. The rules are those
of `Value.backward()`, and so are the numbers, to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from engine.value import Value


class Pass(Enum):
    """The direction in which numbers flow."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the `node` at work and, in the backward pass, the operand that receives.

    In the backward pass `operand` is the index of an operand of the node, `local_derivative` the
    derivative of the node by it, `upstream` the gradient of the node. The step changes the
    receiver's gradient from `before` to `after`. The first step of a backward pass has no operand:
    the output receives 1.
    """

    direction: Pass
    node: Value
    operand: int | None = None
    local_derivative: float = 1.0
    upstream: float = 1.0
    before: float = 0.0
    after: float = 0.0
    contributions: int = 1
    """How many contributions the receiver has within this pass, with this one."""
    call: int = 1
    """Which call of `backward()` this belongs to, from 1."""

    @property
    def contribution(self) -> float:
        """What the step adds to the receiver's gradient: local derivative · upstream gradient."""
        return _contribution(self.node, self.local_derivative, self.upstream)

    @property
    def is_left_out(self) -> bool:
        """Whether the node did not select this operand, which then gets nothing, not even of ∞."""
        return _is_left_out(self.node, self.local_derivative)

    @property
    def receiver(self) -> Value:
        """The node that gets a number in this step."""
        return self.node if self.operand is None else self.node.operands[self.operand]


@dataclass(frozen=True, slots=True)
class Walk:
    """Both passes over a graph. A step count of 0 is before the first step: only the leaves have
    data.
    """

    nodes: tuple[Value, ...]
    steps: tuple[Step, ...]
    leftover_gradients: Mapping[Value, float]

    @property
    def forward(self) -> int:
        """The number of steps in the forward pass."""
        return sum(step.direction is Pass.FORWARD for step in self.steps)

    def computed_after(self, count: int) -> set[Value]:
        """Return the nodes that have data after `count` steps."""
        steps = self.steps[:count]
        computed = {step.node for step in steps if step.direction is Pass.FORWARD}
        return computed | {node for node in self.nodes if node.op is None}

    def gradients_after(self, count: int) -> dict[Value, float]:
        """Return the gradients after `count` steps, also sums that are not complete yet.

        Leaves start with their leftover gradients; inner nodes start from 0 with every call.
        """
        gradients = dict(self.leftover_gradients)
        for step in self.steps[:count]:
            if step.direction is Pass.BACKWARD:
                if step.operand is None and step.call > 1:
                    gradients = _of_leaves(gradients)
                gradients[step.receiver] = step.after
        return gradients

    def last_step_to(self, node: Value, count: int) -> int | None:
        """Return the number of the last of the first `count` steps that gave this node a gradient,
        None if there was no such step.
        """
        for number in range(count, 0, -1):
            step = self.steps[number - 1]
            if step.direction is Pass.BACKWARD and step.receiver is node:
                return number
        return None


def build_walk(
    nodes: Sequence[Value],
    targets: Collection[Value],
    calls: int = 1,
    leftover_gradients: Mapping[Value, float] | None = None,
    order: Sequence[Value] | None = None,
) -> Walk:
    """Return the walk over a graph whose `nodes` are listed operands first, the output last.

    Gradients flow only to the `targets`, some of the named leaves, and to nodes on the way to them.
    A computed output gets its own in any case. `backward()` is called `calls` times without a
    `zero_grad()` between; the leaves start with `leftover_gradients`. Nodes pass their gradients on
    in topological order, or in an `order` that a person chose, right or wrong; then the other nodes
    do not pass theirs on. The Values stay as they are.
    """
    steps = [Step(Pass.FORWARD, node) for node in nodes if node.op is not None]
    start = {node: grad for node, grad in (leftover_gradients or {}).items() if node in targets}
    flowing = find_dependents(nodes, targets)
    derivatives = {node: node.local_derivatives() for node in nodes if node in flowing}
    gradients = dict(start)
    if nodes[-1].op is not None or nodes[-1] in flowing:
        for call in range(1, calls + 1):
            gradients = _of_leaves(gradients)
            sequence = reversed(nodes) if order is None else order
            steps += _backward_steps(nodes[-1], sequence, flowing, derivatives, gradients, call)
    return Walk(tuple(nodes), tuple(steps), start)


def find_dependents(nodes: Sequence[Value], leaves: Collection[Value]) -> set[Value]:
    """Return the leaves and everything that is computed from them."""
    dependents: set[Value] = set()
    leaves = set(leaves)
    for node in nodes:
        if node in leaves or any(operand in dependents for operand in node.operands):
            dependents.add(node)
    return dependents


def _of_leaves(gradients: Mapping[Value, float]) -> dict[Value, float]:
    return {node: gradient for node, gradient in gradients.items() if node.op is None}


def _contribution(node: Value, local_derivative: float, upstream: float) -> float:
    return 0.0 if _is_left_out(node, local_derivative) else local_derivative * upstream


def _is_left_out(node: Value, local_derivative: float) -> bool:
    return node.op is not None and node.op.selects and not local_derivative


def _backward_steps(
    output: Value,
    sequence: Iterable[Value],
    flowing: set[Value],
    derivatives: Mapping[Value, tuple[float, ...]],
    gradients: dict[Value, float],
    call: int,
) -> list[Step]:
    """Return the steps of one call, in which nodes pass on in this sequence, and bring `gradients`
    up to date.
    """
    contributions: dict[Value, int] = {output: 1}
    before = gradients.get(output, 0.0)
    gradients[output] = before + 1.0
    steps = [Step(Pass.BACKWARD, output, before=before, after=before + 1.0, call=call)]
    for node in sequence:
        if node not in flowing:
            continue
        for index, operand in enumerate(node.operands):
            if operand not in flowing:
                continue
            local_derivative, upstream = derivatives[node][index], gradients.get(node, 0.0)
            before = gradients.get(operand, 0.0)
            after = before + _contribution(node, local_derivative, upstream)
            gradients[operand] = after
            contributions[operand] = contributions.get(operand, 0) + 1
            steps.append(
                Step(
                    direction=Pass.BACKWARD,
                    node=node,
                    operand=index,
                    local_derivative=local_derivative,
                    upstream=upstream,
                    before=before,
                    after=after,
                    contributions=contributions[operand],
                    call=call,
                )
            )
    return steps
