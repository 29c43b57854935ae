"""Gradient steps on the leaves of a graph, and the trajectory that results.

A step does what a training loop does by hand: `zero_grad()`, `backward()`, then every leaf moves
against its gradient. A person can forget `zero_grad()`, and a negative rate goes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor, isfinite, log10

from engine.explain import messages
from engine.notation import format_number
from engine.value import Value, recompute, sort_topologically

MAX_STEPS = 200
MAX_WORK = 60_000
"""Nodes times steps."""
DIGITS = 12
"""Significant digits of a number after a step, so that a person can read it: −1.0336, where binary
fractions give −1.0335999999999999. The number that is shown is the one in use.
"""


@dataclass(frozen=True, slots=True)
class GradientSteps:
    """`count` gradient steps with one rate. With `keeps_gradients` nothing calls `zero_grad()`."""

    rate: float
    count: int
    keeps_gradients: bool = False


@dataclass(slots=True)
class Trajectory:
    """After k steps, `leaves[i]` is at `path[k][i]` and the output at `outputs[k]`."""

    leaves: tuple[Value, ...]
    path: list[tuple[float, ...]] = field(default_factory=list)
    outputs: list[float] = field(default_factory=list)
    leftover_gradients: dict[Value, float] = field(default_factory=dict)
    """The gradients of the leaves from the last `backward()`."""

    @property
    def steps(self) -> int:
        """The number of steps."""
        return len(self.outputs) - 1

    def append(self, output: Value) -> None:
        """Record the present data of the leaves and the output."""
        self.path.append(tuple(leaf.data for leaf in self.leaves))
        self.outputs.append(output.data)


def take_steps(
    output: Value, leaves: Sequence[Value], moves: Sequence[GradientSteps]
) -> Trajectory:
    """Take the steps, in place: afterwards the Values have the data after the last step.

    Raises ValueError for more than 200 steps (fewer in a large graph), if a gradient is not finite,
    and if a step leads to numbers that are not finite where they were.
    """
    nodes = sort_topologically(output)
    finite_nodes = [node for node in nodes if isfinite(node.data)]
    limit = max(1, min(MAX_STEPS, MAX_WORK // len(nodes)))
    if sum(move.count for move in moves) > limit:
        raise ValueError(messages.TOO_MANY_STEPS.format(limit=limit))
    trajectory = Trajectory(tuple(leaves))
    trajectory.append(output)
    for move in moves:
        for _ in range(move.count):
            if not move.keeps_gradients:
                output.zero_grad()
            output.backward()
            step = trajectory.steps + 1
            for leaf in leaves:
                if not isfinite(leaf.grad):
                    gradient = format_number(leaf.grad)
                    message = messages.NO_STEP.format(step=step, leaf=leaf.label, gradient=gradient)
                    raise ValueError(message)
                leaf.data = _difference(leaf.data, move.rate * leaf.grad)
            recompute(nodes)
            if not all(isfinite(node.data) for node in finite_nodes):
                rate = format_number(abs(move.rate))
                raise ValueError(messages.STEP_DIVERGED.format(step=step, rate=rate))
            trajectory.append(output)
    trajectory.leftover_gradients = {leaf: leaf.grad for leaf in leaves}
    return trajectory


def _difference(minuend: float, subtrahend: float) -> float:
    """Return the difference, rounded to DIGITS digits of the larger of the two."""
    result, largest = minuend - subtrahend, max(abs(minuend), abs(subtrahend))
    if not isfinite(result) or largest == 0:
        return result
    return round(result, DIGITS - 1 - floor(log10(largest))) + 0.0  # not -0
