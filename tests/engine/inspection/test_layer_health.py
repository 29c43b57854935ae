"""What is said about layers, for networks that were made ill on purpose."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine import MLP, Value, compile
from engine.inspection.layer_health import (
    BINS,
    LayerHealth,
    find_dead,
    find_saturated,
    inspect_layers,
)
from engine.ops import ACTIVATIONS
from engine.training.parameter_layout import split_layers

X = np.random.default_rng(3).normal(size=(200, 2))


def examine(mlp: MLP, activations: list[str]) -> tuple[LayerHealth, ...]:
    """The health of a network that learns x1 · x2 from X."""
    inputs, target = [Value(0.0, "x1"), Value(0.0, "x2")], Value(0.0, "t")
    pre_activations, reads = [], list(inputs)
    for layer in mlp.layers[:-1]:
        pre_activations.append([neuron.pre_activation(reads) for neuron in layer.neurons])
        reads = layer(reads)
    loss = (mlp.layers[-1](reads)[0] - target) ** 2
    program = compile(
        loss, [*inputs, target], mlp.parameters(), [z for layer in pre_activations for z in layer]
    )
    table = np.column_stack([X, X[:, 0] * X[:, 1]])
    values = program.values()
    _, gradient = program.gradient(values, table, backend="numpy")
    evaluated = [
        program.evaluate(values, table, layer, backend="numpy") for layer in pre_activations
    ]
    sizes = (2, *(len(layer.neurons) for layer in mlp.layers))
    return inspect_layers(sizes, activations, values, gradient, evaluated)


def test_of_a_healthy_network_nothing_is_said() -> None:
    layers = examine(MLP(2, [8, 8, 1], "tanh", "linear", seed=1, init="xavier"), ["tanh"] * 2)
    assert [layer.name for layer in layers] == ["layer 1", "layer 2", "output"]
    assert [layer.problems for layer in layers] == ["", "", ""]
    assert [(layer.dead, layer.saturated) for layer in layers] == [((), ())] * 3


def test_neurons_that_are_never_on_are_named() -> None:
    mlp = MLP(2, [5, 1], "relu", "linear", seed=1)
    for unit in (1, 4):
        mlp.layers[0].neurons[unit].b.data = -50.0
    first, output = examine(mlp, ["relu"])
    assert first.dead == (2, 5)
    assert first.problems == (
        "Neurons 2 and 5 of layer 1 are dead: their output is 0 for every sample, so no gradient "
        "reaches their weights."
    )
    assert output.problems == ""


def test_a_single_dead_neuron_is_spoken_of_as_one() -> None:
    mlp = MLP(2, [3, 1], "relu", "linear", seed=1)
    mlp.layers[0].neurons[2].b.data = -50.0
    first, _ = examine(mlp, ["relu"])
    assert first.problems.startswith(
        "Neuron 3 of layer 1 is dead: its output is 0 for every sample"
    )


def test_a_layer_that_is_dead_throughout_gets_no_gradient_and_is_not_listed_to_the_end() -> None:
    mlp = MLP(2, [12, 1], "relu", "linear", seed=1)
    for neuron in mlp.layers[0].neurons:
        neuron.b.data = -50.0
    first, _ = examine(mlp, ["relu"])
    assert len(first.dead) == 12
    assert first.problems.startswith(
        "Neurons 1, 2, 3, 4, 5, 6, 7, 8 and 4 more of layer 1 are dead"
    )
    assert first.problems.endswith("Gradients vanish: those of layer 1 are 0.")


def test_no_gradient_reaches_the_weights_of_those_called_dead_and_of_no_others() -> None:
    rng = np.random.default_rng(5)
    pre_activations = rng.normal(size=(40, 30)) + rng.normal(size=(40, 1)) * 3
    for name, operation in ACTIVATIONS.items():
        nudged = pre_activations + 1e-6
        change = nudged - pre_activations if operation is None else np.subtract(
            operation.forward(nudged), operation.forward(pre_activations)
        )  # fmt: skip
        still = (change == 0.0).all(axis=1)
        np.testing.assert_array_equal(find_dead(name, pre_activations), still, err_msg=name)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_neurons_far_out_on_a_curve_with_bounds_are_saturated(name: str) -> None:
    mlp = MLP(2, [4, 1], name, "linear", seed=1)
    for weight in mlp.layers[0].neurons[1].w:
        weight.data *= 0.1
    mlp.layers[0].neurons[1].b.data = 9.0
    first, _ = examine(mlp, [name])
    assert (first.dead, first.saturated) == ((), (2,))
    assert first.problems == (
        "Neuron 2 of layer 1 is saturated: for at least 99% of the samples the derivative of "
        "its activation is below 1% of its maximum, so its weights hardly change."
    )


def test_saturation_begins_where_the_derivative_is_a_hundredth_and_for_nearly_all_samples() -> None:
    edge = float(np.arctanh(np.sqrt(0.99)))
    pre_activations = np.full((3, 100), edge + 0.01)
    pre_activations[1] = edge - 0.01
    pre_activations[2, :2] = 0.0
    assert find_saturated("tanh", pre_activations).tolist() == [True, False, False]
    pre_activations[2, 1] = -edge - 0.01
    assert find_saturated("tanh", pre_activations).tolist() == [True, False, True]


def test_what_has_no_bounds_does_not_saturate() -> None:
    pre_activations = np.full((1, 10), -30.0)
    saturating = {name for name in ACTIVATIONS if find_saturated(name, pre_activations).any()}
    assert saturating == {"tanh", "sigmoid"}


def test_a_tanh_that_rounding_made_flat_is_dead_on_both_sides() -> None:
    pre_activations = np.where(np.arange(10) % 2, 40.0, -40.0)[None]
    layer = inspect_layers((1, 1, 1), ["tanh"], np.ones(4), np.ones(4), [pre_activations])[0]
    assert (layer.dead, layer.saturated) == ((1,), ())
    assert "the derivative of its activation is 0 for every sample" in layer.problems


def test_vanishing_gradients_are_measured_against_the_output_layer() -> None:
    mlp = MLP(2, [8] * 7 + [1], "sigmoid", "linear", seed=2)
    layers = examine(mlp, ["sigmoid"] * 7)
    assert layers[0].problems.startswith("Gradients vanish: those of layer 1 are 1/")
    assert layers[-2].problems == layers[-1].problems == ""


def flat(first: float, last: float) -> LayerHealth:
    gradient = np.concatenate([np.full(6, first), np.full(3, last)])
    return inspect_layers((2, 2, 1), ["linear"], np.ones(9), gradient, [np.ones((2, 4))])[0]


def test_gradients_a_thousand_times_apart_are_problems_and_less_are_not() -> None:
    assert flat(1.0, 2300.0).problems == (
        "Gradients vanish: those of layer 1 are 1/2,300 of the output layer's."
    )
    assert flat(4.1e7, 1.0).problems == (
        "Gradients explode: those of layer 1 are 4.1·10⁷ times the output layer's."
    )
    assert flat(1.0, 999.0).problems == flat(999.0, 1.0).problems == flat(0.0, 0.0).problems == ""


@pytest.mark.parametrize("broken", [np.inf, np.nan])
def test_a_gradient_that_is_no_number_has_exploded(broken: float) -> None:
    assert flat(broken, 1.0).problems == (
        "Gradients explode: those of layer 1 are no longer finite numbers."
    )


def test_weights_are_counted_in_bars_as_wide_to_either_side() -> None:
    mlp = MLP(2, [8, 1], "tanh", "linear", seed=1)
    values = np.array([parameter.data for parameter in mlp.parameters()])
    first, output = examine(mlp, ["tanh"])
    weights = split_layers((2, 8, 1), values)[0][:, :-1]
    edges = np.linspace(-first.reach, first.reach, BINS + 1)
    expected = [
        int(((low <= weights) & ((weights < high) | (high == edges[-1]))).sum())
        for low, high in pairwise(edges)
    ]
    assert first.histogram.tolist() == expected
    assert (first.histogram.sum(), output.histogram.sum()) == (16, 8)
    assert first.reach == np.abs(weights).max()
    assert first.weight_norm == pytest.approx(np.sqrt((weights**2).sum()))


def test_a_network_of_zeros_has_a_histogram_too() -> None:
    layer = inspect_layers((2, 1), [], np.zeros(3), np.zeros(3), [])[0]
    assert (layer.histogram[BINS // 2], layer.problems) == (2, "")


def test_without_samples_no_neuron_is_called_dead() -> None:
    empty = np.empty((3, 0))
    assert not find_dead("relu", empty).any()
    assert not find_saturated("tanh", empty).any()


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e300])
def test_weights_of_any_size_are_counted(size: float) -> None:
    layer = inspect_layers((2, 1), [], np.array([size, -size, 0.0]), np.zeros(3), [])[0]
    assert (layer.histogram[0], layer.histogram[-1]) == (1, 1)
