"""JSON: the application's encoder, and a frame as JSON for the browser."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
import orjson
from flask_orjson import OrjsonProvider

from engine.inspection.frames import Frame, Surface, ViewOptions
from playground.figures.arrays import array, maps_json, quantised


class JsonProvider(OrjsonProvider):
    """Flask's JSON in a tenth of the time. A graph of 1,000 nodes has 850 KB, and no other request
    runs while it is encoded. NaN and infinity become null.
    """

    option = orjson.OPT_SERIALIZE_NUMPY


def surface_json(surface: Surface, discrete: bool = False) -> dict[str, Any]:
    """Return the surface for the browser. With several classes `winner` is the predicted class at
    each point.
    """
    levels = quantised(surface, discrete)
    x, y = surface.window
    body: dict[str, Any] = array(levels) | {
        "shape": list(levels.shape),
        "x": x,
        "y": y,
        "scale": [surface.low, surface.high],
    }
    if len(levels) > 1:
        body["winner"] = array(surface.outputs.argmax(axis=0).astype(np.uint8))
    return body


def frame_json(
    frame: Frame, view: ViewOptions, at: float, with_wrong: bool = True
) -> dict[str, Any]:
    """Return one frame for the browser; values that are not finite are null.

    `at` is the time of the frame in seconds since 1970; the browser receives milliseconds. Most
    frames leave out the misclassified samples (`with_wrong`).
    """
    loss, test_loss = (value if isfinite(value) else None for value in frame.loss)
    accuracy, test_accuracy = (value if isfinite(value) else None for value in frame.accuracy)
    body: dict[str, Any] = {
        "at": round(1000.0 * at, 1),
        "step": frame.step,
        "epoch": frame.run.cursor.epoch,
        "loss": {"train": loss, "test": test_loss},
        "accuracy": {"train": accuracy, "test": test_accuracy},
        "surface": surface_json(frame.surface, view.discrete),
        "maps": maps_json(frame.maps),
    }
    if with_wrong:
        wrong = frame.run.data.inputs[frame.is_wrong]
        body["wrong"] = {"x": array(wrong[:, 0]), "y": array(wrong[:, 1])}
    return body
