"""The graph inside: the loss of one sample. Layers open to neurons, and neurons to operations."""

from __future__ import annotations

from functools import lru_cache
from math import hypot
from typing import Any

from engine.inspection.frames import Frame, ViewOptions
from engine.inspection.sample_graph import SampleGraph, build_sample_graph
from engine.notation import format_number
from engine.training.run import Run
from engine.value import Value
from playground.figures import graph
from playground.figures.style import Figure
from playground.messages import network as messages

MAX_DRAWN = 400
"""Maximum number of nodes that are drawn at once."""


def figures(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Figure]:
    """Return the graph with the data and gradients of the run at this step."""
    sample = _sample_graph(frame.run, view.sample, view.opened)
    if isinstance(sample, str):
        return {}
    gradients = {node: node.grad for node in sample.nodes}
    norms = {node: _norm(sample.layers[name]) for node, name in sample.folded_layers.items()}
    figure = graph.figure(sample.nodes, set(sample.nodes), gradients, None, sample.view, norms)
    texts = next(trace for trace in figure["data"] if trace["name"] == "values")
    for i, node in enumerate(sample.view.nodes):
        name = sample.folded_layers.get(node)
        if name is not None:
            neurons, norm = len(sample.layers[name]), norms[node]
            texts["customdata"][i] = name
            texts["text"][i] = f"<b>layer {name[1:]}</b><br>{neurons} neurons<br>{norm}"
            texts["hovertext"][i] = messages.FOLDED_LAYER.format(
                number=name[1:], neurons=neurons, norm=norm
            )
    return {"graph": figure}


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return what the person can open and close, or why nothing is drawn."""
    sample = _sample_graph(frame.run, view.sample, view.opened)
    if isinstance(sample, str):
        return {"too_large": sample, "levels": []}
    closed = list(sample.folded_layers.values())
    closed += [
        node.label
        for node in sample.view.nodes
        if node in sample.view.hidden and node not in sample.folded_layers
    ]
    levels = [
        (_title(sample, name), is_open, ",".join(toggled(view.opened, name)))
        for names, is_open in ((closed, False), (view.opened, True))
        for name in names
    ]
    return {"too_large": "", "levels": levels}


def toggled(opened: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return what is open after a click on a name: it opens, or closes with everything inside."""
    if name not in opened:
        return (*opened, name)
    return tuple(other for other in opened if other != name and not other.startswith(f"{name}."))


@lru_cache(maxsize=4)
def _sample_graph(run: Run, sample: int, opened: tuple[str, ...]) -> SampleGraph | str:
    """Return the graph, or a message that says why it cannot be drawn."""
    try:
        graph = build_sample_graph(run, sample, opened)
    except ValueError as error:
        return str(error)
    nodes = len(graph.view.nodes)
    if nodes > MAX_DRAWN:
        return messages.GRAPH_TOO_LARGE_TO_DRAW.format(nodes=nodes, limit=MAX_DRAWN)
    return graph


def _title(sample: SampleGraph, name: str) -> str:
    return f"layer {name[1:]}" if name in sample.layers else name


def _norm(neurons: tuple[Value, ...]) -> str:
    return f"‖grad‖ {format_number(hypot(*(neuron.grad for neuron in neurons)), 3)}"
