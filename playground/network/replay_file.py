"""A run as a film: one HTML file with everything in it, which plays without a network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from flask import render_template

from engine.inspection.frames import Surface, View, surface_of
from engine.random import Floats
from engine.training.data import Data
from engine.training.run import Run, losses
from playground.figures.arrays import quantised
from playground.figures.style import class_colours
from playground.notebook import STYLES

SIDE = 40
"""Dots along an edge of the surface: sixty moments of five thousand samples stay below 400 KB."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One moment as the film shows it: the dots of its surface as bytes, rows upwards."""

    run: Run
    loss: tuple[float, float]
    dots: bytes


def seen(run: Run) -> Seen:
    """What the film shows of a run as it stands: the outputs from 0 to 255, or of several the
    class that wins.
    """
    outputs = surface_of(run, View(), SIDE)
    if len(outputs) > 1:
        dots = outputs.argmax(axis=0).astype(np.uint8)
    else:
        dots = quantised(Surface(outputs, run.data.window, *run.scale))[0]
    return Seen(run, losses(run), dots.tobytes())


def html(moments: Sequence[Seen]) -> str:
    """The file, for the moments in their order; at least one."""
    last = moments[-1]
    data, outputs = last.run.data, last.run.model.sizes[-1]
    told = {
        "steps": [each.run.step for each in moments],
        "train": [_number(each.loss[0]) for each in moments],
        "test": [_number(each.loss[1]) for each in moments],
        "dots": base64.b64encode(b"".join(each.dots for each in moments)).decode(),
        "side": SIDE,
        "window": data.window,
        "span": data.span if data.numbers else None,
        "outputs": outputs,
        "points": _points([each.run.data for each in moments]),
    }
    style = {
        name: (STYLES / f"{name}.css").read_text(encoding="utf-8") for name in ("light", "dark")
    }
    colours = class_colours(len(data.classes)) if data.classes else []
    return render_template(
        "replay.html", told=told, style=style, colours=colours, classes=data.classes,
        settings=last.run.settings.texts(), tested=bool(data.is_test.any()),
    )  # fmt: skip


def _points(sets: Sequence[Data]) -> list[list[Any]]:
    """Every sample once: x1, x2, target, whether it is for testing, and from which moment until
    before which it is there.
    """
    there: dict[tuple[Any, ...], list[Any]] = {}
    found: list[list[Any]] = []
    for moment, data in enumerate(sets):
        if moment and data is sets[moment - 1]:
            continue
        rows = dict.fromkeys(
            zip(
                *_rounded(data.inputs[:, :2]).T.tolist(),
                _rounded(data.targets).tolist(),
                data.is_test.astype(int).tolist(),
                strict=True,
            )
        )
        for row in [each for each in there if each not in rows]:
            there.pop(row)[-1] = moment
        for row in rows:
            if row not in there:
                there[row] = [*row, moment, len(sets)]
                found.append(there[row])
    return found


def _rounded(values: Floats) -> Floats:
    """With five significant digits, which is finer than a dot of the screen."""
    scale = 10.0 ** (4 - np.floor(np.log10(np.maximum(np.abs(values), 1e-12))))
    return np.round(values * scale) / scale


def _number(value: float) -> float | None:
    return float(f"{value:.5g}") if isfinite(value) else None
