"""What all followers of a room receive, rendered once for all of them.

Nothing here depends on who asks. It is rendered in a request context of the room, whose addresses
begin like the leader's. So nothing of one follower's request, such as its cookies or the host name
that it claims, reaches the others.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from typing import Any

import gevent
from flask import Flask, current_app, render_template

from playground.expression.state import fields
from playground.http.read_only import read_only
from playground.http.services import runner, services
from playground.http.sse import HEARTBEAT_SECONDS, event, frame_events
from playground.labs.expression_links import parse_lab
from playground.labs.expression_page import expression_page
from playground.labs.network_page import lab_page
from playground.labs.new_run import prepare_run
from playground.labs.redrawing import Redrawing, draw_figures
from playground.rooms.room import CurrentState, Room
from playground.runner.errors import UnreachableError
from playground.runner.live_run import LiveRun
from playground.storage.store import StoreError

MAX_STATE_AGE = 0.2
"""Maximum age of the cached state that a late joiner of a playing run receives, in seconds. The
next frames follow anyway.
"""
PUMP_RETRY_SECONDS = HEARTBEAT_SECONDS / 4
"""Delay before a pump without a run looks for one again, in seconds."""


def render_lab(room: Room) -> str:
    """Return the HTML of the leader's lab, as followers read it."""
    with _request_context(room):
        return _render_lab(room)


def state_event(room: Room) -> bytes:
    """Return the event with the whole current state, rendered once for everybody who needs it."""
    broadcast = room.broadcast
    with broadcast.lock:
        live, now = run_of(room), room.clock.now()
        versions = room.version, live.audience.version if live else 0
        state = broadcast.state
        if state is not None:
            is_playing = live is not None and live.playing
            is_young = now - state.rendered_at < MAX_STATE_AGE
            is_same_display = state.versions[0] == room.version
            if state.versions == versions or (is_playing and is_young and is_same_display):
                return state.event
        with _request_context(room):
            data = event(render_template("rooms/lab_update.html", lab=_render_lab(room)))
        broadcast.state = CurrentState(versions, now, data)
        return data


def run_of(room: Room) -> LiveRun | None:
    """Return the run that a room displays, or None if there is none or its leader deleted it."""
    try:
        return runner().runs.get(room.display.run, room.leader) if room.display.run else None
    except KeyError:
        return None


def start_pump(room: Room) -> None:
    """Start to hand the frames of the run to the followers, unless that already happens."""
    broadcast = room.broadcast
    if broadcast.pump is None or broadcast.pump.dead:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        broadcast.pump = gevent.spawn(_pump, app, room)


def _pump(app: Flask, room: Room) -> None:
    with app.test_request_context(base_url=room.record.base_url):
        while room.audience.followers and not room.closed:
            had_run = False
            with suppress(StoreError, UnreachableError):  # try again until they answer
                had_run = _pump_run(room)
            if not had_run:
                gevent.sleep(PUMP_RETRY_SECONDS)


def _pump_run(room: Room) -> bool:
    """Hand on the frames of the current run until the room displays something else. Return whether
    there was a run.
    """
    live, display = run_of(room), room.display
    if live is None:
        return False
    runner().look(live, room.page_id, room.view)
    with runner().watch(live, room.page_id) as viewer:
        texts = Redrawing(live, following=True)
        for data in frame_events(
            runner(),
            live,
            viewer,
            texts,
            lambda frame, view: draw_figures(live, frame, view, None),
        ):
            if room.display != display or not room.audience.followers or room.closed:
                break
            first_line = data.partition(b"\n")[0].decode()
            if not first_line.startswith(":"):
                kind = "frame" if first_line == "event: frame" else first_line[:20]
                room.audience.publish(kind, data)
    return True


def _request_context(room: Room) -> AbstractContextManager[Any]:
    """Return the context of a request that nobody made, to the address of the room."""
    context: AbstractContextManager[Any] = current_app.test_request_context(
        base_url=room.record.base_url
    )
    return context


def _render_lab(room: Room) -> str:
    display = room.display
    if display.lab == "expression":
        try:
            lab, _ = parse_lab(services(), fields(display.state))
        except LookupError:
            return render_template("rooms/no_lab.html")
        page = expression_page(services(), lab)
        return read_only(render_template("expression/lab.html", **page, following=True))
    live = run_of(room)
    run = live.run if live else None
    if run is None and not display.run:
        run, _ = prepare_run(services(), fields(display.state))
    if run is None:
        return render_template("rooms/no_lab.html")
    page = lab_page(runner(), run, live, room.view, following=True)
    return read_only(render_template("network/lab.html", **page))
