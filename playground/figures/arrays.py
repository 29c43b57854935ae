"""Arrays for the browser: as Plotly reads them, and surfaces and neuron maps in a byte a dot or
less.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.inspection.frames import Surface

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
