"""The graph inside: the loss of one sample, whose layers open to neurons, and these to
operations.
"""

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
from playground.panels.pinned import Pinned

MOST_DRAWN = 400


@lru_cache(maxsize=4)
def _opened(run: Run, sample: int, opened: tuple[str, ...]) -> SampleGraph | str:
    """The graph, or why it cannot be drawn."""
    try:
        found = build_sample_graph(run, sample, opened)
    except ValueError as error:
        return str(error)
    if len(found.view.nodes) > MOST_DRAWN:
        return (
            f"That would draw {len(found.view.nodes):,} nodes; {MOST_DRAWN} are the most. "
            "Close something first."
        )
    return found


def figures(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Figure]:
    """The graph with the run's data and grads at this step."""
    found = _opened(frame.run, view.sample, view.opened)
    if isinstance(found, str):
        return {}
    grads = {node: node.grad for node in found.nodes}
    formulas = {node: _norms(found.layers[name]) for node, name in found.folded_layers.items()}
    drawn = graph.figure(found.nodes, set(found.nodes), grads, None, found.view, formulas)
    texts = next(trace for trace in drawn["data"] if trace["name"] == "values")
    for place, node in enumerate(found.view.nodes):
        name = found.folded_layers.get(node)
        if name is None:
            continue
        units = found.layers[name]
        texts["customdata"][place] = name
        texts["text"][place] = f"<b>layer {name[1:]}</b><br>{len(units)} neurons<br>{_norms(units)}"
        texts["hovertext"][place] = f"layer {name[1:]}: {len(units)} neurons, {_norms(units)}"
    return {"graph": drawn}


def _norms(units: tuple[Value, ...]) -> str:
    grad = hypot(*(unit.grad for unit in units))
    return f"‖grad‖ {format_number(grad, 3)}"


def page(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Any]:
    """What can be opened and closed, or why nothing is drawn."""
    found = _opened(frame.run, view.sample, view.opened)
    if isinstance(found, str):
        return {"too_large": found, "levels": []}
    levels = [(name, f"layer {name[1:]}", False) for name in found.folded_layers.values()]
    levels += [
        (node.label, node.label, False)
        for node in found.view.nodes
        if node in found.view.hidden and node not in found.folded_layers
    ]
    levels += [(name, f"layer {name[1:]}" if name in found.layers else name, True)
               for name in view.opened]  # fmt: skip
    return {"too_large": "", "levels": [
        (title, is_open, ",".join(toggled(view.opened, name))) for name, title, is_open in levels
    ]}  # fmt: skip


def toggled(opened: tuple[str, ...], name: str) -> tuple[str, ...]:
    """What is open after a click on this: itself opened, or closed with all that is in it."""
    if name not in opened:
        return (*opened, name)
    return tuple(each for each in opened if each != name and not each.startswith(f"{name}."))
