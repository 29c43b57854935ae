"""Frames as server-sent events, with the texts and plots beside them.

The event named `frame` carries the surface and the neurons' maps, as JSON with base64 arrays. The
event named `figures` carries whole figures by the ids of their elements. An unnamed event carries
HTML that htmx swaps into the page. The first comes with every frame, the other two about five times
a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, json, stream_with_context

from engine.inspection.frames import Frame, ViewOptions
from playground import metrics
from playground.figures import surface
from playground.http.frame_json import frame_json
from playground.http.rate_limits import admit_stream
from playground.runner.audience import Viewer
from playground.runner.live_run import LiveRun
from playground.runner.runner import Runner
from playground.runner.scheduling.fair_share import current_share

HEARTBEAT_SECONDS = 0.4
"""Time between two writes to a quiet stream, in seconds. The second unanswered write reveals a dead
connection, so the server notices one within a second.
"""
HEARTBEAT = b": here\n\n"
"""A comment, which browsers ignore."""


def event(data: str, name: str = "") -> bytes:
    """Encode one server-sent event."""
    lines = [f"event: {name}"] if name else []
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def stream_response(chunks: Iterator[bytes]) -> Response:
    """Return the response that sends events as they come, through proxies too, until the server
    ends. Raise 429 if the visitor, their address or their room has as many streams as it may have.
    """
    streams, owners = admit_stream()
    response = Response(
        stream_with_context(streams.count(owners, chunks)), mimetype="text/event-stream"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def frame_events(
    runner: Runner,
    live: LiveRun,
    viewer: Viewer,
    render_texts: Callable[[Frame, ViewOptions], str],
    draw_figures: Callable[[Frame, ViewOptions], dict[str, Any]],
) -> Iterator[bytes]:
    """Yield the events of one viewer for as long as it stays.

    `render_texts` returns the HTML of the numbers and sentences, `draw_figures` the plots beside
    the surface by the ids of their elements. Both are called when they are due.
    """
    texts_at, share = 0.0, current_share()
    sent = live.playing, viewer.view, live.run.data
    while True:
        if not viewer.wait(HEARTBEAT_SECONDS):
            yield HEARTBEAT
            continue
        if share:
            share.wait()
        at, view = time.time(), viewer.view
        frame = runner.frame(live, view)
        current = live.playing, view, frame.run.data
        now = time.monotonic()
        due = not live.playing or now - texts_at >= runner.text_interval
        if current[0] and not sent[0]:
            due, sent = False, (True, *sent[1:])  # the first frame that moved goes before all else
            texts_at = 0.0
        elif current != sent:
            due = True
        yield event(json.dumps(frame_json(frame, view, at, due)), "frame")
        metrics.FRAME_SECONDS.observe(time.time() - at)
        if due:
            yield event(render_texts(frame, view))
            figures = draw_figures(frame, view)
            if current[1:] != sent[1:]:
                figures["surface"] = runner.compute(surface.figure, frame, view)
            yield event(json.dumps(figures), "figures")
            texts_at, sent = now, current
