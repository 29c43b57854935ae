"""Frames as server-sent events, the plots that people read beside them as events of their own.

The event named `frame` carries the surface and the neurons' maps, as JSON with base64 arrays; the
event named `figures` carries whole figures, by the ids of their elements; an unnamed event carries
HTML that htmx puts in its place. The last two come some five times a second, the first with every
frame.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, json, stream_with_context

from engine.inspection.frames import Frame, View
from playground import metrics
from playground.figures import surface
from playground.http.frame_json import frame_json
from playground.http.rate_limits import admit_stream
from playground.runner.fair_share import mine
from playground.runner.live_run import Viewer
from playground.runner.runner import Runner

HEARTBEAT_SECONDS = 0.4
"""Often enough that a dead connection is found, by its second unanswered write, within a second."""


def event(data: str, name: str = "") -> bytes:
    """One server-sent event."""
    lines = [f"event: {name}"] if name else []
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def streaming(chunks: Iterator[bytes]) -> Response:
    """The answer that sends events as they come, through proxies too, until the server ends; 429
    where whoever asks has as many as they may.
    """
    streams, whose = admit_stream()
    response = Response(
        stream_with_context(streams.one(whose, chunks)), mimetype="text/event-stream"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def events(
    runner: Runner,
    viewer: Viewer,
    reading: Callable[[Frame, View], str],
    figures: Callable[[Frame, View], dict[str, Any]],
) -> Iterator[bytes]:
    """What one viewer is sent, for as long as it stays.

    `reading` renders as HTML what people read, `figures` are the plots beside the surface, by the
    ids of their elements; both come when they are due.
    """
    live, read_at, share = viewer.live, 0.0, mine()
    told = live.playing, viewer.view, live.run.data
    while True:
        if not viewer.wait(HEARTBEAT_SECONDS):
            yield b": here\n\n"
            continue
        if share:
            share.wait()
        at, view = time.time(), viewer.view
        frame = runner.frame(live, view)
        present = live.playing, view, frame.run.data
        now = time.monotonic()
        due = not live.playing or now - read_at >= runner.reading_seconds
        if present[0] and not told[0]:
            due, told = False, (True, *told[1:])  # nothing stands before the first frame that moved
            read_at = 0.0
        elif present != told:
            due = True
        sent = frame_json(frame, view, at, due)
        yield event(json.dumps(sent), "frame")
        metrics.FRAME_SECONDS.observe(time.time() - at)
        if due:
            yield event(reading(frame, view))
            shown = figures(frame, view)
            if present[1:] != told[1:]:
                shown["surface"] = runner.work(surface.figure, frame, view)
            yield event(json.dumps(shown), "figures")
            read_at, told = now, present
