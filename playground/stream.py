"""Frames as server-sent events, the plots that people read beside them as events of their own.

The event named `frame` carries the surface and the neurons' maps, as JSON with base64 arrays; the
event named `figures` carries whole figures, by the ids of their elements; an unnamed event carries
HTML that htmx puts in its place. The last two come some five times a second, the first with every
frame.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from engine.frames import Frame, View
from playground.encoding import frame_json
from playground.figures import surface
from playground.runner.embedded import EmbeddedRunner, Viewer

HEARTBEAT_SECONDS = 0.4
"""Often enough that a dead connection is found, by its second unanswered write, within a second."""
READING_SECONDS = 0.2


def event(data: str, name: str = "") -> bytes:
    """One server-sent event."""
    lines = [f"event: {name}"] if name else []
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def events(
    runner: EmbeddedRunner,
    viewer: Viewer,
    reading: Callable[[Frame, View], str],
    figures: Callable[[Frame, View], dict[str, Any]],
) -> Iterator[bytes]:
    """What one viewer is sent, for as long as it stays.

    `reading` renders as HTML what people read, `figures` are the plots beside the surface, by the
    ids of their elements; both come when they are due.
    """
    live, read_at, playing = viewer.live, 0.0, viewer.live.playing
    view, data = viewer.view, live.run.data
    while True:
        if not viewer.wait(HEARTBEAT_SECONDS):
            yield b": here\n\n"
            continue
        seen, view, at = view, viewer.view, time.time()
        frame = runner.frame(live, view)
        now = time.monotonic()
        edited = frame.run.data is not data
        changed = playing != live.playing or seen != view or edited
        due = changed or not live.playing or now - read_at >= READING_SECONDS
        sent = frame_json(frame, view, at, due)
        yield event(json.dumps(sent, separators=(",", ":")), "frame")
        if due:
            read_at, playing, data = now, live.playing, frame.run.data
            yield event(reading(frame, view))
            shown = figures(frame, view)
            if edited or seen != view:
                shown["surface"] = runner.work(surface.figure, frame, view)
            yield event(json.dumps(shown, separators=(",", ":")), "figures")
