"""Commands that change the text, or what its leaves are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil, log10

from engine.notation import MINUS, format_number, number_literal
from engine.script.errors import ExpressionError
from playground.expression.changes import accept_steps, parse_number, reset_walk
from playground.expression.scene import Scene, replace_numbers, scene
from playground.expression.state import Lab
from playground.messages import expression as messages

Form = Mapping[str, str]

LITERAL = re.compile(r"-?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
"""A number as a person types it and the language writes it too."""


class RefusedNumberError(ValueError):
    """A number for which the expression is not defined, so that the leaf keeps the one before."""


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

    Raises ValueError if it is not a number, RefusedNumberError if the expression is not defined
    for it.
    """
    leaf = form.get("leaf", "")
    typed = form.get(f"number-{leaf}", "")
    value = parse_number(typed, leaf)
    expression = scene(lab).expression
    if leaf not in expression.literal_spans:
        raise ValueError(messages.NOT_A_LEAF.format(name=leaf))
    before = expression.names[leaf].data
    if value == before:
        return lab
    settled = accept_steps(lab)
    text = replace_numbers(settled.code, scene(settled).expression, {leaf: _literal(typed, value)})
    touched = settled.with_(code=text, answers=())
    try:
        scene(touched)
    except ValueError as error:
        reason = f"{error.message} {error.hint}" if isinstance(error, ExpressionError) else error
        raise RefusedNumberError(
            messages.REFUSED_NUMBER.format(
                name=leaf,
                value=format_number(value),
                reason=str(reason).strip(),
                before=format_number(before),
            )
        ) from None
    return touched


def _literal(typed: str, value: float) -> str:
    """Return a number for the text: as it was typed if the language writes it so too."""
    text = typed.strip().replace(MINUS, "-")
    return text if LITERAL.fullmatch(text) and float(text) == value else number_literal(value)


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
