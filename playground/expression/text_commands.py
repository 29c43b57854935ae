"""Commands that change the text, or what its leaves are."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log10

from playground.expression.changes import accept_steps, parse_number, reset_walk
from playground.expression.scene import Scene, replace_numbers, scene
from playground.expression.state import Lab
from playground.messages import expression as messages

Form = Mapping[str, str]


def write(lab: Lab, form: Form) -> Lab:
    """Replace the text. If the graph changes, the walk is shown at its end again."""
    text = form.get("text")
    if text is None:
        return lab
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        before = scene(lab)
    except ValueError:
        before = None
    if text == (before.graph.text if before else lab.code):
        return lab
    changed = reset_walk(lab, code=text, moves=(), large=False)
    after = scene(changed)
    if before and _structure(before) == _structure(after):
        return changed.with_(step=lab.step)
    return changed.with_(story="", node="")


def touch(lab: Lab, form: Form) -> Lab:
    """Give a leaf another number. The text changes, and the walk stays at its step.

    Raises ValueError if it is not a number, or if the expression is not defined for it.
    """
    leaf = form.get("leaf", "")
    value = parse_number(form.get(f"number-{leaf}", ""), leaf)
    expression = scene(lab).expression
    if leaf not in expression.literal_spans:
        raise ValueError(messages.NOT_A_LEAF.format(name=leaf))
    if value == expression.names[leaf].data:
        return lab
    settled = accept_steps(lab)
    text = replace_numbers(settled.code, scene(settled).expression, {leaf: value})
    touched = settled.with_(code=text, answers=())
    scene(touched)
    return touched


def mark(lab: Lab, form: Form) -> Lab:
    """Make a leaf an input, which gets no gradient, or a parameter again."""
    leaf = form.get("leaf", "")
    others = tuple(name for name in lab.inputs if name != leaf)
    return reset_walk(accept_steps(lab), inputs=others if leaf in lab.inputs else (*others, leaf))


def slider_reach(value: float) -> float:
    """Return how far a leaf's slider goes to either side: 10, or the next power of ten."""
    return max(10.0, 10.0 ** min(308, ceil(log10(abs(value))))) if value else 10.0


def _structure(scene: Scene) -> list[object]:
    return [(node.label, node.op) for node in scene.nodes]
