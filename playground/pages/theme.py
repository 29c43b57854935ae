"""Light, dark or projector: the system's choice between the first two until a person chooses."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, request

blueprint = Blueprint("theme", __name__)

THEMES: dict[str, str] = {"light": "Light", "dark": "Dark", "projector": "Projector"}
"""Each is a table of custom properties, static/css/<name>.css."""


def chosen() -> str:
    """The theme the person chose, or nothing."""
    name = request.cookies.get("theme", "")
    return name if name in THEMES else ""


def controls() -> str:
    """`shown` or `hidden`, where a person chose; the projector theme hides them until then."""
    how = request.cookies.get("controls", "")
    return how if how in ("shown", "hidden") else ""


@blueprint.post("/theme")
def choose() -> Response:
    """Remember the choice; the page is told by an event, and without htmx it is loaded again."""
    name = request.form.get("theme", "")
    if name not in THEMES:
        abort(422)
    if request.headers.get("HX-Request"):
        response = make_response("", 204)
        response.headers["HX-Trigger"] = f'{{"theme": "{name}"}}'
    else:
        back = request.referrer or "/"
        same_host = back.startswith(request.host_url)
        response = make_response(redirect(back if same_host else "/", 303))
    response.set_cookie("theme", name, max_age=365 * 86400, samesite="Lax", httponly=True)
    response.delete_cookie("controls", path=request.script_root or "/")
    return response
