"""Numbers for the browser: arrays as Plotly reads them, surfaces and maps a byte a dot or less."""

from __future__ import annotations

import base64
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from flask_orjson import OrjsonProvider

from engine.frames import Frame, Surface, View


class Json(OrjsonProvider):
    """Flask's JSON, in a tenth of the time: a graph of 1,000 nodes is 850 KB, and nobody else has a
    turn while it is written. What does not exist, as NaN, is null.
    """

    option = orjson.OPT_SERIALIZE_NUMPY


DTYPES = {np.dtype(np.uint8): "u1", np.dtype(np.int64): "i4", np.dtype(np.float64): "f4"}


def array(values: npt.NDArray[Any]) -> dict[str, str]:
    """An array as Plotly's typed-array object; 64-bit numbers travel as 32-bit ones."""
    dtype = DTYPES[values.dtype]
    data = np.ascontiguousarray(values, dtype=f"<{dtype}")
    shape = ", ".join(map(str, values.shape))
    return {"dtype": dtype, "shape": shape, "bdata": base64.b64encode(data.tobytes()).decode()}


def quantised(surface: Surface, discrete: bool = False) -> npt.NDArray[np.uint8]:
    """The outputs (outputs, ny, nx) as bytes, 0 at `low` and 255 at `high`; beyond them is
    clipped, and what is not defined lies between.

    Where it is `discrete` there is nothing between them.
    """
    step = (surface.high - surface.low) / 255.0
    levels = _levels(surface.outputs, step, 0.5 - surface.low / step, 255)
    return np.where(levels > 127, 255, 0).astype(np.uint8) if discrete else levels


def _levels(
    values: npt.NDArray[np.float64], step: float, first: float, most: int
) -> npt.NDArray[np.uint8]:
    """Whole levels from 0 to `most`, one every `step`; what is not defined is in the middle."""
    levels = values * (1.0 / step)
    levels += first
    if np.isnan(levels.sum()):  # as a whole first: it is rare, and looking at each takes longer
        levels[np.isnan(levels)] = most // 2 + 0.5
    np.maximum(levels, 0.0, out=levels)
    np.minimum(levels, most, out=levels)
    return levels.astype(np.uint8)


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


LEVELS = 15
"""Of a neuron's map, the middle one for 0; half a byte each."""


def maps_json(maps: npt.NDArray[np.float64]) -> dict[str, Any]:
    """The neurons' maps (neurons, ny, nx) from −1 to 1, two dots a byte, the first in its lower
    half.
    """
    middle = LEVELS // 2
    flat = _levels(maps, 1.0 / middle, middle + 0.5, LEVELS - 1).reshape(-1)
    if flat.size % 2:
        flat = np.append(flat, np.uint8(0))
    packed = flat[0::2] | flat[1::2] << 4
    return {"shape": list(maps.shape), "bdata": base64.b64encode(packed.tobytes()).decode()}


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
