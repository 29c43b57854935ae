"""The operation table: every operation of the playground, declared once.

The engine runs `forward` and `local_derivatives`. The pages print `text` and
`local_derivative_texts`, which say the same in the language of `engine/script/`. Their letters:
`a`, `b`, … are the operands, `n` is an attribute (the exponent of a power), `y` is the result.
Tests hold functions and texts against each other, and both against central differences.

The functions work on floats and on arrays, follow IEEE 754 and never raise: 1/0 is inf, log(-1) is
NaN. `Value` and the parser look at the result: they refuse a pole and a result that is not a
number, and let an overflow and infinite local derivatives stand. At a corner: relu'(0) = 0,
abs'(0) = 0, and operands of max or min that tie share the gradient in equal parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import count, islice
from typing import Any, TypeVar

import numpy as np

Function = Callable[..., Any]
"""Takes floats or float64 arrays of one shape, returns the same."""

Symbol = TypeVar("Symbol")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it computes, how it differentiates, and how both are written.

    `forward(*operands, *attributes)` returns the result;
    `local_derivatives[i](*operands, *attributes, result)` returns the derivative of the result by
    operand i.
    """

    name: str
    symbol: str
    """What the drawing of the graph shows in a node."""
    text: str
    forward: Function
    local_derivatives: tuple[Function, ...]
    local_derivative_texts: tuple[str, ...]
    domain: str = ""
    """Where the operation has a result, in words for an error message; empty for everywhere."""
    class_targets: tuple[float, float] | None = None
    """For a network's output with this activation: the targets for "no" and for "yes"."""
    is_activation: bool = False
    selects: bool = False
    """An operand with local derivative 0 is not selected: it gets 0, not 0 · ∞, as in PyTorch."""
    derivative_from_result: bool = False
    """The result alone gives the derivative, so that a program may overwrite the operand."""
    expansion: str = ""
    """The same from simpler operations, as statements of the language; empty for a simple one."""
    numpy: str = ""
    torch: str = ""
    """The NumPy and PyTorch expressions, if neither `text` nor a function of that name."""
    numpy_comment: str = ""
    """What a NumPy program says of a function of its own for `numpy`; empty if it needs none."""
    mathematics: str = ""
    """The form in LaTeX and MathML, if it is neither an operator nor a function with its name:
    `euler` is Euler's number, `root` a square root, `bars` an absolute value."""
    extend: Callable[[int], Operation] | None = None
    """Builds the same operation for another number of operands; None if the number is fixed."""

    @property
    def arity(self) -> int:
        """The number of operands; attributes do not count."""
        return len(self.local_derivatives)

    @property
    def arity_text(self) -> str:
        """The number of operands in words: `2`, `2 or more`."""
        return f"{self.arity} or more" if self.extend else str(self.arity)

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the operands in the texts."""
        return tuple(islice(operand_letters(), self.arity))

    def bind(
        self, operands: Sequence[Symbol], attributes: Sequence[Symbol], result: Symbol
    ) -> dict[str, Symbol]:
        """Return what each letter of the texts stands for."""
        letters = dict(zip(self.letters, operands, strict=True))
        return letters | dict(zip("n", attributes, strict=False)) | {"y": result}

    def with_operands(self, count: int) -> Operation:
        """Return this operation for `count` operands. Raises TypeError for a wrong number."""
        if count == self.arity:
            return self
        if self.extend is None or count < self.arity:
            raise TypeError(f"{self.name} takes {self.arity_text} operands, not {count}")
        return self.extend(count)


def operand_letters() -> Iterator[str]:
    """Yield a, b, c, … without n and y, which mean something else, then z1, z2, …"""
    yield from "abcdefghijklmopqrstuvwxz"
    yield from (f"z{number}" for number in count(1))


def _sigmoid(a: Any) -> Any:
    e = np.exp(-np.abs(a))
    return np.where(np.greater_equal(a, 0), 1.0, e) / (1.0 + e)


def _gelu_logit(a: Any) -> Any:
    return 1.5957691216057308 * (a + 0.044715 * (a * a * a))


def _gelu_derivative(a: Any, y: Any) -> Any:
    """The derivative; beyond |a| = 40, where the last term is 0, a² stays finite."""
    s = _sigmoid(_gelu_logit(a))
    return s + y * (1.0 - s) * (1.5957691216057308 * (1.0 + 0.134145 * np.minimum(a * a, 1600.0)))


def _share(leads: Any, trails: Any) -> Any:
    """Return 1 for an operand that leads, 0 for one that trails, and half for a tie."""
    return np.where(leads, 1.0, np.where(trails, 0.0, 0.5))


def _equal_share(index: int) -> Function:
    """The derivative by operand `index`: 1 / (number of ties) if it is the result, else 0."""

    def share(*arguments: Any) -> Any:
        *operands, result = arguments
        ties = sum(np.equal(operand, result) * 1.0 for operand in operands)
        return np.divide(np.equal(operands[index], result) * 1.0, ties)

    return share


@lru_cache(maxsize=256)
def _max(operands: int) -> Operation:
    return _extremum("max", np.maximum, operands)


@lru_cache(maxsize=256)
def _min(operands: int) -> Operation:
    return _extremum("min", np.minimum, operands)


def _extremum(name: str, choose: Function, operands: int) -> Operation:
    """max or min of three or more operands. PyTorch's amax and amin share in equal parts too."""
    letters = list(islice(operand_letters(), operands))
    listing = ", ".join(letters)
    ties = ", ".join(f"{letter} == y" for letter in letters)
    return Operation(
        name,
        name,
        f"{name}({listing})",
        lambda *arguments: reduce(choose, arguments),
        tuple(_equal_share(index) for index in range(operands)),
        tuple(f"1 / sum([{ties}]) if {letter} == y else 0" for letter in letters),
        numpy=reduce(lambda first, letter: f"np.{name}imum({first}, {letter})", letters),
        torch=f"torch.a{name}(torch.stack(torch.broadcast_tensors({listing})), dim=0)",
        selects=True,
        extend=_EXTEND[name],
    )


_EXTEND: Mapping[str, Callable[[int], Operation]] = {"max": _max, "min": _min}

TABLE: tuple[Operation, ...] = (
    Operation(
        "add",
        symbol="+",
        text="a + b",
        forward=lambda a, b: a + b,
        local_derivatives=(lambda a, b, y: 1.0, lambda a, b, y: 1.0),
        local_derivative_texts=("1", "1"),
    ),
    Operation(
        "sub",
        symbol="−",
        text="a - b",
        forward=lambda a, b: a - b,
        local_derivatives=(lambda a, b, y: 1.0, lambda a, b, y: -1.0),
        local_derivative_texts=("1", "-1"),
        expansion="m = -b; a + m",
    ),
    Operation(
        "mul",
        symbol="×",
        text="a * b",
        forward=lambda a, b: a * b,
        local_derivatives=(lambda a, b, y: b, lambda a, b, y: a),
        local_derivative_texts=("b", "a"),
    ),
    Operation(
        "div",
        symbol="÷",
        text="a / b",
        forward=np.divide,
        local_derivatives=(lambda a, b, y: np.divide(1.0, b), lambda a, b, y: np.divide(-y, b)),
        local_derivative_texts=("1 / b", "-y / b"),
        domain="the divisor must not be 0",
        expansion="r = b ** -1; a * r",
    ),
    Operation(
        "neg",
        symbol="−",
        text="-a",
        forward=lambda a: -a,
        local_derivatives=(lambda a, y: -1.0,),
        local_derivative_texts=("-1",),
    ),
    Operation(
        "pow",
        symbol="xⁿ",
        text="a ** n",
        forward=np.power,
        local_derivatives=(lambda a, n, y: n * np.power(a, n - 1.0) if n else 0.0 * a,),
        local_derivative_texts=("n * a ** (n - 1)",),
        domain="0 has no negative powers, and a negative number has only whole powers",
    ),
    Operation(
        "exp",
        symbol="exp",
        text="exp(a)",
        forward=np.exp,
        local_derivatives=(lambda a, y: y,),
        local_derivative_texts=("y",),
        mathematics="euler ** a",
    ),
    Operation(
        "log",
        symbol="log",
        text="log(a)",
        forward=np.log,
        local_derivatives=(lambda a, y: np.divide(1.0, a),),
        local_derivative_texts=("1 / a",),
        domain="the number must be above 0",
    ),
    Operation(
        "sqrt",
        symbol="√",
        text="sqrt(a)",
        forward=np.sqrt,
        local_derivatives=(lambda a, y: np.divide(0.5, y),),
        local_derivative_texts=("1 / (2 * y)",),
        domain="the number must not be negative",
        expansion="a ** 0.5",
        mathematics="root(a)",
    ),
    Operation(
        "tanh",
        symbol="tanh",
        text="tanh(a)",
        forward=np.tanh,
        local_derivatives=(lambda a, y: 1.0 - y * y,),
        local_derivative_texts=("1 - y ** 2",),
        class_targets=(-1.0, 1.0),
        is_activation=True,
        derivative_from_result=True,
        expansion="e = exp(2 * a); (e - 1) / (e + 1)",
    ),
    Operation(
        "sigmoid",
        symbol="σ",
        text="sigmoid(a)",
        forward=_sigmoid,
        local_derivatives=(lambda a, y: y * (1.0 - y),),
        local_derivative_texts=("y * (1 - y)",),
        class_targets=(0.0, 1.0),
        is_activation=True,
        derivative_from_result=True,
        expansion="e = exp(-a); 1 / (1 + e)",
        numpy="np.exp(-np.logaddexp(0, -a))",
        numpy_comment="1 / (1 + exp(-a)), which would overflow for large negative numbers.",
        mathematics="σ(a)",
    ),
    Operation(
        "relu",
        symbol="relu",
        text="relu(a)",
        forward=lambda a: np.maximum(a, 0.0),
        local_derivatives=(lambda a, y: np.where(a > 0, 1.0, 0.0),),
        local_derivative_texts=("1 if a > 0 else 0",),
        is_activation=True,
        selects=True,
        derivative_from_result=True,
        numpy="np.maximum(a, 0)",
    ),
    Operation(
        "leaky_relu",
        symbol="leaky",
        text="leaky_relu(a)",
        forward=lambda a: np.maximum(a, 0.01 * a),
        local_derivatives=(lambda a, y: np.where(a > 0, 1.0, 0.01),),
        local_derivative_texts=("1 if a > 0 else 0.01",),
        is_activation=True,
        derivative_from_result=True,
        numpy="np.maximum(a, 0.01 * a)",
        torch="torch.nn.functional.leaky_relu(a, 0.01)",
    ),
    Operation(
        "softplus",
        symbol="soft+",
        text="softplus(a)",
        forward=lambda a: np.logaddexp(0.0, a),
        local_derivatives=(lambda a, y: _sigmoid(a),),
        local_derivative_texts=("sigmoid(a)",),
        is_activation=True,
        expansion="e = exp(a); log(1 + e)",
        numpy="np.logaddexp(0, a)",
        torch="torch.logaddexp(torch.zeros_like(a), a)",
    ),
    Operation(
        "sin",
        symbol="sin",
        text="sin(a)",
        forward=np.sin,
        local_derivatives=(lambda a, y: np.cos(a),),
        local_derivative_texts=("cos(a)",),
        is_activation=True,
    ),
    Operation(
        "cos",
        symbol="cos",
        text="cos(a)",
        forward=np.cos,
        local_derivatives=(lambda a, y: -np.sin(a),),
        local_derivative_texts=("-sin(a)",),
        is_activation=True,
    ),
    Operation(
        "abs",
        symbol="|x|",
        text="abs(a)",
        forward=np.abs,
        local_derivatives=(lambda a, y: np.sign(a),),
        local_derivative_texts=("1 if a > 0 else -1 if a < 0 else 0",),
        is_activation=True,
        mathematics="bars(a)",
    ),
    Operation(
        "max",
        symbol="max",
        text="max(a, b)",
        forward=np.maximum,
        local_derivatives=(
            lambda a, b, y: _share(a > b, a < b),
            lambda a, b, y: _share(b > a, b < a),
        ),
        local_derivative_texts=(
            "1 if a > b else 0 if a < b else 0.5",
            "1 if b > a else 0 if b < a else 0.5",
        ),
        numpy="np.maximum(a, b)",
        torch="torch.maximum(a, b)",
        selects=True,
        extend=_max,
    ),
    Operation(
        "min",
        symbol="min",
        text="min(a, b)",
        forward=np.minimum,
        local_derivatives=(
            lambda a, b, y: _share(a < b, a > b),
            lambda a, b, y: _share(b < a, b > a),
        ),
        local_derivative_texts=(
            "1 if a < b else 0 if a > b else 0.5",
            "1 if b < a else 0 if b > a else 0.5",
        ),
        numpy="np.minimum(a, b)",
        torch="torch.minimum(a, b)",
        selects=True,
        extend=_min,
    ),
    Operation(  # Hendrycks and Gimpel 2016, the form with tanh: (1 + tanh v) / 2 = sigmoid(2 v)
        "gelu",
        symbol="gelu",
        text="gelu(a)",
        forward=lambda a: a * _sigmoid(_gelu_logit(a)),
        local_derivatives=(_gelu_derivative,),
        local_derivative_texts=(
            "sigmoid(1.5957691216057308 * (a + 0.044715 * a ** 3)) + "
            "y * sigmoid(-1.5957691216057308 * (a + 0.044715 * a ** 3)) * "
            "1.5957691216057308 * (1 + 0.134145 * a ** 2)",
        ),
        is_activation=True,
        expansion="v = 1.5957691216057308 * (a + 0.044715 * a ** 3); a * sigmoid(v)",
        numpy="0.5 * a * (1 + np.tanh(0.7978845608028654 * (a + 0.044715 * a ** 3)))",
        numpy_comment="The form of gelu with tanh, by Hendrycks and Gimpel.",
        torch="torch.nn.functional.gelu(a, approximate='tanh')",
    ),
)

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in TABLE}

ACTIVATIONS: dict[str, Operation | None] = {"linear": None} | {
    operation.name: operation for operation in TABLE if operation.is_activation
}
"""What a layer can apply to its pre-activations; `linear` applies nothing."""
