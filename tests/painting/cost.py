"""What a frame costs the server: from a run to the bytes that travel."""

from __future__ import annotations

import time
from statistics import median

from flask import Flask

from engine.compiler import native_backend
from engine.inspection.frames import ViewOptions, frame
from engine.training.run import advance, begin
from engine.training.settings_parser import parse_settings
from playground.http.frame_json import JsonProvider, frame_json
from playground.http.sse import event

NETWORKS = {
    "2-8-8-8-1": "8,8,8",
    "six layers of 8": "8,8,8,8,8,8",
    "ten of 64": ",".join(["64"] * 10),
}
ROUNDS = 300


def cost(hidden: str, rounds: int = ROUNDS) -> tuple[float, float]:
    """The median milliseconds of a frame of such a network on the spiral, and its bytes."""
    settings = parse_settings({"dataset": "spiral", "hidden": hidden})[0]
    assert settings is not None
    run = advance(begin(settings, native_backend.best()), 10)
    lasted, size, writer = [], 0, JsonProvider(Flask(__name__))
    for _ in range(rounds):
        began = time.perf_counter()
        size = len(event(writer.dumps(frame_json(frame(run), ViewOptions(), 0.0, False)), "frame"))
        lasted.append(time.perf_counter() - began)
    return 1000 * median(lasted), float(size)
