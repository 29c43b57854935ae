"""Small drawings: the samples of every dataset, as marks in the colours and shapes of the classes,
and the output of a run's network over the plane.
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
"""Number of samples in a thumbnail."""
SIDE = 40.0
"""Side of a thumbnail, in units of the drawing."""
SHADES = ("var(--low-ink)", "var(--quiet)", "var(--high-ink)")
"""Colours of the lower, the middle and the upper third of numeric targets."""
OUTLINES = {
    "circle": "m-1.5 0a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0",
    "square": "m-1.5-1.5h3v3h-3",
    "diamond": "m0-2.2 2.2 2.2-2.2 2.2-2.2-2.2",
    "triangle-up": "m0-2 2 3.6h-4",
    "pentagon": "m0-2 2 1.4-.8 2.3h-2.4l-.8-2.3",
}
"""The path of each symbol in SVG, around its middle."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A dataset's name, title and hint, and for each colour the path of its marks in SVG."""

    name: str
    title: str
    hint: str
    marks: tuple[tuple[str, str], ...]


@cache
def gallery() -> tuple[Thumbnail, ...]:
    """Return the thumbnails of all datasets that are generated."""
    thumbnails = []
    for dataset in TABLE:
        if dataset.name == OWN:
            continue
        settings, _ = parse_settings(suggest_settings(dataset.name, {}) | {"samples": str(SAMPLES)})
        assert settings is not None
        data = make_data(settings)
        if data.is_regression:
            edges = np.quantile(data.targets, [1 / 3, 2 / 3])
            shades, colours = np.digitize(data.targets, edges), list(SHADES)
            symbols = ["circle"] * len(SHADES)
        else:
            shades, colours = data.class_indices, class_colours(len(data.classes))
            symbols = CLASS_SYMBOLS[: len(colours)]
        points = _scaled(data.inputs[:, :2])
        marks = tuple(
            (colour, "".join(f"M{x:.0f} {y:.0f}{OUTLINES[symbol]}" for x, y in points[shades == i]))
            for i, (colour, symbol) in enumerate(zip(colours, symbols, strict=True))
        )
        thumbnails.append(Thumbnail(dataset.name, dataset.title, dataset.hint, marks))
    return tuple(thumbnails)


CELLS = 20
"""Number of cells along each side of a run's picture."""
LEVELS = 9
"""Number of colours of a run's picture: odd, so that one is the middle of the scale."""


def surface(run: Run) -> list[tuple[str, str]]:
    """Return the output of a run's network over the plane, in CELLS × CELLS squares: for each
    colour the path of its squares in SVG.
    """
    outputs = compute_surface(run, ViewOptions(), CELLS)
    if len(outputs) > 1:
        colours = class_colours(len(outputs))
        shades = outputs.argmax(axis=0)
    else:
        low, high = run.scale
        share = np.clip((outputs[0] - low) / (high - low or 1.0), 0.0, 1.0)
        shades = np.rint(np.nan_to_num(share, nan=0.5) * (LEVELS - 1)).astype(np.int64)
        colours = [_shade(2.0 * i / (LEVELS - 1) - 1.0) for i in range(LEVELS)]
    return [
        (colour, _cells(shades == i)) for i, colour in enumerate(colours) if (shades == i).any()
    ]


def _shade(value: float) -> str:
    """Return the colour of the scale at a value between −1 and 1."""
    end = "low" if value < 0 else "high"
    return f"color-mix(in srgb, var(--{end}) {abs(value):.1%}, var(--middle))"


def _cells(cells: npt.NDArray[np.bool_]) -> str:
    """Return the path of these cells, in which neighbours in a row are one rectangle."""
    edges = np.diff(np.pad(cells[::-1].astype(np.int8), ((0, 0), (1, 1))))
    begins, ends = np.argwhere(edges == 1).tolist(), np.argwhere(edges == -1)[:, 1].tolist()
    return "".join(
        f"M{x} {row}h{end - x}v1h{x - end}" for (row, x), end in zip(begins, ends, strict=True)
    )


def _scaled(points: Floats) -> Floats:
    reach = float(np.abs(points).max())
    flipped = points * np.array([1.0, -1.0])
    scaled: Floats = (flipped / reach * 0.9 + 1.0) * SIDE / 2.0
    return scaled
