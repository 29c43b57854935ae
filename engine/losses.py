"""Loss functions: how far the outputs for one sample are from their targets, as a graph of Values.

A loss says which outputs (`engine.outputs`) it goes with. Some losses read the logits, the numbers
before the output activation, because that stays exact when the activation saturates. Targets are
numbers, one per output: the output's `high` for the sample's class and its `low` for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.outputs import log_sum_exp
from engine.value import Value, sum_values


@dataclass(frozen=True, slots=True)
class Loss:
    """`sample(outputs, targets)` is the loss of one sample; `reduction` says whether a batch takes
    the sum or the mean of them.
    """

    name: str
    title: str
    formula: str
    sample: Callable[[Sequence[Value], Sequence[Value]], Value]
    reduction: str
    outputs: tuple[str, ...]
    """The outputs it goes with, the usual one first."""
    is_regression: bool = False
    """It fits targets that are numbers, not only classes."""
    from_logits: bool = False
    """`sample` reads the logits, not the outputs."""


def _squares(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    pairs = zip(outputs, targets, strict=True)
    return sum_values((output - target) ** 2 for output, target in pairs)


def _mean(total: Value, outputs: Sequence[Value]) -> Value:
    return total / len(outputs) if len(outputs) > 1 else total


def _mean_squares(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    return _mean(_squares(outputs, targets), outputs)


def _huber(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    """Huber 1964: d² / 2 up to |d| = 1 and |d| − 1/2 beyond. Both are c (|d| − c / 2) with
    c = min(|d|, 1), as in torch.nn.HuberLoss.
    """
    distances = [(output - target).abs() for output, target in zip(outputs, targets, strict=True)]
    capped = [distance.min(1.0) for distance in distances]
    pairs = zip(distances, capped, strict=True)
    return _mean(sum_values(c * (distance - c / 2.0) for distance, c in pairs), outputs)


def _hinge(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    pairs = zip(outputs, targets, strict=True)
    return sum_values((1 - target * output).relu() for output, target in pairs)


def _binary_cross_entropy(logits: Sequence[Value], targets: Sequence[Value]) -> Value:
    """−t log σ(z) − (1 − t) log(1 − σ(z)) = softplus(z) − t z, which is exact for large |z| too."""
    pairs = zip(logits, targets, strict=True)
    return sum_values(z.softplus() - target * z for z, target in pairs)


def _cross_entropy(logits: Sequence[Value], targets: Sequence[Value]) -> Value:
    """−Σ t log softmax(z) = log Σ exp(z) − Σ t z for targets whose sum is 1, by `log_sum_exp`."""
    target_logit = sum_values(target * z for z, target in zip(logits, targets, strict=True))
    return log_sum_exp(logits) - target_logit


_ANY_OUTPUT = ("tanh", "linear", "sigmoid")

TABLE: tuple[Loss, ...] = (
    Loss(
        "squares",
        title="Sum of squares",
        formula="Σ (o − t)²",
        sample=_squares,
        reduction="sum",
        outputs=_ANY_OUTPUT,
        is_regression=True,
    ),
    Loss(
        "mse",
        title="Mean squared error",
        formula="mean (o − t)²",
        sample=_mean_squares,
        reduction="mean",
        outputs=_ANY_OUTPUT,
        is_regression=True,
    ),
    Loss(
        "huber",
        title="Huber",
        formula="mean c (|o − t| − c/2), c = min(|o − t|, 1)",
        sample=_huber,
        reduction="mean",
        outputs=_ANY_OUTPUT,
        is_regression=True,
    ),
    Loss(
        "hinge",
        title="Hinge",
        formula="mean max(0, 1 − t·o)",
        sample=_hinge,
        reduction="mean",
        outputs=("linear", "tanh"),
    ),
    Loss(
        "bce",
        title="Binary cross-entropy",
        formula="mean −t log o − (1 − t) log(1 − o)",
        sample=_binary_cross_entropy,
        reduction="mean",
        outputs=("sigmoid",),
        from_logits=True,
    ),
    Loss(
        "ce",
        title="Cross-entropy",
        formula="mean −Σ t log o",
        sample=_cross_entropy,
        reduction="mean",
        outputs=("softmax",),
        from_logits=True,
    ),
)

LOSSES: dict[str, Loss] = {loss.name: loss for loss in TABLE}
