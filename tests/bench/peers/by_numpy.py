"""NumPy by hand: gradients derived on paper, every array made beforehand, parameters in one vector.

A network's samples lie in columns and every layer's input has a last row of ones, so that a layer
and its bias are one product forward and one backward.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import sqrt

import numpy as np

from engine.random import Floats
from tests.bench.jobs import Job, Network

Gradient = Callable[[int], float]
"""The loss of the batch of that number; leaves the gradient in an array."""


def prepare(job: Job) -> tuple[Callable[[int], Floats], int]:
    """Trains the job."""
    make = _network if isinstance(job.model, Network) else _wavelets
    w, g, gradient = make(job)
    update = _adam(w, g, job) if job.optimizer == "adam" else _descent(w, g, job)
    done = 0

    def advance(steps: int) -> Floats:
        nonlocal done
        losses = np.empty(steps)
        for step in range(steps):
            losses[step] = gradient(done)
            done += 1
            update(done)
        return losses

    return advance, 1


def _descent(w: Floats, g: Floats, job: Job) -> Callable[[int], None]:
    rate, decay = job.rate, 1.0 - job.rate * job.l2

    def update(step: int) -> None:
        if decay != 1.0:
            np.multiply(w, decay, out=w)
        np.multiply(g, rate, out=g)
        np.subtract(w, g, out=w)

    return update


def _adam(w: Floats, g: Floats, job: Job) -> Callable[[int], None]:
    m, v, spare = np.zeros_like(w), np.zeros_like(w), np.empty_like(w)
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def update(step: int) -> None:
        np.multiply(g, 1.0 - beta1, out=spare)
        np.multiply(m, beta1, out=m)
        np.add(m, spare, out=m)
        np.multiply(g, g, out=g)
        np.multiply(g, 1.0 - beta2, out=g)
        np.multiply(v, beta2, out=v)
        np.add(v, g, out=v)
        np.sqrt(v, out=spare)
        np.multiply(spare, 1.0 / sqrt(1.0 - beta2**step), out=spare)
        np.add(spare, epsilon, out=spare)
        np.divide(m, spare, out=spare)
        np.multiply(spare, job.rate / (1.0 - beta1**step), out=spare)
        np.subtract(w, spare, out=w)

    return update


def _network(job: Job) -> tuple[Floats, Floats, Gradient]:
    model = job.model
    assert isinstance(model, Network)
    X, Y = job.batches()
    count, n = X.shape[0], X.shape[1]
    weight = 1.0 if job.reduction == "sum" else 1.0 / n
    start = model.start()
    joined = [np.c_[W, b] for W, b in zip(start[::2], start[1::2], strict=True)]
    w = np.concatenate([part.ravel() for part in joined])
    g = np.empty_like(w)
    ends = np.cumsum([0, *(part.size for part in joined)])
    shapes = [part.shape for part in joined]
    Ws, Gs = (
        [
            flat[a:b].reshape(shape)
            for (a, b), shape in zip(pairwise(ends.tolist()), shapes, strict=True)
        ]
        for flat in (w, g)
    )
    firsts = [np.concatenate([x.T, np.ones((1, n))]) for x in X]
    targets = [np.ascontiguousarray(y.T) for y in Y]
    rows = [np.ones((units + 1, n)) for units in model.sizes[1:]]
    H = [row[:-1] for row in rows]
    D = [np.empty((units, n)) for units in model.sizes[1:]]
    backs = [np.ascontiguousarray(part[:, :-1].T) for part in joined]
    kinds = [*[model.hidden] * (len(H) - 1), model.output]
    spare = [np.empty((units, n)) for units in model.sizes[1:]]
    masks = [np.empty((units, n), dtype=bool) for units in model.sizes[1:]]
    last = len(H) - 1

    def activate(layer: int) -> None:
        if kinds[layer] == "tanh":
            np.tanh(H[layer], out=H[layer])
        elif kinds[layer] == "relu":
            np.maximum(H[layer], 0.0, out=H[layer])

    def slope(layer: int) -> None:
        if kinds[layer] == "tanh":
            np.multiply(H[layer], H[layer], out=spare[layer])
            np.subtract(1.0, spare[layer], out=spare[layer])
            np.multiply(D[layer], spare[layer], out=D[layer])
        elif kinds[layer] == "relu":
            np.greater(H[layer], 0.0, out=masks[layer])
            np.multiply(D[layer], masks[layer], out=D[layer])

    def squares(target: Floats) -> float:
        np.subtract(H[last], target, out=D[last])
        flat = D[last].ravel()
        loss = float(flat @ flat)
        np.multiply(D[last], 2.0 * weight, out=D[last])
        return loss * weight

    def hinge(target: Floats) -> float:
        np.multiply(H[last], target, out=spare[last])
        np.subtract(1.0, spare[last], out=spare[last])
        np.maximum(spare[last], 0.0, out=spare[last])
        np.greater(spare[last], 0.0, out=masks[last])
        np.multiply(target, -weight, out=D[last])
        np.multiply(D[last], masks[last], out=D[last])
        return float(spare[last].sum()) * weight

    compare = squares if model.loss == "squares" else hinge

    def gradient(step: int) -> float:
        first = firsts[step % count]
        before = first
        for layer, W in enumerate(Ws):
            np.dot(W, before, out=H[layer])
            activate(layer)
            before = rows[layer]
        loss = compare(targets[step % count])
        for layer in range(last, -1, -1):
            slope(layer)
            np.dot(D[layer], (rows[layer - 1] if layer else first).T, out=Gs[layer])
            if layer:
                np.copyto(backs[layer], Ws[layer][:, :-1].T)
                np.dot(backs[layer], D[layer], out=D[layer - 1])
        return loss

    return w, g, gradient


def _wavelets(job: Job) -> tuple[Floats, Floats, Gradient]:
    X, Y = job.batches()
    count, n = X.shape[0], X.shape[1]
    weight = 1.0 if job.reduction == "sum" else 1.0 / n
    start = job.model.start()
    terms = len(start[0])
    w = np.concatenate(start)
    g = np.empty_like(w)
    (a, b, d), (e, f) = (w[: 3 * terms].reshape(3, terms, 1), w[3 * terms :, None])
    ga, gb, gd = g[: 3 * terms].reshape(3, terms)
    xs, targets = X[:, :, 0], Y[:, :, 0]
    z, h, bell, wave, flow, spare = (np.empty((terms, n)) for _ in range(6))
    out, line = np.empty(n), np.empty(n)

    def gradient(step: int) -> float:
        x = xs[step % count]
        np.subtract(x, d, out=z)
        np.multiply(b, z, out=h)
        np.tanh(h, out=h)
        np.multiply(z, z, out=bell)
        np.negative(bell, out=bell)
        np.exp(bell, out=bell)
        np.multiply(h, bell, out=wave)
        np.dot(a[:, 0], wave, out=out)
        np.multiply(x, e, out=line)
        np.add(out, line, out=out)
        np.add(out, f, out=out)
        np.subtract(out, targets[step % count], out=out)
        loss = float(out @ out) * weight
        np.multiply(out, 2.0 * weight, out=out)
        np.dot(wave, out, out=ga)
        g[3 * terms] = out @ x
        g[3 * terms + 1] = out.sum()
        # wave' by b z is (1 − h²) bell, by z directly −2 z wave
        np.multiply(h, h, out=flow)
        np.subtract(1.0, flow, out=flow)
        np.multiply(flow, bell, out=flow)
        np.multiply(flow, z, out=spare)
        np.dot(spare, out, out=gb)
        np.multiply(gb, a[:, 0], out=gb)
        np.multiply(flow, b, out=flow)
        np.multiply(z, wave, out=spare)
        np.multiply(spare, 2.0, out=spare)
        np.subtract(spare, flow, out=spare)
        np.dot(spare, out, out=gd)
        np.multiply(gd, a[:, 0], out=gd)
        return loss

    return w, g, gradient
