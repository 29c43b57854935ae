"""Small drawings: of every dataset its samples, a mark each, in the colours and shapes of the
classes; of a run what its network answers over the plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from engine.inspection.frames import ViewOptions, compute_surface
from engine.random import Floats
from engine.training.data import make_data
from engine.training.datasets import TABLE
from engine.training.run import Run
from engine.training.settings import OWN
from engine.training.settings_parser import parse_settings, suggest_settings
from playground.figures.style import CLASS_SYMBOLS, class_colours

SAMPLES = 60
SIDE = 40.0
SHADES = ("var(--low-ink)", "var(--quiet)", "var(--high-ink)")
"""Numbers below, about and above the middle."""
OUTLINES = {
    "circle": "m-1.5 0a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0",
    "square": "m-1.5-1.5h3v3h-3",
    "diamond": "m0-2.2 2.2 2.2-2.2 2.2-2.2-2.2",
    "triangle-up": "m0-2 2 3.6h-4",
    "pentagon": "m0-2 2 1.4-.8 2.3h-2.4l-.8-2.3",
}
"""How a symbol is drawn around its middle, as a path of an SVG."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A dataset's name, title and hint, and for every colour its marks as the path of an
    SVG."""

    name: str
    title: str
    hint: str
    marks: tuple[tuple[str, str], ...]


@cache
def gallery() -> tuple[Thumbnail, ...]:
    """All datasets that are generated."""
    made = []
    for dataset in TABLE:
        if dataset.name == OWN:
            continue
        settings, _ = parse_settings(suggest_settings(dataset.name, {}) | {"samples": str(SAMPLES)})
        assert settings is not None
        data = make_data(settings)
        if data.is_regression:
            edges = np.quantile(data.targets, [1 / 3, 2 / 3])
            kinds, colours = np.digitize(data.targets, edges), list(SHADES)
            symbols = ["circle"] * len(SHADES)
        else:
            kinds, colours = data.class_indices, class_colours(len(data.classes))
            symbols = CLASS_SYMBOLS[: len(colours)]
        places = _placed(data.inputs[:, :2])
        marks = tuple(
            (colour, "".join(f"M{x:.0f} {y:.0f}{OUTLINES[symbol]}" for x, y in places[kinds == i]))
            for i, (colour, symbol) in enumerate(zip(colours, symbols, strict=True))
        )
        made.append(Thumbnail(dataset.name, dataset.title, dataset.hint, marks))
    return tuple(made)


CELLS = 20
"""A run's picture has so many on a side."""
LEVELS = 9
"""An odd number: the middle of the colour scale is one of them."""


def surface(run: Run) -> list[tuple[str, str]]:
    """What a run's network answers over the plane, in CELLS × CELLS squares: for every colour the
    path of an SVG.
    """
    outputs = compute_surface(run, ViewOptions(), CELLS)
    if len(outputs) > 1:
        colours = class_colours(len(outputs))
        kinds = outputs.argmax(axis=0)
    else:
        low, high = run.scale
        share = np.clip((outputs[0] - low) / (high - low or 1.0), 0.0, 1.0)
        kinds = np.rint(np.nan_to_num(share, nan=0.5) * (LEVELS - 1)).astype(np.int64)
        colours = [_mixed(2.0 * i / (LEVELS - 1) - 1.0) for i in range(LEVELS)]
    return [(colour, _cells(kinds == i)) for i, colour in enumerate(colours) if (kinds == i).any()]


def _mixed(at: float) -> str:
    """The colour of the scale at a place between −1 and 1."""
    return f"color-mix(in srgb, var(--{'low' if at < 0 else 'high'}) {abs(at):.1%}, var(--middle))"


def _cells(chosen: npt.NDArray[np.bool_]) -> str:
    """The path of these cells, neighbours in a row as one."""
    edges = np.diff(np.pad(chosen[::-1].astype(np.int8), ((0, 0), (1, 1))))
    begins, ends = np.argwhere(edges == 1).tolist(), np.argwhere(edges == -1)[:, 1].tolist()
    return "".join(
        f"M{x} {row}h{end - x}v1h{x - end}" for (row, x), end in zip(begins, ends, strict=True)
    )


def _placed(points: Floats) -> Floats:
    reach = float(np.abs(points).max())
    flipped = points * np.array([1.0, -1.0])
    placed: Floats = (flipped / reach * 0.9 + 1.0) * SIDE / 2.0
    return placed
