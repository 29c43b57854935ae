"""The instructions that graphs become, and that they compute what the graph says."""

from __future__ import annotations

import time
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import MLP, Program, Value, compile
from engine.compiler import native_backend, processor
from engine.compiler.training_options import Training
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS, TABLE
from engine.random import Floats
from engine.value import apply, recompute, sort_topologically, sum_values

NATIVE = pytest.mark.skipif(bool(processor.unsupported()), reason=processor.unsupported())


def network(
    nouts: tuple[int, ...], activation: str = "tanh", output: str = "tanh", **options: bool
) -> tuple[Program, MLP]:
    mlp = MLP(2, nouts, activation, output, seed=1)
    x, t = [Value(0.0, "x1"), Value(0.0, "x2")], [Value(0.0, f"t{i}") for i in range(nouts[-1])]
    loss = LOSSES["squares"].sample(mlp.outputs(x), t)
    return compile(loss, [*x, *t], mlp.parameters(), **options), mlp


def agree(program: Program, X: Floats, rel: float = 1e-9) -> None:
    """Both backends give the same loss, gradient, and numbers of every node."""
    here = program.values()
    with np.errstate(all="ignore"):
        (loss, slopes), (results, found_slopes) = (
            program.gradient(here, X, backend=backend) for backend in ("numpy", processor.name())
        )
    np.testing.assert_allclose(results, loss, rtol=rel, atol=1e-12)
    np.testing.assert_allclose(found_slopes, slopes, rtol=rel, atol=1e-9)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Value, list[Value], list[Value]]:
    """A loss, its inputs and its parameters: whatever the table offers, shared freely."""
    inputs = [Value(0.5, f"x{i}") for i in range(draw(st.integers(0, 3)))]
    parameters = [
        Value(data) for data in draw(st.lists(st.floats(0.2, 1.5), min_size=0, max_size=4))
    ]
    nodes = [*inputs, *parameters, Value(0.7), Value(2.0)]
    for _ in range(draw(st.integers(1, 25))):
        operation = draw(st.sampled_from(TABLE))
        operands = [draw(st.sampled_from(nodes)) for _ in range(operation.arity)]
        numbers = (draw(st.sampled_from([2.0, 3.0, 1.0, 0.0])),) if operation.name == "pow" else ()
        if operation.name in ("exp", "div", "log", "sqrt"):  # where these stay moderate
            operands[-1] = operands[-1].sin() + 1.5
        graph = apply(operation, *operands, attributes=numbers)
        nodes.append(graph.tanh() if abs(graph.data) > 3.0 else graph)
    weighted = [node * draw(st.floats(-1.0, 1.0)) for node in nodes[-5:]]
    loss = sum_values(weighted).sin() if draw(st.booleans()) else sum_values(weighted)
    return loss, inputs, parameters


@NATIVE
@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(1, 19), st.booleans())
def test_any_graph_runs_natively_as_in_numpy(
    graph: tuple[Value, list[Value], list[Value]], samples: int, layers: bool
) -> None:
    loss, inputs, parameters = graph
    program = compile(loss, inputs, parameters, layers=layers)
    X = np.random.default_rng(samples).uniform(-0.9, 0.9, (samples, len(inputs)))
    agree(program, X)
    nodes = sort_topologically(loss)
    here = program.values()
    expected, results = (
        program.evaluate(here, X, nodes, backend) for backend in ("numpy", processor.name())
    )
    np.testing.assert_allclose(results, expected, rtol=1e-9, atol=1e-9)


@NATIVE
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "linear"])
@pytest.mark.parametrize("dropout", [False, True])
def test_a_network_becomes_an_instruction_a_layer(activation: str, dropout: bool) -> None:
    mlp = MLP(2, (8, 8, 3), activation, "linear", seed=1)
    x, t = [Value(0.0), Value(0.0)], [Value(0.0) for _ in range(3)]
    hidden = [x]
    for layer in mlp.layers:
        hidden.append(layer(hidden[-1]))
    loss = LOSSES["mse"].sample(hidden[-1], t)
    dropped = [*hidden[1], *hidden[2]] if dropout else []
    program = compile(loss, [*x, *t], mlp.parameters(), dropped=dropped)
    lines = program.listing().splitlines()
    assert sum("layer" in line for line in lines) == 3
    assert not any("affine" in line for line in lines)
    X = np.random.default_rng(0).normal(size=(13, 5))
    agree(program, X)
    training = Training("adam", 0.01, 5, seed=3, dropout=0.4 if dropout else 0.0)
    zeros = (np.zeros(len(program.parameters)), np.zeros(len(program.parameters)))
    after = [
        program.descend(program.values(), zeros, X, training, start=7, steps=9, backend=backend)
        for backend in ("numpy", processor.name())
    ]
    np.testing.assert_allclose(after[1].losses, after[0].losses, rtol=1e-9)
    np.testing.assert_allclose(after[1].parameters, after[0].parameters, rtol=1e-8)
    assert after[0].cursor == after[1].cursor


@NATIVE
def test_without_layers_the_numbers_are_the_same() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    (whole, _), (single, _) = network((6, 5, 1)), network((6, 5, 1), layers=False)
    assert "layer" not in single.listing()
    assert "affine" in single.listing()
    for results, expected in zip(
        single.loss_and_grad(X, backend=processor.name()),
        whole.loss_and_grad(X, backend=processor.name()),
        strict=True,
    ):
        np.testing.assert_allclose(results, expected, rtol=1e-12)


def test_constants_are_folded_and_common_work_is_shared() -> None:
    x, w = Value(0.0, "x"), Value(1.0, "w")
    y = (x * 2.0).sin()
    loss = w * y * y + (x * 2.0).sin() * w * (Value(2.0) * 3.0 - 5.0)
    lines = compile(loss, [x], [w]).listing().splitlines()
    assert sum("sin" in line for line in lines) == 1
    assert sum("mul" in line for line in lines) <= 5


@NATIVE
def test_nodes_that_pass_gradients_on_stay_apart_so_that_infinities_are_the_same() -> None:
    x, w = Value(0.0, "x"), Value(0.0, "w")
    loss = (w * x + w.sqrt()) * 2.0 - w.sqrt()
    program = compile(loss, [x], [w])
    for backend in ("numpy", processor.name()):
        assert np.isnan(program.gradient(np.zeros(1), np.ones((3, 1)), backend=backend)[1]).all()


def test_two_is_not_taken_for_the_second_parameter() -> None:
    x, a, b = Value(0.0, "x"), Value(0.3, "a"), Value(0.4, "b")
    agree(compile(a * x + b * x.sin() + (x * a) / 2 + x * 1.0, [x], [a, b]), np.ones((3, 1)))


def test_the_listing_names_what_is_read_and_written() -> None:
    program, _ = network((3, 1))
    first, *_ = program.listing().splitlines()
    assert "layer tanh" in first
    assert "x1, x2" in first


@NATIVE
def test_rows_that_only_some_have_reached_are_emptied() -> None:
    mlp = MLP(2, (4, 3, 1), seed=2)
    x, t = [Value(0.0), Value(0.0)], Value(0.0)
    hidden = mlp.layers[0](x)
    (out,) = mlp.layers[2](mlp.layers[1](hidden))
    loss = (out * hidden[1] + out.sin() * hidden[2] - t) ** 2
    program = compile(loss, [*x, t], mlp.parameters())
    assert program._native.plan.emptied == 2
    for _ in range(2):
        agree(program, np.random.default_rng(0).normal(size=(9, 3)))


@NATIVE
def test_a_weight_of_two_neurons_receives_both_gradients() -> None:
    w, b = [Value(0.4), Value(-0.7)], Value(0.1)
    x, t = [Value(0.0), Value(0.0)], Value(0.0)
    first = (w[0] * x[0] + w[1] * x[1] + b).tanh()
    second = (w[1] * x[0] + w[0] * x[1] + b).tanh()
    program = compile((first * w[0] + second * w[1] + b - t) ** 2, [*x, t], [*w, b])
    agree(program, np.random.default_rng(0).normal(size=(21, 3)))


CHAINED = ("tanh", "sigmoid", "relu", "leaky_relu", "gelu")


@NATIVE
@pytest.mark.parametrize("second", CHAINED)
@pytest.mark.parametrize("first", CHAINED)
def test_a_neuron_keeps_both_of_two_activations(first: str, second: str) -> None:
    x, w, b = Value(0.0), Value(1.5), Value(-0.4)
    inner = getattr(w * x + b, first)()
    program = compile(getattr(inner, second)(), [x], [w, b])
    agree(program, np.linspace(-1.0, 1.0, 21)[:, None])


@st.composite
def chains(draw: st.DrawFn) -> tuple[Value, list[Value], list[Value]]:
    """A loss, its inputs and its parameters: chains of activations on affine units, on products
    and on nodes that others read too. Units come alone or as a layer that reads the same rows.

    Parameters are random numbers, so that no sum is 0 but for its rounding: there the derivative
    of relu would depend on the order of the sum.
    """
    generator = np.random.default_rng(draw(st.integers(0, 9999)))
    inputs = [Value(0.0, f"x{i}") for i in range(draw(st.integers(1, 3)))]
    parameters: list[Value] = []

    def leaf() -> Value:
        source = draw(st.sampled_from(["new", "new", "new", "shared", "constant"]))
        if source == "shared" and parameters:
            return draw(st.sampled_from(parameters))
        value = Value(float(generator.uniform(-0.8, 0.8)))
        if source != "constant":
            parameters.append(value)
        return value

    nodes = list(inputs)
    for _ in range(draw(st.integers(1, 6))):
        rows = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3, unique_by=id))
        names = draw(st.lists(st.sampled_from(CHAINED), min_size=1, max_size=3))
        kind = draw(st.sampled_from(["affine", "product", "node"]))
        is_shared = draw(st.booleans())
        for _ in range(draw(st.integers(1, 3)) if kind == "affine" else 1):
            match kind:
                case "affine":
                    terms = [leaf() * row for row in rows]
                    node = sum_values([*terms, leaf()] if draw(st.booleans()) else terms)
                case "product":
                    node = (rows[0] * rows[-1]).tanh()
                case _:
                    node = rows[0]
            for name in names:
                if is_shared:
                    nodes.append(node)
                node = getattr(node, name)()
            nodes.append(node)
    return sum_values([leaf() * node for node in nodes[-4:]]), inputs, parameters


def by_the_graph(
    loss: Value, inputs: list[Value], parameters: list[Value], X: Floats
) -> tuple[float, Floats]:
    """The sum of the loss over the samples and its gradient, from `Value.backward` alone."""
    summed, gradient = 0.0, np.zeros(len(parameters))
    for sample in X.tolist():
        for value, data in zip(inputs, sample, strict=True):
            value.data = data
        recompute(sort_topologically(loss))
        loss.zero_grad()
        loss.backward()
        summed += loss.data
        gradient += [parameter.grad for parameter in parameters]
    return summed, gradient


@NATIVE
@settings(max_examples=150, deadline=None)
@given(chains(), st.integers(1, 19), st.booleans())
def test_chains_of_activations_give_the_same_gradients_everywhere(
    graph: tuple[Value, list[Value], list[Value]], samples: int, layers: bool
) -> None:
    loss, inputs, parameters = graph
    X = np.random.default_rng(samples).uniform(-2.0, 2.0, (samples, len(inputs)))
    program = compile(loss, inputs, parameters, layers=layers)
    expected, expected_gradient = by_the_graph(loss, inputs, parameters, X)
    for backend in ("numpy", processor.name()):
        actual, gradient = program.loss_and_grad(X, "sum", backend=backend)
        assert actual == pytest.approx(expected, rel=1e-9, abs=1e-9), backend
        np.testing.assert_allclose(
            gradient, expected_gradient, rtol=1e-9, atol=1e-9, err_msg=backend
        )


@NATIVE
def test_what_the_kernels_do_not_know_runs_in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    program, _ = network((3, 1))
    X = np.ones((4, 3))
    native_backend.load()
    elementwise = import_module("engine.compiler.kernels.elementwise")
    others = elementwise.NATIVE_OPERATIONS - {elementwise.TANH}
    expected = program.loss_and_grad(X, backend="numpy")[1]
    assert (program.loss_and_grad(X, backend=processor.name())[1] != expected).any()
    monkeypatch.setattr(elementwise, "NATIVE_OPERATIONS", others)
    assert (program.loss_and_grad(X, backend=processor.name())[1] == expected).all()


def test_a_large_network_is_compiled_in_a_few_times_the_time_that_its_graph_takes() -> None:
    mlp = MLP(2, (64, 64, 1), seed=1)
    x, t = [Value(0.0), Value(0.0)], Value(0.0)
    ratios = []
    for _ in range(5):
        began = time.thread_time()
        loss = (mlp(x) - t) ** 2
        middle = time.thread_time()
        compile(loss, [*x, t], mlp.parameters()).listing()
        ratios.append((time.thread_time() - middle) / (middle - began))
    assert min(ratios) < 8.0, ratios
