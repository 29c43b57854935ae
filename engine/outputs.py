"""Outputs: what the last layer applies to its sums, and the numbers that stand for classes there.

Every activation that can tell "no" from "yes" is one, on each sum alone; softmax reads all sums
together, so it needs an output for every class, even for two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from engine.ops import ACTIVATIONS, Operation
from engine.value import Value, apply


@dataclass(frozen=True, slots=True)
class Output:
    """`apply(sums)` are the outputs, as many as there are sums; `low` and `high` what they are for
    "no" and "yes".
    """

    name: str
    low: float
    high: float
    apply: Callable[[Sequence[Value]], list[Value]]
    activation: str | None
    """The operation, by its name as an activation, where each output is made of its sum alone."""
    numpy: str = ""
    """Where it is not: as NumPy writes it, `a` the sums along the last axis."""
    torch: str = ""
    """And as PyTorch does."""
    expansion: str = ""
    """And of a list `x` of single sums: statements, the last of which is the list of outputs."""


def log_sum_exp(sums: Sequence[Value]) -> Value:
    """log Σ exp(z), folded pair by pair: s ← s + softplus(z − s).

    No exponential of a sum is ever taken, so nothing overflows; rounding stays near 1e-16 of the
    largest |z|.
    """
    return reduce(lambda s, z: s + (z - s).softplus(), sums)


def _softmax(sums: Sequence[Value]) -> list[Value]:
    """exp(z) / Σ exp(z)."""
    level = log_sum_exp(sums)
    return [(z - level).exp() for z in sums]


def _each(operation: Operation | None, sums: Sequence[Value]) -> list[Value]:
    return [z if operation is None else apply(operation, z) for z in sums]


def _of_activation(
    name: str, operation: Operation | None, class_targets: tuple[float, float]
) -> Output:
    return Output(name, *class_targets, partial(_each, operation), name)


TABLE: tuple[Output, ...] = (
    _of_activation("linear", None, (-1.0, 1.0)),
    *(
        _of_activation(name, operation, operation.class_targets)
        for name, operation in ACTIVATIONS.items()
        if operation is not None and operation.class_targets is not None
    ),
    Output(
        "softmax",
        0.0,
        1.0,
        _softmax,
        None,
        numpy="np.exp(a - np.logaddexp.reduce(a, axis=-1, keepdims=True))",
        torch="torch.softmax(a, dim=-1)",
        expansion="level = reduce(lambda s, z: s + softplus(z - s), x); "
        "[exp(z - level) for z in x]",
    ),
)

OUTPUTS: dict[str, Output] = {output.name: output for output in TABLE}
