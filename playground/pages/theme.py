"""What a person chose for every page: the theme (light or dark as the system prefers, until they
choose one of three), whether controls show, and whether single keys act.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, request

blueprint = Blueprint("theme", __name__)

THEMES: dict[str, str] = {"light": "Light", "dark": "Dark", "projector": "Projector"}
"""Titles by name. Each theme is a table of custom properties, static/css/<name>.css."""


def chosen() -> str:
    """Return the theme that the person chose, or the empty string."""
    name = request.cookies.get("theme", "")
    return name if name in THEMES else ""


def controls() -> str:
    """Return `shown` or `hidden`, if the person chose; otherwise the theme decides."""
    choice = request.cookies.get("controls", "")
    return choice if choice in ("shown", "hidden") else ""


def keys() -> str:
    """Return `off`, if the person has switched off the keys that are a single character."""
    return "off" if request.cookies.get("keys") == "off" else ""


@blueprint.post("/theme")
def choose() -> Response:
    """Store the choice in a cookie. With htmx an event tells the page, otherwise it reloads."""
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
