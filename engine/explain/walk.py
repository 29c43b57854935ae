"""The walk: the forward pass and the backward pass as lists of single steps, each with its
numbers.

A forward step computes one node. A backward step sends one gradient along one edge, from a result
to one of its operands, so that a sum of several contributions is seen as a sum. The rules are those
of `Value.backward()`, and so are the numbers, to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from engine.value import Value


class Pass(Enum):
    """Which way the numbers travel."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the `node` at work and, backward, the operand that receives.

    Backward, `operand` is its place among the node's operands, `slope` the local derivative by it,
    `upstream` the gradient of the node, and the receiver's gradient goes from `before` to `after`.
    The first step of a backward pass has no operand: the output receives 1.
    """

    direction: Pass
    node: Value
    operand: int | None = None
    local_derivative: float = 1.0
    upstream: float = 1.0
    before: float = 0.0
    after: float = 0.0
    contribution: int = 1
    """Which contribution to the receiver this is within its pass, from 1."""
    call: int = 1
    """Which call of `backward()` this belongs to, from 1."""

    @property
    def receiver(self) -> Value:
        """The node that the step gives a number to."""
        return self.node if self.operand is None else self.node.operands[self.operand]


@dataclass(frozen=True, slots=True)
class Walk:
    """Both passes over a graph. Place 0 is before the first step: only the leaves are known."""

    nodes: tuple[Value, ...]
    steps: tuple[Step, ...]
    leftover_gradients: Mapping[Value, float]

    @property
    def forward(self) -> int:
        """How many steps the forward pass has; the place where all data are known."""
        return sum(step.direction is Pass.FORWARD for step in self.steps)

    def computed_after(self, place: int) -> set[Value]:
        """The nodes whose data are known after `place` steps."""
        computed = {s.node for s in self.steps[:place] if s.direction is Pass.FORWARD}
        return computed | {node for node in self.nodes if node.op is None}

    def gradients_after(self, place: int) -> dict[Value, float]:
        """The gradients that are known after `place` steps, sums that are not complete included.

        Leaves begin with what was left over from before; inner nodes begin anew with every call.
        """
        grads = dict(self.leftover_gradients)
        for step in self.steps[:place]:
            if step.direction is Pass.BACKWARD:
                if step.operand is None and step.call > 1:
                    grads = {node: grad for node, grad in grads.items() if node.op is None}
                grads[step.receiver] = step.after
        return grads

    def last_step_to(self, node: Value, place: int) -> int | None:
        """The place of the latest step up to `place` that gave this node gradient, None without."""
        for at in range(place, 0, -1):
            step = self.steps[at - 1]
            if step.direction is Pass.BACKWARD and step.receiver is node:
                return at
        return None


def build_walk(
    nodes: Sequence[Value],
    wanted: Collection[Value],
    calls: int = 1,
    leftover_gradients: Mapping[Value, float] | None = None,
) -> Walk:
    """The walk over a graph whose `nodes` are listed operands first, the output last.

    Gradient flows only to nodes that lead to a `wanted` leaf. `backward()` is called `calls` times
    without a `zero_grad()` between; `leftover_gradients` is what leaves have before the first.
    Raises DomainError where a local derivative is not finite. The Values stay as they are.
    """
    forward = [Step(Pass.FORWARD, node) for node in nodes if node.op is not None]
    start = {node: grad for node, grad in (leftover_gradients or {}).items() if node in wanted}
    flowing = find_dependents(nodes, wanted)
    slopes = {node: node.local_derivatives() for node in nodes if node in flowing}
    steps: list[Step] = list(forward)
    grads = dict(start)
    if nodes[-1] in flowing:
        for call in range(1, calls + 1):
            grads = {node: grad for node, grad in grads.items() if node.op is None}
            steps += _backward(nodes, flowing, slopes, grads, call)
    return Walk(tuple(nodes), tuple(steps), start)


def find_dependents(nodes: Sequence[Value], wanted: Collection[Value]) -> set[Value]:
    """The wanted leaves and all that is computed from them."""
    found: set[Value] = set()
    wanted = set(wanted)
    for node in nodes:
        if node in wanted or any(operand in found for operand in node.operands):
            found.add(node)
    return found


def _backward(
    nodes: Sequence[Value],
    flowing: set[Value],
    slopes: Mapping[Value, tuple[float, ...]],
    grads: dict[Value, float],
    call: int,
) -> list[Step]:
    """The steps of one call; `grads` is brought up to date."""
    output = nodes[-1]
    received: dict[Value, int] = {output: 1}
    before = grads.get(output, 0.0)
    grads[output] = before + 1.0
    steps = [Step(Pass.BACKWARD, output, None, 1.0, 1.0, before, grads[output], 1, call)]
    for node in reversed(nodes):
        if node not in flowing:
            continue
        for place, operand in enumerate(node.operands):
            if operand not in flowing:
                continue
            slope, upstream = slopes[node][place], grads[node]
            before = grads.get(operand, 0.0)
            grads[operand] = before + slope * upstream
            received[operand] = received.get(operand, 0) + 1
            steps.append(
                Step(Pass.BACKWARD, node, place, slope, upstream, before, grads[operand],
                     received[operand], call)
            )  # fmt: skip
    return steps
