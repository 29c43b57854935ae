"""What an operator asks of the running server from the command line, on this machine or another.

Such a request carries a token. The instance's secret signs it for one address and one minute:
anybody who can read the secret could do the same to the data folder. Without the token these
addresses do not exist.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, request
from itsdangerous import BadSignature, TimestampSigner

from playground.http.services import runner
from playground.messages import command_line
from playground.messages import rooms as messages
from playground.rooms.leader import rooms

blueprint = Blueprint("operator", __name__, url_prefix="/operator")

MAX_TOKEN_AGE = 60
"""How long a token is valid, in seconds."""


def signer(secret: str | bytes) -> TimestampSigner:
    """Return what signs and checks tokens."""
    return TimestampSigner(secret, salt="operator")


@blueprint.before_request
def admit_operators() -> None:
    """Answer 404 to everybody else."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        path = signer(current_app.secret_key or "").unsign(token, max_age=MAX_TOKEN_AGE).decode()
    except BadSignature:
        abort(404)
    if path != request.path:
        abort(404)


@blueprint.post("/rooms/<code>/close")
def close(code: str) -> Any:
    """Close a room."""
    room = rooms().find(code)
    if room is None:
        return {"message": messages.no_such_room(code.upper())}, 404
    rooms().close(room)
    return {"message": command_line.ROOM_CLOSED.format(code=room.code)}


@blueprint.post("/visitors/<number>/forget")
def forget(number: str) -> Any:
    """Delete all data of a visitor: runs, shared states, sweeps, the rooms that they lead, and
    their answers in other rooms.
    """
    rooms().forget_visitor(number)
    runs = runner().delete_visitor(number)
    return {"message": command_line.deleted(runs, number)}


def sign(path: str, secret: str) -> tuple[str, str]:
    """Return the address of a path of this blueprint, and the header that opens it."""
    address = f"{blueprint.url_prefix}/{path}"
    return address, f"Bearer {signer(secret).sign(address).decode()}"
