"""The commands that the forms of the network lab give to a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.training.commands import CHANGEABLE, Edit, NewSetting, NewWeight, Undo
from engine.training.run import Run
from playground.messages import network as messages

Form = Mapping[str, str]
Command = TypeVar("Command", bound=BaseModel)


def setting_command(form: Form) -> NewSetting:
    """Return the command that changes the setting `name` of the form.

    Raises ValueError for a setting that cannot change during training.
    """
    name = form.get("name", "")
    if name not in CHANGEABLE:
        raise ValueError(messages.FIXED_SETTING.format(name=name[:40] or "This setting"))
    return NewSetting(name=name, text=form.get(name, "")[:40])


def weight_command(form: Form) -> NewWeight:
    """Return the command that sets one parameter. Raises ValueError for a wrong field."""
    return _validated(NewWeight, _fields(NewWeight, form))


def data_command(form: Form, run: Run, max_samples: int) -> Edit | Undo:
    """Return the command that adds, moves or erases a sample, or undoes the last such edit.

    Raises ValueError for a wrong field, or if there are already `max_samples` samples.
    """
    fields: dict[str, Any] = _fields(Edit, form)
    if fields.get("how") == "undo":
        return Undo()
    fields["at"] = [text for text in fields.get("at", "").split(",") if text]
    samples = len(run.data.inputs)
    if fields.get("how") == "add":
        if samples >= max_samples:
            raise ValueError(messages.SAMPLES_FULL.format(limit=max_samples))
        fields.setdefault("index", samples)
    return _validated(Edit, fields)


def step_number(text: str) -> int:
    """Return the number of a step. Raises ValueError if the text is not a whole number."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValueError(messages.STEP_IS_A_NUMBER)
    return int(text)


def _fields(kind: type[BaseModel], form: Form) -> dict[str, str]:
    """Return the fields of a command that the form has."""
    return {name: text for name in kind.model_fields if (text := form.get(name))}


def _validated(kind: type[Command], fields: Mapping[str, Any]) -> Command:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        field = problem["loc"][0] if problem["loc"] else "This"
        raise ValueError(messages.WRONG_FIELD.format(field=field, reason=problem["msg"])) from None
