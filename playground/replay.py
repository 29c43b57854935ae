"""A run's life as one HTML file that plays without a network: its surface and its losses.

The file holds the surfaces as bytes and a small player; it asks for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template

from engine.frames import Surface, View, surface_of
from engine.training import Run, losses
from playground.encoding import array, quantised
from playground.figures.surface import legend

RESOLUTION = 40


@dataclass(frozen=True, slots=True)
class Seen:
    """A moment of the replay: the run, its losses, its surface as bytes, the class that wins."""

    run: Run
    loss: tuple[float, float]
    levels: dict[str, str]


def seen(run: Run) -> Seen:
    """What is shown of a moment."""
    outputs = surface_of(run, View(), RESOLUTION)
    if len(outputs) > 1:
        levels = array(outputs.argmax(axis=0).astype("uint8"))
    else:
        levels = array(quantised(Surface(outputs, run.data.window, *run.scale))[0])
    return Seen(run, losses(run), levels)


def html(moments: list[Seen]) -> str:
    """The file, from one or more moments of a run."""
    last = moments[-1].run
    told: dict[str, Any] = {
        "window": last.data.window,
        "classes": last.data.classes,
        "span": last.data.span,
        "resolution": RESOLUTION,
        "points": [
            [round(x, 4), round(y, 4), target, bool(test)]
            for (x, y), target, test in zip(
                last.data.inputs[:, :2].tolist(), last.data.targets.tolist(), last.data.is_test,
                strict=True,
            )
        ],
        "moments": [
            {
                "step": each.run.step,
                "train": each.loss[0],
                "test": None if each.loss[1] != each.loss[1] else each.loss[1],
                "levels": each.levels["bdata"],
            }
            for each in moments
        ],
    }  # fmt: skip
    return render_template(
        "replay.html", told=told, run=last, legend=legend(last), settings=last.settings
    )
