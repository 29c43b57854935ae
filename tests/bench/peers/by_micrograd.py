"""micrograd: one scalar after the other. Its package has no tanh and no exp, so they are added as
in the lecture; the gradients of the samples of a batch add up in the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, sqrt, tanh
from typing import Any

import numpy as np

from engine.random import Floats
from tests.bench.jobs import Job, Network
from tests.bench.peers import UnableError

MOST_PRODUCTS = 50_000
"""Of parameters and samples in a step; it takes some 40 microseconds for one."""


def prepare(job: Job) -> tuple[Callable[[int], Floats], int]:
    """Trains the job. Raises UnableError where a step would take more than about two seconds."""
    from micrograd.engine import Value

    if job.products > MOST_PRODUCTS:
        raise UnableError("a step takes several seconds")

    def unary(x: Any, result: float, slope: float) -> Any:
        out = Value(result, (x,))

        def backward() -> None:
            x.grad += slope * out.grad

        out._backward = backward
        return out

    def curve(x: Any) -> Any:
        t = tanh(x.data)
        return unary(x, t, 1.0 - t * t)

    def bell(x: Any) -> Any:
        e = exp(x.data)
        return unary(x, e, e)

    kinds = {"tanh": curve, "relu": lambda z: z.relu(), "linear": lambda z: z}
    values: list[Any] = [np.vectorize(Value, otypes=[object])(a) for a in job.model.start()]
    flat = [value for array in values for value in array.ravel()]

    def network(x: list[float], target: float) -> Any:
        model = job.model
        assert isinstance(model, Network)
        h: list[Any] = x
        for i in range(0, len(values), 2):
            kind = kinds[model.output if i == len(values) - 2 else model.hidden]
            h = [
                kind(sum((wi * hi for wi, hi in zip(w, h, strict=True)), b))
                for w, b in zip(values[i].tolist(), values[i + 1].tolist(), strict=True)
            ]
        return (h[0] - target) ** 2 if model.loss == "squares" else (1 - h[0] * target).relu()

    def wavelets(x: list[float], target: float) -> Any:
        a, b, d, (e, f) = (array.tolist() for array in values)
        out = e * x[0] + f
        for height, slope, place in zip(a, b, d, strict=True):
            z = x[0] - place
            out = out + height * curve(slope * z) * bell(-(z**2))
        return (out - target) ** 2

    X, Y = (array.tolist() for array in job.batches())
    sample = network if isinstance(job.model, Network) else wavelets
    weight = 1.0 if job.reduction == "sum" else 1.0 / job.batch_samples
    moments = [[0.0, 0.0] for _ in flat]
    done = 0

    def step() -> float:
        nonlocal done
        for p in flat:
            p.grad = 0.0
        loss = 0.0
        for x, y in zip(X[done % len(X)], Y[done % len(Y)], strict=True):
            out = sample(x, y[0])
            out.backward()
            loss += out.data
        done += 1
        for p, pair in zip(flat, moments, strict=True):
            g = p.grad * weight + job.l2 * p.data
            if job.optimizer == "adam":
                pair[0] = 0.9 * pair[0] + 0.1 * g
                pair[1] = 0.999 * pair[1] + 0.001 * g * g
                spread = sqrt(pair[1] / (1.0 - 0.999**done)) + 1e-8
                p.data -= job.rate * (pair[0] / (1.0 - 0.9**done)) / spread
            else:
                p.data -= job.rate * g
        return loss * weight

    return lambda steps: np.array([step() for _ in range(steps)]), 1
