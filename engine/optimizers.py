"""Optimizers: how parameters move, given the gradient of the loss by them, as PyTorch defines it.

A step is: the gradient, `penalised`, `clipped`, then the optimizer's `update` at the rate of the
schedule (`engine.schedules`). Update rules and constants are those of torch.optim, so that a run
here is a run there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from engine.random import Floats

Moments = tuple[Floats, ...]

MOMENTUM = 0.9
ALPHA = 0.99
BETA1, BETA2 = 0.9, 0.999
EPSILON = 1e-8
DECAY = 0.01
"""AdamW's weight decay, the share of a parameter that a rate of 1 would take away in a step."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """`update(parameters, gradient, moments, step, rate, decay)` returns new parameters and
    moments.

    All arrays are (parameters,); `step` counts from 1; `moments` says how many arrays an optimizer
    carries from step to step, all 0 at first. `decay` matters to AdamW alone.
    """

    name: str
    title: str
    formula: str
    moments: int
    update: Callable[[Floats, Floats, Moments, int, float, float], tuple[Floats, Moments]]
    reads: tuple[str, ...] = ()
    """The settings, beside the rate, that matter to it."""


def _descend(
    parameters: Floats, gradient: Floats, moments: Moments, step: int, rate: float, decay: float
) -> tuple[Floats, Moments]:
    return parameters - rate * gradient, moments


def _momentum(
    parameters: Floats, gradient: Floats, moments: Moments, step: int, rate: float, decay: float
) -> tuple[Floats, Moments]:
    """Polyak 1964, without dampening."""
    m = MOMENTUM * moments[0] + gradient
    return parameters - rate * m, (m,)


def _nesterov(
    parameters: Floats, gradient: Floats, moments: Moments, step: int, rate: float, decay: float
) -> tuple[Floats, Moments]:
    """Nesterov 1983 in the form of Sutskever et al. 2013: one more push of the momentum ahead."""
    m = MOMENTUM * moments[0] + gradient
    return parameters - rate * (gradient + MOMENTUM * m), (m,)


def _rmsprop(
    parameters: Floats, gradient: Floats, moments: Moments, step: int, rate: float, decay: float
) -> tuple[Floats, Moments]:
    """Hinton's lecture 6e, 2012."""
    v = ALPHA * moments[0] + (1.0 - ALPHA) * gradient * gradient
    return parameters - rate * gradient / (np.sqrt(v) + EPSILON), (v,)


def _adam(
    parameters: Floats, gradient: Floats, moments: Moments, step: int, rate: float, decay: float
) -> tuple[Floats, Moments]:
    """Kingma and Ba 2015."""
    m = moments[0] + (1.0 - BETA1) * (gradient - moments[0])
    v = BETA2 * moments[1] + (1.0 - BETA2) * gradient * gradient
    length = rate / (1.0 - BETA1**step)
    spread = np.sqrt(v) / sqrt(1.0 - BETA2**step) + EPSILON
    return parameters - length * (m / spread), (m, v)


def _adamw(
    parameters: Floats, gradient: Floats, moments: Moments, step: int, rate: float, decay: float
) -> tuple[Floats, Moments]:
    """Loshchilov and Hutter 2019: parameters shrink beside Adam's step, not through its moments."""
    return _adam(parameters * (1.0 - rate * decay), gradient, moments, step, rate, decay)


_ADAM = "w ← w − rate · m̂ / (√v̂ + ε), m ← 0.9 m + 0.1 grad, v ← 0.999 v + 0.001 grad²"

TABLE: tuple[Optimizer, ...] = (
    Optimizer("sgd", "Gradient descent", "w ← w − rate · grad", 0, _descend),
    Optimizer("momentum", "Momentum", "w ← w − rate · m, m ← 0.9 m + grad", 1, _momentum),
    Optimizer(
        "nesterov", "Nesterov", "w ← w − rate · (grad + 0.9 m), m ← 0.9 m + grad", 1, _nesterov
    ),
    Optimizer(
        "rmsprop", "RMSProp", "w ← w − rate · grad / (√v + ε), v ← 0.99 v + 0.01 grad²", 1, _rmsprop
    ),
    Optimizer("adam", "Adam", _ADAM, 2, _adam),
    Optimizer("adamw", "AdamW", f"w ← (1 − rate · decay) w, then {_ADAM}", 2, _adamw, ("decay",)),
)

OPTIMIZERS: dict[str, Optimizer] = {optimizer.name: optimizer for optimizer in TABLE}


def penalised(gradient: Floats, parameters: Floats, l1: float, l2: float) -> Floats:
    """The gradient of the loss plus l1 · Σ|w| + l2 · Σw² / 2, all arrays (parameters,).

    Every parameter is penalised, biases too; `l2` is what torch.optim calls weight_decay.
    """
    if l1:
        gradient = gradient + l1 * np.sign(parameters)
    return gradient + l2 * parameters if l2 else gradient


def clipped(gradient: Floats, longest: float) -> Floats:
    """The gradient (parameters,), shortened where its Euclidean norm is above `longest`; 0 is no
    limit.

    As torch.nn.utils.clip_grad_norm_, which leaves it a millionth shorter than asked.
    """
    if not longest:
        return gradient
    return gradient * min(1.0, longest / (float(np.linalg.norm(gradient)) + 1e-6))
