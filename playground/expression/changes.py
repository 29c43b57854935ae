"""What several commands share: how a lab changes, and how a number in a field is read."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from engine.notation import format_number, number_literal
from engine.script.numbers import NumberError, read_number
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.messages import expression as messages


def reset_walk(lab: Lab, **update: object) -> Lab:
    """Return the lab with another graph or walk, shown at the end of the walk."""
    start = {"step": None, "playing": False, "answers": (), "tried": "", "tries": 0, "order": ()}
    return lab.with_(**start | update)


def accept_steps(lab: Lab) -> Lab:
    """Return the lab with the numbers after its gradient steps in the text, and without steps."""
    return lab.with_(code=scene(lab).graph.text, moves=()) if lab.moves else lab


def with_choices(lab: Lab, choices: Mapping[str, str]) -> Lab:
    """Return the lab with fields as a form has them. Raises ValueError for a wrong value."""
    read = dict(choices)
    if "rate" in choices:
        read["rate"] = number_literal(parse_number(choices["rate"], "Rate"))
    chosen, message = Lab.parse(dict(lab) | read)
    if message:
        name = next(name for name, text in read.items() if str(getattr(chosen, name)) != text)
        value = choices[name][:40] or "empty"
        sentence = messages.WRONG_CHOICE.format(name=name.capitalize(), value=value)
        nearest = getattr(chosen, name)
        if isinstance(nearest, int | float) and nearest != Lab.model_fields[name].default:
            sentence += messages.NEAREST_CHOICE.format(nearest=format_number(nearest))
        raise ValueError(sentence)
    return chosen


def parse_number(text: str, name: str) -> float:
    """Return the finite number that a person wrote in the field `name`.

    Raises ValueError for anything else. The message says which field, and what would work.
    """
    try:
        value = read_number(text)
    except NumberError as error:
        raise ValueError(messages.WRONG_NUMBER.format(name=name, reason=error)) from None
    if not isfinite(value):
        raise ValueError(messages.NOT_FINITE.format(name=name))
    return value
