"""Loss functions: how far the outputs for one sample are from what was wanted, as a graph of
Values.

A loss says which outputs (`engine.outputs`) it is meant for; with some it reads the sums before the
activation, because that is exact where the activation saturates. Targets are numbers, one an
output: the output's `high` for the sample's class and its `low` elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.outputs import log_sum_exp
from engine.value import Value, sum_values


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
    """The outputs it goes with, the usual one first."""
    is_regression: bool = False
    """It measures how far off a number is, not only how wrong a class."""
    from_logits: bool = False
    """`sample` reads the sums before the output activation, not its results."""


def _squares(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    return sum_values(
        (output - target) ** 2 for output, target in zip(outputs, targets, strict=True)
    )


def _mean(summed: Value, outputs: Sequence[Value]) -> Value:
    return summed / len(outputs) if len(outputs) > 1 else summed


def _mean_squares(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    return _mean(_squares(outputs, targets), outputs)


def _huber(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    """d² / 2 up to |d| = 1 and |d| − 1/2 beyond (Huber 1964), both as c (|d| − c / 2) with
    c = min(|d|, 1); as torch.nn.HuberLoss.
    """
    distances = [(o - t).abs() for o, t in zip(outputs, targets, strict=True)]
    capped = [distance.min(1.0) for distance in distances]
    pairs = zip(distances, capped, strict=True)
    return _mean(sum_values(c * (distance - c / 2.0) for distance, c in pairs), outputs)


def _hinge(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    return sum_values(
        (1 - target * output).relu() for output, target in zip(outputs, targets, strict=True)
    )


def _binary_cross_entropy(sums: Sequence[Value], targets: Sequence[Value]) -> Value:
    """−t log σ(z) − (1 − t) log(1 − σ(z)) = softplus(z) − t z, which loses nothing at large |z|."""
    return sum_values(z.softplus() - target * z for z, target in zip(sums, targets, strict=True))


def _cross_entropy(sums: Sequence[Value], targets: Sequence[Value]) -> Value:
    """−Σ t log softmax(z) = log Σ exp(z) − Σ t z for targets whose sum is 1, by `log_sum_exp`."""
    chosen = sum_values(target * z for z, target in zip(sums, targets, strict=True))
    return log_sum_exp(sums) - chosen


_FREE = ("tanh", "linear", "sigmoid")

TABLE: tuple[Loss, ...] = (
    Loss("squares", "Sum of squares", "Σ (o − t)²", _squares, "sum", _FREE, is_regression=True),
    Loss(
        "mse",
        "Mean squared error",
        "mean (o − t)²",
        _mean_squares,
        "mean",
        _FREE,
        is_regression=True,
    ),
    Loss(
        "huber",
        "Huber",
        "mean c (|o − t| − c/2), c = min(|o − t|, 1)",
        _huber,
        "mean",
        _FREE,
        is_regression=True,
    ),
    Loss("hinge", "Hinge", "mean max(0, 1 − t·o)", _hinge, "mean", ("linear", "tanh")),
    Loss(
        "bce",
        "Binary cross-entropy",
        "mean −t log o − (1 − t) log(1 − o)",
        _binary_cross_entropy,
        "mean",
        ("sigmoid",),
        from_logits=True,
    ),
    Loss(
        "ce",
        "Cross-entropy",
        "mean −Σ t log o",
        _cross_entropy,
        "mean",
        ("softmax",),
        from_logits=True,
    ),
)

LOSSES: dict[str, Loss] = {loss.name: loss for loss in TABLE}
