"""A view as it stands in an address and in a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.inspection.frames import ViewOptions
from engine.training.run import Run

NAMES = (
    "slice",
    "discrete",
    "untested",
    "panel",
    "layer",
    "weight",
    "sample",
    "opened",
    "log",
    "pin",
)
BOXES = ("discrete", "untested", "log")
MOST_OPENED, LONGEST_NAME = 200, 64

Fields = Mapping[str, Sequence[str]]
"""The values of every name, as a form or a query has them."""


def parse_view(fields: Fields, run: Run, before: ViewOptions = ViewOptions()) -> ViewOptions:
    """The view that these fields give, of what this run has; what they do not name stays as it
    was before.

    Nothing raises: what cannot be read counts as not named.
    """
    found: dict[str, Any] = {}
    beyond = run.data.inputs.shape[1] - 2
    if "slice" in fields or len(before.slice) != beyond:
        values = [*fields.get("slice", before.slice), *["0"] * beyond][:beyond]
        found["slice"] = tuple(_number(value) for value in values)
    for name, least, most in (
        ("layer", 1, len(run.model.sizes) - 1),
        ("weight", 0, len(run.parameters) - 1),
        ("sample", 1, len(run.samples.train)),
    ):
        asked = _last(fields, name)
        whole = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else None
        found[name] = max(least, min(getattr(before, name) if whole is None else whole, most))
    found |= {name: _last(fields, name) == "1" for name in BOXES if name in fields}
    found |= {name: _last(fields, name)[:64] for name in ("panel", "pin") if name in fields}
    if "opened" in fields:
        named = [each for text in fields["opened"] for each in text.split(",")
                 if 0 < len(each) <= LONGEST_NAME]  # fmt: skip
        found["opened"] = tuple(dict.fromkeys(named))[:MOST_OPENED]
    return replace(before, **found)


def view_texts(view: ViewOptions) -> list[tuple[str, str]]:
    """The names and values that give the view again; what is as usual is left out."""
    pairs = [("slice", f"{value:.4g}") for value in view.slice if any(view.slice)]
    usual = ViewOptions()
    for name in NAMES[1:]:
        value = getattr(view, name)
        if value != getattr(usual, name):
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            pairs.append((name, "1" if value is True else text))
    return pairs


def view_query(view: ViewOptions) -> dict[str, list[str]]:
    """The same by name, as `url_for` takes it."""
    return {
        name: [text for each, text in view_texts(view) if each == name]
        for name, _ in view_texts(view)
    }


def _last(fields: Fields, name: str) -> str:
    values = fields.get(name, ())
    return values[-1] if values else ""


def _number(text: str | float) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return max(-1e6, min(1e6, value)) if value == value else 0.0
