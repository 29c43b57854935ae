"""What a leader does on their page is shown in their room: a page that leads says so in each of
its requests, by the header `Room`, and only the leader's signed cookie makes that true.
"""

from __future__ import annotations

from flask import current_app, request

from engine.frames import View
from playground.rooms import Room, Rooms, Shown
from playground.visitors import visitor


def rooms() -> Rooms:
    """This application's rooms."""
    kept: Rooms = current_app.extensions["rooms"]
    return kept


def led() -> Room | None:
    """The room that who asks leads."""
    return rooms().led_by(visitor())


def show(shown: Shown, view: View | None = None) -> None:
    """Show this, if the request comes from a page that leads."""
    code = request.headers.get("Room", "")
    room = led() if code else None
    if room is not None and room.code == code:
        rooms().show(room, shown, view)
