"""Optimizers, as PyTorch defines them: how parameters change, given the gradient of the loss.

A step is: the gradient of the loss, then `final_gradient` (L1, clipping, L2), then the optimizer's
`update` at the rate of the schedule (`engine.schedules`). Update rules and constants are those of
torch.optim.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from engine.hyperparameters import Hyperparameters
from engine.notation import format_formula
from engine.random import Floats

Moments = tuple[Floats, ...]

MOMENTUM = 0.9
"""Share of the momentum that remains in every step."""
ALPHA = 0.99
"""RMSProp's share of the mean squared gradient that remains in every step."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of training: its number, from 1, its rate by the schedule, and the hyperparameters."""

    number: int
    rate: float
    options: Hyperparameters


@dataclass(frozen=True, slots=True)
class Optimizer:
    """`update(parameters, gradient, moments, step)` returns new parameters and moments.

    All arrays are (parameters,); `moments` is how many arrays an optimizer carries from step to
    step, all 0 at first.

    `rule` says the same for one parameter w as statements of the language of `engine/script/`:
    first those of the moments, in their order, last that of w. `grad` is the gradient after
    regularisation and clipping, `t` the step; hyperparameters have their symbols.
    """

    name: str
    title: str
    rule: str
    moments: int
    update: Callable[[Floats, Floats, Moments, Step], tuple[Floats, Moments]]
    pytorch: str
    """The class of torch.optim, with the constants that `update` has."""
    reads: tuple[str, ...] = ()
    """The hyperparameters that it reads, beside the rate."""

    @property
    def statements(self) -> tuple[tuple[str, str], ...]:
        """The letters that `rule` changes, with their formulas."""
        pairs = (statement.split(" = ") for statement in self.rule.split("; "))
        return tuple((letter, text) for letter, text in pairs)

    @property
    def moment_letters(self) -> tuple[str, ...]:
        """The letters of the moments in `rule`."""
        return tuple(letter for letter, _ in self.statements[: self.moments])

    @property
    def formula(self) -> str:
        """`rule` as people write it: `m ← 0.9 · m + grad; w ← w − rate · m`."""
        return "; ".join(f"{letter} ← {format_formula(text)}" for letter, text in self.statements)


def _descend(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    return parameters - step.rate * gradient, moments


def _momentum(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    """Polyak 1964, without dampening."""
    m = MOMENTUM * moments[0] + gradient
    return parameters - step.rate * m, (m,)


def _nesterov(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    """Nesterov 1983 in the form of Sutskever et al. 2013: the momentum is applied once more."""
    m = MOMENTUM * moments[0] + gradient
    return parameters - step.rate * (gradient + MOMENTUM * m), (m,)


def _rmsprop(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    """Hinton's lecture 6e, 2012."""
    v = ALPHA * moments[0] + (1.0 - ALPHA) * gradient * gradient
    return parameters - step.rate * gradient / (np.sqrt(v) + step.options.epsilon), (v,)


def _adam(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    """Kingma and Ba 2015."""
    beta1, beta2 = step.options.beta1, step.options.beta2
    m = moments[0] + (1.0 - beta1) * (gradient - moments[0])
    v = beta2 * moments[1] + (1.0 - beta2) * gradient * gradient
    length = step.rate / (1.0 - beta1**step.number)
    denominator = np.sqrt(v) / sqrt(1.0 - beta2**step.number) + step.options.epsilon
    return parameters - length * (m / denominator), (m, v)


def _adamw(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    """Loshchilov and Hutter 2019: parameters shrink apart from Adam's step, not by its moments."""
    return _adam(parameters * (1.0 - step.rate * step.options.decay), gradient, moments, step)


_M = f"m = {MOMENTUM} * m + grad"
_ADAM = (
    "m = β1 * m + (1 - β1) * grad; v = β2 * v + (1 - β2) * grad ** 2; "
    "m̂ = m / (1 - β1 ** t); v̂ = v / (1 - β2 ** t); "
)
_DIRECTION = "rate * m̂ / (sqrt(v̂) + ε)"

TABLE: tuple[Optimizer, ...] = (
    Optimizer("sgd", "Gradient descent", "w = w - rate * grad", 0, _descend, "SGD()"),
    Optimizer(
        "momentum",
        "Momentum",
        f"{_M}; w = w - rate * m",
        1,
        _momentum,
        f"SGD(momentum={MOMENTUM})",
    ),
    Optimizer(
        "nesterov",
        "Nesterov",
        f"{_M}; w = w - rate * (grad + {MOMENTUM} * m)",
        1,
        _nesterov,
        f"SGD(momentum={MOMENTUM}, nesterov=True)",
    ),
    Optimizer(
        "rmsprop",
        "RMSProp",
        f"v = {ALPHA} * v + {1 - ALPHA:.3g} * grad ** 2; w = w - rate * grad / (sqrt(v) + ε)",
        1,
        _rmsprop,
        f"RMSprop(alpha={ALPHA})",
        ("epsilon",),
    ),
    Optimizer(
        "adam",
        "Adam",
        f"{_ADAM}w = w - {_DIRECTION}",
        2,
        _adam,
        "Adam()",
        ("beta1", "beta2", "epsilon"),
    ),
    Optimizer(
        "adamw",
        "AdamW",
        f"{_ADAM}w = (1 - rate * decay) * w - {_DIRECTION}",
        2,
        _adamw,
        "AdamW()",
        ("decay", "beta1", "beta2", "epsilon"),
    ),
)

OPTIMIZERS: dict[str, Optimizer] = {optimizer.name: optimizer for optimizer in TABLE}


def final_gradient(gradient: Floats, parameters: Floats, options: Hyperparameters) -> Floats:
    """Return the gradient that the optimizer gets, from the gradient of the loss.

    As in PyTorch, the L1 penalty is a term of the loss, clipping comes next
    (torch.nn.utils.clip_grad_norm_), and the optimizer adds the gradient of the L2 penalty
    (weight_decay) last. Both penalties count every parameter, biases too. All arrays are
    (parameters,).
    """
    gradient = clipped(with_l1(gradient, parameters, options.l1), options.clip)
    return gradient + options.l2 * parameters if options.l2 else gradient


def with_l1(gradient: Floats, parameters: Floats, l1: float) -> Floats:
    """Return the gradient of the loss plus l1 · Σ|w|, all arrays (parameters,)."""
    return gradient + l1 * np.sign(parameters) if l1 else gradient


def clipped(gradient: Floats, longest: float) -> Floats:
    """Return the gradient (parameters,), shortened to the Euclidean norm `longest` if it is longer;
    0 for no limit.

    Like torch.nn.utils.clip_grad_norm_, which makes it a millionth shorter. The norm does not go
    through BLAS, whose last digits depend on the machine and its threads.
    """
    if not longest:
        return gradient
    norm = sqrt(float(np.square(gradient).sum()))
    return gradient * min(1.0, longest / (norm + 1e-6))
