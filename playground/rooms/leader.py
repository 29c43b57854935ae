"""What a leader does on their page is shown in their room: a page that leads says so in each of
its requests, by the header `Room`, and only the leader's signed cookie makes that true.
"""

from __future__ import annotations

from flask import request, session

from engine.inspection.frames import View
from playground.http.services import runner, services
from playground.http.visitors import visitor
from playground.rooms.room import Room, Rooms, Shown


def rooms() -> Rooms:
    """This application's rooms."""
    rooms = services().rooms
    assert isinstance(rooms, Rooms)
    return rooms


def led() -> Room | None:
    """The room that who asks leads; nobody is made a visitor for it."""
    return rooms().led_by(visitor()) if "visitor" in session else None


def show(shown: Shown, view: View | None = None) -> None:
    """Show this, if the request comes from a page that leads."""
    code = request.headers.get("Room", "")
    room = led() if code else None
    if room is not None and room.code == code:
        put(room, shown, view)


def put(room: Room, shown: Shown, view: View | None = None) -> None:
    """Show this in a room; its next frames are seen through the view too."""
    rooms().show(room, shown, view)
    try:
        live = runner().get(shown.run, room.leader) if shown.run else None
    except KeyError:
        return
    if live is not None and live.views.get(room.token) != room.view:
        runner().look(live, room.token, room.view)
