"""Neurons, layers, networks: sizes, initial weights, and errors for people."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import MLP, Layer, Neuron, Value
from engine.nn import INITIALISATIONS

SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def matrices(mlp: MLP) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights (neurons, inputs) and biases (neurons,) of every layer."""
    return [
        (
            np.array([[w.data for w in neuron.w] for neuron in layer.neurons]),
            np.array([neuron.b.data for neuron in layer.neurons]),
        )
        for layer in mlp.layers
    ]


@given(st.integers(1, 6), SIZES)
def test_every_neuron_has_one_weight_per_input_and_a_bias(nin: int, nouts: list[int]) -> None:
    mlp = MLP(nin, nouts, seed=1)
    for layer, before, units in zip(mlp.layers, [nin, *nouts], nouts, strict=False):
        assert [len(neuron.w) for neuron in layer.neurons] == [before] * units
    pairs = zip([nin, *nouts], nouts, strict=False)
    assert len(mlp.parameters()) == sum((before + 1) * units for before, units in pairs)
    assert len(set(mlp.parameters())) == len(mlp.parameters())


ACTIVATE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh, "linear": lambda x: x, "relu": lambda x: np.where(x > 0, x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "sin": np.sin, "cos": np.cos, "abs": np.abs,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "gelu": lambda x: x * (1 + np.tanh(sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2,
    "leaky_relu": lambda x: np.where(x > 0, x, x / 100),
}  # fmt: skip


@given(
    st.lists(st.sampled_from(list(ACTIVATE)), min_size=1, max_size=3),
    st.integers(0, 1000),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
)
def test_a_network_computes_matrices_and_activations(
    names: list[str], seed: int, x: list[float]
) -> None:
    nouts = [4, 3, 2][: len(names)]
    mlp = MLP(3, nouts, names[:-1], names[-1], seed=seed)
    layer = np.array(x)
    for (weights, biases), name in zip(matrices(mlp), names, strict=True):
        layer = ACTIVATE[name](weights @ layer + biases)
    outputs = [output.data for output in mlp.outputs(x)]
    np.testing.assert_allclose(outputs, layer, rtol=1e-12, atol=1e-13)


def test_one_activation_serves_every_hidden_layer_and_tanh_is_the_default() -> None:
    def names(mlp: MLP) -> list[set[str]]:
        return [
            {neuron.activation.name if neuron.activation else "linear" for neuron in layer.neurons}
            for layer in mlp.layers
        ]

    assert names(MLP(2, [3, 3, 1], "relu", "linear")) == [{"relu"}, {"relu"}, {"linear"}]
    assert names(MLP(2, [3, 1])) == [{"tanh"}, {"tanh"}]


def test_one_output_is_a_value_and_several_are_a_list() -> None:
    assert isinstance(MLP(2, [3, 1], seed=0)([1.0, 2.0]), Value)
    outputs = MLP(2, [3, 2], seed=0)([1.0, Value(2.0)])
    assert isinstance(outputs, list)
    assert len(outputs) == 2


def test_a_single_neuron_and_a_single_layer_work() -> None:
    neuron = Neuron([2.0, -1.0], 0.5, "relu")
    assert neuron([3.0, 1.0]).data == 5.5
    assert neuron.pre_activation([0.0, 3.0]).data == -2.5
    assert neuron([0.0, 3.0]).data == 0.0
    layer = Layer(2, 3, seed=4)
    assert len(layer([1.0, 2.0])) == 3
    assert layer.parameters()[:3] == layer.neurons[0].parameters()


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_the_same_seed_gives_the_same_network_and_another_seed_another(init: str) -> None:
    first, again, other = (MLP(3, [4, 4, 1], seed=s, init=init) for s in (5, 5, 6))
    data = [[p.data for p in mlp.parameters()] for mlp in (first, again, other)]
    assert data[0] == data[1]
    assert data[0] != data[2]


def test_without_a_seed_every_network_is_new() -> None:
    first, second = (MLP(3, [4, 1]).parameters() for _ in range(2))
    assert [p.data for p in first] != [p.data for p in second]


def test_layers_of_the_same_size_have_different_weights() -> None:
    (first, _), (second, _) = matrices(MLP(4, [4, 4], seed=0))
    assert not np.isin(first, second).any()


def drawn(init: str, nin: int, nout: int) -> tuple[np.ndarray, np.ndarray]:
    return matrices(MLP(nin, [nout], seed=2, init=init))[0]


def test_uniform_weights_and_biases_fill_minus_one_to_one() -> None:
    for numbers in drawn("uniform", 60, 64):
        assert np.abs(numbers).max() <= 1
        assert np.abs(numbers).max() > 0.9
        assert np.var(numbers) == pytest.approx(1 / 3, rel=0.35)


def test_xavier_weights_fill_their_bound_and_biases_are_0() -> None:
    weights, biases = drawn("xavier", 60, 40)
    bound = sqrt(6 / 100)
    assert 0.99 * bound < np.abs(weights).max() <= bound
    assert np.var(weights) == pytest.approx(2 / 100, rel=0.1)
    assert not biases.any()


def test_he_weights_have_their_variance_and_biases_are_0() -> None:
    weights, biases = drawn("he", 60, 40)
    assert np.var(weights) == pytest.approx(2 / 60, rel=0.1)
    assert np.mean(weights) == pytest.approx(0, abs=5 * sqrt(2 / 60 / 2400))
    assert not biases.any()


def test_parameters_are_labelled_by_layer_neuron_and_weight() -> None:
    labels = [p.label for p in MLP(2, [2, 1], seed=0).parameters()]
    assert labels == [
        "l1.n1.w1", "l1.n1.w2", "l1.n1.b", "l1.n2.w1", "l1.n2.w2", "l1.n2.b",
        "l2.n1.w1", "l2.n1.w2", "l2.n1.b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MLP(2, [3, 1])([1.0]), "this neuron's number of inputs is 2, not 1"),
        (lambda: MLP(2, [3, 1])([1.0, 2.0, 3.0]), "this neuron's number of inputs is 2, not 3"),
        (lambda: MLP(2, [3, 1], "tahn"), "'tahn' is not one of linear, tanh, "),
        (lambda: MLP(2, [3, 1], output="soft"), "'soft' is not one of linear, tanh, "),
        (lambda: MLP(2, [3, 1], init="zero"), "'zero' is not one of uniform, xavier, he"),
        (
            lambda: MLP(2, [3, 1], ["tanh", "relu"]),
            "one activation for each hidden layer: 1, not 2",
        ),
        (lambda: MLP(2, []), "at least one layer"),
        (lambda: MLP(0, [1]), "inputs and neurons"),
        (lambda: MLP(2, [0, 1]), "inputs and neurons"),
        (lambda: Layer(2, 2, "tahn"), "'tahn' is not one of"),
        (lambda: Layer(2, 2, init="zero"), "'zero' is not one of"),
        (lambda: Neuron([1.0], 0.0, "tahn"), "'tahn' is not one of"),
        (lambda: Neuron([], 0.0), "at least one input"),
    ],
)
def test_a_network_that_cannot_be_built_says_why(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
