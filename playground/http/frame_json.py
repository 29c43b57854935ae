"""Flask's JSON, and a frame as JSON for the browser."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
import orjson
from flask_orjson import OrjsonProvider

from engine.inspection.frames import Frame, Surface, View
from playground.figures.arrays import array, maps_json, quantised


class Json(OrjsonProvider):
    """Flask's JSON, in a tenth of the time: a graph of 1,000 nodes is 850 KB, and nobody else has a
    turn while it is written. What does not exist, as NaN, is null.
    """

    option = orjson.OPT_SERIALIZE_NUMPY


def surface_json(surface: Surface, discrete: bool = False) -> dict[str, Any]:
    """The surface for the browser; `winner` is the class at each point where there are several."""
    levels = quantised(surface, discrete)
    x, y = surface.window
    shown: dict[str, Any] = array(levels) | {
        "shape": list(levels.shape), "x": x, "y": y, "scale": [surface.low, surface.high],
    }  # fmt: skip
    if len(levels) > 1:
        shown["winner"] = array(surface.outputs.argmax(axis=0).astype(np.uint8))
    return shown


def frame_json(frame: Frame, view: View, at: float, read: bool = True) -> dict[str, Any]:
    """One frame for the browser; numbers that do not exist are null. `at` is the moment that it
    shows, in seconds since 1970; it travels in milliseconds. What is `read`, not watched,
    is left out of most frames: the samples that are misclassified.
    """
    train, test = (value if isfinite(value) else None for value in frame.loss)
    right, right_test = (value if isfinite(value) else None for value in frame.accuracy)
    shown: dict[str, Any] = {
        "at": round(1000.0 * at, 1),
        "step": frame.step,
        "epoch": frame.run.cursor.epoch,
        "loss": {"train": train, "test": test},
        "accuracy": {"train": right, "test": right_test},
        "surface": surface_json(frame.surface, view.discrete),
        "maps": maps_json(frame.maps),
    }
    if read:
        wrong = frame.run.data.inputs[frame.wrong]
        shown["wrong"] = {"x": array(wrong[:, 0]), "y": array(wrong[:, 1])}
    return shown
