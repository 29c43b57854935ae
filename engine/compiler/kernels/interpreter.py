"""The native loops that run a lowered program: forward, backward and update, one interpreter.

One compiled function, `run`, executes any program that `lowering.py` made, so that nothing
compiles when the network, the data, the loss or the optimizer changes. Read from the top: vectors
as a type of numba; functions of the operation table; tiles, which keep whole blocks of sums in
registers; instructions; random numbers; optimizers; the interpreter.

Memory is handed around as pointers; a place in it is an offset in doubles. Samples lie innermost,
padded to whole vectors: the lanes beyond the last sample repeat it and receive no gradient. What is
the same for all samples occupies one vector, all lanes equal; its gradient is the sum of its lanes.

All kernel code stands in this file, because the compiler's cache on disk follows this file alone;
`engine.compiler.native_backend` gives it another folder when the tables change that are read here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import intrinsic, lower_builtin, models, register_model

from engine.compiler.graph import CODES
from engine.compiler.instructions import Field, Flow, Kind, Mode, Setting, Task
from engine.compiler.native_backend import width
from engine.optimizers import ALPHA, BETA1, BETA2, EPSILON, MOMENTUM, OPTIMIZERS
from engine.random import RandomStream
from engine.schedules import SCHEDULES

W = width()
"""Doubles in a vector: 8 where the processor has 512-bit registers, else 4."""

_OPTIONS = {"error_model": "numpy", "nogil": True, "boundscheck": False}
Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compiled when it is first called: IEEE arithmetic, without the interpreter's lock."""
    compiled: Function = numba.njit(**_OPTIONS)(function)
    return compiled


def inlined(function: Function) -> Function:
    """Compiled as a part of each function that calls it."""
    compiled: Function = numba.njit(forceinline=True, **_OPTIONS)(function)
    return compiled


# --- Vectors -------------------------------------------------------------------------------------

_DOUBLE, _INT, _LANE = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
_DOUBLES, _INTS = ir.VectorType(_DOUBLE, W), ir.VectorType(_INT, W)


class VectorType(types.Type):  # type: ignore[misc]
    """W doubles in one register."""

    def __init__(self) -> None:
        super().__init__(name=f"vector{W}")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _DOUBLES)


_f8, _i8 = types.float64, types.int64
_vector, _pointer, _int_pointer = VectorType(), types.CPointer(_f8), types.CPointer(_i8)
Vector = Any
Pointer = Any


def _constant(value: float) -> ir.Constant:
    return ir.Constant(_DOUBLES, [value] * W)


def _whole(value: int) -> ir.Constant:
    return ir.Constant(_INTS, [value] * W)


def _shuffle(builder: Any, x: Any, y: Any, lanes: Sequence[int]) -> Any:
    mask = ir.Constant(ir.VectorType(_LANE, len(lanes)), list(lanes))
    return builder.shuffle_vector(x, y, mask)


def _splat(builder: Any, x: Any) -> Any:
    first = builder.insert_element(ir.Constant(_DOUBLES, ir.Undefined), x, _LANE(0))
    return _shuffle(builder, first, ir.Constant(_DOUBLES, ir.Undefined), [0] * W)


def _at(builder: Any, pointer: Any, offset: Any) -> Any:
    return builder.gep(pointer, [offset], inbounds=True)


def _load(builder: Any, pointer: Any, offset: Any, type_: Any = _DOUBLES) -> Any:
    loaded = builder.load(builder.bitcast(_at(builder, pointer, offset), type_.as_pointer()))
    loaded.align = 8
    return loaded


def _store(builder: Any, pointer: Any, offset: Any, vector: Any) -> None:
    place = builder.bitcast(_at(builder, pointer, offset), vector.type.as_pointer())
    builder.store(vector, place).align = 8


def _call(name: str, builder: Any, *vectors: Any) -> Any:
    """The intrinsic function of LLVM with this name, on vectors."""
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_DOUBLES, [_DOUBLES] * len(vectors)), f"{name}.v{W}f64"
    )
    return builder.call(function, vectors)


def _fused(builder: Any, x: Any, y: Any, z: Any) -> Any:
    return _call("llvm.fma", builder, x, y, z)


def _sum_lanes(builder: Any, vector: Any) -> Any:
    lanes = W
    while lanes > 1:
        lanes //= 2
        low = _shuffle(builder, vector, vector, range(lanes))
        high = _shuffle(builder, vector, vector, range(lanes, 2 * lanes))
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, _LANE(0))


def _sum_lanes_of_four(builder: Any, vectors: Sequence[Any]) -> Any:
    """The sums over the lanes of four vectors, as one vector of four: a transposition by halves."""

    def halves(x: Any, y: Any, first: Sequence[int], step: int) -> Any:
        second = [lane + step for lane in first]
        return builder.fadd(_shuffle(builder, x, y, first), _shuffle(builder, x, y, second))

    even = [lane for i in range(0, W, 2) for lane in (i, W + i)]
    low = [lane for i in range(0, W, 4) for lane in (i, i + 1, W + i, W + i + 1)]
    x, y = halves(vectors[0], vectors[1], even, 1), halves(vectors[2], vectors[3], even, 1)
    fours = halves(x, y, low, 2)
    return fours if W == 4 else halves(fours, fours, range(4), 4)


def _emitted(result: Any, arguments: Sequence[Any], emit: Callable[..., Any]) -> Any:
    """A function for kernels whose code is what `emit(builder, *arguments)` writes."""

    def typed(typing: Any, *given: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            written = emit(builder, *values)
            return context.get_dummy_value() if result is types.void else written

        return result(*arguments), generate

    names = ["typing", *(f"x{i}" for i in range(len(arguments)))]
    typed.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    return intrinsic(typed)


at = _emitted(_pointer, [_pointer, _i8], _at)
at_int = _emitted(_int_pointer, [_int_pointer, _i8], _at)
get = _emitted(_f8, [_pointer, _i8], lambda b, p, i: b.load(_at(b, p, i)))
put = _emitted(types.void, [_pointer, _i8, _f8], lambda b, p, i, x: b.store(x, _at(b, p, i)))
get_int = _emitted(_i8, [_int_pointer, _i8], lambda b, p, i: b.load(_at(b, p, i)))
put_int = _emitted(
    types.void, [_int_pointer, _i8, _i8], lambda b, p, i, x: b.store(x, _at(b, p, i))
)
load = _emitted(_vector, [_pointer, _i8], _load)
store = _emitted(types.void, [_pointer, _i8, _vector], _store)
splat = _emitted(_vector, [_f8], _splat)
spread = _emitted(_vector, [_pointer, _i8], lambda b, p, i: _splat(b, b.load(_at(b, p, i))))
fused = _emitted(_vector, [_vector] * 3, _fused)
"""x · y + z, rounded once."""
magnitude = _emitted(_vector, [_vector], lambda b, x: _call("llvm.fabs", b, x))
root = _emitted(_vector, [_vector], lambda b, x: _call("llvm.sqrt", b, x))
total = _emitted(_f8, [_vector], _sum_lanes)
lane = _emitted(_f8, [_vector, _i8], lambda b, x, i: b.extract_element(x, i))
with_lane = _emitted(_vector, [_vector, _i8, _f8], lambda b, x, i, v: b.insert_element(x, v, i))


def _memory(typing: Any, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, values[0]).data

    return types.CPointer(array.dtype)(array), generate


memory: Any = intrinsic(_memory)
"""The pointer to an array's numbers; the array must outlive its use."""


def _operators() -> None:
    """+ − · / and the unary minus between vectors and floats."""

    def lifted(builder: Any, type_: Any, value: Any) -> Any:
        return value if isinstance(type_, VectorType) else _splat(builder, value)

    def binary(instruction: str) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            x, y = (lifted(builder, t, v) for t, v in zip(signature.args, values, strict=True))
            return getattr(builder, instruction)(x, y)

        return generate

    class Typed(AbstractTemplate):  # type: ignore[misc]
        def generic(self, given: Any, keywords: Any) -> Any:
            if any(isinstance(each, VectorType) for each in given):
                return _vector(*(each if isinstance(each, VectorType) else _f8 for each in given))
            return None

    for function, instruction in (
        (operator.add, "fadd"), (operator.sub, "fsub"),
        (operator.mul, "fmul"), (operator.truediv, "fdiv"),
    ):  # fmt: skip
        infer_global(function)(type("Typed", (Typed,), {"key": function}))
        for arguments in ((_vector, _vector), (_vector, _f8), (_f8, _vector)):
            lower_builtin(function, *arguments)(binary(instruction))
    infer_global(operator.neg)(type("Typed", (Typed,), {"key": operator.neg}))
    lower_builtin(operator.neg, _vector)(lambda context, b, signature, values: b.fneg(values[0]))


_operators()


def _where(comparison: str) -> Any:
    """where(x, y, then, otherwise), lane by lane, by comparing x and y; false where one is NaN."""

    def emit(builder: Any, x: Any, y: Any, then: Any, otherwise: Any) -> Any:
        return builder.select(builder.fcmp_ordered(comparison, x, y), then, otherwise)

    return _emitted(_vector, [_vector] * 4, emit)


where_above, where_below, where_equal = _where(">"), _where("<"), _where("==")


def _bounded(comparison: str) -> Any:
    """The number where it compares like this with the bound or is NaN, elsewhere the bound."""

    def emit(builder: Any, x: Any, bound: Any) -> Any:
        return builder.select(builder.fcmp_unordered(comparison, x, bound), x, bound)

    return _emitted(_vector, [_vector, _vector], emit)


at_most, at_least = _bounded("<"), _bounded(">")

# --- Functions of the operation table ------------------------------------------------------------

_ROUND = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest whole number in the low bits of the sum."""
_LN2 = math.log(2.0)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


def _power_of_two(builder: Any, rounded: Any) -> Any:
    """2^k for k within −1022 … 1023, of which k + _ROUND is given."""
    bits = builder.add(builder.bitcast(rounded, _INTS), _whole(1023))
    return builder.bitcast(builder.shl(bits, _whole(52)), _DOUBLES)


power_of_two = _emitted(_vector, [_vector], _power_of_two)


@inlined
def exponential_ratio(r: Vector) -> Vector:
    """R with e^r = (R + r) / (R − r) for |r| ≤ ln 2 / 2, to 2^−59: fdlibm's e_exp.c, 1993."""
    z = r * r
    w = z * z
    low = fused(z, splat(-2.77777777770155933842e-03), splat(1.66666666666666019037e-01))
    high = fused(z, splat(-1.65339022054652515390e-06), splat(6.61375632143793436117e-05))
    series = fused(w, fused(w, splat(4.13813679705723846039e-08), high), low)
    return fused(z, series, splat(2.0))


@inlined
def scaled(x: Vector, k: Vector) -> Vector:
    """x · 2^k for whole k within −2044 … 2046, in two halves so that the result may be
    subnormal.
    """
    half = fused(k, splat(0.5), splat(_ROUND))
    rest = (k - (half - _ROUND)) + _ROUND
    return x * power_of_two(half) * power_of_two(rest)


_HALF_RATIO = tuple(
    0.5 * coefficient * 4.0**power
    for power, coefficient in enumerate(
        (
            2.0, 1.66666666666666019037e-01, -2.77777777770155933842e-03,
            6.61375632143793436117e-05, -1.65339022054652515390e-06, 4.13813679705723846039e-08,
        )
    )
)  # fmt: skip
"""S(r²) with e^2r = (S + r) / (S − r): the series of `exponential_ratio` for twice the number."""


@inlined
def tanh(x: Vector) -> Vector:
    """(e^2x − 1) / (e^2x + 1) with e^2x = 2^k (S + r) / (S − r): one division."""
    u = at_least(at_most(x, splat(22.0)), splat(-22.0))
    rounded = fused(u, splat(2.0 / _LN2), splat(_ROUND))
    r = fused(rounded - _ROUND, splat(-0.5 * _LN2), u)
    scale = power_of_two(rounded)
    z = r * r
    ratio = fused(z, splat(_HALF_RATIO[5]), splat(_HALF_RATIO[4]))
    ratio = fused(z, ratio, splat(_HALF_RATIO[3]))
    ratio = fused(z, ratio, splat(_HALF_RATIO[2]))
    ratio = fused(z, ratio, splat(_HALF_RATIO[1]))
    ratio = fused(z, ratio, splat(_HALF_RATIO[0]))
    less, more = 1.0 - scale, 1.0 + scale
    return fused(-less, ratio, more * r) / fused(more, ratio, -less * r)


@inlined
def exponent(x: Vector) -> Vector:
    """k, the nearest whole number of times that ln 2 goes into x."""
    return fused(x, splat(1.0 / _LN2), splat(_ROUND)) - _ROUND


@inlined
def remainder(x: Vector, k: Vector) -> Vector:
    """x − k ln 2."""
    return fused(k, splat(-_LN2_LOW), fused(k, splat(-_LN2_HIGH), x))


@inlined
def exp(x: Vector) -> Vector:
    x = at_least(at_most(x, splat(720.0)), splat(-750.0))
    k = exponent(x)
    r = remainder(x, k)
    ratio = exponential_ratio(r)
    return scaled((ratio + r) / (ratio - r), k)


@inlined
def sigmoid(x: Vector) -> Vector:
    """1 / (1 + e^−x), by e^−|x| = 2^k (R + r) / (R − r): one division."""
    u = at_least(-magnitude(x), splat(-750.0))
    k = exponent(u)
    r = remainder(u, k)
    ratio = exponential_ratio(r)
    small, large = scaled(ratio + r, k), ratio - r
    return where_below(x, splat(0.0), small, large) / (small + large)


def _log_parts(builder: Any, x: Any) -> tuple[Any, Any]:
    """(m, k) with x = m 2^k, √½ ≤ m < √2, for normal positive x."""
    shifted = builder.add(builder.bitcast(x, _INTS), _whole((0x3FF00000 - 0x3FE6A09E) << 32))
    biased = builder.or_(builder.lshr(shifted, _whole(52)), _whole(0x4330000000000000))
    mantissa = builder.and_(shifted, _whole((1 << 52) - 1))
    m = builder.bitcast(builder.add(mantissa, _whole(0x3FE6A09E << 32)), _DOUBLES)
    return m, builder.fsub(builder.bitcast(biased, _DOUBLES), _constant(2.0**52 + 1023.0))


log_mantissa = _emitted(_vector, [_vector], lambda b, x: _log_parts(b, x)[0])
log_exponent = _emitted(_vector, [_vector], lambda b, x: _log_parts(b, x)[1])


@inlined
def log_normal(x: Vector) -> Vector:
    """log x for normal positive x: fdlibm's e_log.c, 1993."""
    k = log_exponent(x)
    f = log_mantissa(x) - 1.0
    s = f / (f + 2.0)
    z = s * s
    w = z * z
    even = fused(w, splat(1.531383769920937332e-01), splat(2.222219843214978396e-01))
    even = w * fused(w, even, splat(3.999999999940941908e-01))
    odd = fused(w, splat(1.479819860511658591e-01), splat(1.818357216161805012e-01))
    odd = fused(w, odd, splat(2.857142874366239149e-01))
    odd = z * fused(w, odd, splat(6.666666666666735130e-01))
    half = f * f * 0.5
    return k * _LN2_HIGH - ((half - fused(s, half + (even + odd), k * _LN2_LOW)) - f)


@inlined
def log(x: Vector) -> Vector:
    tiny = splat(2.0**-1022)
    normal = where_below(x, tiny, x * 2.0**54, x)
    result = log_normal(normal) - where_below(x, tiny, splat(54.0 * _LN2), splat(0.0))
    result = where_equal(x, splat(math.inf), x, result)
    result = where_equal(x, splat(0.0), splat(-math.inf), result)
    return where_below(x, splat(0.0), splat(math.nan), where_equal(x, x, result, x))


@inlined
def softplus(x: Vector) -> Vector:
    """max(x, 0) + log(1 + e^−|x|); what 1 + e^−|x| loses by rounding is added back."""
    e = exp(-magnitude(x))
    u = e + 1.0
    rest = log_normal(u) + (e - (u - 1.0)) / u
    result = where_above(x, splat(0.0), x, splat(0.0)) + rest
    return where_equal(x, x, result, x)


_REDUCIBLE = 1e5
"""Below it, three parts of π/2 are enough to reduce an angle."""
_PI_HALVES = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)


def _any_beyond(builder: Any, x: Any) -> Any:
    size = _call("llvm.fabs", builder, x)
    outside = builder.fcmp_unordered(">", size, _constant(_REDUCIBLE))
    return builder.zext(builder.bitcast(outside, ir.IntType(W)), _INT)


beyond = _emitted(_i8, [_vector], _any_beyond)
"""Not 0 where a lane is an angle too large to reduce here, or NaN."""


def _by_quadrant(quarter_turns: int) -> Any:
    """The sine `quarter_turns` later, from sine and cosine of an angle reduced by k quarter
    turns, of which k + _ROUND is given.
    """

    def emit(builder: Any, rounded: Any, sine: Any, cosine: Any) -> Any:
        turns = builder.add(builder.bitcast(rounded, _INTS), _whole(quarter_turns))
        odd = builder.icmp_unsigned("!=", builder.and_(turns, _whole(1)), _whole(0))
        chosen = builder.bitcast(builder.select(odd, cosine, sine), _INTS)
        sign = builder.shl(builder.and_(turns, _whole(2)), _whole(62))
        return builder.bitcast(builder.xor(chosen, sign), _DOUBLES)

    return _emitted(_vector, [_vector] * 3, emit)


sine_by_quadrant, cosine_by_quadrant = _by_quadrant(0), _by_quadrant(1)


@inlined
def reduced(x: Vector, rounded: Vector) -> Vector:
    """x − k π/2, of which k + _ROUND is given, by Cody and Waite's parts."""
    k = rounded - _ROUND
    r = fused(k, splat(-_PI_HALVES[0]), x)
    return fused(k, splat(-_PI_HALVES[2]), fused(k, splat(-_PI_HALVES[1]), r))


@inlined
def small_sine(r: Vector) -> Vector:
    """sin r for |r| ≤ π/4: fdlibm's k_sin.c, 1993."""
    z = r * r
    s = fused(z, splat(1.58969099521155010221e-10), splat(-2.50507602534068634195e-08))
    s = fused(z, fused(z, s, splat(2.75573137070700676789e-06)), splat(-1.98412698298579493134e-04))
    s = fused(z, fused(z, s, splat(8.33333333332248946124e-03)), splat(-1.66666666666666324348e-01))
    return fused(z * r, s, r)


@inlined
def small_cosine(r: Vector) -> Vector:
    """cos r for |r| ≤ π/4: fdlibm's k_cos.c, 1993."""
    z = r * r
    c = fused(z, splat(-1.13596475577881948265e-11), splat(2.08757232129817482790e-09))
    c = fused(z, fused(z, c, splat(-2.75573143513906633035e-07)), splat(2.48015872894767294178e-05))
    c = fused(z, fused(z, c, splat(-1.38888888888741095749e-03)), splat(4.16666666666666019037e-02))
    half = z * 0.5
    w = 1.0 - half
    return w + (((1.0 - w) - half) + z * z * c)


@kernel
def sin(x: Vector) -> Vector:
    if beyond(x):
        for i in range(W):
            x = with_lane(x, i, math.sin(lane(x, i)))
        return x
    rounded = fused(x, splat(2.0 / math.pi), splat(_ROUND))
    r = reduced(x, rounded)
    return where_equal(x, splat(0.0), x, sine_by_quadrant(rounded, small_sine(r), small_cosine(r)))


@kernel
def cos(x: Vector) -> Vector:
    if beyond(x):
        for i in range(W):
            x = with_lane(x, i, math.cos(lane(x, i)))
        return x
    rounded = fused(x, splat(2.0 / math.pi), splat(_ROUND))
    r = reduced(x, rounded)
    return cosine_by_quadrant(rounded, small_sine(r), small_cosine(r))


@kernel
def power(x: Vector, n: float) -> Vector:
    """x ** n: products and roots for the usual exponents, the C library for the others."""
    if n == 2.0:
        return x * x
    if n == 1.0:
        return x
    if n == 3.0:
        return x * x * x
    if n == 0.0:
        return splat(1.0)
    if n == -1.0:
        return 1.0 / x
    if n == 0.5:
        return root(x)
    for i in range(W):
        x = with_lane(x, i, lane(x, i) ** n)
    return x


@inlined
def larger(x: Vector, y: Vector) -> Vector:
    """The larger of two, NaN where one is."""
    return where_equal(x, x, where_above(x, y, x, y), x)


@inlined
def smaller(x: Vector, y: Vector) -> Vector:
    return where_equal(x, x, where_below(x, y, x, y), x)


@inlined
def sign(x: Vector) -> Vector:
    zero = splat(0.0)
    unit = where_above(x, zero, splat(1.0), splat(-1.0))
    return where_equal(x, zero, zero, where_equal(x, x, unit, x))


@inlined
def share(lead: Vector) -> Vector:
    """1 for the operand that is ahead, 0 for the other, half where neither is."""
    return 0.5 + 0.5 * sign(lead)


@inlined
def slope_above(x: Vector, below: float) -> Vector:
    """1 where x > 0, `below` elsewhere."""
    return where_above(x, splat(0.0), splat(1.0), splat(below))


ADD, SUB, MUL, DIV, NEG = (CODES[name] for name in ("add", "sub", "mul", "div", "neg"))
POW, EXP, LOG, SQRT = (CODES[name] for name in ("pow", "exp", "log", "sqrt"))
TANH, SIGMOID, RELU, LEAKY = (CODES[name] for name in ("tanh", "sigmoid", "relu", "leaky_relu"))
SOFTPLUS, SIN, COS, ABS = (CODES[name] for name in ("softplus", "sin", "cos", "abs"))
MAX, MIN = CODES["max"], CODES["min"]
NATIVE_OPERATIONS = frozenset(
    {ADD, SUB, MUL, DIV, NEG, POW, EXP, LOG, SQRT, TANH, SIGMOID, RELU, LEAKY, SOFTPLUS, SIN, COS}
    | {ABS, MAX, MIN}
)
"""What can run here; a graph with another operation runs in NumPy."""
STORED, ADDED = int(Flow.STORED), int(Flow.ADDED)


@kernel
def forward_elementwise(
    op: int, D: Pointer, a: int, a_step: int, b: int, b_step: int, out: int, n: int, number: float
) -> None:
    """out = op(a, b) for n samples; a step of 0 reads the same vector for all of them."""
    if op == ADD:
        for q in range(0, n, W):
            store(D, out + q, load(D, a + q * a_step) + load(D, b + q * b_step))
    elif op == SUB:
        for q in range(0, n, W):
            store(D, out + q, load(D, a + q * a_step) - load(D, b + q * b_step))
    elif op == MUL:
        for q in range(0, n, W):
            store(D, out + q, load(D, a + q * a_step) * load(D, b + q * b_step))
    elif op == DIV:
        for q in range(0, n, W):
            store(D, out + q, load(D, a + q * a_step) / load(D, b + q * b_step))
    elif op == NEG:
        for q in range(0, n, W):
            store(D, out + q, -load(D, a + q * a_step))
    elif op == POW:
        for q in range(0, n, W):
            store(D, out + q, power(load(D, a + q * a_step), number))
    elif op == EXP:
        for q in range(0, n, W):
            store(D, out + q, exp(load(D, a + q * a_step)))
    elif op == LOG:
        for q in range(0, n, W):
            store(D, out + q, log(load(D, a + q * a_step)))
    elif op == SQRT:
        for q in range(0, n, W):
            store(D, out + q, root(load(D, a + q * a_step)))
    elif op == TANH:
        for q in range(0, n, W):
            store(D, out + q, tanh(load(D, a + q * a_step)))
    elif op == SIGMOID:
        for q in range(0, n, W):
            store(D, out + q, sigmoid(load(D, a + q * a_step)))
    elif op == RELU:
        for q in range(0, n, W):
            x = load(D, a + q * a_step)
            store(D, out + q, larger(x, splat(0.0)))
    elif op == LEAKY:
        for q in range(0, n, W):
            x = load(D, a + q * a_step)
            store(D, out + q, where_above(x, splat(0.0), x, x * 0.01))
    elif op == SOFTPLUS:
        for q in range(0, n, W):
            store(D, out + q, softplus(load(D, a + q * a_step)))
    elif op == SIN:
        for q in range(0, n, W):
            store(D, out + q, sin(load(D, a + q * a_step)))
    elif op == COS:
        for q in range(0, n, W):
            store(D, out + q, cos(load(D, a + q * a_step)))
    elif op == ABS:
        for q in range(0, n, W):
            store(D, out + q, magnitude(load(D, a + q * a_step)))
    elif op == MAX:
        for q in range(0, n, W):
            store(D, out + q, larger(load(D, a + q * a_step), load(D, b + q * b_step)))
    elif op == MIN:
        for q in range(0, n, W):
            store(D, out + q, smaller(load(D, a + q * a_step), load(D, b + q * b_step)))


@inlined
def give(G: Pointer, place: int, gradient: Vector, flow: int) -> None:
    """Hand a gradient to an operand: add it, store it as the first, or drop it."""
    if flow == ADDED:
        store(G, place, load(G, place) + gradient)
    elif flow == STORED:
        store(G, place, gradient)


@inlined
def opened(G: Pointer, place: int, step: int, flow: int) -> int:
    """The flow to an operand that all samples share: emptied first, then added to."""
    if step == 0 and flow == STORED:
        store(G, place, splat(0.0))
        return ADDED
    return flow


@kernel
def backward_elementwise(
    op: int, D: Pointer, G: Pointer, a: int, a_step: int, a_flow: int, b: int, b_step: int,
    b_flow: int, out: int, n: int, number: float,
) -> None:  # fmt: skip
    """Give the gradient of `out` to its operands: times the derivative by each."""
    a_flow, b_flow = opened(G, a, a_step, a_flow), opened(G, b, b_step, b_flow)
    if op == ADD:
        for q in range(0, n, W):
            g = load(G, out + q)
            give(G, a + q * a_step, g, a_flow)
            give(G, b + q * b_step, g, b_flow)
    elif op == SUB:
        for q in range(0, n, W):
            g = load(G, out + q)
            give(G, a + q * a_step, g, a_flow)
            give(G, b + q * b_step, -g, b_flow)
    elif op == MUL:
        for q in range(0, n, W):
            g = load(G, out + q)
            give(G, a + q * a_step, load(D, b + q * b_step) * g, a_flow)
            give(G, b + q * b_step, load(D, a + q * a_step) * g, b_flow)
    elif op == DIV:
        for q in range(0, n, W):
            g = load(G, out + q) / load(D, b + q * b_step)
            give(G, a + q * a_step, g, a_flow)
            give(G, b + q * b_step, -load(D, out + q) * g, b_flow)
    elif op == NEG:
        for q in range(0, n, W):
            give(G, a + q * a_step, -load(G, out + q), a_flow)
    elif op == POW:
        for q in range(0, n, W):
            x = load(D, a + q * a_step)
            slope = power(x, number - 1.0) * number if number != 0.0 else x * 0.0
            give(G, a + q * a_step, slope * load(G, out + q), a_flow)
    elif op == EXP:
        for q in range(0, n, W):
            give(G, a + q * a_step, load(D, out + q) * load(G, out + q), a_flow)
    elif op == LOG:
        for q in range(0, n, W):
            give(G, a + q * a_step, load(G, out + q) / load(D, a + q * a_step), a_flow)
    elif op == SQRT:
        for q in range(0, n, W):
            give(G, a + q * a_step, 0.5 / load(D, out + q) * load(G, out + q), a_flow)
    elif op == TANH:
        for q in range(0, n, W):
            y = load(D, out + q)
            give(G, a + q * a_step, (1.0 - y * y) * load(G, out + q), a_flow)
    elif op == SIGMOID:
        for q in range(0, n, W):
            y = load(D, out + q)
            give(G, a + q * a_step, y * (1.0 - y) * load(G, out + q), a_flow)
    elif op == RELU:
        for q in range(0, n, W):
            slope = slope_above(load(D, a + q * a_step), 0.0)
            give(G, a + q * a_step, slope * load(G, out + q), a_flow)
    elif op == LEAKY:
        for q in range(0, n, W):
            slope = slope_above(load(D, a + q * a_step), 0.01)
            give(G, a + q * a_step, slope * load(G, out + q), a_flow)
    elif op == SOFTPLUS:
        for q in range(0, n, W):
            slope = sigmoid(load(D, a + q * a_step))
            give(G, a + q * a_step, slope * load(G, out + q), a_flow)
    elif op == SIN:
        for q in range(0, n, W):
            give(G, a + q * a_step, cos(load(D, a + q * a_step)) * load(G, out + q), a_flow)
    elif op == COS:
        for q in range(0, n, W):
            give(G, a + q * a_step, -sin(load(D, a + q * a_step)) * load(G, out + q), a_flow)
    elif op == ABS:
        for q in range(0, n, W):
            give(G, a + q * a_step, sign(load(D, a + q * a_step)) * load(G, out + q), a_flow)
    elif op in (MAX, MIN):
        for q in range(0, n, W):
            g = load(G, out + q)
            lead = load(D, a + q * a_step) - load(D, b + q * b_step)
            if op == MIN:
                lead = -lead
            give(G, a + q * a_step, share(lead) * g, a_flow)
            give(G, b + q * b_step, share(-lead) * g, b_flow)


@kernel
def activate(op: int, D: Pointer, out: int, units: int, spacing: int, n: int) -> None:
    """Apply an activation to rows in place."""
    for i in range(units):
        row = out + i * spacing
        if op == TANH:
            for q in range(0, n, W):
                store(D, row + q, tanh(load(D, row + q)))
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
            g = fused(y * y, -g, g)
            store(G, out + q, g)
            bias = bias + g
    elif op == SIGMOID:
        for q in range(0, n, W):
            y = load(D, out + q)
            g = y * (1.0 - y) * load(G, out + q)
            store(G, out + q, g)
            bias = bias + g
    elif op in (RELU, LEAKY):
        below = 0.0 if op == RELU else 0.01
        for q in range(0, n, W):
            g = slope_above(load(D, out + q), below) * load(G, out + q)
            store(G, out + q, g)
            bias = bias + g
    else:
        for q in range(0, n, W):
            bias = bias + load(G, out + q)
    return float(total(bias))


# --- Tiles: blocks of sums that stay in registers ------------------------------------------------


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
        sums = {place: cgutils.alloca_once(b, _DOUBLES) for place in places}

        def out_place(i: int, j: int) -> Any:
            return b.add(b.mul(spacing, _INT(i)), _INT(j * W))

        with b.if_else(b.icmp_signed("!=", add, _INT(0))) as (adding, fresh):
            with adding:
                for place in places:
                    b.store(_load(b, out, out_place(*place)), sums[place])
            with fresh:
                for i in range(units):
                    first = _splat(b, b.load(_at(b, start, b.mul(start_step, _INT(i)))))
                    for j in range(vectors):
                        b.store(first, sums[i, j])
        with cgutils.for_range(b, count, intp=_INT) as loop:
            row = b.mul(loop.index, spacing)
            xs = [_load(b, x, b.add(row, _INT(j * W))) for j in range(vectors)]
            column = b.mul(loop.index, k_step)
            for i in range(units):
                place = b.add(column, b.mul(unit_step, _INT(i)))
                w = _splat(b, b.load(_at(b, weight, place)))
                for j in range(vectors):
                    b.store(_fused(b, w, xs[j], b.load(sums[i, j])), sums[i, j])
        for place in places:
            _store(b, out, out_place(*place), b.load(sums[place]))

    p, i = _pointer, _i8
    return _emitted(types.void, [p, i, i, p, i, i, p, i, i, p], emit)


def _products(units: int, inputs: int) -> Any:
    """A tile of products over the samples: out[i, k] += Σ_q g[i, q] · x[k, q]."""

    def emit(b: Any, g: Any, x: Any, spacing: Any, n: Any, out: Any, out_step: Any) -> None:
        sums = [[cgutils.alloca_once(b, _DOUBLES) for _ in range(inputs)] for _ in range(units)]
        for line in sums:
            for each in line:
                b.store(_constant(0.0), each)
        with cgutils.for_range(b, b.sdiv(n, _INT(W)), intp=_INT) as loop:
            q = b.mul(loop.index, _INT(W))
            xs = [_load(b, x, b.add(q, b.mul(spacing, _INT(k)))) for k in range(inputs)]
            for i, line in enumerate(sums):
                gradient = _load(b, g, b.add(q, b.mul(spacing, _INT(i))))
                for each, vector in zip(line, xs, strict=True):
                    b.store(_fused(b, gradient, vector, b.load(each)), each)
        for i, line in enumerate(sums):
            place = b.mul(out_step, _INT(i))
            if inputs == 4:
                four = _sum_lanes_of_four(b, [b.load(each) for each in line])
                before = _load(b, out, place, four.type)
                _store(b, out, place, b.fadd(before, four))
                continue
            for k, each in enumerate(line):
                spot = _at(b, out, b.add(place, _INT(k)))
                b.store(b.fadd(b.load(spot), _sum_lanes(b, b.load(each))), spot)

    p, i = _pointer, _i8
    return _emitted(types.void, [p, p, i, i, p, i], emit)


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


@kernel
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


# --- Units over rows that lie anywhere -----------------------------------------------------------


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
            s0 = fused(w, load(D, x), s0)
            s1 = fused(w, load(D, x + W), s1)
            s2 = fused(w, load(D, x + 2 * W), s2)
            s3 = fused(w, load(D, x + 3 * W), s3)
        store(D, out + q, s0)
        store(D, out + q + W, s1)
        store(D, out + q + 2 * W, s2)
        store(D, out + q + 3 * W, s3)
        q += 4 * W
    while q < n:
        s0 = splat(bias)
        for t in range(count):
            x = first_row + get_int(terms, 3 * t) * spacing + q
            s0 = fused(spread(pool, get_int(terms, 3 * t + 1)), load(D, x), s0)
        store(D, out + q, s0)
        q += W


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
                s0 = fused(g, load(D, x0 + q), s0)
                s1 = fused(g, load(D, x1 + q), s1)
                store(G, x0 + q, fused(w0, g, load(G, x0 + q)))
                store(G, x1 + q, fused(w1, g, load(G, x1 + q)))
        else:
            for q in range(0, n, W):
                g = load(G, out + q)
                s0 = fused(g, load(D, x0 + q), s0)
                give(G, x0 + q, w0 * g, flow0)
                if two:
                    s1 = fused(g, load(D, x1 + q), s1)
                    give(G, x1 + q, w1 * g, flow1)
        if first < trained:
            put(slopes, first, get(slopes, first) + total(s0))
        if two and second < trained:
            put(slopes, second, get(slopes, second) + total(s1))
        t += 2


# --- Instructions --------------------------------------------------------------------------------

FIELDS = len(Field)
KIND, OP, OUT, A, B, A_FLOW, B_FLOW, COUNT, UNITS, WEIGHT, BIAS, NUMBER, TRAINED = map(int, Field)
SHARE, ELEMENTWISE, AFFINE, LAYER = map(int, Kind)


@inlined
def place_of(row: int, first_row: int, spacing: int) -> int:
    """The offset of a row; `first_row` is that of row 0."""
    return first_row + row * spacing if row >= 0 else (-1 - row) * W


@kernel
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


@kernel
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


# --- Random numbers: those of engine.random ------------------------------------------------------

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FACTOR1, _FACTOR2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_U1, _U11, _U27, _U30, _U31, _U32 = (np.uint64(n) for n in (1, 11, 27, 30, 31, 32))
_SHUFFLE, _DROPOUT = np.uint64(int(RandomStream.SHUFFLE)), np.uint64(int(RandomStream.DROPOUT))


@inlined
def mix(word: Any) -> Any:
    word = (word ^ (word >> _U30)) * _FACTOR1
    word = (word ^ (word >> _U27)) * _FACTOR2
    return word ^ (word >> _U31)


@kernel
def random_key(seed: int, stream: Any, part: int) -> Any:
    start = mix(np.uint64(seed) + _GOLDEN * (stream + _U1))
    return mix(start + _GOLDEN * (np.uint64(part) + _U1))


@kernel
def shuffle(start: Any, order: Pointer, count: int) -> None:
    """Fill `order` with 0 … count−1 in random order, by Fisher and Yates."""
    for i in range(count):
        put_int(order, i, i)
    for last in range(count - 1, 0, -1):
        high = mix(start + np.uint64(last + 1) * _GOLDEN) >> _U32
        other = np.int64((high * np.uint64(last + 1)) >> _U32)
        kept = get_int(order, last)
        put_int(order, last, get_int(order, other))
        put_int(order, other, kept)


@kernel
def fill_masks(
    start: Any, D: Pointer, first_mask: int, masks: int, spacing: int, first: int, count: int,
    batch: int, dropped: float,
) -> None:  # fmt: skip
    """Rows of 0 with probability `dropped`, else of 1 / (1 − dropped)."""
    kept = 1.0 / (1.0 - dropped)
    for m in range(masks):
        for q in range(count):
            word = mix(start + np.uint64(m * batch + first + q + 1) * _GOLDEN)
            u = np.float64(word >> _U11) * 2.0**-53
            put(D, first_mask + m * spacing + q, 0.0 if u < dropped else kept)


# --- Optimizers and schedules: those of engine.optimizers and engine.schedules -------------------

_OPTIMIZER = {name: code for code, name in enumerate(OPTIMIZERS)}
_SGD, _MOMENTUM, _NESTEROV = (_OPTIMIZER[name] for name in ("sgd", "momentum", "nesterov"))
_RMSPROP, _ADAM, _ADAMW = (_OPTIMIZER[name] for name in ("rmsprop", "adam", "adamw"))
_SCHEDULE = {name: code for code, name in enumerate(SCHEDULES)}
_CONSTANT, _INVERSE = _SCHEDULE["constant"], _SCHEDULE["1/t"]
_LINEAR, _COSINE, _STEP = (_SCHEDULE[name] for name in ("linear", "cosine", "step"))
NATIVE_OPTIMIZERS = frozenset({_SGD, _MOMENTUM, _NESTEROV, _RMSPROP, _ADAM, _ADAMW})
NATIVE_SCHEDULES = frozenset({_CONSTANT, _LINEAR, _COSINE, _STEP, _INVERSE})


@kernel
def scheduled(schedule: int, rate: float, done: int, period: float, factor: float) -> float:
    """The rate after `done` steps."""
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
def penalise(pool: Pointer, slopes: Pointer, size: int, l1: float, l2: float) -> None:
    """Add the gradients of l1 Σ|w| and l2 / 2 Σ w²."""
    for i in range(0, size, W):
        w = load(pool, i)
        store(slopes, i, load(slopes, i) + (l1 * sign(w) + l2 * w))


@kernel
def clip(slopes: Pointer, size: int, longest: float) -> None:
    """Shorten the gradient to the norm `longest`, as torch.nn.utils.clip_grad_norm_ does."""
    squares = splat(0.0)
    for i in range(0, size, W):
        g = load(slopes, i)
        squares = fused(g, g, squares)
    scale = longest / (math.sqrt(total(squares)) + 1e-6)
    if scale < 1.0:
        for i in range(0, size, W):
            store(slopes, i, load(slopes, i) * scale)


@kernel
def finite(numbers: Pointer, size: int) -> bool:
    """Whether no number of whole vectors is infinite or NaN: 0 times one of those is NaN."""
    check = splat(0.0)
    for i in range(0, size, W):
        check = fused(load(numbers, i), splat(0.0), check)
    return bool(total(check) == 0.0)


@kernel
def update(
    optimizer: int, old: Pointer, new: Pointer, size: int, pool: int, slopes: Pointer, step: int,
    rate: float, decay: float,
) -> None:  # fmt: skip
    """The parameters and moments `new` from `old`; the moments lie `pool` and 2 `pool` further."""
    if optimizer == _SGD:
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
            store(new, i, load(old, i) - rate * (g / (root(v) + EPSILON)))
    elif optimizer in (_ADAM, _ADAMW):
        length = rate / (1.0 - BETA1**step)
        correction = math.sqrt(1.0 - BETA2**step)
        kept = 1.0 - rate * decay if optimizer == _ADAMW else 1.0
        for i in range(0, size, W):
            g, m = load(slopes, i), load(old, pool + i)
            m = m + (1.0 - BETA1) * (g - m)
            v = BETA2 * load(old, 2 * pool + i) + (1.0 - BETA2) * (g * g)
            store(new, pool + i, m)
            store(new, 2 * pool + i, v)
            store(new, i, load(old, i) * kept - length * (m / (root(v) / correction + EPSILON)))


# --- The interpreter -----------------------------------------------------------------------------


@kernel
def load_samples(
    columns: Pointer, samples: int, inputs: int, order: Pointer, shuffled: bool, first: int,
    count: int, n: int, D: Pointer, first_row: int, spacing: int,
) -> None:  # fmt: skip
    """Copy `count` samples to the input rows and repeat the last one up to n."""
    for i in range(inputs):
        source, row = i * samples, first_row + i * spacing
        if shuffled:
            for q in range(count):
                put(D, row + q, get(columns, source + get_int(order, first + q)))
        else:
            for q in range(count):
                put(D, row + q, get(columns, source + first + q))
        for q in range(count, n):
            put(D, row + q, get(D, row + count - 1))


@kernel
def sum_of_losses(
    D: Pointer, G: Pointer, place: int, shared: bool, count: int, n: int, weight: float
) -> float:
    """The sum of the samples' losses, whose gradients are set to `weight`, to 0 in the padding."""
    if shared:
        store(G, place, with_lane(splat(0.0), 0, weight * count))
        return float(get(D, place) * count)
    sums, whole = splat(0.0), count // W * W
    for q in range(0, whole, W):
        sums = sums + load(D, place + q)
        store(G, place + q, splat(weight))
    if whole < n:
        store(G, place + whole, splat(0.0))
    result = float(total(sums))
    for q in range(whole, count):
        result += get(D, place + q)
        put(G, place + q, weight)
    return result


@kernel
def fill(D: Pointer, first: int, count: int, number: float) -> None:
    for i in range(first, first + count):
        put(D, i, number)


(
    MODE, TRAINED_CODE, INPUTS, MASKS, SHARED, PARAMETERS, POOL, LOSS, SAMPLES, BATCH, CHUNK,
    SPACING, STEPS, START, OPTIMIZER, SCHEDULE, SEED, EPOCH, POSITION, HALF, FINITE, EMPTIED,
    EMPTIED_AT, GIVEN, WATCHED, WATCHED_CODE, WATCHED_CHUNK, WATCHED_SPACING, ROWS, STRIDE,
) = map(int, Task)  # fmt: skip


@kernel
def watch(
    task: Any, code: Pointer, terms: Pointer, numbers: Pointer, pool: Pointer, columns: Pointer,
    rows: Pointer, D: Pointer, found: Pointer,
) -> None:  # fmt: skip
    """Evaluate the program for the watched samples; `found` (rows, samples) are their rows."""
    samples, chunk, spacing = task[WATCHED], task[WATCHED_CHUNK], task[WATCHED_SPACING]
    given, inputs, first_row = task[GIVEN], task[INPUTS], task[SHARED] * W
    fill(D, first_row + given * spacing, (inputs - given) * spacing, 0.0)
    fill(D, first_row + inputs * spacing, task[MASKS] * spacing, 1.0)
    for first in range(0, samples, chunk):
        count = min(chunk, samples - first)
        n = (count + W - 1) // W * W
        load_samples(columns, samples, given, rows, False, first, count, n, D, first_row, spacing)
        forward(code, 0, task[WATCHED_CODE], terms, numbers, pool, D, first_row, spacing, n)
        for i in range(task[ROWS]):
            row, out = get_int(rows, i), i * samples + first
            place = place_of(row, first_row, spacing)
            if row < 0:
                fill(found, out, count, get(D, place))
                continue
            whole = count // W * W
            for q in range(0, whole, W):
                store(found, out + q, load(D, place + q))
            for q in range(whole, count):
                put(found, out + q, get(D, place + q))


RATE, MEAN, CLIP, L1, L2, DECAY, DROPOUT, PERIOD, FACTOR = map(int, Setting)
FORWARD, GRADIENT, TRAIN = map(int, Mode)


@kernel
def run(
    task: Any, settings: Any, code: Any, terms: Any, numbers: Any, columns: Any, order: Any,
    state: Any, slopes: Any, data: Any, gradients: Any, losses: Any, watched: Any, rows: Any,
    found: Any,
) -> int:  # fmt: skip
    """Evaluate, differentiate or train a program; returns the number of finished steps.

    `task` and `settings` are laid out as `Task` and `Setting` say; the place in the epoch, the
    present half of the state, and whether everything stayed finite are written back to `task`.
    All arrays are of one dimension, int64 or float64.

    columns (inputs · samples,), one input after the other; order (samples,), space for a shuffle;
    state (2 · 3 · pool,), two halves of parameters and two moments, of which each step reads one
    and writes the other; slopes (pool,), the gradient of the pool; data and gradients, the memory
    of the program; losses (steps,); watched (given · watched samples,), as columns; rows, those
    that are told of them; found (rows · watched samples,), and as often as training watches.
    """
    mode, trained_code = task[MODE], task[TRAINED_CODE]
    inputs, masks, parameters, pool_size = task[INPUTS], task[MASKS], task[PARAMETERS], task[POOL]
    samples, batch, chunk, spacing = task[SAMPLES], task[BATCH], task[CHUNK], task[SPACING]
    steps, start, seed, half = task[STEPS], task[START], task[SEED], task[HALF]
    epoch, position, emptied_at = task[EPOCH], task[POSITION], task[EMPTIED_AT]
    dropout, mean, longest = settings[DROPOUT], settings[MEAN] != 0.0, settings[CLIP]
    l1, l2 = settings[L1], settings[L2]
    D, G, P, slope = memory(data), memory(gradients), memory(state), memory(slopes)
    program, listed, constants = memory(code), memory(terms), memory(numbers)
    source, places = memory(columns), memory(order)
    first_row, half_size = task[SHARED] * W, 3 * pool_size
    loss_place = place_of(task[LOSS], first_row, spacing)
    trained_size = (parameters + W - 1) // W * W
    first_mask, stride, seen = first_row + inputs * spacing, task[STRIDE], 0
    looked, asked, told = memory(watched), memory(rows), memory(found)
    if mode == FORWARD:
        watch(task, program, listed, constants, P, looked, asked, D, told)
        return 0
    fill(D, first_mask, masks * spacing, 1.0)
    shuffled = batch < samples
    resident = batch >= samples and chunk >= samples
    fresh = True
    if shuffled:
        shuffle(random_key(seed, _SHUFFLE, epoch), places, samples)
    task[FINITE] = 1
    done = 0
    while done < steps:
        taken = min(batch, samples - position)
        weight = 1.0 / taken if mean else 1.0
        pool = at(P, half * half_size)
        for i in range(0, trained_size, W):
            store(slope, i, splat(0.0))
        loss = 0.0
        for first in range(0, taken, chunk):
            count = min(chunk, taken - first)
            n = (count + W - 1) // W * W
            if fresh or not resident:
                load_samples(
                    source, samples, inputs, places, shuffled, position + first, count, n,
                    D, first_row, spacing,
                )  # fmt: skip
            if mode == TRAIN and masks and dropout > 0.0:
                fill_masks(
                    random_key(seed, _DROPOUT, start + done), D, first_mask, masks, spacing,
                    first, count, taken, dropout,
                )  # fmt: skip
            forward(program, 0, trained_code, listed, constants, pool, D, first_row, spacing, n)
            loss += sum_of_losses(D, G, loss_place, task[LOSS] < 0, count, n, weight)
            for i in range(task[EMPTIED]):
                row = get_int(listed, emptied_at + i)
                for q in range(0, n, W):
                    store(G, place_of(row, first_row, spacing) + q, splat(0.0))
            backward(
                program, trained_code, listed, constants, pool, slope, parameters,
                D, G, first_row, spacing, n,
            )  # fmt: skip
        fresh = False
        losses[done] = loss * weight
        if mode == GRADIENT:
            return 1
        if l1 != 0.0 or l2 != 0.0:
            penalise(pool, slope, trained_size, l1, l2)
        if longest > 0.0:
            clip(slope, trained_size, longest)
        rate = scheduled(
            task[SCHEDULE], settings[RATE], start + done, settings[PERIOD], settings[FACTOR]
        )
        other = at(P, (1 - half) * half_size)
        update(
            task[OPTIMIZER], pool, other, trained_size, pool_size, slope, start + done + 1, rate,
            settings[DECAY],
        )  # fmt: skip
        good = math.isfinite(loss) and finite(slope, trained_size) and finite(other, trained_size)
        if good and task[OPTIMIZER] != _SGD:
            good = finite(at(other, pool_size), trained_size)
            good = good and finite(at(other, 2 * pool_size), trained_size)
        if not good:
            task[FINITE] = 0
            break
        half = 1 - half
        position += taken
        done += 1
        if position == samples:
            position, epoch = 0, epoch + 1
            if shuffled and done < steps:
                shuffle(random_key(seed, _SHUFFLE, epoch), places, samples)
        if stride > 0 and (start + done) % stride == 0:
            into = at(told, seen * task[WATCHED])
            watch(task, program, listed, constants, at(P, half * half_size), looked, asked, D, into)
            fill(D, first_mask, masks * spacing, 1.0)
            fresh, seen = True, seen + 1
    task[EPOCH], task[POSITION], task[HALF] = epoch, position, half
    return done
