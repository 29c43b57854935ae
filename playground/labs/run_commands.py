"""The commands that the forms of the network lab give to a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from engine.script.numbers import NumberError, read_number, read_whole
from engine.training.commands import CHANGEABLE, Edit, NewSetting, NewWeight, Undo
from engine.training.run import Run
from engine.training.settings_parser import plain_text, sentence
from playground.messages import network as messages

Form = Mapping[str, str]
Command = TypeVar("Command", bound=BaseModel)
MAX_STEP = 10**18
"""Number of a step that no run reaches."""


def setting_command(form: Form) -> NewSetting:
    """Return the command that changes the setting `name` of the form.

    Raises ValueError for a setting that cannot change during training.
    """
    name = form.get("name", "")
    if name not in CHANGEABLE:
        raise ValueError(messages.FIXED_SETTING.format(name=name[:40] or "This setting"))
    return NewSetting(name=name, text=plain_text(name, form.get(name, "")[:40]))


def weight_command(form: Form) -> NewWeight:
    """Return the command that sets one parameter. Raises ValueError for a wrong field, and for the
    value that the form showed before: pressing Set alone must not take a weight back.
    """
    if form.get("value", "") == form.get("before", " "):
        raise ValueError(messages.SAME_WEIGHT)
    fields: dict[str, Any] = _fields(NewWeight, form)
    fields["value"] = _number("Value", fields.get("value", ""))
    return _validated(NewWeight, fields)


def data_command(form: Form, run: Run, max_samples: int) -> Edit | Undo:
    """Return the command that adds, moves or erases a sample, or undoes the last such edit.

    Coordinates stand between semicolons, or between commas. Without an index, the sample nearest to
    them is erased. Raises ValueError for a wrong field, or if there are already `max_samples`
    samples.
    """
    fields: dict[str, Any] = _fields(Edit, form)
    if fields.get("how") == "undo":
        return Undo()
    at = fields.get("at", "")
    texts = [text for text in at.split(";" if ";" in at else ",") if text]
    fields["at"] = [_number(f"x{i}", text) for i, text in enumerate(texts, 1)]
    if "target" in fields:
        fields["target"] = _number("Target", fields["target"])
    if fields.get("how") == "erase" and "index" not in fields and len(texts) >= 2:
        away = run.data.inputs[:, :2] - np.array(fields["at"][:2])
        fields["index"] = int(np.hypot(*away.T).argmin())
        fields["at"] = []
    samples = len(run.data.inputs)
    if fields.get("how") == "add":
        if samples >= max_samples:
            raise ValueError(messages.SAMPLES_FULL.format(limit=max_samples))
        fields.setdefault("index", samples)
    return _validated(Edit, fields)


def step_number(text: str) -> int:
    """Return the number of a step. Raises ValueError if the text is not a whole number."""
    try:
        step = read_whole(text)
    except NumberError:
        step = -1
    if not 0 <= step < MAX_STEP:
        raise ValueError(messages.STEP_IS_A_NUMBER)
    return step


def _number(name: str, text: str) -> float:
    try:
        return read_number(text)
    except NumberError as error:
        raise ValueError(messages.WRONG_FIELD.format(field=name, reason=error)) from None


def _fields(kind: type[BaseModel], form: Form) -> dict[str, str]:
    """Return the fields of a command that the form has."""
    return {name: text for name in kind.model_fields if (text := form.get(name))}


def _validated(kind: type[Command], fields: Mapping[str, Any]) -> Command:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        field = problem["loc"][0] if problem["loc"] else "This"
        reason = sentence(dict(problem))
        raise ValueError(messages.WRONG_FIELD.format(field=field, reason=reason)) from None
