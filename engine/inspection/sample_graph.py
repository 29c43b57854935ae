"""The graph inside a network: the loss of one sample as Values with the run's numbers, and the two
levels at which it folds, layers to neurons and neurons to operations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.explain.folding import FoldedGraph, find_foldable, find_owners, fold
from engine.script.parser import label_nodes
from engine.training.run import Run
from engine.value import Value, recompute, sort_topologically

MOST_PARAMETERS = 3000
"""A larger network's graph is too large to be opened."""


@dataclass(frozen=True, slots=True)
class Inside:
    """The graph, operands first; what is seen of it; and the name of each folded layer.

    `layers` are the neurons of each hidden layer; a folded layer is seen as its last neuron.
    """

    nodes: list[Value]
    view: FoldedGraph
    layers: Mapping[str, tuple[Value, ...]]
    folded_layers: Mapping[Value, str]


def inside(run: Run, sample: int, opened: Collection[str]) -> Inside:
    """The loss of a training sample, from 1, with the run's weights, forward and backward done.

    `opened` names the layers (`l1`) that show their neurons, and the neurons and outputs (`l1.n2`)
    that show their operations. Raises ValueError for a network that is too large.
    """
    if len(run.parameters) > MOST_PARAMETERS:
        raise ValueError(
            f"This network has {len(run.parameters):,} parameters; the graph of one with "
            f"{MOST_PARAMETERS:,} at the most can be opened."
        )
    model = run.model
    row = run.samples.train[sample - 1].tolist()
    numbers = dict(zip((*model.inputs, *model.targets), row, strict=True))
    numbers |= dict(zip(model.mlp.parameters(), run.parameters.tolist(), strict=True))
    copies: dict[Value, Value] = {}
    for node in sort_topologically(model.loss):
        copy = Value(numbers.get(node, node.data), node.label)
        copy.op, copy.attributes = node.op, node.attributes
        copy.operands = tuple(copies[each] for each in node.operands)
        copies[node] = copy
    nodes = list(copies.values())
    named = [node for node in nodes if node.label and node.op is not None]
    recompute(nodes)
    nodes[-1].backward()
    owned = find_owners(nodes, named)
    label_nodes(nodes)
    layers = {
        f"l{number}": tuple(copies[unit] for unit in layer)
        for number, layer in enumerate(model.neurons, 1)
    }
    folded_layers = {
        units[-1]: name for name, units in layers.items() if name not in opened and len(units) > 1
    }
    shown_as = {unit: last for last, name in folded_layers.items() for unit in layers[name]}
    grouped = {node: shown_as.get(owner, owner) for node, owner in owned.items()}
    closed = {
        node
        for node in find_foldable(grouped)
        if node in folded_layers or (node.label not in opened and node not in shown_as)
    }
    return Inside(nodes, fold(nodes, grouped, closed), layers, folded_layers)
