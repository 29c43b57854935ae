"""A number that remembers how it was computed, and can therefore be differentiated.

Every arithmetic operation on Values makes a new Value that keeps its operands, so the final result
is the root of a graph. `backward()` walks that graph from the result to the leaves and applies the
chain rule once per edge: an operand receives the local derivative times what its result has
received. Which operations there are, and their derivatives, stands in `engine.ops`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from engine.notation import format_formula, format_number
from engine.ops import OPERATIONS, TABLE, Operation


class DomainError(ArithmeticError):
    """An operation met a number for which it, or its derivative, is not finite; the derivative of
    `node` where that is known.
    """

    def __init__(self, message: str, node: Value | None = None) -> None:
        super().__init__(message)
        self.node = node


class Value:
    """A scalar node: `data`, the gradient `grad` of the last output by it, a `label`, and its
    origin.

    A leaf has `op` None and no `operands`. `attributes` holds what belongs to the operation itself:
    the exponent of a power.
    """

    __slots__ = ("attributes", "data", "grad", "label", "op", "operands")

    def __init__(self, data: float, label: str = "") -> None:
        self.data = float(data)
        self.grad = 0.0
        self.label = label
        self.op: Operation | None = None
        self.operands: tuple[Value, ...] = ()
        self.attributes: tuple[float, ...] = ()

    def __repr__(self) -> str:
        name = f"{self.label}: " if self.label else ""
        made = f", from {self.format_formula()}" if self.op else ""
        return f"Value({name}data={self.data:.6g}, grad={self.grad:.6g}{made})"

    def __add__(self, other: Value | float) -> Value:
        return apply(OPERATIONS["add"], self, other)

    def __radd__(self, other: float) -> Value:
        return apply(OPERATIONS["add"], other, self)

    def __sub__(self, other: Value | float) -> Value:
        return apply(OPERATIONS["sub"], self, other)

    def __rsub__(self, other: float) -> Value:
        return apply(OPERATIONS["sub"], other, self)

    def __mul__(self, other: Value | float) -> Value:
        return apply(OPERATIONS["mul"], self, other)

    def __rmul__(self, other: float) -> Value:
        return apply(OPERATIONS["mul"], other, self)

    def __truediv__(self, other: Value | float) -> Value:
        return apply(OPERATIONS["div"], self, other)

    def __rtruediv__(self, other: float) -> Value:
        return apply(OPERATIONS["div"], other, self)

    def __neg__(self) -> Value:
        return apply(OPERATIONS["neg"], self)

    def __abs__(self) -> Value:
        return apply(OPERATIONS["abs"], self)

    def __pow__(self, exponent: float) -> Value:
        if isinstance(exponent, Value):
            raise TypeError("the exponent must be a number; for a Value write (b * a.log()).exp()")
        return apply(OPERATIONS["pow"], self, attributes=(float(exponent),))

    if TYPE_CHECKING:  # every function of the table is a method: .tanh(), .max(other), …

        def __getattr__(self, name: str) -> Callable[..., Value]: ...

    def format_formula(self, substitute_numbers: bool = False, digits: int = 4) -> str:
        """Return how this Value was computed: `a · b`, or with numbers `2 · (−3)`."""
        if self.op is None:
            return self.label or format_number(self.data)
        return format_formula(self.op.text, self.letter_names(substitute_numbers, digits))

    def letter_names(
        self, substitute_numbers: bool = False, digits: int = 4
    ) -> dict[str, str | float]:
        """What the letters of the operation table (`a`, `b`, `n`, `y`) are called at this Value."""

        def called(node: Value) -> str:
            labelled = node.label and not substitute_numbers
            return node.label if labelled else format_number(node.data, digits)

        letters = {letter: called(each) for letter, each in zip("ab", self.operands, strict=False)}
        return letters | dict(zip("n", self.attributes, strict=False)) | {"y": called(self)}

    def local_derivatives(self) -> tuple[float, ...]:
        """The derivative of this Value by each operand, at the present data.

        Raises DomainError where one is not finite, as that of sqrt at 0.
        """
        if self.op is None:
            return ()
        arguments = (*(operand.data for operand in self.operands), *self.attributes, self.data)
        with np.errstate(all="ignore"):
            slopes = tuple(float(partial(*arguments)) for partial in self.op.local_derivatives)
        for slope in slopes:
            if not isfinite(slope) and all(map(isfinite, arguments)):
                call = _call(self.op, self.operands, self.attributes)
                raise DomainError(f"the derivative of {call} is {format_number(slope)}", self)
        return slopes

    def backward(self) -> None:
        """Set `grad` of everything this Value was computed from to the derivative of this Value
        by it.

        Leaves add to what they have, so that several outputs can be summed (and a forgotten
        `zero_grad` is seen); inner Values start anew. Raises DomainError before any gradient has
        changed.
        """
        nodes = sort_topologically(self)
        slopes = [node.local_derivatives() for node in nodes]
        for node in nodes:
            if node.operands:
                node.grad = 0.0
        self.grad += 1.0
        for node, node_slopes in zip(reversed(nodes), reversed(slopes), strict=True):
            for operand, slope in zip(node.operands, node_slopes, strict=True):
                operand.grad += slope * node.grad

    def zero_grad(self) -> None:
        """Set `grad` to 0 for this Value and everything it was computed from."""
        for node in sort_topologically(self):
            node.grad = 0.0


def apply(op: Operation, *operands: Value | float, attributes: tuple[float, ...] = ()) -> Value:
    """The Value that `op` makes of its operands; plain attributes become constants.

    Raises DomainError where finite operands give a result that is not finite, TypeError where an
    operand is not a number or their count is wrong.
    """
    if len(operands) != op.arity:
        raise TypeError(f"{op.name} takes {op.arity} operands, not {len(operands)}")
    if any(isinstance(each, str) for each in operands):
        raise TypeError(f"{op.name} takes attributes and Values, not texts")
    nodes = tuple(each if isinstance(each, Value) else Value(each) for each in operands)
    arguments = (*(node.data for node in nodes), *attributes)
    with np.errstate(all="ignore"):
        result = Value(op.forward(*arguments))
    if not isfinite(result.data) and all(map(isfinite, arguments)):
        reason = op.domain or "the result is too large for a 64-bit number"
        raise DomainError(
            f"{_call(op, nodes, attributes)} is {format_number(result.data)}: {reason}"
        )
    result.op, result.operands, result.attributes = op, nodes, attributes
    return result


def _call(op: Operation, operands: tuple[Value, ...], attributes: tuple[float, ...]) -> str:
    """`log(x) at x = 0`, `1 / 0`: an operation, its labels and its attributes, for an error
    message.
    """
    letters = {
        letter: node.label or format_number(node.data)
        for letter, node in zip("ab", operands, strict=False)
    }
    places = dict.fromkeys(
        f"{node.label} = {format_number(node.data)}" for node in operands if node.label
    )
    at = f" at {', '.join(places)}" if places else ""
    return format_formula(op.text, letters | dict(zip("n", attributes, strict=False))) + at


def sort_topologically(*roots: Value) -> list[Value]:
    """Everything the roots were computed from, and the roots, each after all of its operands."""
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[tuple[Value, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend(
                (operand, False) for operand in reversed(node.operands) if operand not in seen
            )
    return order


def recompute(nodes: Iterable[Value]) -> None:
    """Set the data of computed nodes, listed operands first, from the data of their operands."""
    with np.errstate(all="ignore"):
        for node in nodes:
            if node.op is not None:
                arguments = (*(operand.data for operand in node.operands), *node.attributes)
                node.data = float(node.op.forward(*arguments))


def sum_values(values: Iterable[Value]) -> Value:
    """The sum of one or more Values, left to right, without a leading 0."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first


def _method(op: Operation) -> Callable[..., Value]:
    def method(self: Value, *others: Value | float) -> Value:
        return apply(op, self, *others)

    method.__name__ = op.name
    method.__doc__ = f"{op.text} as a new Value."
    return method


for _op in TABLE:
    if _op.text.startswith(f"{_op.name}("):
        setattr(Value, _op.name, _method(_op))
