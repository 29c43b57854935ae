"""The operations of `engine/ops.py` over rows of samples: the same table, written for vectors.

To add an operation, add its line to `RULES`. One loop for each operation is generated from it,
forward and backward. An operation without a line here runs in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.compiler.graph import CODES
from engine.compiler.instructions import Flow
from engine.compiler.kernels.compilation import calling, kernel
from engine.compiler.kernels.functions import (
    cos,
    exp,
    larger,
    log,
    power,
    share,
    sigmoid,
    sign,
    sin,
    smaller,
    softplus,
    tanh,
)
from engine.compiler.kernels.vectors import (
    FLOAT,
    INT,
    INTEGER,
    POINTER,
    VECTOR,
    VOID,
    Emitter,
    Pointer,
    Register,
    W,
    emitted,
    instruction,
    load,
    magnitude,
    multiply_add,
    root,
    splat,
    store,
    total,
    where,
)

Gradients = tuple[Register, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """An operation over vectors: `a` and `b` are the operands, `n` its number, `y` the result.

    `forward` returns y; `backward` returns the gradient that each operand receives, from g, the
    gradient of y.
    """

    name: str
    forward: Callable[..., Register]
    backward: Callable[..., Gradients]
    operands: int = 1
    has_number: bool = False


def _div_backward(a: Register, b: Register, y: Register, g: Register) -> Gradients:
    return 1.0 / b * g, -y / b * g


def _pow_backward(a: Register, n: Register, y: Register, g: Register) -> Gradients:
    emitter = a.emitter
    has_slope = emitter.builder.fcmp_unordered("!=", n.value, n.like(0.0).value)
    slope = emitter.choose(has_slope, lambda: power(a, n - 1.0) * n, lambda: a * 0.0)
    return (slope * g,)


def _gelu_logit(a: Register) -> Register:
    return (a + a * a * a * 0.044715) * 1.5957691216057308


def _gelu_backward(a: Register, y: Register, g: Register) -> Gradients:
    s = sigmoid(_gelu_logit(a))
    slope = (smaller(a * a, 1600.0) * 0.134145 + 1.0) * 1.5957691216057308
    return ((s + y * (1.0 - s) * slope) * g,)


# fmt: off
RULES = (
    Rule("add", lambda a, b: a + b, lambda a, b, y, g: (g, g), 2),
    Rule("sub", lambda a, b: a - b, lambda a, b, y, g: (g, -g), 2),
    Rule("mul", lambda a, b: a * b, lambda a, b, y, g: (b * g, a * g), 2),
    Rule("div", lambda a, b: a / b, _div_backward, 2),
    Rule("neg", lambda a: -a, lambda a, y, g: (-g,)),
    Rule("pow", power, _pow_backward, has_number=True),
    Rule("exp", exp, lambda a, y, g: (y * g,)),
    Rule("log", log, lambda a, y, g: (1.0 / a * g,)),
    Rule("sqrt", root, lambda a, y, g: (0.5 / y * g,)),
    Rule("tanh", tanh, lambda a, y, g: ((1.0 - y * y) * g,)),
    Rule("sigmoid", sigmoid, lambda a, y, g: (y * (1.0 - y) * g,)),
    Rule("relu", lambda a: larger(a, 0.0), lambda a, y, g: (where(a, ">", 0.0, g, 0.0),)),
    Rule("leaky_relu", lambda a: where(a, ">", 0.0, a, a * 0.01),
         lambda a, y, g: (where(a, ">", 0.0, g, g * 0.01),)),
    Rule("softplus", softplus, lambda a, y, g: (sigmoid(a) * g,)),
    Rule("sin", sin, lambda a, y, g: (cos(a) * g,)),
    Rule("cos", cos, lambda a, y, g: (-sin(a) * g,)),
    Rule("abs", magnitude, lambda a, y, g: (sign(a) * g,)),
    Rule("max", larger, lambda a, b, y, g: (share(a, ">", b, g), share(b, ">", a, g)), 2),
    Rule("min", smaller, lambda a, b, y, g: (share(a, "<", b, g), share(b, "<", a, g)), 2),
    Rule("gelu", lambda a: a * sigmoid(_gelu_logit(a)), _gelu_backward),
)
# fmt: on
NATIVE_OPERATIONS = frozenset(CODES[rule.name] for rule in RULES)
"""The operations that can run here; a graph with another one runs in NumPy."""

TANH, SIGMOID = CODES["tanh"], CODES["sigmoid"]
RELU, LEAKY_RELU = CODES["relu"], CODES["leaky_relu"]
STORED, ADDED = int(Flow.STORED), int(Flow.ADDED)


def _for_operation(emitter: Emitter, code: Any, write: Callable[[Rule], None]) -> None:
    """Write a branch for each operation; the one with the code at hand runs."""
    b = emitter.builder
    end = b.append_basic_block("end")
    switch = b.switch(code, end)
    for rule in RULES:
        block = b.append_basic_block(rule.name)
        switch.add_case(INT(CODES[rule.name]), block)
        b.position_at_end(block)
        write(rule)
        b.branch(end)
    b.position_at_end(end)


def _offset(emitter: Emitter, start: Any, step: Any, sample: Any) -> Any:
    b = emitter.builder
    return b.add(start, b.mul(sample, step))


def _write_forward(
    emitter: Emitter,
    code: Any,
    D: Any,
    a: Any,
    a_step: Any,
    b: Any,
    b_step: Any,
    out: Any,
    n: Any,
    number: Any,
) -> None:
    def write(rule: Rule) -> None:
        with emitter.samples(n) as q:
            operands = [emitter.load(D, _offset(emitter, a, a_step, q))]
            if rule.operands == 2:
                operands.append(emitter.load(D, _offset(emitter, b, b_step, q)))
            if rule.has_number:
                operands.append(emitter.register(number))
            emitter.store(D, emitter.builder.add(out, q), rule.forward(*operands))

    _for_operation(emitter, code, write)


_forward = instruction(VOID, [INTEGER, POINTER, *[INTEGER] * 6, FLOAT], _write_forward)


@kernel
def forward_elementwise(
    op: int, D: Pointer, a: int, a_step: int, b: int, b_step: int, out: int, n: int, number: float
) -> None:
    """Compute out = op(a, b) for n samples; a step of 0 reads the same vector for all of them."""
    _forward(op, D, a, a_step, b, b_step, out, n, number)


def _write_flow(emitter: Emitter, G: Any, offset: Any, gradient: Register, flow: Any) -> None:
    """Hand a gradient to an operand: add it, store it as the first, or drop it."""
    b = emitter.builder
    with b.if_else(b.icmp_signed("==", flow, INT(ADDED))) as (is_added, otherwise):
        with is_added:
            emitter.store(G, offset, emitter.load(G, offset) + gradient)
        with otherwise, b.if_then(b.icmp_signed("==", flow, INT(STORED))):
            emitter.store(G, offset, gradient)


def _write_opening(emitter: Emitter, G: Any, offset: Any, step: Any, flow: Any) -> Any:
    """Return the flow to an operand; one that all samples share is zeroed first, then added to."""
    b = emitter.builder
    is_shared = b.icmp_signed("==", step, INT(0))
    is_first = b.and_(is_shared, b.icmp_signed("==", flow, INT(STORED)))
    with b.if_then(is_first):
        emitter.store(G, offset, emitter.vector(0.0))
    return b.select(is_first, INT(ADDED), flow)


def _write_backward(
    emitter: Emitter,
    code: Any,
    D: Any,
    G: Any,
    a: Any,
    a_step: Any,
    a_flow: Any,
    b: Any,
    b_step: Any,
    b_flow: Any,
    out: Any,
    n: Any,
    number: Any,
) -> None:
    a_flow = _write_opening(emitter, G, a, a_step, a_flow)
    b_flow = _write_opening(emitter, G, b, b_step, b_flow)

    def write(rule: Rule) -> None:
        flows = [(a, a_step, a_flow), (b, b_step, b_flow)][: rule.operands]
        numbers = [emitter.register(number)] if rule.has_number else []
        with emitter.samples(n) as q:
            result = emitter.builder.add(out, q)
            offsets = [_offset(emitter, start, step, q) for start, step, _ in flows]
            operands = [emitter.load(D, offset) for offset in offsets]
            y, g = emitter.load(D, result), emitter.load(G, result)
            gradients = rule.backward(*operands, *numbers, y, g)
            for offset, gradient, (_, _, flow) in zip(offsets, gradients, flows, strict=True):
                _write_flow(emitter, G, offset, gradient, flow)

    _for_operation(emitter, code, write)


_backward = instruction(VOID, [INTEGER, POINTER, POINTER, *[INTEGER] * 8, FLOAT], _write_backward)


@kernel
def backward_elementwise(
    op: int, D: Pointer, G: Pointer, a: int, a_step: int, a_flow: int, b: int, b_step: int,
    b_flow: int, out: int, n: int, number: float,
) -> None:  # fmt: skip
    """Give the gradient of `out` to its operands: times the derivative by each."""
    _backward(op, D, G, a, a_step, a_flow, b, b_step, b_flow, out, n, number)


vector_tanh = emitted(tanh)
where_above = instruction(
    VECTOR,
    [VECTOR, VECTOR, VECTOR],
    lambda emitter, x, above, below: (
        where(emitter.register(x), ">", 0.0, emitter.register(above), emitter.register(below)).value
    ),
)
"""One vector where x is above 0, another elsewhere."""


@kernel
def tanh_in_place(D: Pointer, row: int, n: int) -> None:
    """Apply tanh to n samples of a row."""
    for q in range(0, n, W):
        store(D, row + q, vector_tanh(load(D, row + q)))


@calling
def activate(op: int, D: Pointer, out: int, neurons: int, spacing: int, n: int) -> None:
    """Apply an activation to rows in place."""
    for i in range(neurons):
        row = out + i * spacing
        if op == TANH:
            tanh_in_place(D, row, n)
        else:
            forward_elementwise(op, D, row, 1, row, 1, row, n, 0.0)


@kernel
def through_activation(op: int, D: Pointer, G: Pointer, out: int, n: int) -> float:
    """Turn the gradient of an activation's result into that of its operand, in place.

    For the activations whose derivative follows from their result. Returns the sum over the
    samples, which is the gradient of a bias.
    """
    bias = splat(0.0)
    if op == TANH:
        for q in range(0, n, W):
            y, g = load(D, out + q), load(G, out + q)
            g = multiply_add(-y, y, splat(1.0)) * g
            store(G, out + q, g)
            bias = bias + g
    elif op == SIGMOID:
        for q in range(0, n, W):
            y = load(D, out + q)
            g = y * (1.0 - y) * load(G, out + q)
            store(G, out + q, g)
            bias = bias + g
    elif op == RELU:
        for q in range(0, n, W):
            g = where_above(load(D, out + q), load(G, out + q), splat(0.0))
            store(G, out + q, g)
            bias = bias + g
    elif op == LEAKY_RELU:
        for q in range(0, n, W):
            g = load(G, out + q)
            g = where_above(load(D, out + q), g, g * 0.01)
            store(G, out + q, g)
            bias = bias + g
    else:
        for q in range(0, n, W):
            bias = bias + load(G, out + q)
    return float(total(bias))
