"""The numbers of a weight's update against the step that training makes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from engine import MLP, Value, compile
from engine.compiler.program import Program
from engine.compiler.training_options import Training
from engine.hyperparameters import Hyperparameters
from engine.inspection.weight_update import Update, explain_update
from engine.optimizers import TABLE, Optimizer, Step

OPTIONS = Hyperparameters(decay=0.02, beta1=0.8, beta2=0.95, epsilon=1e-3)
EVERY = pytest.mark.parametrize("optimizer", TABLE, ids=lambda optimizer: optimizer.name)
X = np.random.default_rng(7).normal(size=(30, 3))


@pytest.fixture(scope="module")
def program() -> Program:
    mlp = MLP(2, [3, 1], seed=4)
    inputs, target = [Value(0.0, "x1"), Value(0.0, "x2")], Value(0.0, "t")
    return compile((mlp.outputs(inputs)[0] - target) ** 2, [*inputs, target], mlp.parameters())


@EVERY
@pytest.mark.parametrize(("l1", "l2", "clip"), [(0, 0, 0), (0.01, 0, 0), (0, 0.02, 0.1)])
def test_the_next_value_that_is_shown_is_the_one_that_training_makes(
    program: Program, optimizer: Optimizer, l1: float, l2: float, clip: float
) -> None:
    training = Training(
        optimizer.name, 0.05, schedule="1/t", period=3, l1=l1, l2=l2, clip=clip, decay=0.03
    )
    parameters = program.values()
    moments = tuple(np.zeros_like(parameters) for _ in range(optimizer.moments))
    for step in range(1, 5):
        after = program.descend(
            parameters, moments, X, training, start=step - 1, steps=1, backend="numpy"
        )
        _, gradient = program.gradient(parameters, X, backend="numpy")
        for place in range(len(parameters)):
            update = explain_update(training, place, parameters, gradient, moments, step - 1)
            assert update.next_value == after.parameters[place]
            assert list(update.moments.values()) == [
                (m[place], n[place]) for m, n in zip(moments, after.moments, strict=True)
            ]
            assert update.change == update.next_value - parameters[place]
        parameters, moments = after.parameters, after.moments


def update_of(
    optimizer: str, w: list[float], slope: list[float], *moments: list[float], step: int = 3,
    rate: float = 0.1, l1: float = 0.0, l2: float = 0.0, clip: float = 0.0,
) -> Update:  # fmt: skip
    arrays = tuple(np.array(moment) for moment in moments)
    training = Training(optimizer, rate, decay=0.01, l1=l1, l2=l2, clip=clip)
    return explain_update(training, 0, np.array(w), np.array(slope), arrays, step - 1)


def test_the_numbers_read_as_one_would_write_them() -> None:
    update = update_of("sgd", [0.31], [0.02])
    assert update.formula == "w ← w − rate · grad"
    assert update.calculation == ("w ← 0.31 − 0.1 · 0.02 = 0.308",)
    update = update_of("momentum", [-0.5], [-0.2], [0.1])
    assert update.formula == "m ← 0.9 · m + grad; w ← w − rate · m"
    assert update.calculation == (
        "m ← 0.9 · 0.1 + (−0.2) = −0.11",
        "w ← −0.5 − 0.1 · (−0.11) = −0.489",
    )


def test_the_final_gradient_is_regularised_and_clipped() -> None:
    update = update_of("sgd", [0.3, -0.4], [0.4, 0.8], l1=0.1, l2=1.0, clip=0.5)
    assert update.gradient == pytest.approx(0.4)
    norm = math.hypot(0.4 + 0.1, 0.8 - 0.1)
    assert update.final_gradient == pytest.approx(0.5 * 0.5 / norm + 0.3, rel=1e-5)


def test_a_change_too_small_for_four_digits_is_seen() -> None:
    assert update_of("sgd", [0.31567], [2e-5]).calculation == (
        "w ← 0.31567 − 0.1 · 2·10⁻⁵ = 0.315668",
    )


@EVERY
def test_what_is_written_is_what_comes_out(optimizer: Optimizer) -> None:
    """Each statement, read as arithmetic, gives the number after its last sign."""
    rng = np.random.default_rng(8)
    for _ in range(100):
        w, slope = rng.normal(), rng.normal() * 10.0 ** rng.integers(-6, 2)
        moments = [[abs(slope) * rng.uniform(0.5, 2) ** 2] for _ in range(optimizer.moments)]
        update = update_of(optimizer.name, [w], [slope], *moments, step=int(rng.integers(1, 50)))
        assert len(update.calculation) == len(optimizer.statements)
        for (letter, _), text in zip(optimizer.statements, update.calculation, strict=True):
            left, right = text.split(" ← ")
            assert left == letter
            formula, result = right.rsplit(" = ", 1)
            scale = update.change if letter == "w" else arithmetic(result)
            assert abs(arithmetic(formula) - arithmetic(result)) <= 2e-3 * abs(scale)


@EVERY
def test_the_rule_that_is_written_is_the_update_that_runs(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(9)
    w, slope = rng.normal(size=20), rng.normal(size=20)
    moments = tuple(rng.uniform(0.1, 2.0, 20) for _ in range(optimizer.moments))
    moved, carried = optimizer.update(w, slope, moments, Step(7, 0.05, OPTIONS))
    numbers = dict(zip(optimizer.moment_letters, moments, strict=True)) | {
        "w": w, "grad": slope, "rate": 0.05, "decay": 0.02, "t": 7, "sqrt": np.sqrt,
        "β1": 0.8, "β2": 0.95, "ε": 1e-3,
    }  # fmt: skip
    for letter, text in optimizer.statements:
        numbers[letter] = eval(text, {"__builtins__": {}}, numbers)
    np.testing.assert_allclose(numbers["w"], moved, rtol=1e-12)
    for letter, moment in zip(optimizer.moment_letters, carried, strict=True):
        np.testing.assert_allclose(numbers[letter], moment, rtol=1e-12)


@EVERY
def test_an_exploded_gradient_is_shown_as_what_it_is(optimizer: Optimizer) -> None:
    update = update_of(optimizer.name, [0.5], [math.inf], *[[0.0]] * optimizer.moments)
    assert not math.isfinite(update.next_value)
    assert "∞" in update.calculation[-1] or "not a number" in update.calculation[-1]


def arithmetic(text: str) -> float:
    """What a written formula is worth, read by Python."""
    powers = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    text = re.sub(r"·10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: f"e{m[1].translate(powers)}", text)
    text = re.sub(r"([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"**{m[1].translate(powers)}", text)
    text = re.sub(r"(?<=\d),(?=\d)", "", text)
    text = text.replace("−", "-").replace("·", "*").replace("^", "**")
    return float(eval(text, {"__builtins__": {}}, {"sqrt": math.sqrt}))
