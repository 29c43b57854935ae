"""Frames as server-sent events, with the texts and plots beside them.

The event named `frame` carries the surface and the neurons' maps, as JSON with base64 arrays. The
event named `figures` carries whole figures by the ids of their elements. An unnamed event carries
HTML that htmx swaps into the page. The first comes with every frame, the other two about five times
a second.

A browser opens six connections to a server, in all its tabs together, so a page holds a stream only
while something moves. When the run stands still, the event named `still` lets the page go; the page
asks again when it is shown, focused or used. If a browser already holds as many streams as it may,
the stream of one more page ends after the present state, and the page asks again a moment later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from flask import Response, json, request, stream_with_context

from engine.inspection.frames import Frame, ViewOptions
from playground import metrics
from playground.figures import surface
from playground.http.frame_json import frame_json
from playground.http.rate_limits import admit_stream, has_all_streams
from playground.http.services import services
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
QUIET_HEARTBEATS = 2
"""How many heartbeats a page waits for news of a run that stands still, before it lets go of its
stream.
"""


def event(data: str, name: str = "") -> bytes:
    """Encode one server-sent event."""
    lines = [f"event: {name}"] if name else []
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


class Hold(Enum):
    """How long a stream of frames lasts."""

    ALWAYS = 1
    """Until the client ends it."""
    MOVING = 2
    """Until the run stands still. It is for a page."""
    ONCE = 3
    """Until the present state is sent. It is for a page of a browser that has all its streams."""


def page_hold() -> Hold:
    """Return how long the stream of this request lasts."""
    if has_all_streams():
        return Hold.ONCE
    return Hold.MOVING if "HX-Request" in request.headers else Hold.ALWAYS


def stream_response(chunks: Iterator[bytes], hold: Hold = Hold.ALWAYS) -> Response:
    """Return the response that sends events as they come, through proxies too, until the server
    ends. Raise 429 if the visitor, their address or their room has as many streams as it may have.
    """
    streams, owners = services().streams, [] if hold is Hold.ONCE else admit_stream()
    response = Response(
        stream_with_context(streams.until_end(chunks)), mimetype="text/event-stream"
    )
    streams.add(owners)
    response.call_on_close(lambda: streams.remove(owners))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def note_page(runner: Runner, live: LiveRun) -> tuple[str, int]:
    """Note that the page of this request was hidden or closed, as its browser says; nobody reads
    the answer.
    """
    token = request.args.get("page", "")[:64]
    match request.form.get("is"):
        case "hidden":
            runner.hide(live, token)
        case "closed":
            runner.leave(live, token)
    return "", 204


def frame_events(
    runner: Runner,
    live: LiveRun,
    viewer: Viewer,
    render_texts: Callable[[Frame, ViewOptions], str],
    draw_figures: Callable[[Frame, ViewOptions], dict[str, Any]],
    hold: Hold = Hold.ALWAYS,
) -> Iterator[bytes]:
    """Yield the events of one viewer for as long as it stays and `hold` says.

    `render_texts` returns the HTML of the numbers and sentences, `draw_figures` the plots beside
    the surface by the ids of their elements. Both are called when they are due.
    """
    texts_at, share, quiet = 0.0, current_share(), 0
    surfaces = live.audience.surfaces
    sent = live.playing, *surfaces.get(viewer.token, (viewer.view, live.run.data))
    while not viewer.has_left:
        if not viewer.wait(HEARTBEAT_SECONDS):
            quiet += 1
            if hold is Hold.MOVING and quiet >= QUIET_HEARTBEATS and not live.playing:
                yield event("", "still")
                return
            yield HEARTBEAT
            continue
        quiet = 0
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
            surfaces[viewer.token] = current[1:]
            if hold is Hold.ONCE:
                if not current[0]:
                    yield event("", "still")
                return
