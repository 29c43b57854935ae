"""The graph inside a network: the numbers of the program, folded by layers and by neurons."""

from __future__ import annotations

import numpy as np
import pytest

from engine.inspection.sample_graph import build_sample_graph
from engine.training.run import advance, begin
from engine.training.settings import Settings

RUN = advance(begin(Settings(hidden=(3, 2), samples=30)), 20)


@pytest.mark.parametrize("sample", [1, 2, 24])
def test_its_gradients_are_those_of_the_program_for_that_sample(sample: int) -> None:
    graph = build_sample_graph(RUN, sample, ())
    row = RUN.samples.train[sample - 1 : sample]
    loss, gradient = RUN.model.program.gradient(RUN.parameters, row, "mean", "numpy")
    assert graph.nodes[-1].data == pytest.approx(loss, rel=1e-12)
    grads = {node.label: node.grad for node in graph.nodes}
    labels = [parameter.label for parameter in RUN.model.mlp.parameters()]
    np.testing.assert_allclose([grads[label] for label in labels], gradient, rtol=1e-9, atol=1e-14)


def test_the_model_itself_is_left_alone() -> None:
    before = [node.data for node in RUN.model.mlp.parameters()]
    build_sample_graph(RUN, 1, ())
    assert [node.data for node in RUN.model.mlp.parameters()] == before


def test_a_layer_is_folded_until_it_is_opened_and_then_its_neurons_are() -> None:
    folded = build_sample_graph(RUN, 1, ())
    assert sorted(folded.folded_layers.values()) == ["l1", "l2"]
    assert {name: len(neurons) for name, neurons in folded.layers.items()} == {"l1": 3, "l2": 2}
    layer = build_sample_graph(RUN, 1, ("l1",))
    assert list(layer.folded_layers.values()) == ["l2"]
    neuron = build_sample_graph(RUN, 1, ("l1", "l1.n2"))
    sizes = [len(graph.view.nodes) for graph in (folded, layer, neuron)]
    assert sizes == sorted(set(sizes))


def test_a_layer_of_one_neuron_is_no_layer_to_fold() -> None:
    run = begin(Settings(hidden=(1,), samples=10))
    assert build_sample_graph(run, 1, ()).folded_layers == {}


def test_a_network_that_is_too_large_is_not_opened() -> None:
    large = begin(Settings(hidden=(64, 64), samples=10))
    with pytest.raises(ValueError, match=r"4,417 parameters\. .* at most 3,000"):
        build_sample_graph(large, 1, ())
