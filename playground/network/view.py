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
"""The options that are on or off."""
MAX_OPENED, MAX_NAME = 200, 64
"""Maximum number of unfolded parts, and of characters of a name."""
MAX_SLICE = 1e6
"""Largest absolute value of an input beyond the plane."""

Fields = Mapping[str, Sequence[str]]
"""The values of every name, as a form or a query has them."""


def parse_view(fields: Fields, run: Run, before: ViewOptions = ViewOptions()) -> ViewOptions:
    """Return the view that these fields give of this run; other options stay as they were before.

    Nothing raises: a value that cannot be read counts as missing.
    """
    options: dict[str, Any] = {}
    beyond = run.data.inputs.shape[1] - 2
    if "slice" in fields or len(before.slice) != beyond:
        values = [*fields.get("slice", before.slice), *["0"] * beyond][:beyond]
        options["slice"] = tuple(_slice_number(value) for value in values)
    for name, minimum, maximum in (
        ("layer", 1, len(run.model.sizes) - 1),
        ("weight", 0, len(run.parameters) - 1),
        ("sample", 1, len(run.samples.train)),
    ):
        text = _last(fields, name)
        is_whole = text.isascii() and text.isdecimal() and len(text) < 9
        value = int(text) if is_whole else getattr(before, name)
        options[name] = max(minimum, min(value, maximum))
    options |= {name: _last(fields, name) == "1" for name in BOXES if name in fields}
    options |= {name: _last(fields, name)[:MAX_NAME] for name in ("panel", "pin") if name in fields}
    if "opened" in fields:
        parts = [part for text in fields["opened"] for part in text.split(",")]
        opened = dict.fromkeys(part for part in parts if 0 < len(part) <= MAX_NAME)
        options["opened"] = tuple(opened)[:MAX_OPENED]
    return replace(before, **options)


def view_texts(view: ViewOptions) -> list[tuple[str, str]]:
    """Return the names and values that give the view again, without the defaults."""
    pairs = [("slice", f"{value:.4g}") for value in view.slice if any(view.slice)]
    defaults = ViewOptions()
    for name in NAMES[1:]:
        value = getattr(view, name)
        if value != getattr(defaults, name):
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            pairs.append((name, "1" if value is True else text))
    return pairs


def view_query(view: ViewOptions) -> dict[str, list[str]]:
    """Return the same by name, as `url_for` takes it."""
    query: dict[str, list[str]] = {}
    for name, text in view_texts(view):
        query.setdefault(name, []).append(text)
    return query


def _last(fields: Fields, name: str) -> str:
    values = fields.get(name, ())
    return values[-1] if values else ""


def _slice_number(text: str | float) -> float:
    """Return the number of a text, within the limits; 0 for any other text."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return max(-MAX_SLICE, min(MAX_SLICE, value)) if value == value else 0.0
