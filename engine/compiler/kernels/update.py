"""The optimizers, schedules, regularisation and clipping of a step.

They compute what `engine/optimizers.py` and `engine/schedules.py` say.
"""

from __future__ import annotations

import math

from engine.compiler.instructions import SLOTS
from engine.compiler.kernels.compilation import kernel
from engine.compiler.kernels.functions import sign
from engine.compiler.kernels.vectors import (
    Pointer,
    W,
    emitted,
    get,
    load,
    multiply_add,
    splat,
    square_root,
    store,
    total,
)
from engine.optimizers import ALPHA, MOMENTUM, OPTIMIZERS
from engine.schedules import SCHEDULES

vector_sign = emitted(sign)

RATE, PERIOD, FACTOR, WARMUP = (SLOTS[name] for name in ("rate", "period", "factor", "warmup"))
DECAY, BETA1, BETA2, EPSILON = (SLOTS[name] for name in ("decay", "beta1", "beta2", "epsilon"))

_OPTIMIZER = {name: code for code, name in enumerate(OPTIMIZERS)}
SGD, _MOMENTUM, _NESTEROV = (_OPTIMIZER[name] for name in ("sgd", "momentum", "nesterov"))
_RMSPROP, _ADAM, _ADAMW = (_OPTIMIZER[name] for name in ("rmsprop", "adam", "adamw"))
_SCHEDULE = {name: code for code, name in enumerate(SCHEDULES)}
_CONSTANT, _INVERSE = _SCHEDULE["constant"], _SCHEDULE["1/t"]
_LINEAR, _COSINE, _STEP = (_SCHEDULE[name] for name in ("linear", "cosine", "step"))
NATIVE_OPTIMIZERS = frozenset({SGD, _MOMENTUM, _NESTEROV, _RMSPROP, _ADAM, _ADAMW})
NATIVE_SCHEDULES = frozenset({_CONSTANT, _LINEAR, _COSINE, _STEP, _INVERSE})


@kernel
def scheduled_rate(schedule: int, done: int, options: Pointer) -> float:
    """Return the rate after `done` steps, with its warm-up."""
    rate, warmup = decayed_rate(schedule, done, options), get(options, WARMUP)
    if warmup > 0.0:
        return float(rate * min(1.0, (done + 1) / warmup))
    return float(rate)


@kernel
def decayed_rate(schedule: int, done: int, options: Pointer) -> float:
    """Return the rate after `done` steps of the schedule alone."""
    rate: float = get(options, RATE)
    period: float = get(options, PERIOD)
    factor: float = get(options, FACTOR)
    part = min(1.0, done / period)
    if schedule == _LINEAR:
        return rate * (1.0 + (factor - 1.0) * part)
    if schedule == _COSINE:
        return rate * (factor + (1.0 - factor) * 0.5 * (1.0 + math.cos(math.pi * part)))
    if schedule == _STEP:
        return rate * factor ** math.floor(done / period)
    if schedule == _INVERSE:
        return rate / (1.0 + done / period)
    return rate


@kernel
def add_penalty(pool: Pointer, slopes: Pointer, size: int, l1: float, l2: float) -> None:
    """Add the gradients of l1 Σ|w| and l2 / 2 Σ w²."""
    for i in range(0, size, W):
        w = load(pool, i)
        store(slopes, i, load(slopes, i) + (l1 * vector_sign(w) + l2 * w))


@kernel
def clip(slopes: Pointer, size: int, longest: float) -> None:
    """Shorten the gradient to the norm `longest`, as torch.nn.utils.clip_grad_norm_ does."""
    squares = splat(0.0)
    for i in range(0, size, W):
        g = load(slopes, i)
        squares = multiply_add(g, g, squares)
    scale = longest / (math.sqrt(total(squares)) + 1e-6)
    if scale < 1.0:
        for i in range(0, size, W):
            store(slopes, i, load(slopes, i) * scale)


@kernel
def finite(numbers: Pointer, size: int) -> bool:
    """Whether no number of whole vectors is infinite or NaN: 0 times one of those is NaN."""
    check = splat(0.0)
    for i in range(0, size, W):
        check = multiply_add(load(numbers, i), splat(0.0), check)
    return bool(total(check) == 0.0)


@kernel
def update(
    optimizer: int, old: Pointer, new: Pointer, size: int, pool: int, slopes: Pointer, step: int,
    rate: float, options: Pointer,
) -> None:  # fmt: skip
    """Compute parameters and moments `new` from `old`; the moments lie `pool` and 2 `pool` further.

    `options` are the hyperparameters, as `SLOTS` says.
    """
    decay, epsilon = get(options, DECAY), get(options, EPSILON)
    beta1, beta2 = get(options, BETA1), get(options, BETA2)
    if optimizer == SGD:
        for i in range(0, size, W):
            store(new, i, load(old, i) - rate * load(slopes, i))
    elif optimizer in (_MOMENTUM, _NESTEROV):
        for i in range(0, size, W):
            g = load(slopes, i)
            m = MOMENTUM * load(old, pool + i) + g
            store(new, pool + i, m)
            way = g + MOMENTUM * m if optimizer == _NESTEROV else m
            store(new, i, load(old, i) - rate * way)
    elif optimizer == _RMSPROP:
        for i in range(0, size, W):
            g = load(slopes, i)
            v = ALPHA * load(old, pool + i) + (1.0 - ALPHA) * (g * g)
            store(new, pool + i, v)
            store(new, i, load(old, i) - rate * (g / (square_root(v) + epsilon)))
    elif optimizer in (_ADAM, _ADAMW):
        length = rate / (1.0 - beta1**step)
        correction = math.sqrt(1.0 - beta2**step)
        shrink = 1.0 - rate * decay if optimizer == _ADAMW else 1.0
        for i in range(0, size, W):
            g, m = load(slopes, i), load(old, pool + i)
            m = m + (1.0 - beta1) * (g - m)
            v = beta2 * load(old, 2 * pool + i) + (1.0 - beta2) * (g * g)
            store(new, pool + i, m)
            store(new, 2 * pool + i, v)
            store(
                new,
                i,
                load(old, i) * shrink - length * (m / (square_root(v) / correction + epsilon)),
            )
