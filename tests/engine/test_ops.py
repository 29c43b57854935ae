"""The operation table against central differences, its own texts, and IEEE 754."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from engine.ops import OPERATIONS, TABLE, Operation

EVERY = pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
MODERATE = st.floats(-4.0, 4.0)
EXPONENTS = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 2.5])
ANY = st.floats(allow_nan=False, allow_infinity=True)

# Where a formula is evaluated as text, these are what its names mean: NumPy's, none of ours.
MEANINGS: dict[str, Any] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin, "cos": np.cos,
    "abs": np.abs, "max": np.maximum, "min": np.minimum,
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "softplus": lambda x: np.log(1.0 + np.exp(x)),
    "gelu": lambda x: 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3))),
    "relu": lambda x: x if x > 0 else 0.0,
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
}  # fmt: skip


def numbers_of(op: Operation, exponent: float) -> tuple[float, ...]:
    return (exponent,) if op.name == "pow" else ()


def moved_into_domain(op: Operation, operands: list[float], exponent: float) -> list[float]:
    """The operands, moved to where the operation is smooth, away from poles and corners."""
    match op.name:
        case "log" | "sqrt":
            return [abs(operands[0]) + 0.1]
        case "pow":
            return operands if exponent >= 0 and exponent % 1 == 0 else [abs(operands[0]) + 0.1]
        case "div":
            return [operands[0], math.copysign(abs(operands[1]) + 0.1, operands[1])]
        case "relu" | "leaky_relu" | "abs":
            assume(abs(operands[0]) > 1e-3)
        case "max" | "min":
            assume(abs(operands[0] - operands[1]) > 1e-3)
    return operands


def written(text: str, op: Operation, operands: list[float], exponent: float, y: float) -> float:
    letters = dict(zip("ab", map(np.float64, operands), strict=False))
    names = MEANINGS | letters | {"n": exponent, "y": np.float64(y)}
    return float(eval(text, {"__builtins__": {}}, names))


@EVERY
@given(a=MODERATE, b=MODERATE, exponent=EXPONENTS)
def test_every_local_derivative_matches_central_differences(
    op: Operation, a: float, b: float, exponent: float
) -> None:
    operands = moved_into_domain(op, [a, b][: op.arity], exponent)
    numbers = numbers_of(op, exponent)
    y = op.forward(*operands, *numbers)
    for index, rule in enumerate(op.local_derivatives):
        step = 1e-5
        up, down = list(operands), list(operands)
        up[index] += step
        down[index] -= step
        change = (op.forward(*up, *numbers) - op.forward(*down, *numbers)) / (
            up[index] - down[index]
        )
        derivative = float(rule(*operands, *numbers, y))
        scale = max(1.0, abs(float(y)), abs(derivative))
        assert derivative == pytest.approx(float(change), rel=1e-6, abs=1e-8 * scale)


@EVERY
@given(a=MODERATE, b=MODERATE, exponent=EXPONENTS)
@example(a=0.0, b=0.0, exponent=2.0)
@example(a=1.0, b=1.0, exponent=1.0)
def test_the_printed_formulas_are_the_ones_that_run(
    op: Operation, a: float, b: float, exponent: float
) -> None:
    operands, numbers = [a, b][: op.arity], numbers_of(op, exponent)
    # 0 times an infinity: the text of a⁰ says 0 · a⁻¹ where the function knows better.
    assume(not (op.name == "pow" and exponent == 0.0 and abs(a) < 1e-300))
    with np.errstate(all="ignore"):
        y = float(op.forward(*operands, *numbers))
        text = written(op.text, op, operands, exponent, y)
        assert text == pytest.approx(y, rel=1e-14, abs=1e-15, nan_ok=True)
        for rule, rule_text in zip(op.local_derivatives, op.local_derivative_texts, strict=True):
            derivative = float(rule(*operands, *numbers, y))
            text = written(rule_text, op, operands, exponent, y)
            assert text == pytest.approx(derivative, rel=1e-14, abs=1e-15, nan_ok=True)


@EVERY
@given(a=ANY, b=ANY, exponent=EXPONENTS)
@example(a=0.0, b=0.0, exponent=-1.0)
@example(a=-math.inf, b=math.inf, exponent=0.5)
@example(a=-1e308, b=5e-324, exponent=3.0)
def test_no_number_makes_the_table_raise(
    op: Operation, a: float, b: float, exponent: float
) -> None:
    operands, numbers = [a, b][: op.arity], numbers_of(op, exponent)
    with np.errstate(all="ignore"):
        alone = op.forward(*operands, *numbers)
        derivatives = [rule(*operands, *numbers, alone) for rule in op.local_derivatives]
        columns = [np.full(3, operand) for operand in operands]
        together = op.forward(*columns, *numbers)
        for derivative, rule in zip(derivatives, op.local_derivatives, strict=True):
            many = np.broadcast_to(rule(*columns, *numbers, together), 3)
            np.testing.assert_allclose(many, float(derivative), rtol=1e-14)
    np.testing.assert_allclose(together, np.full(3, float(alone)), rtol=1e-14)


@EVERY
def test_nan_goes_through_every_operation(op: Operation) -> None:
    with np.errstate(all="ignore"):
        for index in range(op.arity):
            operands = [1.5] * op.arity
            operands[index] = math.nan
            assert math.isnan(op.forward(*operands, *numbers_of(op, 2.0)))


@pytest.mark.parametrize(
    ("name", "operands", "result"),
    [
        ("div", (1.0, 0.0), math.inf), ("div", (-1.0, 0.0), -math.inf),
        ("log", (0.0,), -math.inf), ("exp", (1000.0,), math.inf), ("exp", (-1000.0,), 0.0),
        ("sigmoid", (math.inf,), 1.0), ("sigmoid", (-math.inf,), 0.0),
        ("sigmoid", (1000.0,), 1.0), ("sigmoid", (-1000.0,), 0.0),
        ("softplus", (1000.0,), 1000.0), ("softplus", (-1000.0,), 0.0),
        ("softplus", (math.inf,), math.inf), ("gelu", (1e300,), 1e300), ("gelu", (-1e300,), 0.0),
        ("tanh", (math.inf,), 1.0),
        ("pow", (0.0, -1.0), math.inf), ("pow", (0.0, 0.0), 1.0),
        ("relu", (-math.inf,), 0.0), ("leaky_relu", (-math.inf,), -math.inf),
    ],
)  # fmt: skip
def test_limits_are_those_of_ieee_754(
    name: str, operands: tuple[float, ...], result: float
) -> None:
    with np.errstate(all="ignore"):
        assert float(OPERATIONS[name].forward(*operands)) == result


@pytest.mark.parametrize(("name", "operand"), [("log", -1.0), ("sqrt", -1.0), ("div", 0.0)])
def test_undefined_results_are_nan(name: str, operand: float) -> None:
    op = OPERATIONS[name]
    with np.errstate(all="ignore"):
        assert math.isnan(op.forward(*[operand] * op.arity))


@pytest.mark.parametrize(
    ("name", "operands", "derivatives"),
    [
        ("relu", (0.0,), (0.0,)), ("relu", (-0.0,), (0.0,)), ("relu", (1e-300,), (1.0,)),
        ("leaky_relu", (0.0,), (0.01,)), ("leaky_relu", (-3.0,), (0.01,)),
        ("abs", (0.0,), (0.0,)), ("abs", (-0.0,), (0.0,)), ("abs", (-2.0,), (-1.0,)),
        ("max", (2.0, 2.0), (0.5, 0.5)), ("min", (2.0, 2.0), (0.5, 0.5)),
        ("max", (0.0, -0.0), (0.5, 0.5)), ("min", (0.0, -0.0), (0.5, 0.5)),
        ("max", (3.0, 2.0), (1.0, 0.0)), ("min", (3.0, 2.0), (0.0, 1.0)),
        ("max", (5e-324, 0.0), (1.0, 0.0)), ("max", (1.7e308, -1.7e308), (1.0, 0.0)),
        ("softplus", (math.inf,), (1.0,)), ("gelu", (0.0,), (0.5,)),
        ("gelu", (1e200,), (1.0,)), ("gelu", (-1e200,), (0.0,)),
        ("pow2", (0.0,), (0.0,)), ("pow0", (0.0,), (0.0,)),
        ("pow1", (0.0,), (1.0,)),
    ],
)  # fmt: skip
def test_corners_have_the_documented_derivatives(
    name: str, operands: tuple[float, ...], derivatives: tuple[float, ...]
) -> None:
    op = OPERATIONS[name.rstrip("012")]
    arguments = (*operands, *(float(digit) for digit in name[len(op.name) :]))
    with np.errstate(all="ignore"):
        y = op.forward(*arguments)
        results = tuple(float(rule(*arguments, y)) for rule in op.local_derivatives)
    assert results == derivatives


def test_a_leaky_relu_has_slope_one_hundredth_below_0() -> None:
    assert OPERATIONS["leaky_relu"].forward(-3.0) == pytest.approx(-0.03, rel=1e-15)
    assert OPERATIONS["leaky_relu"].forward(3.0) == 3.0


def test_the_table_holds_every_operation_of_the_language() -> None:
    promised = (
        "add sub mul div neg pow exp log sqrt tanh sigmoid relu leaky_relu softplus sin cos abs "
        "max min gelu"
    )
    assert list(OPERATIONS) == promised.split()
    assert all(len(op.local_derivatives) == len(op.local_derivative_texts) for op in TABLE)
