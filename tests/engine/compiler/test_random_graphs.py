"""Five hundred random graphs, in which activations follow activations, neurons are shared, and ±∞
comes in: `Value`, NumPy and native code agree on every number, infinities and NaN included.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from math import inf, isfinite

import numpy as np
import pytest

from engine import DomainError, Value, compile
from engine.compiler import processor
from engine.ops import ACTIVATIONS, OPERATIONS, TABLE
from engine.random import Floats
from engine.value import apply, recompute, sort_topologically, sum_values

NATIVE = pytest.mark.skipif(bool(processor.unsupported()), reason=processor.unsupported())
GRAPHS, BATCHES = 500, (1, 2, 7, 8, 11)
SPECIAL = (inf, -inf, 0.0, 709.9, -709.9, 720.0, 1e200)
"""Numbers at which something becomes infinite, sooner or later."""
CHAINED = [operation for operation in ACTIVATIONS.values() if operation is not None]


@dataclass(frozen=True)
class RandomGraph:
    """A loss with its inputs and parameters, and samples for it, (samples, inputs)."""

    loss: Value
    inputs: list[Value]
    parameters: list[Value]
    X: Floats


def draw_graph(seed: int) -> RandomGraph:
    """A graph of affine units that read shared nodes, chains of activations on them, and any other
    operation of the table. Most graphs have ±∞ or a number that overflows in one or two leaves.
    """
    generator = np.random.default_rng(seed)
    choose = generator.integers
    inputs = [Value(0.0, f"x{i}") for i in range(choose(1, 4))]
    parameters: list[Value] = []

    def leaf() -> Value:
        if parameters and choose(4) == 0:
            return parameters[choose(len(parameters))]
        value = Value(float(generator.uniform(-1.5, 1.5)), f"p{len(parameters)}")
        if choose(8) == 0:
            value.data = SPECIAL[choose(len(SPECIAL))]
        if choose(6):
            parameters.append(value)
        return value

    nodes = list(inputs)
    for _ in range(choose(2, 7)):
        picks = [nodes[place] for place in choose(len(nodes), size=choose(1, 4))]
        match choose(4):
            case 0:
                operation = TABLE[choose(len(TABLE))]
                operands = [picks[0], leaf() if choose(2) else picks[-1]][: operation.arity]
                exponent = (0.5, 2.0, 3.0, -1.0)[choose(4)]
                attributes = (exponent,) if operation.name == "pow" else ()
                results = [calculate(operation, *operands, attributes=attributes)]
            case 1:
                results = [picks[0] * picks[-1]]
            case _:
                rows = list(dict.fromkeys(picks))
                width = choose(1, 4)
                results = [
                    sum_values([*(leaf() * row for row in rows), leaf()]) for _ in range(width)
                ]
        for operation in [CHAINED[place] for place in choose(len(CHAINED), size=choose(0, 4))]:
            if choose(3) == 0:
                nodes += results
            results = [calculate(operation, result) for result in results]
        nodes += results
    loss = sum_values([leaf() * node for node in nodes[-3:]])
    X = generator.uniform(-2.0, 2.0, (BATCHES[choose(len(BATCHES))], len(inputs)))
    if choose(3) == 0:
        X[choose(len(X)), choose(len(inputs))] = SPECIAL[choose(len(SPECIAL))]
    return RandomGraph(loss, inputs, parameters or [leaf()], X)


def calculate(operation: object, *operands: Value, attributes: tuple[float, ...] = ()) -> Value:
    """The operation, or the sine of its first operand where it is not defined."""
    try:
        return apply(operation, *operands, attributes=attributes)  # type: ignore[arg-type]
    except DomainError:
        return apply(OPERATIONS["sin"], operands[0])


def is_well_posed(graph: RandomGraph) -> bool:
    """Whether no sine or cosine has a huge operand: its result would be a matter of rounding."""
    waves = [
        node.operands[0]
        for node in sort_topologically(graph.loss)
        if node.op in (OPERATIONS["sin"], OPERATIONS["cos"])
    ]
    program = compile(graph.loss, graph.inputs, graph.parameters)
    operands = program.evaluate(program.values(), graph.X, waves, "numpy")
    return not (np.isfinite(operands) & (np.abs(operands) > 1e3)).any()


def by_value(graph: RandomGraph, sample: Floats) -> tuple[float, list[float]]:
    """The loss of one sample and its gradient, from `Value.backward()`."""
    for leaf, number in zip(graph.inputs, sample.tolist(), strict=True):
        leaf.data = number
    recompute(sort_topologically(graph.loss))
    graph.loss.zero_grad()
    for parameter in graph.parameters:
        parameter.grad = 0.0
    graph.loss.backward()
    return graph.loss.data, [parameter.grad for parameter in graph.parameters]


@NATIVE
def test_value_numpy_and_native_agree_on_500_random_graphs_with_infinities() -> None:
    kinds = {"finite": 0, "infinite": 0, "NaN": 0}
    graphs = ((seed, draw_graph(seed)) for seed in count())
    for seed, graph in islice((pair for pair in graphs if is_well_posed(pair[1])), GRAPHS):
        X, here = graph.X, np.array([parameter.data for parameter in graph.parameters])
        program = compile(graph.loss, graph.inputs, graph.parameters, layers=seed % 3 > 0)
        loss, gradient = program.gradient(here, X, backend="numpy")
        native_loss, native_gradient = program.gradient(here, X, backend=processor.name())
        where = f"graph {seed}"
        same(native_loss, loss, f"{where}, native and NumPy")
        same(native_gradient, gradient, f"{where}, native and NumPy")
        expected_loss, expected = by_value(graph, X[0])
        for backend in ("numpy", processor.name()):
            one_loss, one = program.gradient(here, X[:1], backend=backend)
            same(one_loss, expected_loss, f"{where}, {backend} and Value")
            same(one, expected, f"{where}, {backend} and Value")
        kinds["NaN"] += bool(np.isnan(gradient).any())
        kinds["infinite"] += bool(np.isinf(gradient).any())
        kinds["finite"] += bool(np.isfinite(gradient).all() and isfinite(loss))
    assert min(kinds.values()) > 50, kinds


def same(actual: object, expected: object, message: str) -> None:
    """Equal to rounding; ∞ with its sign and NaN exactly."""
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9, err_msg=message)
