"""Optimizers: how parameters change, given the gradient of the loss, as PyTorch defines it.

A step is: the gradient, `regularised`, `clipped`, then the optimizer's `update` at the rate of the
schedule (`engine.schedules`). Update rules and constants are those of torch.optim.
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
ALPHA = 0.99
BETA1, BETA2 = 0.9, 0.999
EPSILON = 1e-8


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
    return parameters - step.rate * gradient / (np.sqrt(v) + EPSILON), (v,)


def _adam(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    """Kingma and Ba 2015."""
    m = moments[0] + (1.0 - BETA1) * (gradient - moments[0])
    v = BETA2 * moments[1] + (1.0 - BETA2) * gradient * gradient
    length = step.rate / (1.0 - BETA1**step.number)
    denominator = np.sqrt(v) / sqrt(1.0 - BETA2**step.number) + EPSILON
    return parameters - length * (m / denominator), (m, v)


def _adamw(
    parameters: Floats, gradient: Floats, moments: Moments, step: Step
) -> tuple[Floats, Moments]:
    """Loshchilov and Hutter 2019: parameters shrink apart from Adam's step, not by its moments."""
    return _adam(parameters * (1.0 - step.rate * step.options.decay), gradient, moments, step)


# fmt: off
_M = f"m = {MOMENTUM} * m + grad"
_ADAM = (
    f"m = {BETA1} * m + {1 - BETA1:.3g} * grad; v = {BETA2} * v + {1 - BETA2:.3g} * grad ** 2; "
    f"m̂ = m / (1 - {BETA1} ** t); v̂ = v / (1 - {BETA2} ** t); "
)
_ALONG = "rate * m̂ / (sqrt(v̂) + ε)"

TABLE: tuple[Optimizer, ...] = (
    Optimizer("sgd", "Gradient descent", "w = w - rate * grad", 0, _descend),
    Optimizer("momentum", "Momentum", f"{_M}; w = w - rate * m", 1, _momentum),
    Optimizer("nesterov", "Nesterov", f"{_M}; w = w - rate * (grad + {MOMENTUM} * m)", 1,
              _nesterov),
    Optimizer("rmsprop", "RMSProp", f"v = {ALPHA} * v + {1 - ALPHA:.3g} * grad ** 2; "
              "w = w - rate * grad / (sqrt(v) + ε)", 1, _rmsprop),
    Optimizer("adam", "Adam", f"{_ADAM}w = w - {_ALONG}", 2, _adam),
    Optimizer("adamw", "AdamW", f"{_ADAM}w = (1 - rate * decay) * w - {_ALONG}", 2, _adamw,
              ("decay",)),
)
# fmt: on

OPTIMIZERS: dict[str, Optimizer] = {optimizer.name: optimizer for optimizer in TABLE}


def regularised(gradient: Floats, parameters: Floats, l1: float, l2: float) -> Floats:
    """The gradient of the loss plus l1 · Σ|w| + l2 · Σw² / 2, all arrays (parameters,).

    Every parameter is regularised, biases too; `l2` is what torch.optim calls weight_decay.
    """
    if l1:
        gradient = gradient + l1 * np.sign(parameters)
    return gradient + l2 * parameters if l2 else gradient


def clipped(gradient: Floats, longest: float) -> Floats:
    """Return the gradient (parameters,), shortened to the Euclidean norm `longest` if it is longer;
    0 for no limit.

    Like torch.nn.utils.clip_grad_norm_, which makes it a millionth shorter.
    """
    if not longest:
        return gradient
    return gradient * min(1.0, longest / (float(np.linalg.norm(gradient)) + 1e-6))
