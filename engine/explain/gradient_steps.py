"""Gradient steps on the leaves of a graph, and what they have led to.

A step is what a training loop does by hand: `zero_grad()`, `backward()`, then every leaf goes
against its gradient. `zero_grad()` can be forgotten, and a negative rate goes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite

from engine.notation import format_number
from engine.value import Value, recompute, sort_topologically

MAX_STEPS = 200
MAX_WORK = 60_000
"""Nodes times steps."""


@dataclass(frozen=True, slots=True)
class GradientSteps:
    """`count` gradient steps of one rate. With `keeps_gradients`, nobody calls `zero_grad()`."""

    rate: float
    count: int
    keeps_gradients: bool = False


@dataclass(slots=True)
class Trajectory:
    """Where the steps have led: `leaves[i]` was at `path[k][i]` and the output at `outputs[k]`
    after k steps.
    """

    leaves: tuple[Value, ...]
    path: list[tuple[float, ...]] = field(default_factory=list)
    outputs: list[float] = field(default_factory=list)
    leftover_gradients: dict[Value, float] = field(default_factory=dict)
    """The gradients that the leaves have from the last `backward()`."""

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.outputs) - 1


def take_steps(
    output: Value, leaves: Sequence[Value], moves: Sequence[GradientSteps]
) -> Trajectory:
    """Take the steps; afterwards the Values have the numbers that these have led to.

    Raises ValueError for more than 200 steps, or fewer in a large graph, and where a step leads to
    numbers that are not finite; DomainError where a derivative is not.
    """
    nodes = sort_topologically(output)
    most = max(1, min(MAX_STEPS, MAX_WORK // len(nodes)))
    if sum(move.count for move in moves) > most:
        raise ValueError(f"{most} gradient steps are the most here. Begin again from here.")
    trail = Trajectory(tuple(leaves))
    _note(trail, output)
    for move in moves:
        for _ in range(move.count):
            if not move.keeps_gradients:
                output.zero_grad()
            output.backward()
            for leaf in leaves:
                leaf.data -= move.rate * leaf.grad
            recompute(nodes)
            if not all(isfinite(node.data) for node in nodes):
                raise ValueError(
                    f"Gradient step {len(trail.outputs)} with rate {format_number(abs(move.rate))} "
                    "leads to numbers that are too large or not defined. Try a smaller rate."
                )
            _note(trail, output)
    trail.leftover_gradients = {leaf: leaf.grad for leaf in leaves}
    return trail


def _note(trail: Trajectory, output: Value) -> None:
    trail.path.append(tuple(leaf.data for leaf in trail.leaves))
    trail.outputs.append(output.data)
