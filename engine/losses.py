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
    numpy: str = ""
    """The loss of a batch in NumPy: `o` are the outputs, `z` the logits and `t` the targets, each
    (samples, outputs).
    """
    numpy_gradient: str = ""
    """Its gradient by the outputs, or by the logits if the loss reads those."""
    torch: str = ""
    """The loss of a batch in PyTorch."""


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
        numpy="((o - t) ** 2).sum()",
        numpy_gradient="2 * (o - t)",
        torch="((o - t) ** 2).sum()",
    ),
    Loss(
        "mse",
        title="Mean squared error",
        formula="mean (o − t)²",
        sample=_mean_squares,
        reduction="mean",
        outputs=_ANY_OUTPUT,
        is_regression=True,
        numpy="((o - t) ** 2).mean()",
        numpy_gradient="2 * (o - t) / t.size",
        torch="torch.nn.functional.mse_loss(o, t)",
    ),
    Loss(
        "huber",
        title="Huber",
        formula="mean c (|o − t| − c/2), c = min(|o − t|, 1)",
        sample=_huber,
        reduction="mean",
        outputs=_ANY_OUTPUT,
        is_regression=True,
        numpy="np.where(abs(o - t) < 1, (o - t) ** 2 / 2, abs(o - t) - 1 / 2).mean()",
        numpy_gradient="np.clip(o - t, -1, 1) / t.size",
        torch="torch.nn.functional.huber_loss(o, t)",
    ),
    Loss(
        "hinge",
        title="Hinge",
        formula="mean max(0, 1 − t·o)",
        sample=_hinge,
        reduction="mean",
        outputs=("linear", "tanh"),
        numpy="np.maximum(0, 1 - t * o).sum(axis=1).mean()",
        numpy_gradient="np.where(t * o < 1, -t, 0) / len(t)",
        torch="torch.relu(1 - t * o).sum(dim=1).mean()",
    ),
    Loss(
        "bce",
        title="Binary cross-entropy",
        formula="mean −t log o − (1 − t) log(1 − o)",
        sample=_binary_cross_entropy,
        reduction="mean",
        outputs=("sigmoid",),
        from_logits=True,
        numpy="(np.logaddexp(0, z) - t * z).sum(axis=1).mean()",
        numpy_gradient="(o - t) / len(t)",
        torch="torch.nn.functional.binary_cross_entropy_with_logits(z, t, reduction='none')"
        ".sum(dim=1).mean()",
    ),
    Loss(
        "ce",
        title="Cross-entropy",
        formula="mean −Σ t log o",
        sample=_cross_entropy,
        reduction="mean",
        outputs=("softmax",),
        from_logits=True,
        numpy="(np.logaddexp.reduce(z, axis=1) - (t * z).sum(axis=1)).mean()",
        numpy_gradient="(o - t) / len(t)",
        torch="torch.nn.functional.cross_entropy(z, t)",
    ),
)

LOSSES: dict[str, Loss] = {loss.name: loss for loss in TABLE}
