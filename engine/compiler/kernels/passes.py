"""The forward and the backward pass over the instructions of a program."""

from __future__ import annotations

from engine.compiler.instructions import Field, Kind
from engine.compiler.kernels.affine import affine_flows, affine_sums
from engine.compiler.kernels.compilation import calling, inlined
from engine.compiler.kernels.elementwise import (
    ADDED,
    activate,
    backward_elementwise,
    forward_elementwise,
    through_activation,
)
from engine.compiler.kernels.tiles import layer_products, layer_sums
from engine.compiler.kernels.vectors import (
    Pointer,
    W,
    at,
    at_int,
    get,
    get_int,
    load,
    put,
    splat,
    spread,
    store,
    total,
)

FIELDS = len(Field)
KIND, OP, OUT, A, B, A_FLOW, B_FLOW, COUNT, UNITS, WEIGHT, BIAS, NUMBER, TRAINED = map(int, Field)
SHARE, ELEMENTWISE, AFFINE, LAYER = map(int, Kind)


@inlined
def place_of(row: int, first_row: int, spacing: int) -> int:
    """The offset of a row; `first_row` is that of row 0."""
    return first_row + row * spacing if row >= 0 else (-1 - row) * W


@calling
def forward(
    code: Pointer, first: int, last: int, terms: Pointer, numbers: Pointer, pool: Pointer,
    D: Pointer, first_row: int, spacing: int, n: int,
) -> None:  # fmt: skip
    """Run the instructions from `first` to before `last` for n samples, whole vectors of them."""
    for i in range(first, last):
        line = at_int(code, i * FIELDS)
        kind, op = get_int(line, KIND), get_int(line, OP)
        out_row, slot = get_int(line, OUT), get_int(line, WEIGHT)
        out, count = place_of(out_row, first_row, spacing), get_int(line, COUNT)
        if kind == LAYER:
            units, bias = get_int(line, UNITS), get_int(line, BIAS)
            x = place_of(get_int(line, A), first_row, spacing)
            layer_sums(
                at(D, x), spacing, count, at(pool, slot), count, 1,
                at(pool, bias), 1, 0, at(D, out), units, n,
            )  # fmt: skip
            if op >= 0:
                activate(op, D, out, units, spacing, n)
        elif kind == ELEMENTWISE:
            a_row, b_row = get_int(line, A), get_int(line, B)
            a, b = place_of(a_row, first_row, spacing), place_of(b_row, first_row, spacing)
            width = n if out_row >= 0 else W
            number = get(numbers, get_int(line, NUMBER))
            forward_elementwise(op, D, a, int(a_row >= 0), b, int(b_row >= 0), out, width, number)
        elif kind == AFFINE:
            bias_value = get(pool, get_int(line, BIAS))
            affine_sums(D, first_row, spacing, pool, at_int(terms, slot), count, bias_value, out, n)
            if op >= 0:
                activate(op, D, out, 1, spacing, n)
        else:
            store(D, out, spread(pool, slot))


@calling
def backward(
    code: Pointer, last: int, terms: Pointer, numbers: Pointer, pool: Pointer, slopes: Pointer,
    trained: int, D: Pointer, G: Pointer, first_row: int, spacing: int, n: int,
) -> None:  # fmt: skip
    """Run the instructions before `last` backward: gradients flow from results to operands."""
    for i in range(last - 1, -1, -1):
        line = at_int(code, i * FIELDS)
        flags = get_int(line, TRAINED)
        a_flow, b_flow = get_int(line, A_FLOW), get_int(line, B_FLOW)
        if flags == 0 and a_flow == 0 and b_flow == 0:
            continue
        kind, op = get_int(line, KIND), get_int(line, OP)
        out_row, slot = get_int(line, OUT), get_int(line, WEIGHT)
        out, count = place_of(out_row, first_row, spacing), get_int(line, COUNT)
        if kind == LAYER:
            units, bias = get_int(line, UNITS), get_int(line, BIAS)
            x = place_of(get_int(line, A), first_row, spacing)
            for j in range(units):
                bias_slope = through_activation(op, D, G, out + j * spacing, n)
                if flags >= 2:
                    put(slopes, bias + j, get(slopes, bias + j) + bias_slope)
            if flags & 1:
                layer_products(at(G, out), units, at(D, x), count, spacing, n, at(slopes, slot))
            if a_flow:
                layer_sums(
                    at(G, out), spacing, units, at(pool, slot), 1, count,
                    at(numbers, 0), 0, int(a_flow == ADDED), at(G, x), count, n,
                )  # fmt: skip
        elif kind == ELEMENTWISE:
            a_row, b_row = get_int(line, A), get_int(line, B)
            a, b = place_of(a_row, first_row, spacing), place_of(b_row, first_row, spacing)
            width = n if out_row >= 0 else W
            number = get(numbers, get_int(line, NUMBER))
            if out_row < 0:  # every lane takes an equal, exact part: in none is 0 times infinity
                store(G, out, splat(total(load(G, out)) / W))
            backward_elementwise(
                op, D, G, a, int(a_row >= 0), a_flow, b, int(b_row >= 0), b_flow, out, width, number
            )
        elif kind == AFFINE:
            bias = get_int(line, BIAS)
            bias_slope = through_activation(op, D, G, out, n)
            if flags >= 2:
                put(slopes, bias, get(slopes, bias) + bias_slope)
            affine_flows(
                D, G, first_row, spacing, pool, slopes, trained, at_int(terms, slot), count, out, n
            )
        else:
            put(slopes, slot, get(slopes, slot) + total(load(G, out)))
