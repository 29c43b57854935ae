"""Affine neurons, one at a time, over rows anywhere in memory."""

from __future__ import annotations

from engine.compiler.instructions import Flow
from engine.compiler.kernels.compilation import inlined, kernel
from engine.compiler.kernels.vectors import (
    Pointer,
    Vector,
    W,
    get,
    get_int,
    load,
    multiply_add,
    put,
    splat,
    spread,
    store,
    total,
)

STORED, ADDED = int(Flow.STORED), int(Flow.ADDED)


@kernel
def affine_sums(
    D: Pointer, first_row: int, spacing: int, pool: Pointer, terms: Pointer, count: int,
    bias: float, out: int, n: int,
) -> None:  # fmt: skip
    """out = bias + Σ weight · row over the listed terms (row, slot, flow)."""
    q = 0
    while q + 4 * W <= n:
        s0 = splat(bias)
        s1, s2, s3 = s0, s0, s0
        for t in range(count):
            w = spread(pool, get_int(terms, 3 * t + 1))
            x = first_row + get_int(terms, 3 * t) * spacing + q
            s0 = multiply_add(w, load(D, x), s0)
            s1 = multiply_add(w, load(D, x + W), s1)
            s2 = multiply_add(w, load(D, x + 2 * W), s2)
            s3 = multiply_add(w, load(D, x + 3 * W), s3)
        store(D, out + q, s0)
        store(D, out + q + W, s1)
        store(D, out + q + 2 * W, s2)
        store(D, out + q + 3 * W, s3)
        q += 4 * W
    while q < n:
        s0 = splat(bias)
        for t in range(count):
            x = first_row + get_int(terms, 3 * t) * spacing + q
            s0 = multiply_add(spread(pool, get_int(terms, 3 * t + 1)), load(D, x), s0)
        store(D, out + q, s0)
        q += W


@inlined
def give(G: Pointer, offset: int, gradient: Vector, flow: int) -> None:
    """Hand a gradient to an operand: add it, store it as the first, or drop it."""
    if flow == ADDED:
        store(G, offset, load(G, offset) + gradient)
    elif flow == STORED:
        store(G, offset, gradient)


@kernel
def affine_flows(
    D: Pointer, G: Pointer, first_row: int, spacing: int, pool: Pointer, slopes: Pointer,
    trained: int, terms: Pointer, count: int, out: int, n: int,
) -> None:  # fmt: skip
    """The gradients of an affine unit's weights and rows, two terms at a time."""
    t = 0
    while t < count:
        two = t + 1 < count
        u = t + 1 if two else t
        first, second = get_int(terms, 3 * t + 1), get_int(terms, 3 * u + 1)
        x0 = first_row + get_int(terms, 3 * t) * spacing
        x1 = first_row + get_int(terms, 3 * u) * spacing
        flow0, flow1 = get_int(terms, 3 * t + 2), get_int(terms, 3 * u + 2)
        w0, w1 = spread(pool, first), spread(pool, second)
        s0, s1 = splat(0.0), splat(0.0)
        if two and flow0 == ADDED and flow1 == ADDED:
            for q in range(0, n, W):
                g = load(G, out + q)
                s0 = multiply_add(g, load(D, x0 + q), s0)
                s1 = multiply_add(g, load(D, x1 + q), s1)
                store(G, x0 + q, multiply_add(w0, g, load(G, x0 + q)))
                store(G, x1 + q, multiply_add(w1, g, load(G, x1 + q)))
        else:
            for q in range(0, n, W):
                g = load(G, out + q)
                s0 = multiply_add(g, load(D, x0 + q), s0)
                give(G, x0 + q, w0 * g, flow0)
                if two:
                    s1 = multiply_add(g, load(D, x1 + q), s1)
                    give(G, x1 + q, w1 * g, flow1)
        if first < trained:
            put(slopes, first, get(slopes, first) + total(s0))
        if two and second < trained:
            put(slopes, second, get(slopes, second) + total(s1))
        t += 2
