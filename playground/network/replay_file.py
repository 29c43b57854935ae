"""A run as a film: what one HTML file needs to play it without a server."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

import numpy as np

from engine.inspection.frames import Surface, ViewOptions, compute_surface
from engine.notation import format_number
from engine.random import Floats
from engine.training.data import Data
from engine.training.run import Run, compute_losses
from playground.figures.arrays import quantised
from playground.figures.axes import Series, notes, numbers
from playground.figures.style import class_colours
from playground.notebook import STYLES
from playground.places import ROOT

SIDE = 40
"""Dots along each edge of the surface. Sixty frames of 5,000 samples stay below 400 KB."""
MODULES = ("numbers.js", "ticks.js")
"""The modules that the file has a copy of, in the order in which they use each other."""
THEMES = ("light", "dark")
"""The file follows the theme of the system that shows it."""


@dataclass(frozen=True, eq=False)
class KeyFrame:
    """One frame of the film. `dots` are the bytes of its surface, row by row from the bottom."""

    run: Run
    loss: tuple[float, float]
    dots: bytes


def key_frame(run: Run) -> KeyFrame:
    """Return the frame of a run at its step: outputs from 0 to 255, or the predicted classes."""
    outputs = compute_surface(run, ViewOptions(), SIDE)
    if len(outputs) > 1:
        dots = outputs.argmax(axis=0).astype(np.uint8)
    else:
        dots = quantised(Surface(outputs, run.data.window, *run.scale))[0]
    return KeyFrame(run, compute_losses(run), dots.tobytes())


def replay_page(frames: Sequence[KeyFrame]) -> dict[str, Any]:
    """Return what the template of the file shows of at least one frame, in their order."""
    run = frames[-1].run
    data = run.data
    return {
        "film": {
            "steps": [frame.run.step for frame in frames],
            "train": [_json_loss(frame.loss[0]) for frame in frames],
            "test": [_json_loss(frame.loss[1]) for frame in frames],
            "dots": base64.b64encode(b"".join(frame.dots for frame in frames)).decode(),
            "axis": numbers("", *(frame.loss for frame in frames), from_zero=True)["range"],
            "notes": notes("step", *_series(frames)),
            "side": SIDE,
            "window": data.window,
            "span": data.span if data.is_regression else None,
            "outputs": run.model.sizes[-1],
            "points": _points([frame.run.data for frame in frames]),
        },
        "modules": _modules(),
        "styles": {name: (STYLES / f"{name}.css").read_text("utf-8") for name in THEMES},
        "colours": class_colours(len(data.classes)) if data.classes else [],
        "classes": data.classes,
        "settings": run.settings.texts(),
        "has_test": bool(data.is_test.any()),
    }


def _points(sets: Sequence[Data]) -> list[list[Any]]:
    """Return every sample once: x1, x2, target, whether it is a test sample, the first frame that
    shows it, and the first frame after it is gone.
    """
    present: dict[tuple[Any, ...], list[Any]] = {}
    points: list[list[Any]] = []
    for frame, data in enumerate(sets):
        if frame and data is sets[frame - 1]:
            continue
        rows = dict.fromkeys(
            zip(
                *_rounded(data.inputs[:, :2]).T.tolist(),
                _rounded(data.targets).tolist(),
                data.is_test.astype(int).tolist(),
                strict=True,
            )
        )
        for row in [row for row in present if row not in rows]:
            present.pop(row)[-1] = frame
        for row in rows:
            if row not in present:
                present[row] = [*row, frame, len(sets)]
                points.append(present[row])
    return points


def _rounded(values: Floats) -> Floats:
    """Return the values with five significant digits, finer than a dot on the screen."""
    scale = 10.0 ** (4 - np.floor(np.log10(np.maximum(np.abs(values), 1e-12))))
    return np.round(values * scale) / scale


def _series(frames: Sequence[KeyFrame]) -> list[Series]:
    steps = [frame.run.step for frame in frames]
    losses = zip(*(frame.loss for frame in frames), strict=True)
    return [
        Series(name, steps, values)
        for name, values in zip(("training", "test"), losses, strict=True)
        if not all(map(isnan, values))
    ]


def _modules() -> str:
    """Return the modules that write numbers and choose ticks, as one script."""
    texts = ((ROOT / "static" / "js" / name).read_text("utf-8") for name in MODULES)
    lines = (line for text in texts for line in text.splitlines() if not line.startswith("import "))
    return "\n".join(line.removeprefix("export ") for line in lines)


def _json_loss(value: float) -> float | str | None:
    """Return a loss for JSON: a number, ∞ as a text, and null for NaN."""
    if isfinite(value):
        return float(f"{value:.5g}")
    return None if isnan(value) else format_number(value)
