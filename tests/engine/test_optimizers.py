"""Optimizers, penalties and clipping by their definitions; tests/golden holds them to PyTorch."""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hyperparameters import Hyperparameters
from engine.optimizers import OPTIMIZERS, TABLE, Optimizer, Step, clipped, final_gradient

NUMBERS = st.lists(st.floats(-100, 100), min_size=1, max_size=8).map(np.array)
OPTIONS = Hyperparameters(decay=0.0)
EVERY = pytest.mark.parametrize("optimizer", TABLE, ids=lambda optimizer: optimizer.name)


def fresh(optimizer: Optimizer, like: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.zeros_like(like) for _ in range(optimizer.moments))


def test_the_promised_optimizers_are_there() -> None:
    assert list(OPTIMIZERS) == ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]


@EVERY
@given(NUMBERS)
def test_the_first_step_goes_against_the_gradient_and_changes_nothing_it_was_given(
    optimizer: Optimizer, gradient: np.ndarray
) -> None:
    parameters = np.zeros_like(gradient)
    given_ = (parameters.copy(), gradient.copy())
    moved, moments = optimizer.update(
        parameters, gradient, fresh(optimizer, gradient), Step(1, 0.1, OPTIONS)
    )
    assert (np.sign(moved) == -np.sign(gradient))[np.abs(gradient) > 1e-100].all()
    assert len(moments) == optimizer.moments
    np.testing.assert_array_equal((parameters, gradient), given_)


@EVERY
def test_a_valley_is_descended(optimizer: Optimizer) -> None:
    w = np.array([3.0, -2.0])
    moments = fresh(optimizer, w)
    for step in range(1, 2001):
        w, moments = optimizer.update(w, w * [1.0, 5.0], moments, Step(step, 0.01, OPTIONS))
    assert np.abs(w).max() < 0.02


@given(NUMBERS.filter(lambda g: np.abs(g).min() > 1e-3))
def test_adam_begins_with_steps_as_long_as_the_rate(gradient: np.ndarray) -> None:
    adam = OPTIMIZERS["adam"]
    moved, _ = adam.update(gradient * 0.0, gradient, fresh(adam, gradient), Step(1, 0.1, OPTIONS))
    np.testing.assert_allclose(np.abs(moved), 0.1, rtol=1e-4)


@EVERY
def test_decay_matters_to_those_that_say_so(optimizer: Optimizer) -> None:
    w, slope = np.array([1.0]), np.array([0.5])
    without, with_it = (
        optimizer.update(w, slope, fresh(optimizer, w), Step(1, 0.1, Hyperparameters(decay=decay)))[
            0
        ]
        for decay in (0.0, 0.2)
    )
    shrunk = 0.1 * 0.2 if "decay" in optimizer.reads else 0.0
    assert without - with_it == pytest.approx(shrunk, rel=1e-12)


@given(NUMBERS, st.floats(0, 1), st.floats(0, 1))
def test_penalties_add_their_gradients(w: np.ndarray, l1: float, l2: float) -> None:
    result = final_gradient(np.ones_like(w), w, Hyperparameters(l1=l1, l2=l2))
    np.testing.assert_allclose(result, 1.0 + l1 * np.sign(w) + l2 * w, rtol=1e-14, atol=1e-15)
    assert final_gradient(w, w, Hyperparameters()) is w


def test_clipping_shortens_the_l1_penalty_and_not_the_l2_penalty_as_in_pytorch() -> None:
    w, gradient = np.array([2.0, -3.0]), np.array([3.0, 4.0])
    result = final_gradient(gradient, w, Hyperparameters(l1=1.0, l2=10.0, clip=1.0))
    loss_gradient = gradient + np.sign(w)
    clipped_gradient = loss_gradient / np.hypot(*loss_gradient)
    np.testing.assert_allclose(result, clipped_gradient + 10.0 * w, rtol=1e-6)


@EVERY
@pytest.mark.parametrize("name", ["beta1", "beta2", "epsilon"])
def test_what_an_optimizer_reads_changes_its_second_step(optimizer: Optimizer, name: str) -> None:
    def second(options: Hyperparameters) -> float:
        w, moments = np.array([1.0]), fresh(optimizer, np.array([1.0]))
        for number, slope in ((1, 0.5), (2, -0.2)):
            step = Step(number, 0.1, options)
            w, moments = optimizer.update(w, np.array([slope]), moments, step)
        return float(w[0])

    changed = second(replace(OPTIONS, **{name: 0.3})) != second(OPTIONS)
    assert changed == (name in optimizer.reads)


@given(NUMBERS, st.floats(0, 0.99), st.floats(0, 0.999), st.floats(1e-10, 0.1))
def test_adam_is_the_algorithm_of_its_paper(
    gradient: np.ndarray, beta1: float, beta2: float, epsilon: float
) -> None:
    options = Hyperparameters(beta1=beta1, beta2=beta2, epsilon=epsilon)
    adam, w = OPTIMIZERS["adam"], np.zeros_like(gradient)
    moments, m, v, theta = fresh(adam, w), 0.0 * w, 0.0 * w, 0.0 * w
    for t in (1, 2, 3):
        g = gradient / t
        w, moments = adam.update(w, g, moments, Step(t, 0.1, options))
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - 0.1 * m_hat / (np.sqrt(v_hat) + epsilon)
    np.testing.assert_allclose(w, theta, rtol=1e-9, atol=1e-12)


@given(NUMBERS, st.floats(1e-3, 300))
def test_a_clipped_gradient_keeps_its_direction_and_is_not_too_long(
    gradient: np.ndarray, longest: float
) -> None:
    result, norm = clipped(gradient, longest), np.linalg.norm(gradient)
    assert np.linalg.norm(result) <= min(norm, longest) * (1 + 1e-15)
    assert np.linalg.norm(result) >= min(norm, longest - 1e-6) * (1 - 2e-3)
    np.testing.assert_allclose(result * norm, gradient * np.linalg.norm(result), atol=1e-9)
    if norm < longest - 1e-6:
        np.testing.assert_array_equal(result, gradient)


def test_without_a_limit_nothing_is_clipped() -> None:
    gradient = np.array([1e300, -1e300])
    assert clipped(gradient, 0.0) is gradient


BLAS = ("linalg", "dot", "vdot", "inner", "matmul", "tensordot", "einsum")
"""Functions of NumPy whose last digits depend on the machine and on its number of threads."""


@pytest.mark.parametrize("module", ["optimizers", "schedules", "ops", "compiler.numpy_backend"])
def test_a_step_in_numpy_is_the_same_to_the_last_bit_on_every_machine(module: str) -> None:
    source = inspect.getsource(importlib.import_module(f"engine.{module}"))
    for part in ast.walk(ast.parse(source)):
        assert not isinstance(part, ast.MatMult)
        assert not (isinstance(part, ast.Attribute) and part.attr in BLAS), part.lineno
