"""The native functions against the operation table, and the code that the compiler made of them."""

from __future__ import annotations

import re
from importlib import import_module

import numpy as np
import pytest
from numba import types

from engine import Value, compile
from engine.compiler import native_backend, processor
from engine.ops import TABLE, Operation
from engine.random import Floats
from engine.value import apply

pytestmark = pytest.mark.skipif(bool(processor.unsupported()), reason=processor.unsupported())
POWERS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 4.0)
ULPS = 4
CASES = [(op, ()) for op in TABLE if op.name != "pow"] + [
    (op, (power,)) for op in TABLE if op.name == "pow" for power in POWERS
]
EVERY_CASE = pytest.mark.parametrize(
    ("operation", "numbers"), CASES, ids=lambda value: getattr(value, "name", str(value))
)


def points(seed: int = 0) -> Floats:
    """Numbers of every size and both signs, and all that are special."""
    generator = np.random.default_rng(seed)
    usual = np.concatenate(
        [generator.normal(scale=scale, size=1000) for scale in (0.1, 1, 10, 300)]
    )
    sizes = np.geomspace(1e-320, 1e308, 3000) * generator.choice([-1.0, 1.0], 3000)
    raw = generator.integers(0, 2**63, 3000).astype(np.uint64).view(np.float64)
    special = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 2.0**-1022, 1e308]
    turns = np.pi / 2 * generator.integers(-60_000, 60_000, 1000)
    return np.concatenate([usual, sizes, raw, turns, special])


def columns(operation: Operation) -> Floats:
    """The operands, (samples, operands), special numbers in all combinations."""
    first = points()
    if operation.arity == 1:
        return first[:, None]
    special = first[-11:]
    pairs = np.array(np.meshgrid(special, special)).reshape(2, -1).T
    return np.vstack(
        [np.column_stack([first, points(1)[::-1]]), pairs, np.column_stack([first] * 2)]
    )


def natively(operation: Operation, numbers: tuple[float, ...], X: Floats) -> Floats:
    operands = [Value(1.0) for _ in range(operation.arity)]
    out = apply(operation, *operands, attributes=numbers)
    program = compile(out, operands, [])
    return program.evaluate(np.empty(0), X, [out], processor.name())[0]


def distance(actual: Floats, expected: Floats) -> Floats:
    """In units of the last place of what is expected, 0 where both are the same infinity or NaN."""
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    with np.errstate(all="ignore"):
        return np.where(same, 0.0, np.abs(actual - expected) / np.spacing(np.abs(expected)))


@EVERY_CASE
def test_a_native_function_is_that_of_the_table_to_four_ulp(
    operation: Operation, numbers: tuple[float, ...]
) -> None:
    X = columns(operation)
    with np.errstate(all="ignore"):
        expected = operation.forward(*X.T, *numbers)
    actual = natively(operation, numbers, X)
    far = distance(actual, expected)
    worst = int(np.nanargmax(np.where(np.isnan(far), np.inf, far)))
    assert far[worst] <= ULPS, (X[worst], actual[worst], expected[worst])
    zero = (expected == 0.0) & (actual == 0.0)
    assert (np.signbit(actual[zero]) == np.signbit(expected[zero])).all()


@EVERY_CASE
def test_native_gradients_are_the_partials_of_the_table(
    operation: Operation, numbers: tuple[float, ...]
) -> None:
    parameters = [Value(1.0) for _ in range(operation.arity)]
    program = compile(apply(operation, *parameters, attributes=numbers), [], parameters)
    generator = np.random.default_rng(3)
    for row in generator.uniform(0.1, 3.0, (40, operation.arity)):
        result = operation.forward(*row, *numbers)
        expected = [
            float(partial(*row, *numbers, result)) for partial in operation.local_derivatives
        ]
        _, actual = program.gradient(row, np.zeros((1, 0)), backend=processor.name())
        assert actual.tolist() == pytest.approx(expected, rel=1e-14, abs=1e-15)


@pytest.mark.skipif("neon" in processor.features(), reason="other names for its registers")
@pytest.mark.parametrize(
    ("name", "signature", "needed"),
    [
        ("tiles.layer_sums", "piipiipiipii", {"vfmadd": 100}),
        ("tiles.layer_products", "pipiiip", {"vfmadd": 30}),
        ("affine.affine_sums", "piipqifii", {"vfmadd": 5}),
        ("elementwise.activate", "ipiiii", {"vfmadd": 30, "vdivpd": 4}),
        ("elementwise.tanh_in_place", "pii", {"vfmadd": 6, "vdivpd": 1}),
        ("elementwise.through_activation", "ippii", {"vfnmadd": 1, "vmulpd": 3}),
    ],
)
def test_the_hot_loops_are_made_of_packed_instructions(
    name: str, signature: str, needed: dict[str, int]
) -> None:
    native_backend.load()
    module, function = name.split(".")
    kinds = {
        "p": types.CPointer(types.float64), "q": types.CPointer(types.int64),
        "i": types.int64, "f": types.float64,
    }  # fmt: skip
    dispatcher = getattr(import_module(f"engine.compiler.kernels.{module}"), function)
    operands = tuple(kinds[letter] for letter in signature)
    dispatcher.compile(operands)
    code = dispatcher.inspect_asm(operands)
    register = "zmm" if processor.width() == 8 else "ymm"
    for instruction, times in needed.items():
        actual = re.findall(rf"{instruction}\w*\t.*%{register}", code)
        assert len(actual) >= times, (instruction, len(actual))
    called = set(re.findall(r"\$(\w+)", code))
    assert not called & {"tanh", "log", "log1p", "fma"}, "a scalar function is called"
