"""Vectors of W doubles in kernels: a type for numba, and registers whose operators write code.

Two ways to write a kernel meet here. A function with `kernel`, `calling` or `inlined`
(`compilation.py`) is Python that numba compiles: control flow, offsets, optimizers. An *emitter* is
Python that runs while numba compiles, and whose operators write instructions: `tanh(x)` of
`functions.py` takes a `Register` and returns one. Emitters need no type inference, so they compile
ten times faster. `emitted` makes an emitter callable from a kernel.

Memory is handed around as pointers; offsets count doubles.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter, Signature
from typing import Any, Union

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import intrinsic, lower_builtin, models, register_model

from engine.compiler.processor import width

W = width()
"""Doubles in a vector: 8 where the processor has 512-bit registers, else 4."""

DOUBLE, INT, LANE = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
DOUBLES, INTS = ir.VectorType(DOUBLE, W), ir.VectorType(INT, W)

Vector = Any
Pointer = Any
"""What the arguments of kernels are called; numba knows their types."""


class VectorType(types.Type):  # type: ignore[misc]
    """W doubles in one register."""

    def __init__(self) -> None:
        super().__init__(name=f"vector{W}")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, DOUBLES)


FLOAT, INTEGER, VOID = types.float64, types.int64, types.void
VECTOR, POINTER, INT_POINTER = VectorType(), types.CPointer(FLOAT), types.CPointer(INTEGER)


# --- Emitters -------------------------------------------------------------------------------------


class Emitter:
    """Writes instructions at one place of a function."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def register(self, value: Any) -> Register:
        """Return a value of LLVM as a register."""
        return Register(self, value)

    def vector(self, number: float) -> Register:
        """Return a constant, the same in all lanes."""
        return self.register(ir.Constant(DOUBLES, [number] * W))

    def load(self, pointer: Any, offset: Any) -> Register:
        """Return the vector at an offset."""
        return self.register(load_value(self.builder, pointer, offset))

    def store(self, pointer: Any, offset: Any, vector: Register) -> None:
        """Write a vector to an offset."""
        store_value(self.builder, pointer, offset, vector.value)

    def call(self, name: str, *vectors: Register) -> Register:
        """Return the result of LLVM's intrinsic function with this name."""
        return self.register(call(name, self.builder, *[vector.value for vector in vectors]))

    @contextmanager
    def samples(self, count: Any) -> Iterator[Any]:
        """Write the body of a loop over the offsets of whole vectors below `count`."""
        b = self.builder
        with cgutils.for_range(b, b.sdiv(count, INT(W)), intp=INT) as loop:
            yield b.mul(loop.index, INT(W))

    def choose(
        self, condition: Any, then: Callable[[], Register], otherwise: Callable[[], Register]
    ) -> Register:
        """Return what one of two branches computes; only that branch runs."""
        b = self.builder
        with b.if_else(condition) as (holds, fails):
            with holds:
                first = then().value
                first_block = b.block
            with fails:
                second = otherwise().value
                second_block = b.block
        result = b.phi(first.type)
        result.add_incoming(first, first_block)
        result.add_incoming(second, second_block)
        return self.register(result)


Operand = Union["Register", float]


class Register:
    """A vector or a number while code is written: its operators write instructions.

    A number beside a vector stands for all lanes.
    """

    __slots__ = ("emitter", "value")

    def __init__(self, emitter: Emitter, value: Any) -> None:
        self.emitter, self.value = emitter, value

    @property
    def is_vector(self) -> bool:
        """Whether it holds W doubles."""
        return isinstance(self.value.type, ir.VectorType)

    def like(self, operand: Operand) -> Register:
        """Return an operand in the form of this register."""
        if not isinstance(operand, Register):
            if self.is_vector:
                return self.emitter.vector(operand)
            return self.emitter.register(ir.Constant(DOUBLE, operand))
        if self.is_vector and not operand.is_vector:
            return self.emitter.register(splat_value(self.emitter.builder, operand.value))
        return operand

    def _pair(self, instruction: str, x: Operand, y: Operand) -> Register:
        widest = x if isinstance(x, Register) and x.is_vector else y
        form = widest if isinstance(widest, Register) else self
        x, y = form.like(x), form.like(y)
        emit = getattr(self.emitter.builder, instruction)
        return self.emitter.register(emit(x.value, y.value))

    def __add__(self, other: Operand) -> Register:
        return self._pair("fadd", self, other)

    def __radd__(self, other: Operand) -> Register:
        return self._pair("fadd", other, self)

    def __sub__(self, other: Operand) -> Register:
        return self._pair("fsub", self, other)

    def __rsub__(self, other: Operand) -> Register:
        return self._pair("fsub", other, self)

    def __mul__(self, other: Operand) -> Register:
        return self._pair("fmul", self, other)

    def __rmul__(self, other: Operand) -> Register:
        return self._pair("fmul", other, self)

    def __truediv__(self, other: Operand) -> Register:
        return self._pair("fdiv", self, other)

    def __rtruediv__(self, other: Operand) -> Register:
        return self._pair("fdiv", other, self)

    def __neg__(self) -> Register:
        return self.emitter.register(self.emitter.builder.fneg(self.value))


def fused(x: Register, y: Operand, z: Operand) -> Register:
    """Return x · y + z, rounded once."""
    return x.emitter.call("llvm.fma", x, x.like(y), x.like(z))


def magnitude(x: Register) -> Register:
    """Return |x|."""
    return x.emitter.call("llvm.fabs", x)


def root(x: Register) -> Register:
    """Return the square root."""
    return x.emitter.call("llvm.sqrt", x)


def where(x: Register, comparison: str, y: Operand, then: Operand, otherwise: Operand) -> Register:
    """Choose lane by lane by comparing x and y; a comparison with NaN is false."""
    b = x.emitter.builder
    holds = b.fcmp_ordered(comparison, x.value, x.like(y).value)
    return x.emitter.register(b.select(holds, x.like(then).value, x.like(otherwise).value))


def _bounded(x: Register, comparison: str, bound: float) -> Register:
    b, limit = x.emitter.builder, x.like(bound).value
    inside = b.fcmp_unordered(comparison, x.value, limit)
    return x.emitter.register(b.select(inside, x.value, limit))


def at_most(x: Register, bound: float) -> Register:
    """Return the numbers, those above the bound replaced by it; NaN stays NaN."""
    return _bounded(x, "<", bound)


def at_least(x: Register, bound: float) -> Register:
    """Return the numbers, those below the bound replaced by it; NaN stays NaN."""
    return _bounded(x, ">", bound)


# --- Instructions on values of LLVM ---------------------------------------------------------------


def shuffle_values(builder: Any, x: Any, y: Any, lanes: Sequence[int]) -> Any:
    """Return the lanes of x and y with these numbers; those of y count on from W."""
    mask = ir.Constant(ir.VectorType(LANE, len(lanes)), list(lanes))
    return builder.shuffle_vector(x, y, mask)


def splat_value(builder: Any, x: Any) -> Any:
    """Return a vector with one number in all lanes."""
    first = builder.insert_element(ir.Constant(DOUBLES, ir.Undefined), x, LANE(0))
    return shuffle_values(builder, first, ir.Constant(DOUBLES, ir.Undefined), [0] * W)


def address(builder: Any, pointer: Any, offset: Any) -> Any:
    """Return the pointer at an offset."""
    return builder.gep(pointer, [offset], inbounds=True)


def load_value(builder: Any, pointer: Any, offset: Any, type_: Any = DOUBLES) -> Any:
    """Return the vector at an offset, which need not be aligned."""
    value = builder.load(builder.bitcast(address(builder, pointer, offset), type_.as_pointer()))
    value.align = 8
    return value


def store_value(builder: Any, pointer: Any, offset: Any, vector: Any) -> None:
    """Write a vector to an offset, which need not be aligned."""
    target = builder.bitcast(address(builder, pointer, offset), vector.type.as_pointer())
    builder.store(vector, target).align = 8


def call(name: str, builder: Any, *vectors: Any) -> Any:
    """Call LLVM's intrinsic function with this name on vectors."""
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(DOUBLES, [DOUBLES] * len(vectors)), f"{name}.v{W}f64"
    )
    return builder.call(function, vectors)


def sum_lanes(builder: Any, vector: Any) -> Any:
    """Return the sum of a vector's lanes, added by halves."""
    lanes = W
    while lanes > 1:
        lanes //= 2
        low = shuffle_values(builder, vector, vector, range(lanes))
        high = shuffle_values(builder, vector, vector, range(lanes, 2 * lanes))
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, LANE(0))


# --- What kernels call ----------------------------------------------------------------------------


def instruction(result: Any, arguments: Sequence[Any], write: Callable[..., Any]) -> Any:
    """Return a function for kernels whose code is what `write(emitter, *arguments)` writes.

    `result` and `arguments` are types of numba; the arguments come as values of LLVM.
    """

    def typed(typing: Any, *_: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            value = write(Emitter(context, builder), *values)
            return context.get_dummy_value() if result is types.void else value

        return result(*arguments), generate

    names = ["typing", *(f"x{i}" for i in range(len(arguments)))]
    typed.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    return intrinsic(typed)


def emitted(function: Callable[..., Register], operands: int = 1) -> Any:
    """Return an emitter of vectors as a function for kernels."""

    def write(emitter: Emitter, *values: Any) -> Any:
        return function(*[emitter.register(value) for value in values]).value

    return instruction(VECTOR, [VECTOR] * operands, write)


def _plain(result: Any, arguments: Sequence[Any], write: Callable[..., Any]) -> Any:
    return instruction(result, arguments, lambda emitter, *values: write(emitter.builder, *values))


at = _plain(POINTER, [POINTER, INTEGER], address)
at_int = _plain(INT_POINTER, [INT_POINTER, INTEGER], address)
get = _plain(FLOAT, [POINTER, INTEGER], lambda b, p, i: b.load(address(b, p, i)))
put = _plain(VOID, [POINTER, INTEGER, FLOAT], lambda b, p, i, x: b.store(x, address(b, p, i)))
get_int = _plain(INTEGER, [INT_POINTER, INTEGER], lambda b, p, i: b.load(address(b, p, i)))
put_int = _plain(
    VOID, [INT_POINTER, INTEGER, INTEGER], lambda b, p, i, x: b.store(x, address(b, p, i))
)
load = _plain(VECTOR, [POINTER, INTEGER], load_value)
store = _plain(VOID, [POINTER, INTEGER, VECTOR], store_value)
splat = _plain(VECTOR, [FLOAT], splat_value)
spread = _plain(
    VECTOR, [POINTER, INTEGER], lambda b, p, i: splat_value(b, b.load(address(b, p, i)))
)
"""The number at an offset, in all lanes."""
multiply_add = emitted(fused, 3)
square_root = emitted(root)
total = _plain(FLOAT, [VECTOR], sum_lanes)
with_lane = _plain(
    VECTOR, [VECTOR, INTEGER, FLOAT], lambda b, x, i, value: b.insert_element(x, value, i)
)


def _shared_from(builder: Any, last: Any, number: Any) -> Any:
    """Return `number` in all lanes; those from `last` on share one of it by halves, exactly."""

    def integers(value: Any) -> Any:
        first = builder.insert_element(ir.Constant(INTS, ir.Undefined), value, LANE(0))
        return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(LANE, W), [0] * W))

    def smaller(x: Any, y: Any) -> Any:
        return builder.select(builder.icmp_signed("<", x, y), x, y)

    zeros, after = ir.Constant(INTS, [0] * W), ir.Constant(INTS, list(range(1, W + 1)))
    halvings = smaller(builder.sub(after, integers(last)), integers(builder.sub(INT(W - 1), last)))
    halvings = builder.select(builder.icmp_signed(">", halvings, zeros), halvings, zeros)
    exponents = builder.sub(ir.Constant(INTS, [1023] * W), halvings)
    powers = builder.bitcast(builder.shl(exponents, ir.Constant(INTS, [52] * W)), DOUBLES)
    return builder.fmul(powers, splat_value(builder, number))


shared_from = _plain(VECTOR, [INTEGER, FLOAT], _shared_from)


def _memory(typing: Any, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, values[0]).data

    return types.CPointer(array.dtype)(array), generate


memory: Any = intrinsic(_memory)
"""The pointer to an array's numbers; the array must outlive its use."""


def _operators() -> None:
    """Teach numba + − · / and the unary minus between vectors and floats."""

    def binary(apply: Callable[[Any, Any], Any]) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            emitter = Emitter(context, builder)
            return apply(*[emitter.register(value) for value in values]).value

        return generate

    class Typed(AbstractTemplate):  # type: ignore[misc]
        def generic(self, arguments: Any, keywords: Any) -> Any:
            vectors = [isinstance(argument, VectorType) for argument in arguments]
            if any(vectors):
                return VECTOR(*(VECTOR if vector else FLOAT for vector in vectors))
            return None

    for function in (operator.add, operator.sub, operator.mul, operator.truediv):
        infer_global(function)(type("Typed", (Typed,), {"key": function}))
        for arguments in ((VECTOR, VECTOR), (VECTOR, FLOAT), (FLOAT, VECTOR)):
            lower_builtin(function, *arguments)(binary(function))
    infer_global(operator.neg)(type("Typed", (Typed,), {"key": operator.neg}))
    lower_builtin(operator.neg, VECTOR)(lambda context, b, signature, values: b.fneg(values[0]))


_operators()
