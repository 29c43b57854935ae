"""Arrays for the browser: typed arrays for Plotly, and surfaces and maps of neurons with one byte
per dot or less.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.inspection.frames import Surface

DTYPES = {np.dtype(np.uint8): "u1", np.dtype(np.int64): "i4", np.dtype(np.float64): "f4"}
SMALLEST, LARGEST = 1e-30, 1e30
"""Numbers between these keep seven digits in 32 bits."""


def array(values: npt.NDArray[Any]) -> dict[str, str]:
    """Return an array as Plotly's typed-array object. 64-bit numbers become 32-bit ones unless some
    are too large or too small for that.
    """
    dtype = DTYPES[values.dtype]
    if dtype == "f4" and not _fit(values):
        dtype = "f8"
    data = np.ascontiguousarray(values, dtype=f"<{dtype}")
    shape = ", ".join(map(str, values.shape))
    return {"dtype": dtype, "shape": shape, "bdata": base64.b64encode(data.tobytes()).decode()}


def _fit(values: npt.NDArray[np.float64]) -> bool:
    """Return whether all values fit into 32 bits; 0, NaN and infinity do."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0.0)])
    return not sizes.size or bool(sizes.min() > SMALLEST and sizes.max() < LARGEST)


def quantised(surface: Surface, discrete: bool = False) -> npt.NDArray[np.uint8]:
    """Return the outputs (outputs, ny, nx) as bytes: 0 is `low` and 255 is `high`.

    Outputs beyond these are clipped, and NaN is in the middle. With `discrete` every byte is 0 or
    255.
    """
    step = (surface.high - surface.low) / 255.0
    levels = _levels(surface.outputs, step, 0.5 - surface.low / step, 255)
    return np.where(levels > 127, 255, 0).astype(np.uint8) if discrete else levels


def _levels(
    values: npt.NDArray[np.float64], step: float, first: float, highest: int
) -> npt.NDArray[np.uint8]:
    """Return whole levels from 0 to `highest`, one every `step`. NaN is in the middle."""
    levels = values * (1.0 / step)
    levels += first
    if np.isnan(levels.sum()):  # the sum first: NaN is rare, and a test of every level takes longer
        levels[np.isnan(levels)] = highest // 2 + 0.5
    np.maximum(levels, 0.0, out=levels)
    np.minimum(levels, highest, out=levels)
    return levels.astype(np.uint8)


LEVELS = 15
"""Number of levels of a neuron's map, half a byte each. The middle one means 0."""


def maps_json(maps: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Return the maps of the neurons (neurons, ny, nx), from −1 to 1, with two dots per byte. The
    first dot is in the lower half of the byte.
    """
    middle = LEVELS // 2
    flat = _levels(maps, 1.0 / middle, middle + 0.5, LEVELS - 1).reshape(-1)
    if flat.size % 2:
        flat = np.append(flat, np.uint8(0))
    packed = flat[0::2] | flat[1::2] << 4
    return {"shape": list(maps.shape), "bdata": base64.b64encode(packed.tobytes()).decode()}
