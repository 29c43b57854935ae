"""Tiles: blocks of sums that stay in registers, and whole layers made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from engine.compiler.kernels.compilation import calling, kernel
from engine.compiler.kernels.vectors import (
    DOUBLES,
    INT,
    INTEGER,
    POINTER,
    VOID,
    Pointer,
    W,
    address,
    at,
    call,
    instruction,
    load_value,
    shuffle_values,
    splat_value,
    store_value,
    sum_lanes,
)


def _tile(arguments: Sequence[Any], write: Callable[..., None]) -> Any:
    return instruction(VOID, arguments, lambda emitter, *values: write(emitter.builder, *values))


def _sum_lanes_of_four(builder: Any, vectors: Sequence[Any]) -> Any:
    """The sums over the lanes of four vectors, as one vector of four: a transposition by halves."""

    def halves(x: Any, y: Any, first: Sequence[int], step: int) -> Any:
        second = [lane + step for lane in first]
        return builder.fadd(
            shuffle_values(builder, x, y, first), shuffle_values(builder, x, y, second)
        )

    even = [lane for i in range(0, W, 2) for lane in (i, W + i)]
    low = [lane for i in range(0, W, 4) for lane in (i, i + 1, W + i, W + i + 1)]
    x, y = halves(vectors[0], vectors[1], even, 1), halves(vectors[2], vectors[3], even, 1)
    fours = halves(x, y, low, 2)
    return fours if W == 4 else halves(fours, fours, range(4), 4)


def _sums(units: int, vectors: int) -> Any:
    """A tile of weighted sums: out[i, q] = start[i] + Σ_k weight[i, k] · x[k, q].

    For `units` units and `vectors` whole vectors of samples. With `add` the sums start from what
    `out` holds instead. With strides swapped it is the gradient of a layer's inputs.
    """
    places = [(i, j) for i in range(units) for j in range(vectors)]

    def emit(
        b: Any, x: Any, spacing: Any, count: Any, weight: Any, unit_step: Any, k_step: Any,
        start: Any, start_step: Any, add: Any, out: Any,
    ) -> None:  # fmt: skip
        sums = {place: cgutils.alloca_once(b, DOUBLES) for place in places}

        def out_place(i: int, j: int) -> Any:
            return b.add(b.mul(spacing, INT(i)), INT(j * W))

        with b.if_else(b.icmp_signed("!=", add, INT(0))) as (adding, fresh):
            with adding:
                for place in places:
                    b.store(load_value(b, out, out_place(*place)), sums[place])
            with fresh:
                for i in range(units):
                    first = splat_value(b, b.load(address(b, start, b.mul(start_step, INT(i)))))
                    for j in range(vectors):
                        b.store(first, sums[i, j])
        with cgutils.for_range(b, count, intp=INT) as loop:
            row = b.mul(loop.index, spacing)
            xs = [load_value(b, x, b.add(row, INT(j * W))) for j in range(vectors)]
            column = b.mul(loop.index, k_step)
            for i in range(units):
                place = b.add(column, b.mul(unit_step, INT(i)))
                w = splat_value(b, b.load(address(b, weight, place)))
                for j in range(vectors):
                    b.store(call("llvm.fma", b, w, xs[j], b.load(sums[i, j])), sums[i, j])
        for place in places:
            store_value(b, out, out_place(*place), b.load(sums[place]))

    p, i = POINTER, INTEGER
    return _tile([p, i, i, p, i, i, p, i, i, p], emit)


def _products(units: int, inputs: int) -> Any:
    """A tile of products over the samples: out[i, k] += Σ_q g[i, q] · x[k, q]."""

    def emit(b: Any, g: Any, x: Any, spacing: Any, n: Any, out: Any, out_step: Any) -> None:
        sums = [[cgutils.alloca_once(b, DOUBLES) for _ in range(inputs)] for _ in range(units)]
        for line in sums:
            for partial in line:
                b.store(ir.Constant(DOUBLES, [0.0] * W), partial)
        with cgutils.for_range(b, b.sdiv(n, INT(W)), intp=INT) as loop:
            q = b.mul(loop.index, INT(W))
            xs = [load_value(b, x, b.add(q, b.mul(spacing, INT(k)))) for k in range(inputs)]
            for i, line in enumerate(sums):
                gradient = load_value(b, g, b.add(q, b.mul(spacing, INT(i))))
                for partial, vector in zip(line, xs, strict=True):
                    b.store(call("llvm.fma", b, gradient, vector, b.load(partial)), partial)
        for i, line in enumerate(sums):
            place = b.mul(out_step, INT(i))
            if inputs == 4:
                four = _sum_lanes_of_four(b, [b.load(partial) for partial in line])
                before = load_value(b, out, place, four.type)
                store_value(b, out, place, b.fadd(before, four))
                continue
            for k, partial in enumerate(line):
                spot = address(b, out, b.add(place, INT(k)))
                b.store(b.fadd(b.load(spot), sum_lanes(b, b.load(partial))), spot)

    p, i = POINTER, INTEGER
    return _tile([p, p, i, i, p, i], emit)


def _strip(vectors: int) -> Any:
    """All units of a layer for `vectors` vectors of samples, four units at a time."""
    four, one = _sums(4, vectors), _sums(1, vectors)

    @kernel
    def strip(
        x: Pointer, spacing: int, count: int, weight: Pointer, unit_step: int, k_step: int,
        start: Pointer, start_step: int, add: int, out: Pointer, units: int,
    ) -> None:  # fmt: skip
        i = 0
        while i + 4 <= units:
            four(
                x, spacing, count, at(weight, i * unit_step), unit_step, k_step,
                at(start, i * start_step), start_step, add, at(out, i * spacing),
            )  # fmt: skip
            i += 4
        while i < units:
            one(
                x, spacing, count, at(weight, i * unit_step), unit_step, k_step,
                at(start, i * start_step), start_step, add, at(out, i * spacing),
            )  # fmt: skip
            i += 1

    return strip


_strip1, _strip2, _strip3, _strip4 = (_strip(vectors) for vectors in (1, 2, 3, 4))
_WIDE = W == 8
"""Whether there are registers for the sums of 16 vectors: 512-bit processors have 32."""


@calling
def layer_sums(
    x: Pointer, spacing: int, count: int, weight: Pointer, unit_step: int, k_step: int,
    start: Pointer, start_step: int, add: int, out: Pointer, units: int, n: int,
) -> None:  # fmt: skip
    """out[i, q] = start[i] + Σ_k weight[i, k] · x[k, q] for a whole layer and n samples."""
    q = 0
    while q < n:
        left = (n - q) // W
        o, y = at(x, q), at(out, q)
        if left >= 5 or left == 3:
            _strip3(o, spacing, count, weight, unit_step, k_step, start, start_step, add, y, units)
            q += 3 * W
        elif left == 4 and _WIDE:
            _strip4(o, spacing, count, weight, unit_step, k_step, start, start_step, add, y, units)
            q += 4 * W
        elif left >= 2:
            _strip2(o, spacing, count, weight, unit_step, k_step, start, start_step, add, y, units)
            q += 2 * W
        else:
            _strip1(o, spacing, count, weight, unit_step, k_step, start, start_step, add, y, units)
            q += W


_UNITS = 4 if _WIDE else 2
"""Units of a tile of products."""
_products4, _products2, _products1 = (_products(_UNITS, inputs) for inputs in (4, 2, 1))
_one_product4, _one_product1 = _products(1, 4), _products(1, 1)


@kernel
def layer_products(
    g: Pointer, units: int, x: Pointer, count: int, spacing: int, n: int, out: Pointer
) -> None:
    """out[i, k] += Σ_q g[i, q] · x[k, q]: the gradient of a layer's weights."""
    i = 0
    while i + _UNITS <= units:
        line, sums = at(g, i * spacing), at(out, i * count)
        k = 0
        while k + 4 <= count:
            _products4(line, at(x, k * spacing), spacing, n, at(sums, k), count)
            k += 4
        if k + 2 <= count:
            _products2(line, at(x, k * spacing), spacing, n, at(sums, k), count)
            k += 2
        if k < count:
            _products1(line, at(x, k * spacing), spacing, n, at(sums, k), count)
        i += _UNITS
    while i < units:
        line, sums = at(g, i * spacing), at(out, i * count)
        k = 0
        while k + 4 <= count:
            _one_product4(line, at(x, k * spacing), spacing, n, at(sums, k), count)
            k += 4
        while k < count:
            _one_product1(line, at(x, k * spacing), spacing, n, at(sums, k), count)
            k += 1
        i += 1
