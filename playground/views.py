"""A view as it stands in an address and in a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.frames import View
from engine.training import Run

NAMES = ("slice", "discrete", "panel", "layer", "weight", "sample", "opened", "log", "pin")
MOST_OPENED = 200

Fields = Mapping[str, Sequence[str]]
"""The values of every name, as a form or a query has them."""


def read(fields: Fields, run: Run, before: View = View()) -> View:
    """The view that these fields give, of what this run has; what they do not name stays as it
    was before.

    Nothing raises: what cannot be read counts as not named.
    """
    view = before
    beyond = run.data.inputs.shape[1] - 2
    if "slice" in fields or len(view.slice) != beyond:
        values = [*fields.get("slice", view.slice), *["0"] * beyond][:beyond]
        view = replace(view, slice=tuple(_number(value) for value in values))
    for name, most in (
        ("layer", len(run.model.sizes) - 1),
        ("weight", len(run.parameters) - 1),
        ("sample", len(run.samples.train)),
    ):
        least = 0 if name == "weight" else 1
        asked = _last(fields, name)
        whole = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else None
        value = getattr(view, name) if whole is None else whole
        view = replace(view, **{name: max(least, min(value, most))})
    for name in ("discrete", "log"):
        if name in fields:
            view = replace(view, **{name: _last(fields, name) == "1"})
    for name in ("panel", "pin"):
        if name in fields:
            view = replace(view, **{name: _last(fields, name)[:64]})
    if "opened" in fields:
        named = [each for text in fields["opened"] for each in text.split(",") if each]
        view = replace(view, opened=tuple(dict.fromkeys(named))[:MOST_OPENED])
    return view


def texts(view: View) -> list[tuple[str, str]]:
    """The names and values that give the view again; what is as usual is left out."""
    pairs = [("slice", f"{value:.4g}") for value in view.slice if any(view.slice)]
    usual = View()
    for name in NAMES[1:]:
        value = getattr(view, name)
        if value != getattr(usual, name):
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            pairs.append((name, "1" if value is True else text))
    return pairs


def query(view: View) -> dict[str, list[str]]:
    """The same by name, as `url_for` takes it."""
    return {name: [text for each, text in texts(view) if each == name] for name, _ in texts(view)}


def _last(fields: Fields, name: str) -> str:
    values = fields.get(name, ())
    return values[-1] if values else ""


def _number(text: str | float) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return max(-1e6, min(1e6, value)) if value == value else 0.0
