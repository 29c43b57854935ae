"""Frames as server-sent events, the loss curve as an event of its own.

The event named `frame` carries numbers for the plots, as JSON with base64 arrays that Plotly reads;
an unnamed event carries HTML that htmx puts in its place. Numbers that people read, and the loss
curve, change five times a second at the most; the surface changes with every frame.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.frames import Frame, Surface
from engine.training import Curve
from playground.runner.embedded import EmbeddedRunner, Viewer

HEARTBEAT_SECONDS = 0.4
"""Often enough that a dead connection is found, by its second unanswered write, within a second."""
READING_SECONDS = 0.2

DTYPES = {"uint8": "u1", "int64": "i4", "float64": "f4"}


def array(values: npt.NDArray[Any]) -> dict[str, str]:
    """An array as Plotly's typed-array object; 64-bit numbers travel as 32-bit ones."""
    dtype = DTYPES[values.dtype.name]
    data = np.ascontiguousarray(values, dtype=f"<{dtype}")
    shape = ", ".join(map(str, values.shape))
    return {"dtype": dtype, "shape": shape, "bdata": base64.b64encode(data.tobytes()).decode()}


def quantised(surface: Surface) -> npt.NDArray[np.uint8]:
    """The outputs (outputs, ny, nx) as bytes, 0 at `low` and 255 at `high`; beyond them is
    clipped.
    """
    share = (surface.outputs - surface.low) / (surface.high - surface.low)
    return (np.clip(np.nan_to_num(share), 0.0, 1.0) * 255.0).round().astype(np.uint8)


def surface_json(surface: Surface) -> dict[str, Any]:
    """The surface for the browser; `winner` is the class at each point where there are several."""
    levels = quantised(surface)
    shown: dict[str, Any] = array(levels) | {
        "shape": list(levels.shape),
        "x": [-surface.reach, surface.reach],
        "y": [-surface.reach, surface.reach],
        "scale": [surface.low, surface.high],
    }
    if len(levels) > 1:
        shown["winner"] = array(surface.outputs.argmax(axis=0).astype(np.uint8))
    return shown


def curve_json(curve: Curve) -> dict[str, Any]:
    """The losses so far and their steps."""
    return {"x": array(curve.steps), "train": array(curve.train), "test": array(curve.test)}


def frame_json(frame: Frame, at: float) -> dict[str, Any]:
    """One frame for the browser; numbers that do not exist are null.

    `at` is the moment that it shows, in seconds since 1970; it travels in milliseconds.
    """
    train, test = (value if isfinite(value) else None for value in frame.loss)
    right, right_test = (value if isfinite(value) else None for value in frame.accuracy)
    shown: dict[str, Any] = {
        "at": round(1000.0 * at, 1),
        "step": frame.step,
        "epoch": frame.epoch,
        "loss": {"train": train, "test": test},
        "accuracy": {"train": right, "test": right_test},
        "surface": surface_json(frame.surface),
    }
    if len(frame.predictions) <= MOST_BARS:
        shown["predictions"] = array(frame.predictions[:, 0].copy())
    return shown


MOST_BARS = 12
"""Up to so many samples each prediction is shown as a bar."""


def event(data: str, name: str = "") -> bytes:
    """One server-sent event."""
    lines = [f"event: {name}"] if name else []
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def events(
    runner: EmbeddedRunner, viewer: Viewer, reading: Callable[[Frame], str]
) -> Iterator[bytes]:
    """What one viewer is sent, for as long as it stays; `reading` renders the numbers as HTML."""
    live, read_at, playing = viewer.live, 0.0, live_playing(viewer)
    while True:
        if not viewer.wait(HEARTBEAT_SECONDS):
            yield b": here\n\n"
            continue
        at = time.time()
        frame = runner.frame(live, viewer.view)
        now = time.monotonic()
        changed = playing != live_playing(viewer)
        due = changed or not live.playing or now - read_at >= READING_SECONDS
        yield event(json.dumps(frame_json(frame, at), separators=(",", ":")), "frame")
        if due:
            read_at, playing = now, live_playing(viewer)
            yield event(reading(frame))
            yield event(json.dumps(curve_json(frame.curve), separators=(",", ":")), "curve")


def live_playing(viewer: Viewer) -> bool:
    """Whether the viewer's run plays now."""
    return viewer.live.playing
