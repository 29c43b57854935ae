"""What this core could do at best, measured: fused multiply-adds in registers, and tanh over
numbers that lie in the first cache.

The loops are written in LLVM's own terms, since only so is it sure what runs: nothing in them
waits for memory, and there are enough independent sums that nothing waits for a result.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial, log
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from engine.random import Floats

I32, I64, F64 = ir.IntType(32), ir.IntType(64), ir.DoubleType()
NUMBERS = 1024
"""In the array of tanh, 8 KB."""
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts, of which the first has trailing zeros; from fdlibm."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """Multiply-adds (a multiplication and an addition are one) and tanhs a second, and the number
    of doubles in the vectors that reached them.
    """

    multiply_adds: float
    tanhs: float
    widths: tuple[int, int]


class Vectors:
    """Arithmetic on vectors of `width` doubles, appended to a block of LLVM code."""

    def __init__(self, b: ir.IRBuilder, width: int) -> None:
        self.b, self.width = b, width
        self.type = ir.VectorType(F64, width)
        self.integers = ir.VectorType(I64, width)

    def splat(self, number: float) -> ir.Constant:
        return ir.Constant(self.type, [number] * self.width)

    def call(self, name: str, *arguments: Any) -> Any:
        """An intrinsic function of LLVM on vectors."""
        name = f"llvm.{name}.v{self.width}f64"
        module = self.b.module
        if name not in module.globals:
            ir.Function(module, ir.FunctionType(self.type, [self.type] * len(arguments)), name)
        return self.b.call(module.get_global(name), arguments)

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        """x · y + z."""
        return self.call("fma", x, y, z)

    def clamp(self, x: Any, bound: float) -> Any:
        """x within ±bound."""
        for sign, relation in ((-1.0, "<"), (1.0, ">")):
            edge = self.splat(sign * bound)
            x = self.b.select(self.b.fcmp_ordered(relation, x, edge), edge, x)
        return x

    def power_of_two(self, k: Any) -> Any:
        """2ᵏ for whole k, put together from the bits of a double.

        Adding 1.5 · 2⁵² leaves k in the lowest bits.
        """
        bits = self.b.bitcast(self.b.fadd(k, self.splat(1.5 * 2.0**52)), self.integers)
        bits = self.b.add(bits, ir.Constant(self.integers, [1023] * self.width))
        return self.b.bitcast(
            self.b.shl(bits, ir.Constant(self.integers, [52] * self.width)), self.type
        )

    def tanh(self, x: Any) -> Any:
        """m / (m + 2) with m = exp(2x) − 1 = 2ᵏ (exp(r) − 1) + 2ᵏ − 1, where 2x = k ln 2 + r.

        exp(r) − 1 is Taylor's polynomial of degree 13, summed by Estrin's scheme.
        """
        u = self.clamp(self.b.fadd(x, x), 44.0)
        k = self.call("rint", self.b.fmul(u, self.splat(1.0 / log(2.0))))
        r = self.fma(k, self.splat(-LN2_HIGH), u)
        r = self.fma(k, self.splat(-LN2_LOW), r)
        square = self.b.fmul(r, r)
        fourth = self.b.fmul(square, square)
        c = [self.splat(1.0 / factorial(n)) for n in range(14)]
        pairs = [self.fma(r, c[n + 1], c[n]) for n in range(2, 14, 2)]
        fours = [self.fma(square, pairs[n + 1], pairs[n]) for n in range(0, 6, 2)]
        rest = self.fma(fourth, self.fma(fourth, fours[2], fours[1]), fours[0])
        scale = self.power_of_two(k)
        part = self.fma(square, rest, r)
        m = self.fma(scale, part, self.b.fsub(scale, self.splat(1.0)))
        return self.b.fdiv(m, self.b.fadd(m, self.splat(2.0)))


def peaks(seconds: float = 0.2, rounds: int = 5) -> Peaks:
    """The best of each, over the widths this processor has and some rounds."""
    machine = _machine()
    found = []
    for make in (_sums, _curves):
        kernels = {width: make(machine, width) for width in _widths()}
        best = (0.0, 0)
        for _ in range(rounds):
            for width, kernel in kernels.items():
                best = max(best, (_rate(kernel, seconds / rounds), width))
        found.append(best)
    (multiply_adds, wide), (tanhs, broad) = found
    return Peaks(multiply_adds, tanhs, (wide, broad))


def tanh(numbers: Sequence[float]) -> Floats:
    """The tanh that is measured, for its test; up to NUMBERS of them."""
    x = np.zeros(NUMBERS)
    x[: len(numbers)] = numbers
    y = np.empty(NUMBERS)
    _curves(_machine(), _widths()[0], x, y)(1)
    return y[: len(numbers)]


Kernel = Callable[[int], int]
"""Goes round so many times, and says how many results that were."""


def _rate(kernel: Kernel, seconds: float) -> float:
    times = 1000
    while True:
        begun = time.perf_counter()
        done = kernel(times)
        lasted = time.perf_counter() - begun
        if lasted > seconds / 4:
            return done / lasted
        times *= 4


def _machine() -> llvm.TargetMachine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=f"{features},-prefer-256-bit", opt=3
    )


def _widths() -> list[int]:
    """Doubles in a vector, the most first."""
    features = llvm.get_host_cpu_features()
    known = [(8, "avx512f"), (4, "avx2"), (2, "")]
    return [width for width, feature in known if not feature or features.get(feature)]


def _sums(machine: llvm.TargetMachine, width: int) -> Kernel:
    """As many independent sums as there are registers for."""
    sums = 24 if width == 8 else 12
    function, loop, count = _loop(f"sums{width}", [F64, F64])
    v = Vectors(loop, width)
    with loop.goto_block(function.entry_basic_block):
        x, y = (_spread(loop, a, v) for a in function.args[1:])
    totals = [loop.phi(v.type) for _ in range(sums)]
    results = [v.fma(x, y, t) for t in totals]
    for t, result in zip(totals, results, strict=True):
        t.add_incoming(v.splat(0.0), function.entry_basic_block)
        t.add_incoming(result, loop.block)
    _close(loop, count)
    result = results[0]
    for other in results[1:]:
        result = loop.fadd(result, other)
    loop.ret(loop.extract_element(result, ir.Constant(I32, 0)))
    compiled = _compiled(machine, function, [ctypes.c_double] * 2)

    def kernel(times: int) -> int:
        compiled(times, 1e-3, 1e-3)
        return times * sums * width

    return kernel


def _curves(
    machine: llvm.TargetMachine, width: int, x: Floats | None = None, y: Floats | None = None
) -> Kernel:
    """tanh of all numbers of x into y, two vectors in a turn."""
    x = np.linspace(-3.0, 3.0, NUMBERS) if x is None else x
    y = np.empty(NUMBERS) if y is None else y
    function, loop, count = _loop(f"curves{width}", [F64.as_pointer()] * 2)
    v = Vectors(loop, width)
    outer = loop.block
    inner = function.append_basic_block()
    loop.branch(inner)
    loop.position_at_end(inner)
    place = loop.phi(I64)
    place.add_incoming(ir.Constant(I64, 0), outer)
    for offset in (0, width):
        at = loop.add(place, ir.Constant(I64, offset))
        source, target = (
            loop.bitcast(loop.gep(array, [at]), v.type.as_pointer()) for array in function.args[1:]
        )
        loop.store(v.tanh(loop.load(source, align=8)), target, align=8)
    following = loop.add(place, ir.Constant(I64, 2 * width))
    place.add_incoming(following, inner)
    done = function.append_basic_block()
    loop.cbranch(loop.icmp_signed("<", following, ir.Constant(I64, NUMBERS)), inner, done)
    loop.position_at_end(done)
    _close(loop, count, outer)
    loop.ret(ir.Constant(F64, 0.0))
    compiled = _compiled(machine, function, [ctypes.c_void_p] * 2)

    def kernel(times: int) -> int:
        compiled(times, x.ctypes.data, y.ctypes.data)
        return times * NUMBERS

    return kernel


def _loop(name: str, arguments: list[ir.Type]) -> tuple[ir.Function, ir.IRBuilder, Any]:
    """`double name(int64 times, …)` whose body, still empty, is gone through so many times."""
    module = ir.Module(name)
    function = ir.Function(module, ir.FunctionType(F64, [I64, *arguments]), name)
    builder = ir.IRBuilder(function.append_basic_block())
    body = function.append_basic_block()
    builder.branch(body)
    builder.position_at_start(body)
    count = builder.phi(I64)
    count.add_incoming(function.args[0], function.entry_basic_block)
    return function, builder, count


def _close(b: ir.IRBuilder, count: Any, start: ir.Block | None = None) -> None:
    """Back to the start of the loop, by default this block, as long as `count` has not run out."""
    left = b.sub(count, ir.Constant(I64, 1))
    count.add_incoming(left, b.block)
    end = b.function.append_basic_block()
    b.cbranch(b.icmp_signed(">", left, ir.Constant(I64, 0)), start or b.block, end)
    b.position_at_end(end)


def _spread(b: ir.IRBuilder, number: Any, v: Vectors) -> Any:
    """The number in every lane; before the end of the block in which it is asked."""
    one = b.insert_element(ir.Constant(v.type, ir.Undefined), number, ir.Constant(I32, 0))
    lanes = ir.Constant(ir.VectorType(I32, v.width), [0] * v.width)
    return b.shuffle_vector(one, ir.Constant(v.type, ir.Undefined), lanes)


_KEPT: list[llvm.ExecutionEngine] = []
"""Compiled code lives as long as its engine."""


def _compiled(
    machine: llvm.TargetMachine, function: ir.Function, kinds: list[Any]
) -> Callable[..., float]:
    module = llvm.parse_assembly(str(function.module))
    module.verify()
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    _KEPT.append(engine)
    address = engine.get_function_address(function.name)
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, *kinds)(address)
