"""Numbers for the browser: arrays as Plotly reads them, surfaces and maps as a byte or less a dot."""

from __future__ import annotations

import base64
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.frames import Frame, Surface, View

DTYPES = {"uint8": "u1", "int64": "i4", "float64": "f4"}


def array(values: npt.NDArray[Any]) -> dict[str, str]:
    """An array as Plotly's typed-array object; 64-bit numbers travel as 32-bit ones."""
    dtype = DTYPES[values.dtype.name]
    data = np.ascontiguousarray(values, dtype=f"<{dtype}")
    shape = ", ".join(map(str, values.shape))
    return {"dtype": dtype, "shape": shape, "bdata": base64.b64encode(data.tobytes()).decode()}


def quantised(surface: Surface, discrete: bool = False) -> npt.NDArray[np.uint8]:
    """The outputs (outputs, ny, nx) as bytes, 0 at `low` and 255 at `high`; beyond them is
    clipped, and what is not defined lies between.

    Where it is `discrete` there is nothing between them.
    """
    share = (surface.outputs - surface.low) / (surface.high - surface.low)
    share = np.clip(np.nan_to_num(share, nan=0.5), 0.0, 1.0)
    if discrete:
        share = np.where(share > 0.5, 1.0, 0.0)
    return (share * 255.0 + 0.5).astype(np.uint8)


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
    levels = (np.clip(np.nan_to_num(maps), -1.0, 1.0) * middle + (middle + 0.5)).astype(np.uint8)
    flat = levels.reshape(-1)
    if flat.size % 2:
        flat = np.append(flat, np.uint8(0))
    packed = flat[0::2] | flat[1::2] << 4
    return {"shape": list(maps.shape), "bdata": base64.b64encode(packed.tobytes()).decode()}


def frame_json(frame: Frame, view: View, read: bool = True) -> dict[str, Any]:
    """One frame for the browser; numbers that do not exist are null. What is `read`, not watched,
    is left out of most frames: the samples that are misclassified.
    """
    train, test = (value if isfinite(value) else None for value in frame.loss)
    right, right_test = (value if isfinite(value) else None for value in frame.accuracy)
    shown: dict[str, Any] = {
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
