"""Outputs: what the last layer applies to its logits, and the targets that stand for classes.

Every activation with class targets is an output; it reads one logit at a time. Softmax reads all
logits together, so it needs one output per class, even for two classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from engine.ops import ACTIVATIONS, Operation
from engine.value import Value, apply


@dataclass(frozen=True, slots=True)
class Output:
    """`apply(logits)` returns the outputs, one per logit; `low` and `high` are the targets for "no"
    and "yes".
    """

    name: str
    low: float
    high: float
    apply: Callable[[Sequence[Value]], list[Value]]
    activation: str | None
    """The name of the activation if each output depends on its own logit alone, else None."""
    numpy: str = ""
    """Without an activation: the NumPy expression, with `a` for the logits along the last axis."""
    torch: str = ""
    """Without an activation: the PyTorch expression."""
    expansion: str = ""
    """Without an activation: statements for a list `x` of logits, the last is the list of
    outputs.
    """


def log_sum_exp(logits: Sequence[Value]) -> Value:
    """Return log Σ exp(z), folded pair by pair: s ← s + softplus(z − s).

    It takes no exponential of a logit, so nothing overflows; rounding stays near 1e-16 of the
    largest |z|.
    """
    return reduce(lambda s, z: s + (z - s).softplus(), logits)


def _softmax(logits: Sequence[Value]) -> list[Value]:
    """exp(z) / Σ exp(z)."""
    level = log_sum_exp(logits)
    return [(z - level).exp() for z in logits]


def _apply_to_each(operation: Operation | None, logits: Sequence[Value]) -> list[Value]:
    return [z if operation is None else apply(operation, z) for z in logits]


def _from_activation(
    name: str, operation: Operation | None, class_targets: tuple[float, float]
) -> Output:
    return Output(name, *class_targets, partial(_apply_to_each, operation), name)


TABLE: tuple[Output, ...] = (
    _from_activation("linear", None, (-1.0, 1.0)),
    *(
        _from_activation(name, operation, operation.class_targets)
        for name, operation in ACTIVATIONS.items()
        if operation is not None and operation.class_targets is not None
    ),
    Output(
        "softmax",
        low=0.0,
        high=1.0,
        apply=_softmax,
        activation=None,
        numpy="np.exp(a - np.logaddexp.reduce(a, axis=-1, keepdims=True))",
        torch="torch.softmax(a, dim=-1)",
        expansion="level = reduce(lambda s, z: s + softplus(z - s), x); "
        "[exp(z - level) for z in x]",
    ),
)

OUTPUTS: dict[str, Output] = {output.name: output for output in TABLE}
