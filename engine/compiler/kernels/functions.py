"""The functions of the operation table over vectors, as emitters (`vectors.py`)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from engine.compiler.kernels.vectors import (
    DOUBLES,
    INT,
    INTS,
    Emitter,
    Register,
    W,
    at_least,
    at_most,
    fused,
    magnitude,
    root,
    where,
)

_ROUND = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest whole number in the low bits of the sum."""
_LN2 = math.log(2.0)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


def _whole(value: int) -> Any:
    return ir.Constant(INTS, [value] * W)


def _series(z: Register, *coefficients: float) -> Register:
    """Return the polynomial in z with these coefficients, that of the highest power first."""
    first, second, *others = coefficients
    result = fused(z, first, second)
    for coefficient in others:
        result = fused(z, result, coefficient)
    return result


def power_of_two(rounded: Register) -> Register:
    """Return 2^k from k + _ROUND, for k within −1022 … 1023."""
    b = rounded.emitter.builder
    bits = b.add(b.bitcast(rounded.value, INTS), _whole(1023))
    return rounded.emitter.register(b.bitcast(b.shl(bits, _whole(52)), DOUBLES))


def scaled(x: Register, k: Register) -> Register:
    """Return x · 2^k for whole k within −2044 … 2046, in two halves so that the result may be
    subnormal.
    """
    half = fused(k, 0.5, _ROUND)
    rest = (k - (half - _ROUND)) + _ROUND
    return x * power_of_two(half) * power_of_two(rest)


def exponent(x: Register) -> Register:
    """Return k, the whole number nearest to x / ln 2."""
    return fused(x, 1.0 / _LN2, _ROUND) - _ROUND


def remainder(x: Register, k: Register) -> Register:
    """Return x − k ln 2."""
    return fused(k, -_LN2_LOW, fused(k, -_LN2_HIGH, x))


def exponential_ratio(r: Register) -> Register:
    """Return R with e^r = (R + r) / (R − r) for |r| ≤ ln 2 / 2, to 2^−59.

    From fdlibm's e_exp.c, 1993.
    """
    z = r * r
    w = z * z
    low = fused(z, -2.77777777770155933842e-03, 1.66666666666666019037e-01)
    high = fused(z, -1.65339022054652515390e-06, 6.61375632143793436117e-05)
    series = fused(w, fused(w, z.like(4.13813679705723846039e-08), high), low)
    return fused(z, series, 2.0)


_RATIO = (
    2.0,
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_HALF_RATIO = tuple(0.5 * coefficient * 4.0**power for power, coefficient in enumerate(_RATIO))
"""S(r²) with e^2r = (S + r) / (S − r): the series of `exponential_ratio` for twice the number."""


def tanh(x: Register) -> Register:
    """Return (e^2x − 1) / (e^2x + 1) with e^2x = 2^k (S + r) / (S − r): one division."""
    u = at_least(at_most(x, 22.0), -22.0)
    rounded = fused(u, 2.0 / _LN2, _ROUND)
    r = fused(rounded - _ROUND, -0.5 * _LN2, u)
    scale = power_of_two(rounded)
    ratio = _series(r * r, *reversed(_HALF_RATIO))
    minus, plus = 1.0 - scale, 1.0 + scale
    return fused(-minus, ratio, plus * r) / fused(plus, ratio, -minus * r)


def exp(x: Register) -> Register:
    """Return e^x."""
    x = at_least(at_most(x, 720.0), -750.0)
    k = exponent(x)
    r = remainder(x, k)
    ratio = exponential_ratio(r)
    return scaled((ratio + r) / (ratio - r), k)


def sigmoid(x: Register) -> Register:
    """Return 1 / (1 + e^−x), by e^−|x| = 2^k (R + r) / (R − r): one division."""
    u = at_least(-magnitude(x), -750.0)
    k = exponent(u)
    r = remainder(u, k)
    ratio = exponential_ratio(r)
    small, large = scaled(ratio + r, k), ratio - r
    return where(x, "<", 0.0, small, large) / (small + large)


def _log_parts(x: Register) -> tuple[Register, Register]:
    """Return (m, k) with x = m 2^k, √½ ≤ m < √2, for normal positive x."""
    b, register = x.emitter.builder, x.emitter.register
    shifted = b.add(b.bitcast(x.value, INTS), _whole((0x3FF00000 - 0x3FE6A09E) << 32))
    biased = b.or_(b.lshr(shifted, _whole(52)), _whole(0x4330000000000000))
    mantissa = b.and_(shifted, _whole((1 << 52) - 1))
    m = register(b.bitcast(b.add(mantissa, _whole(0x3FE6A09E << 32)), DOUBLES))
    return m, register(b.bitcast(biased, DOUBLES)) - (2.0**52 + 1023.0)


def log_normal(x: Register) -> Register:
    """Return log x for normal positive x: fdlibm's e_log.c, 1993."""
    m, k = _log_parts(x)
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    w = z * z
    even = w * _series(
        w, 1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01
    )
    odd = z * _series(
        w,
        1.479819860511658591e-01,
        1.818357216161805012e-01,
        2.857142874366239149e-01,
        6.666666666666735130e-01,
    )
    half = f * f * 0.5
    return k * _LN2_HIGH - ((half - fused(s, half + (even + odd), k * _LN2_LOW)) - f)


def log(x: Register) -> Register:
    """Return the natural logarithm: −∞ at 0, NaN below."""
    tiny = 2.0**-1022
    normal = where(x, "<", tiny, x * 2.0**54, x)
    result = log_normal(normal) - where(x, "<", tiny, 54.0 * _LN2, 0.0)
    result = where(x, "==", math.inf, x, result)
    result = where(x, "==", 0.0, -math.inf, result)
    return where(x, "<", 0.0, math.nan, where(x, "==", x, result, x))


def softplus(x: Register) -> Register:
    """Return max(x, 0) + log(1 + e^−|x|); what 1 + e^−|x| loses by rounding is added back."""
    e = exp(-magnitude(x))
    u = e + 1.0
    rest = log_normal(u) + (e - (u - 1.0)) / u
    result = where(x, ">", 0.0, x, 0.0) + rest
    return where(x, "==", x, result, x)


_REDUCIBLE = 1e5
"""Below it, three parts of π/2 are enough to reduce an angle."""
_PI_HALVES = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)


def _small_sine(r: Register) -> Register:
    """Return sin r for |r| ≤ π/4: fdlibm's k_sin.c, 1993."""
    z = r * r
    s = _series(
        z,
        1.58969099521155010221e-10,
        -2.50507602534068634195e-08,
        2.75573137070700676789e-06,
        -1.98412698298579493134e-04,
        8.33333333332248946124e-03,
        -1.66666666666666324348e-01,
    )
    return fused(z * r, s, r)


def _small_cosine(r: Register) -> Register:
    """Return cos r for |r| ≤ π/4: fdlibm's k_cos.c, 1993."""
    z = r * r
    c = _series(
        z,
        -1.13596475577881948265e-11,
        2.08757232129817482790e-09,
        -2.75573143513906633035e-07,
        2.48015872894767294178e-05,
        -1.38888888888741095749e-03,
        4.16666666666666019037e-02,
    )
    half = z * 0.5
    w = 1.0 - half
    return w + (((1.0 - w) - half) + z * z * c)


def _sine_after(x: Register, quarter_turns: int) -> Register:
    """Return the sine of an angle that is not large, so many quarter turns later."""
    b = x.emitter.builder
    rounded = fused(x, 2.0 / math.pi, _ROUND)
    # x − k π/2 by Cody and Waite's parts; `rounded` is k + _ROUND.
    k = rounded - _ROUND
    r = fused(k, -_PI_HALVES[0], x)
    r = fused(k, -_PI_HALVES[2], fused(k, -_PI_HALVES[1], r))
    sine, cosine = _small_sine(r), _small_cosine(r)
    turns = b.add(b.bitcast(rounded.value, INTS), _whole(quarter_turns))
    odd = b.icmp_unsigned("!=", b.and_(turns, _whole(1)), _whole(0))
    bits = b.bitcast(b.select(odd, cosine.value, sine.value), INTS)
    sign_bit = b.shl(b.and_(turns, _whole(2)), _whole(62))
    return x.emitter.register(b.bitcast(b.xor(bits, sign_bit), DOUBLES))


def _lane_by_lane(x: Register, apply: Callable[[Any], Any]) -> Register:
    """Return a vector whose lanes a function of single numbers computes."""
    b = x.emitter.builder
    slot = cgutils.alloca_once_value(b, x.value)
    with cgutils.for_range(b, INT(W), intp=INT) as loop:
        vector = b.load(slot)
        number = apply(b.extract_element(vector, loop.index))
        b.store(b.insert_element(vector, number, loop.index), slot)
    return x.emitter.register(b.load(slot))


def _is_irreducible(x: Register) -> Any:
    """Write whether a lane is an angle too large to reduce here, or NaN."""
    b = x.emitter.builder
    outside = b.fcmp_unordered(">", magnitude(x).value, x.like(_REDUCIBLE).value)
    lanes = b.zext(b.bitcast(outside, ir.IntType(W)), INT)
    return b.icmp_signed("!=", lanes, INT(0))


def _libm(emitter: Emitter, function: Any, *, operands: int = 1) -> Callable[..., Any]:
    """Return what numba writes for a function of single numbers."""
    signature = types.float64(*[types.float64] * operands)
    write = emitter.context.get_function(function, signature)
    return lambda *numbers: write(emitter.builder, numbers)


def sin(x: Register) -> Register:
    """Return the sine; the C library's where an angle is large."""

    slow = _libm(x.emitter, math.sin)
    return x.emitter.choose(
        _is_irreducible(x),
        lambda: _lane_by_lane(x, slow),
        lambda: where(x, "==", 0.0, x, _sine_after(x, 0)),
    )


def cos(x: Register) -> Register:
    """Return the cosine; the C library's where an angle is large."""
    slow = _libm(x.emitter, math.cos)
    return x.emitter.choose(
        _is_irreducible(x), lambda: _lane_by_lane(x, slow), lambda: _sine_after(x, 1)
    )


def power(x: Register, n: Register) -> Register:
    """Return x ** n: products and roots for the usual exponents, the C library for the others."""
    emitter = x.emitter
    usual: list[tuple[float, Callable[[], Register]]] = [
        (2.0, lambda: x * x),
        (1.0, lambda: x),
        (3.0, lambda: x * x * x),
        (0.0, lambda: emitter.vector(1.0)),
        (-1.0, lambda: 1.0 / x),
        (0.5, lambda: root(x)),
    ]
    slow = _libm(emitter, operator.pow, operands=2)

    def from_(position: int) -> Register:
        if position == len(usual):
            return _lane_by_lane(x, lambda number: slow(number, n.value))
        exponent, result = usual[position]
        is_this = emitter.builder.fcmp_ordered("==", n.value, n.like(exponent).value)
        return emitter.choose(is_this, result, lambda: from_(position + 1))

    return from_(0)


def larger(x: Register, y: Register | float) -> Register:
    """Return the larger of two, NaN where one is."""
    return where(x, "==", x, where(x, ">", y, x, y), x)


def smaller(x: Register, y: Register | float) -> Register:
    """Return the smaller of two, NaN where one is."""
    return where(x, "==", x, where(x, "<", y, x, y), x)


def sign(x: Register) -> Register:
    """Return 1 above 0, −1 below, 0 at 0, NaN at NaN."""
    unit = where(x, ">", 0.0, 1.0, -1.0)
    return where(x, "==", 0.0, 0.0, where(x, "==", x, unit, x))


def share(x: Register, comparison: str, y: Register, g: Register) -> Register:
    """Return g where the comparison of x with y holds, 0 where it holds the other way round, and
    half of g for a tie.
    """
    return where(x, comparison, y, g, where(y, comparison, x, 0.0, g * 0.5))
