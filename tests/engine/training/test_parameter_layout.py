"""Places in the vector against the labels that the network itself gives its parameters."""

from __future__ import annotations

import numpy as np
import pytest

from engine import MLP
from engine.training.parameter_layout import parameter_index, parameter_position, split_layers

SIZES = [(2, 1), (3, 4, 4, 1), (1, 2, 5, 3)]


@pytest.mark.parametrize("sizes", SIZES)
def test_a_label_and_a_place_mean_the_same_weight(sizes: tuple[int, ...]) -> None:
    parameters = MLP(sizes[0], sizes[1:], seed=1).parameters()
    for index, parameter in enumerate(parameters):
        layer, neuron, source = parameter_position(sizes, index)
        end = "b" if source is None else f"w{source}"
        assert parameter.label == f"l{layer}.n{neuron}.{end}"
        assert parameter_index(sizes, layer, neuron, source) == index


@pytest.mark.parametrize("sizes", SIZES)
def test_layers_are_views_of_the_vector(sizes: tuple[int, ...]) -> None:
    mlp = MLP(sizes[0], sizes[1:], seed=1)
    vector = np.array([parameter.data for parameter in mlp.parameters()])
    for part, layer in zip(split_layers(sizes, vector), mlp.layers, strict=True):
        assert np.shares_memory(part, vector)
        assert part[:, -1].tolist() == [neuron.b.data for neuron in layer.neurons]
        assert part[:, :-1].tolist() == [[w.data for w in n.w] for n in layer.neurons]


@pytest.mark.parametrize(
    ("layer", "neuron", "source"),
    [(0, 1, 1), (3, 1, 1), (1, 0, 1), (1, 5, 1), (1, 1, 0), (1, 1, 4), (2, 2, None)],
)
def test_a_weight_that_there_is_not_has_no_index(
    layer: int, neuron: int, source: int | None
) -> None:
    with pytest.raises(ValueError, match=f"neuron {neuron} in layer {layer}"):
        parameter_index((3, 4, 1), layer, neuron, source)


@pytest.mark.parametrize("index", [-1, 21])
def test_a_place_outside_of_the_vector_has_no_name(index: int) -> None:
    with pytest.raises(ValueError, match="no parameter"):
        parameter_position((3, 4, 1), index)
