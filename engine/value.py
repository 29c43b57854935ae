"""A number that remembers how it was computed, so that it can be differentiated.

Every arithmetic operation on Values makes a new Value that keeps its operands. So the final result
is the root of a graph. `backward()` goes through that graph from the result to the leaves and
applies the chain rule once per edge: an operand receives the local derivative times the gradient of
its result. `engine.ops` holds the operations and their derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite, isnan
from typing import TYPE_CHECKING

import numpy as np

from engine import messages
from engine.notation import format_formula, format_number
from engine.ops import OPERATIONS, TABLE, Function, Operation


class DomainError(ArithmeticError):
    """An operation has no result at these finite numbers, or a pole: log(−1), 1/0."""


class Value:
    """A scalar node of the graph.

    `data` is its number, `grad` the gradient of the output by it, `label` its name. `op` is the
    operation that computed it from its `operands`; a leaf has neither. `attributes` are the numbers
    that belong to the operation itself: the exponent of a power.
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
        origin = f", from {self.format_formula()}" if self.op else ""
        return f"Value({name}data={self.data:.6g}, grad={self.grad:.6g}{origin})"

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
            raise TypeError(messages.EXPONENT_IS_A_VALUE)
        return apply(OPERATIONS["pow"], self, attributes=(float(exponent),))

    if TYPE_CHECKING:  # every function of the table is a method: .tanh(), .max(other), …

        def __getattr__(self, name: str) -> Callable[..., Value]: ...

    def local_derivatives(self) -> tuple[float, ...]:
        """Return the derivative of this Value by each operand, at the present data.

        It can be infinite, such as that of sqrt at 0.
        """
        if self.op is None:
            return ()
        arguments = (*(operand.data for operand in self.operands), *self.attributes, self.data)
        with np.errstate(all="ignore"):
            return tuple(float(rule(*arguments)) for rule in self.op.local_derivatives)

    def backward(self) -> None:
        """Compute the gradient of this Value by everything it was computed from, into `grad`.

        Leaves add it to the gradient that they have. So several outputs can be summed, and a
        `zero_grad` that somebody forgot shows. Inner Values start from 0. As in PyTorch, infinite
        gradients flow on, 0 · ∞ is NaN, and what relu, max or min did not select gets nothing.
        """
        nodes = sort_topologically(self)
        for node in nodes:
            if node.operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(nodes):
            local_derivatives = node.local_derivatives()
            for operand, local_derivative in zip(node.operands, local_derivatives, strict=True):
                if local_derivative or not (node.op and node.op.selects):
                    operand.grad += local_derivative * node.grad

    def zero_grad(self) -> None:
        """Set `grad` to 0 for this Value and everything it was computed from."""
        for node in sort_topologically(self):
            node.grad = 0.0

    def format_formula(self, substitute_numbers: bool = False, digits: int = 4) -> str:
        """Return how this Value was computed: `a · b`, or with numbers `2 · (−3)`."""
        if self.op is None:
            return self.label or format_number(self.data)
        return format_formula(self.op.text, self.letter_names(substitute_numbers, digits))

    def letter_names(
        self, substitute_numbers: bool = False, digits: int = 4
    ) -> dict[str, str | float]:
        """Return what the letters of the operation table (`a`, `b`, `n`, `y`) stand for here."""

        def name(node: Value) -> str | float:
            has_name = node.label and not substitute_numbers
            return node.label if has_name else format_number(node.data, digits)

        return bind(self, name)


def bind(node: Value, name: Callable[[Value], str | float]) -> dict[str, str | float]:
    """Return what the letters of a node's operation stand for, with the operands and the result
    named by `name`.
    """
    assert node.op is not None
    return node.op.bind([name(operand) for operand in node.operands], node.attributes, name(node))


def apply(op: Operation, *operands: Value | float, attributes: tuple[float, ...] = ()) -> Value:
    """Return the Value that `op` computes from its operands; plain numbers become constants.

    Raises DomainError if finite operands give NaN or meet a pole, TypeError if an operand is not a
    number or their count is wrong. A result that overflows is infinite.
    """
    op = op.with_operands(len(operands))
    if any(isinstance(operand, str) for operand in operands):
        raise TypeError(messages.OPERAND_IS_A_TEXT.format(operation=op.name))
    nodes = tuple(operand if isinstance(operand, Value) else Value(operand) for operand in operands)
    arguments = (*(node.data for node in nodes), *attributes)
    with np.errstate(all="ignore"):
        result = Value(op.forward(*arguments))
    is_suspect = not isfinite(result.data) and all(map(isfinite, arguments))
    if is_suspect and (isnan(result.data) or has_pole(op.forward, *arguments)):
        message = messages.NO_RESULT.format(
            call=_format_call(op, nodes, attributes),
            result=format_number(result.data),
            domain=op.domain,
        )
        raise DomainError(message)
    result.op, result.operands, result.attributes = op, nodes, attributes
    return result


def has_pole(function: Function, *arguments: float) -> bool:
    """Return whether a function of the table is infinite because it has a pole at these finite
    numbers: it divides by 0. Otherwise its result is too large for a 64-bit number.
    """
    try:
        with np.errstate(all="ignore", divide="raise"):
            function(*arguments)
    except FloatingPointError:
        return True
    return False


def sort_topologically(*roots: Value) -> list[Value]:
    """Return the roots and everything they were computed from, operands before their results."""
    order: list[Value] = []
    visited: set[Value] = set()
    stack: list[tuple[Value, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif node not in visited:
            visited.add(node)
            stack.append((node, True))
            stack.extend(
                (operand, False) for operand in reversed(node.operands) if operand not in visited
            )
    return order


def recompute(nodes: Iterable[Value]) -> None:
    """Compute the data of nodes again from the data of their operands, which come first."""
    with np.errstate(all="ignore"):
        for node in nodes:
            if node.op is not None:
                arguments = (*(operand.data for operand in node.operands), *node.attributes)
                node.data = float(node.op.forward(*arguments))


def sum_values(values: Iterable[Value]) -> Value:
    """Return the sum of one or more Values, from left to right, without a leading 0."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first


def _format_call(op: Operation, operands: tuple[Value, ...], attributes: tuple[float, ...]) -> str:
    """Return an operation with its labels and numbers for an error message: `log(x) at x = 0`."""
    names = [node.label or format_number(node.data) for node in operands]
    letters: dict[str, str | float] = op.bind(names, attributes, "")
    data = dict.fromkeys(
        f"{node.label} = {format_number(node.data)}" for node in operands if node.label
    )
    return format_formula(op.text, letters) + (f" at {', '.join(data)}" if data else "")


def _method(op: Operation) -> Callable[..., Value]:
    def method(self: Value, *others: Value | float) -> Value:
        return apply(op, self, *others)

    method.__name__ = op.name
    method.__doc__ = f"Return {op.text} as a new Value."
    return method


for _op in TABLE:
    if _op.text.startswith(f"{_op.name}("):
        setattr(Value, _op.name, _method(_op))
