"""Every dataset as a small drawing: a dot a sample, in the colours of the classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from engine.data import data_of
from engine.datasets import TABLE
from engine.random import Floats
from engine.settings import OWN, read, suggested
from playground.figures.style import class_colours

SAMPLES = 60
SIDE = 40.0
SHADES = ("var(--low-ink)", "var(--quiet)", "var(--high-ink)")
"""Numbers below, about and above the middle."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A dataset's name, title and hint, and for every colour its dots as the path of an SVG."""

    name: str
    title: str
    hint: str
    dots: tuple[tuple[str, str], ...]


@cache
def gallery() -> tuple[Thumbnail, ...]:
    """All datasets that are generated."""
    made = []
    for dataset in TABLE:
        if dataset.name == OWN:
            continue
        settings, _ = read(suggested(dataset.name, {}) | {"samples": str(SAMPLES)})
        assert settings is not None
        data = data_of(settings)
        if data.numbers:
            edges = np.quantile(data.targets, [1 / 3, 2 / 3])
            kinds, colours = np.digitize(data.targets, edges), list(SHADES)
        else:
            kinds, colours = data.kinds, class_colours(len(data.classes))
        places = _placed(data.inputs[:, :2])
        dots = tuple(
            (colour, "".join(f"M{x:.0f} {y:.0f}h0" for x, y in places[kinds == kind]))
            for kind, colour in enumerate(colours)
        )
        made.append(Thumbnail(dataset.name, dataset.title, dataset.hint, dots))
    return tuple(made)


def _placed(points: Floats) -> Floats:
    reach = float(np.abs(points).max())
    flipped = points * np.array([1.0, -1.0])
    placed: Floats = (flipped / reach * 0.9 + 1.0) * SIDE / 2.0
    return placed
