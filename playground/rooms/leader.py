"""The leader of a room: who may lead, and how their page reaches the followers.

A page that leads says so in each of its requests with the header `Room`. Only the signed cookie of
the leader makes that true.
"""

from __future__ import annotations

from flask import request, session

from engine.inspection.frames import ViewOptions
from playground.http.addresses import EVERYWHERE, for_others
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


def class_is_asked() -> bool:
    """Return whether the visitor of this request leads a class that answers a question."""
    room = led_room()
    return room is not None and room.question is not None and room.question.is_open


def invitation(url: str) -> str | None:
    """Return the address of this instance that others can open in place of a URL of this request,
    or None if there is none.
    """
    return for_others(url, bool(request.environ.get(EVERYWHERE)))


def room_of_page() -> Room | None:
    """Return the room that the page of this request leads."""
    code = request.headers.get("Room", "")
    room = led_room() if code else None
    return room if room is not None and room.code == code else None


def show_to_followers(display: Display, view: ViewOptions | None = None) -> None:
    """Show this in the visitor's room, if the request comes from a page that leads."""
    room = room_of_page()
    if room is not None:
        show_in_room(room, display, view)


def show_in_room(room: Room, display: Display, view: ViewOptions | None = None) -> None:
    """Show this in a room. Its next frames are seen through the view too. While the class is asked
    about something else, it continues to see the question.
    """
    if not rooms().show(room, display, view):
        return
    try:
        live = runner().runs.get(display.run, room.leader) if display.run else None
    except KeyError:
        return
    if live is not None and live.audience.views.get(room.page_id) != room.view:
        runner().look(live, room.page_id, room.view)
