"""The graph inside a network: the loss of one sample as Values with the run's numbers.

It folds at two levels: layers to neurons, and neurons to operations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.explain.folding import FoldedGraph, find_foldable, find_owners, fold
from engine.inspection import messages
from engine.script.parser import label_nodes
from engine.training.run import Run
from engine.value import Value, recompute, sort_topologically

MAX_PARAMETERS = 3000
"""Maximum number of parameters of a network whose graph can be opened."""


@dataclass(frozen=True, slots=True)
class SampleGraph:
    """The graph, operands first; its folded form; and the name of each folded layer.

    `layers` are the neurons of each hidden layer; a folded layer is drawn as its last neuron.
    """

    nodes: list[Value]
    view: FoldedGraph
    layers: Mapping[str, tuple[Value, ...]]
    folded_layers: Mapping[Value, str]


def build_sample_graph(run: Run, sample: int, opened: Collection[str]) -> SampleGraph:
    """Return the graph of the loss of a training sample, from 1, with the run's weights and
    gradients.

    `opened` names the layers (`l1`) that show their neurons, and the neurons and outputs (`l1.n2`)
    that show their operations. Raises ValueError for a network that is too large.
    """
    if len(run.parameters) > MAX_PARAMETERS:
        raise ValueError(
            messages.TOO_LARGE_TO_OPEN.format(parameters=len(run.parameters), limit=MAX_PARAMETERS)
        )
    nodes, copies = _copy_graph(run, sample)
    named = [node for node in nodes if node.label and node.op is not None]
    recompute(nodes)
    nodes[-1].backward()
    owners = find_owners(nodes, named)
    label_nodes(nodes)
    layers = {
        f"l{number}": tuple(copies[neuron] for neuron in layer)
        for number, layer in enumerate(run.model.neurons, 1)
    }
    folded_layers = {
        neurons[-1]: name
        for name, neurons in layers.items()
        if name not in opened and len(neurons) > 1
    }
    drawn_as = {neuron: last for last, name in folded_layers.items() for neuron in layers[name]}
    groups = {node: drawn_as.get(owner, owner) for node, owner in owners.items()}
    closed = {
        node
        for node in find_foldable(groups)
        if node in folded_layers or (node.label not in opened and node not in drawn_as)
    }
    return SampleGraph(nodes, fold(nodes, groups, closed), layers, folded_layers)


def _copy_graph(run: Run, sample: int) -> tuple[list[Value], dict[Value, Value]]:
    """Return a copy of the model's loss graph with a sample's data and the run's parameters,
    operands first, and the copy of every node.
    """
    model = run.model
    row = run.samples.train[sample - 1].tolist()
    data = dict(zip((*model.inputs, *model.targets), row, strict=True))
    data |= dict(zip(model.mlp.parameters(), run.parameters.tolist(), strict=True))
    copies: dict[Value, Value] = {}
    for node in sort_topologically(model.loss):
        copy = Value(data.get(node, node.data), node.label)
        copy.op, copy.attributes = node.op, node.attributes
        copy.operands = tuple(copies[operand] for operand in node.operands)
        copies[node] = copy
    return list(copies.values()), copies
