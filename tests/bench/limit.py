"""What this core could do at best, measured: fused multiply-adds in registers, and tanh over
numbers that lie in the first cache.

The loop of multiply-adds is written in LLVM's own terms, since only so is it sure what runs:
nothing in it waits for memory, and there are enough independent sums that nothing waits for a
result. The fastest tanh that we know of is the engine's own.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from engine.compiler import native_backend, processor

I32, I64, F64 = ir.IntType(32), ir.IntType(64), ir.DoubleType()
NUMBERS = 1024
"""In the array of tanh, 8 KB."""

Kernel = Callable[[int], int]
"""Goes round so many times, and says how many results that were."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """Multiply-adds (a multiplication and an addition are one) and tanhs a second, and the number
    of doubles in the vectors that reached them.
    """

    multiply_adds: float
    tanhs: float
    widths: tuple[int, int]


def peaks(seconds: float = 0.2, rounds: int = 5) -> Peaks:
    """The best of each over some rounds, and over the widths that this processor has."""
    machine = _machine()
    kernels = [(_sums(machine, width), width) for width in _widths()]
    multiply_adds, wide = _best(kernels, seconds, rounds)
    tanhs, broad = _best([_curves()], seconds, rounds)
    return Peaks(multiply_adds, tanhs, (wide, broad))


def _best(kernels: Sequence[tuple[Kernel, int]], seconds: float, rounds: int) -> tuple[float, int]:
    return max(
        (_rate(kernel, seconds / rounds), width) for _ in range(rounds) for kernel, width in kernels
    )


def _rate(kernel: Kernel, seconds: float) -> float:
    times = 1000
    while True:
        start = time.perf_counter()
        done = kernel(times)
        lasted = time.perf_counter() - start
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
    registers = [(8, "avx512f"), (4, "avx2"), (2, "")]
    return [width for width, feature in registers if not feature or features.get(feature)]


def _sums(machine: llvm.TargetMachine, width: int) -> Kernel:
    """As many independent sums as there are registers for."""
    sums = 24 if width == 8 else 12
    function, loop, count = _loop(f"sums{width}", [F64, F64])
    vector = ir.VectorType(F64, width)
    fma = ir.Function(
        function.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{width}f64"
    )
    with loop.goto_block(function.entry_basic_block):
        x, y = (_spread(loop, a, vector) for a in function.args[1:])
    totals = [loop.phi(vector) for _ in range(sums)]
    results = [loop.call(fma, [x, y, t]) for t in totals]
    for t, result in zip(totals, results, strict=True):
        t.add_incoming(ir.Constant(vector, [0.0] * width), function.entry_basic_block)
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


def _curves() -> tuple[Kernel, int]:
    """tanh of all numbers of an array, and the width of the vectors it takes them in."""
    x, y = np.linspace(-3.0, 3.0, NUMBERS), np.empty(NUMBERS)
    if processor.unsupported():

        def plain(times: int) -> int:
            for _ in range(times):
                np.tanh(x, out=y)
            return times * NUMBERS

        return plain, 1
    native_backend.load()
    from engine.compiler.kernels import compilation, elementwise, vectors

    @compilation.entry  # type: ignore[untyped-decorator]
    def over_and_over(x: Any, y: Any, times: int) -> None:
        source, target = vectors.memory(x), vectors.memory(y)
        for _ in range(times):
            for q in range(0, NUMBERS, vectors.W):
                vectors.store(target, q, elementwise.vector_tanh(vectors.load(source, q)))

    def kernel(times: int) -> int:
        over_and_over(x, y, times)
        return times * NUMBERS

    kernel(1)
    return kernel, vectors.W


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


def _spread(b: ir.IRBuilder, number: Any, vector: ir.VectorType) -> Any:
    """The number in every lane; before the end of the block in which it is asked."""
    nothing = ir.Constant(vector, ir.Undefined)
    lanes = ir.Constant(ir.VectorType(I32, vector.count), [0] * vector.count)
    return b.shuffle_vector(b.insert_element(nothing, number, I32(0)), nothing, lanes)


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
