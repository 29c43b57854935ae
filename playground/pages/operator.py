"""What an operator asks of the running server from the command line, on this machine or another.

Such a request carries a token that is signed with the instance's secret, for one address and one
minute: who can read the secret could do the same to the data folder. Without it there is nothing
here.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, request
from itsdangerous import BadSignature, TimestampSigner

from playground.http.services import runner
from playground.rooms.leader import rooms

blueprint = Blueprint("operator", __name__, url_prefix="/operator")

SECONDS = 60
"""For how long a token is good."""


def signer(secret: str | bytes) -> TimestampSigner:
    """Signs and reads tokens."""
    return TimestampSigner(secret, salt="operator")


@blueprint.before_request
def only_operators() -> None:
    """404 for everybody else."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        asked = signer(current_app.secret_key or "").unsign(token, max_age=SECONDS).decode()
    except BadSignature:
        abort(404)
    if asked != request.path:
        abort(404)


@blueprint.post("/rooms/<code>/close")
def close(code: str) -> Any:
    """Close a room."""
    room = rooms().find(code)
    if room is None:
        return {"said": f"There is no room {code.upper()}."}, 404
    rooms().close(room)
    return {"said": f"Room {room.code} is closed."}


@blueprint.post("/visitors/<number>/forget")
def forget(number: str) -> Any:
    """Delete all that is kept of a visitor: runs, shared moments, sweeps, the rooms that they
    lead.
    """
    for room in rooms().led_by_number(number):
        rooms().close(room)
    count = runner().forget_visitor(number)
    return {"said": f"{count:,} runs and shared moments of visitor {number} are deleted."}


def address(path: str, secret: str) -> tuple[str, str]:
    """A path of this blueprint below the instance's root, and the header that opens it."""
    full = f"{blueprint.url_prefix}/{path}"
    return full, f"Bearer {signer(secret).sign(full).decode()}"
