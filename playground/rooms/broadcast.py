"""What followers of a room are sent: made once for all of them, in the room's own name.

Nothing here is about who asks. It is rendered in a request context of the room, whose addresses
begin with its leader's, so that nothing of one follower's request (its cookies, the host that it
claims to call) reaches the others.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import gevent
from flask import current_app, render_template

from engine.inspection.frames import Frame, View
from playground.expression.state import fields
from playground.http.services import runner, services
from playground.http.sse import HEARTBEAT_SECONDS, event, frame_events
from playground.labs.expression_links import parse_lab
from playground.labs.expression_page import expression_page
from playground.labs.network_page import lab_page, panel_page
from playground.labs.new_run import prepare_run
from playground.panels import drawn
from playground.rooms.room import Room
from playground.runner.errors import UnreachableError
from playground.runner.live_run import Live
from playground.storage.store import StoreError

WHOLE_SECONDS = 0.2
"""So old may the whole state of a run that plays be for a late comer: frames follow anyway."""


def lab(room: Room) -> str:
    """The lab as followers see it: the leader's, and nothing in it can be used."""
    with _named(room):
        return _lab(room)


def whole(room: Room) -> bytes:
    """The whole present state as an event, made once for all who need it."""
    with room.drawing:
        live, now = run_of(room), time.monotonic()
        stands = room.version, live.version if live else 0
        if room.whole is not None:
            version, made, kept = room.whole
            goes_on = live is not None and live.playing and now - made < WHOLE_SECONDS
            if version == stands or (goes_on and version[0] == room.version):
                return kept
        with _named(room):
            made_now = event(render_template("rooms/whole.html", lab=_lab(room)))
        room.whole = stands, now, made_now
        return made_now


def run_of(room: Room) -> Live | None:
    """The run that a room shows; None where it shows none, or where its leader has deleted it."""
    try:
        return runner().get(room.shown.run, room.leader) if room.shown.run else None
    except KeyError:
        return None


def pump(room: Room) -> None:
    """See to it that the frames of the run that a room shows reach its followers."""
    if room.pump is None or room.pump.dead:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        room.pump = gevent.spawn(_pumping, app, room)


def _pumping(app: Any, room: Room) -> None:
    with app.test_request_context(base_url=room.base_url):
        while room.followers and not room.closed:
            pumped = False
            with suppress(StoreError, UnreachableError):  # it is tried again, as long as it takes
                pumped = _pumped(room)
            if not pumped:
                gevent.sleep(HEARTBEAT_SECONDS / 4)


def _pumped(room: Room) -> bool:
    """Hand on the frames of the run that is shown, until another is; whether there was one."""
    live, shown = run_of(room), room.shown
    if live is None:
        return False
    runner().look(live, room.token, room.view)
    with runner().watch(live, room.token) as viewer:
        for told in frame_events(runner(), viewer, _read, _drawn):
            if room.shown != shown or not room.followers or room.closed:
                break
            kind = told.partition(b"\n")[0].decode()
            if not kind.startswith(":"):
                room.publish("frame" if kind == "event: frame" else kind[:20], told)
    return True


def _named(room: Room) -> Any:
    """A request that nobody made, to the address under which the room was opened."""
    return current_app.test_request_context(base_url=room.base_url)


def _lab(room: Room) -> str:
    if room.shown.lab == "expression":
        try:
            state, _ = parse_lab(services(), fields(room.shown.state))
        except LookupError:
            return render_template("rooms/nothing.html")
        page = expression_page(services(), state)
        return render_template("expression/lab.html", **page, following=True)
    live = run_of(room)
    run = live.run if live else None
    if run is None and not room.shown.run:
        run, _ = prepare_run(services(), fields(room.shown.state))
    if run is None:
        return render_template("rooms/nothing.html")
    return render_template(
        "network/lab.html", **lab_page(runner(), run, view=room.view), following=True
    )


def _read(frame: Frame, view: View) -> str:
    page = panel_page(runner(), frame, None, view, None)
    return render_template("network/watched.html", **page, frame=frame)


def _drawn(frame: Frame, view: View) -> dict[str, Any]:
    return runner().work(drawn, frame, view, None)
