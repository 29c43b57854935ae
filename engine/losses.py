"""Loss functions: how far the outputs for one sample are from what was wanted, as a graph of
Values.

A loss says which output activations it is meant for; with some it reads the sums before the
activation, because that is exact where the activation saturates. Targets are numbers, one an
output: the activation's `class_codes`, "yes" for the sample's class and "no" elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.value import Value, total


@dataclass(frozen=True, slots=True)
class Loss:
    """`sample(outputs, targets)` is the loss of one sample, `reduction` how those of a batch
    combine.
    """

    name: str
    title: str
    formula: str
    sample: Callable[[Sequence[Value], Sequence[Value]], Value]
    reduction: str
    outputs: tuple[str, ...]
    """The output activations it goes with, the usual one first."""
    on_sums: bool = False
    """`sample` reads the sums before the output activation, not its results."""


def _squares(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    return total((output - target) ** 2 for output, target in zip(outputs, targets, strict=True))


def _mean_squares(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    return (
        _squares(outputs, targets) / len(outputs)
        if len(outputs) > 1
        else _squares(outputs, targets)
    )


def _hinge(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    return total(
        (1 - target * output).relu() for output, target in zip(outputs, targets, strict=True)
    )


def _cross_entropy(sums: Sequence[Value], targets: Sequence[Value]) -> Value:
    """−t log σ(z) − (1 − t) log(1 − σ(z)) = softplus(z) − t z, which loses nothing at large |z|."""
    return total(z.softplus() - target * z for z, target in zip(sums, targets, strict=True))


_SIGNED = ("tanh", "linear")

TABLE: tuple[Loss, ...] = (
    Loss("squares", "Sum of squares", "Σ (o − t)²", _squares, "sum", (*_SIGNED, "sigmoid")),
    Loss(
        "mse", "Mean squared error", "mean (o − t)²", _mean_squares, "mean", (*_SIGNED, "sigmoid")
    ),
    Loss("hinge", "Hinge", "mean max(0, 1 − t·o)", _hinge, "mean", ("linear", "tanh")),
    Loss(
        "bce",
        "Binary cross-entropy",
        "mean −t log o − (1 − t) log(1 − o)",
        _cross_entropy,
        "mean",
        ("sigmoid",),
        on_sums=True,
    ),
)

LOSSES: dict[str, Loss] = {loss.name: loss for loss in TABLE}
