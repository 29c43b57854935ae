"""JAX: float64, many steps in one compiled scan, four of them unrolled, the state donated.

Samples lie in columns where layers are narrow and in rows where they are wide: measured, each is up
to a tenth faster than the other there. Compiling is not timed: every chunk runs the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from engine.random import Floats
from tests.bench.jobs import Job, Network

WIDE = 32
UNROLL = 4


def _chunk(job: Job) -> int:
    """Steps that last some ten milliseconds, and that end with the prepared batches."""
    if job.batch is not None:
        return len(job.batches()[0])
    return max(8, min(10_000, 40_000_000 // job.products) // 4 * 4)


def prepare(job: Job) -> tuple[Callable[[int], Floats], int]:
    """Trains the job."""
    import jax
    import jax.numpy as jnp

    chunk = _chunk(job)
    start = [jnp.asarray(array) for array in job.model.start()]
    X, Y = (jnp.asarray(array) for array in job.batches())
    if isinstance(job.model, Network):
        in_rows = max(job.model.sizes) >= WIDE
        if in_rows:
            start = [array.T for array in start]
        else:
            start = [array[:, None] if array.ndim == 1 else array for array in start]
            X, Y = X.transpose(0, 2, 1), Y.transpose(0, 2, 1)
        loss = _network(job.model, in_rows, job.reduction, jax, jnp)
    else:
        loss = _wavelets(job.reduction, jnp)
    slope = jax.value_and_grad(loss)
    spread = partial(jax.tree.map)

    def descent(state: Any, gradient: Any) -> Any:
        (w,) = state
        return (spread(lambda p, g: p - job.rate * (g + job.l2 * p), w, gradient),)

    def adam(state: Any, gradient: Any) -> Any:
        w, m, v, step = state
        step = step + 1.0
        m = spread(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
        v = spread(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
        length, root = job.rate / (1.0 - 0.9**step), 1.0 / jnp.sqrt(1.0 - 0.999**step)
        w = spread(lambda p, m, v: p - length * m / (jnp.sqrt(v) * root + 1e-8), w, m, v)
        return w, m, v, step

    update = adam if job.optimizer == "adam" else descent

    def step(state: Any, batch: Any) -> Any:
        x, y = (X[0], Y[0]) if batch is None else batch
        value, gradient = slope(state[0], x, y)
        return update(state, gradient), value

    batches = (X, Y) if job.batch is not None else None

    @partial(jax.jit, donate_argnums=0)
    def steps_of_a_chunk(state: Any) -> Any:
        return jax.lax.scan(step, state, batches, length=chunk, unroll=UNROLL)

    state: Any = (start,)
    if job.optimizer == "adam":
        state = (start, *([jnp.zeros_like(p) for p in start] for _ in range(2)), jnp.array(0.0))

    def advance(steps: int) -> Floats:
        nonlocal state
        losses = []
        for _ in range(steps // chunk):
            state, values = steps_of_a_chunk(state)
            losses.append(values)
        jax.block_until_ready(state)
        return np.concatenate(losses)

    return advance, chunk


def _network(model: Network, in_rows: bool, reduction: str, jax: Any, jnp: Any) -> Any:
    kinds = {"tanh": jnp.tanh, "relu": jax.nn.relu, "linear": lambda z: z}
    reduce = jnp.sum if reduction == "sum" else jnp.mean

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        layers = list(zip(parameters[::2], parameters[1::2], strict=True))
        for i, (W, b) in enumerate(layers):
            kind = model.output if i == len(layers) - 1 else model.hidden
            x = kinds[kind]((x @ W if in_rows else W @ x) + b)
        return reduce((x - y) ** 2 if model.loss == "squares" else jax.nn.relu(1.0 - y * x))

    return loss


def _wavelets(reduction: str, jnp: Any) -> Any:
    reduce = jnp.sum if reduction == "sum" else jnp.mean

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        a, b, d, (e, f) = parameters
        x, y = x[:, 0], y[:, 0]
        z = x - d[:, None]
        waves = a[:, None] * jnp.tanh(b[:, None] * z) * jnp.exp(-(z**2))
        return reduce((waves.sum(axis=0) + e * x + f - y) ** 2)

    return loss
