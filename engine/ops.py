"""The operation table: every operation of the playground, declared once, a line or two each.

The engine executes `forward` and `local_derivatives`. The pages print `text` and
`local_derivative_texts`, which say the same in the language of `engine/script/`. In all of them
`a` and `b` are the operands, `n` is a number that belongs to the operation (the exponent of a
power), and `y` is the result. Tests hold the two against each other, and against central
differences.

The functions work on floats and on arrays, follow IEEE 754 and never raise: 1/0 is inf, log(-1) is
NaN. `Value` and the parser look at the result and say what is wrong. Where a function has a corner:
relu'(0) = 0, abs'(0) = 0, and two equal operands of max or min share the gradient half and half.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Function = Callable[..., Any]
"""Takes floats or float64 arrays of one shape, returns the same."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it computes, how it differentiates, and how both are written.

    forward(*operands, *numbers) returns the result;
    local_derivatives[i](*operands, *numbers, result) is the derivative by operand i.
    """

    name: str
    symbol: str
    text: str
    forward: Function
    local_derivatives: tuple[Function, ...]
    local_derivative_texts: tuple[str, ...]
    domain: str = ""
    """What the operands must be for the result to be finite, in words."""
    class_targets: tuple[float, float] | None = None
    """As a network's activation: the numbers that stand for "no" and "yes" at an output of this
    kind.
    """
    is_activation: bool = False
    derivative_from_result: bool = False
    """The derivative follows from the result alone, so that the operand may be forgotten."""
    expansion: str = ""
    """The same out of simpler operations, as statements of the language; empty where there is
    none.
    """
    numpy: str = ""
    """As NumPy writes it, where that is neither `text` nor np.name."""
    torch: str = ""
    """As PyTorch writes it, where that is neither `text` nor torch.name."""
    latex: str = ""
    """As LaTeX writes it, where that is neither an operator nor a function by its name."""

    @property
    def arity(self) -> int:
        """How many operands it takes, numbers not counted."""
        return len(self.local_derivatives)


def _sigmoid(a: Any) -> Any:
    e = np.exp(-np.abs(a))
    return np.where(np.greater_equal(a, 0), 1.0, e) / (1.0 + e)


def _share(lead: Any) -> Any:
    """1 for the operand that is ahead, 0 for the other, half where neither is."""
    return 0.5 + 0.5 * np.sign(lead)


# fmt: off
TABLE: tuple[Operation, ...] = (
    Operation("add", "+", "a + b", lambda a, b: a + b,
              (lambda a, b, y: 1.0, lambda a, b, y: 1.0), ("1", "1")),
    Operation("sub", "−", "a - b", lambda a, b: a - b,
              (lambda a, b, y: 1.0, lambda a, b, y: -1.0), ("1", "-1"), expansion="m = -b; a + m"),
    Operation("mul", "×", "a * b", lambda a, b: a * b,
              (lambda a, b, y: b, lambda a, b, y: a), ("b", "a")),
    Operation("div", "÷", "a / b", np.divide,
              (lambda a, b, y: np.divide(1.0, b), lambda a, b, y: np.divide(-y, b)),
              ("1 / b", "-y / b"), domain="the divisor must not be 0",
              expansion="r = b ** -1; a * r"),
    Operation("neg", "−", "-a", lambda a: -a,
              (lambda a, y: -1.0,), ("-1",)),
    Operation("pow", "xⁿ", "a ** n", np.power,
              (lambda a, n, y: n * np.power(a, n - 1.0) if n else 0.0 * a,), ("n * a ** (n - 1)",),
              domain="0 has no negative powers, a negative number only whole ones, and "
                     "1.8e308 is the largest number"),
    Operation("exp", "exp", "exp(a)", np.exp,
              (lambda a, y: y,), ("y",), domain="the exponent must be at most 709.78",
              latex="e^{a}"),
    Operation("log", "log", "log(a)", np.log,
              (lambda a, y: np.divide(1.0, a),), ("1 / a",), domain="the number must be above 0"),
    Operation("sqrt", "√", "sqrt(a)", np.sqrt,
              (lambda a, y: np.divide(0.5, y),), ("1 / (2 * y)",),
              domain="the number must not be negative", expansion="a ** 0.5",
              latex=r"\sqrt{a}"),
    Operation("tanh", "tanh", "tanh(a)", np.tanh,
              (lambda a, y: 1.0 - y * y,), ("1 - y ** 2",), class_targets=(-1.0, 1.0),
              is_activation=True,
              derivative_from_result=True, expansion="e = exp(2 * a); (e - 1) / (e + 1)"),
    Operation("sigmoid", "σ", "sigmoid(a)", _sigmoid,
              (lambda a, y: y * (1.0 - y),), ("y * (1 - y)",), class_targets=(0.0, 1.0),
              is_activation=True,
              derivative_from_result=True, expansion="e = exp(-a); 1 / (1 + e)",
              numpy="1 / (1 + np.exp(-a))",
              latex=r"\sigma(a)"),
    Operation("relu", "relu", "relu(a)", lambda a: np.maximum(a, 0.0),
              (lambda a, y: np.where(a > 0, 1.0, 0.0),), ("1 if a > 0 else 0",),
              is_activation=True,
              derivative_from_result=True, numpy="np.maximum(a, 0)"),
    Operation("leaky_relu", "leaky", "leaky_relu(a)", lambda a: np.maximum(a, 0.01 * a),
              (lambda a, y: np.where(a > 0, 1.0, 0.01),), ("1 if a > 0 else 0.01",),
              is_activation=True, derivative_from_result=True, numpy="np.maximum(a, 0.01 * a)",
              torch="torch.nn.functional.leaky_relu(a, 0.01)"),
    Operation("softplus", "soft+", "softplus(a)", lambda a: np.logaddexp(0.0, a),
              (lambda a, y: _sigmoid(a),), ("sigmoid(a)",), is_activation=True,
              expansion="e = exp(a); log(1 + e)", numpy="np.logaddexp(0, a)",
              torch="torch.logaddexp(torch.zeros_like(a), a)"),
    Operation("sin", "sin", "sin(a)", np.sin,
              (lambda a, y: np.cos(a),), ("cos(a)",), is_activation=True),
    Operation("cos", "cos", "cos(a)", np.cos,
              (lambda a, y: -np.sin(a),), ("-sin(a)",), is_activation=True),
    Operation("abs", "|x|", "abs(a)", np.abs,
              (lambda a, y: np.sign(a),), ("1 if a > 0 else -1 if a < 0 else 0",),
              is_activation=True, latex=r"|a|"),
    Operation("max", "max", "max(a, b)", np.maximum,
              (lambda a, b, y: _share(a - b), lambda a, b, y: _share(b - a)),
              ("1 if a > b else 0 if a < b else 0.5", "1 if b > a else 0 if b < a else 0.5"),
              numpy="np.maximum(a, b)", torch="torch.maximum(a, b)"),
    Operation("min", "min", "min(a, b)", np.minimum,
              (lambda a, b, y: _share(b - a), lambda a, b, y: _share(a - b)),
              ("1 if a < b else 0 if a > b else 0.5", "1 if b < a else 0 if b > a else 0.5"),
              numpy="np.minimum(a, b)", torch="torch.minimum(a, b)"),
)
# fmt: on

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in TABLE}

ACTIVATIONS: dict[str, Operation | None] = {"linear": None} | {
    operation.name: operation for operation in TABLE if operation.is_activation
}
"""What a layer may apply to its sums; `linear` applies nothing."""
