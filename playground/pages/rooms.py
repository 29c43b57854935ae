"""Rooms: pages to lead and to follow. Only the leader's signed cookie leads; for everybody else
the leader's addresses do not exist.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    json,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from playground.http.rate_limits import admit_room, admit_run, admit_wrong_code
from playground.http.request import page_query
from playground.http.services import runner, services
from playground.http.sse import event, stream_response
from playground.http.visitors import greet, visitor
from playground.messages import rooms as messages
from playground.rooms import broadcast
from playground.rooms.leader import rooms, show_in_room
from playground.rooms.leader_page import display_of_page
from playground.rooms.record import Display
from playground.rooms.room import Room
from playground.rooms.streams import bar_page, follower_events, leader_events, render_bar

blueprint = Blueprint("rooms", __name__)
blueprint.before_request(greet)

MAX_ELEMENT_ID, MAX_PART = 40, 200
"""Maximum lengths of the id of the element under the pointer, and of the name of a part of it, in
characters.
"""


@blueprint.get("/rooms")
def enter() -> Any:
    """Redirect to the room with the typed code, or show the form with what is wrong."""
    code = request.args.get("code", "")
    room = rooms().find(code)
    if room:
        return redirect(url_for(".show", code=room.code), 303)
    if code:
        admit_wrong_code()
    wrong = messages.no_such_room(code.upper()[:12]) if code else ""
    return render_template("rooms/enter.html", code=code, wrong=wrong), 404 if code else 200


@blueprint.post("/rooms")
def lead() -> Any:
    """Show the leader's page in their room. Open the room if they have none."""
    try:
        display, view = display_of_page(services(), visitor(), request.form, page_query())
        room = rooms().led_by(visitor())
        if room is None:
            admit_room()
            room = rooms().open(visitor(), request.url_root, display)
    except (ValueError, LookupError) as error:
        abort(422, str(error.args[0] if error.args else error))
    show_in_room(room, display, view)
    if request.headers.get("Room") == room.code:
        return "", 204
    return go_to(lab_address(room))


@blueprint.get("/rooms/<code>")
def show(code: str) -> Any:
    """Show the room as followers see it. Its leader goes to the lab."""
    room = rooms().find(code)
    if room is None:
        admit_wrong_code()
        return redirect(url_for(".enter", code=code), 303)
    if room.leader == visitor():
        return redirect(lab_address(room), 303)
    session["room"] = room.code
    page = {"room": room, "lab": broadcast.render_lab(room)} | bar_page(room, visitor())
    return render_template("rooms/follow.html", **page)


@blueprint.get("/rooms/<code>/events")
def stream(code: str) -> Response:
    """Stream what followers see, as it changes."""
    return stream_response(follower_events(room_or_404(code), visitor()))


@blueprint.get("/rooms/<code>/lead")
def leading(code: str) -> Response:
    """Stream what the leader learns of the class."""
    return stream_response(leader_events(led_room_or_404(code), visitor()))


@blueprint.post("/rooms/<code>/pointer")
def point(code: str) -> Any:
    """Move the leader's laser pointer, or hide it if the position is not valid."""
    room, form = led_room_or_404(code), request.form
    position: dict[str, Any] | None
    try:
        x, y = float(form["x"]), float(form["y"])
        part = form.get("part", "share")[:MAX_PART]
        position = {"id": form["id"][:MAX_ELEMENT_ID], "part": part, "x": x, "y": y}
    except (KeyError, ValueError):
        position = None
    if position and not (isfinite(position["x"]) and isfinite(position["y"])):
        position = None
    rooms().point(room, event(json.dumps(position), "pointer"))
    return "", 204


@blueprint.post("/rooms/<code>/copy")
def copy(code: str) -> Any:
    """Give the follower a copy of what the room displays."""
    room = room_or_404(code)
    live = broadcast.run_of(room)
    if live is None:
        return go_to(lab_address(room))
    admit_run()
    return go_to(url_for("runs.show", id=runner().runs.copy(live, visitor()).id))


@blueprint.post("/rooms/<code>/want")
def request_lead(code: str) -> Any:
    """Let a follower ask to lead."""
    room = room_or_404(code)
    rooms().request_lead(room, visitor())
    return render_bar(room, visitor())


@blueprint.post("/rooms/<code>/hand-over")
def hand_over(code: str) -> Any:
    """Give the lead to a follower who asked for it."""
    room = led_room_or_404(code)

    def inherit(heir: str) -> Display:
        live = broadcast.run_of(room)
        if live is None:
            return replace(room.display, run="")
        admit_run()
        return replace(room.display, run=runner().runs.copy(live, heir).id)

    try:
        rooms().hand_over(room, request.form.get("name", ""), inherit)
    except ValueError as error:
        abort(422, str(error))
    return go_to(url_for(".show", code=room.code))


@blueprint.post("/rooms/<code>/close")
def close(code: str) -> Any:
    """Close the room."""
    room = led_room_or_404(code)
    address = lab_address(room)
    rooms().close(room)
    return go_to(address)


def lab_address(room: Room) -> str:
    """Return the address of the lab that a room displays: with the run for its leader, with the
    state alone for everybody else.
    """
    display = room.display
    if display.run and room.leader == visitor():
        return url_for("runs.show", id=display.run)
    return f"{url_for(f'{display.lab}.show')}?{display.state}"


def room_or_404(code: str) -> Room:
    """Return the room with this code, or answer 404."""
    room = rooms().find(code)
    if room is None:
        abort(404, messages.ROOM_CLOSED)
    return room


def led_room_or_404(code: str) -> Room:
    """Return the visitor's room with this code. For everybody else it does not exist (404)."""
    room = room_or_404(code)
    if room.leader != visitor():
        abort(404)
    return room


def go_to(address: str) -> Any:
    """Send the browser to an address."""
    if request.headers.get("HX-Request"):
        return "", 204, {"HX-Redirect": address}
    return redirect(address, 303)
