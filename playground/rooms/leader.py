"""The leader of a room: who may lead, and how their page reaches the followers.

A page that leads says so in each of its requests with the header `Room`. Only the signed cookie of
the leader makes that true.
"""

from __future__ import annotations

from flask import request, session

from engine.inspection.frames import ViewOptions
from playground.http.services import runner, services
from playground.http.visitors import visitor
from playground.rooms.record import Display
from playground.rooms.registry import Rooms
from playground.rooms.room import Room


def rooms() -> Rooms:
    """Return the rooms of this application."""
    rooms = services().rooms
    assert isinstance(rooms, Rooms)
    return rooms


def led_room() -> Room | None:
    """Return the room that the visitor of this request leads. Nobody becomes a visitor by this."""
    return rooms().led_by(visitor()) if "visitor" in session else None


def show_to_followers(display: Display, view: ViewOptions | None = None) -> None:
    """Show this in the visitor's room, if the request comes from a page that leads."""
    code = request.headers.get("Room", "")
    room = led_room() if code else None
    if room is not None and room.code == code:
        show_in_room(room, display, view)


def show_in_room(room: Room, display: Display, view: ViewOptions | None = None) -> None:
    """Show this in a room. Its next frames are seen through the view too."""
    rooms().show(room, display, view)
    try:
        live = runner().runs.get(display.run, room.leader) if display.run else None
    except KeyError:
        return
    if live is not None and live.audience.views.get(room.page_id) != room.view:
        runner().look(live, room.page_id, room.view)
