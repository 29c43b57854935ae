"""Who is asking: a visitor is a browser, known by a signed cookie from its first request."""

from __future__ import annotations

import secrets

from flask import session

from playground.http.rate_limits import admit


def visitor() -> str:
    """The visitor's id; unguessable, and made at the first request."""
    if "visitor" not in session:
        admit()
        session["visitor"] = secrets.token_urlsafe(16)
        session.permanent = True
    return str(session["visitor"])


def greet() -> None:
    """Before a page is shown: give a new browser its cookie."""
    visitor()
