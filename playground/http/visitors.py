"""Visitors: a visitor is a browser, identified by a signed cookie from its first request."""

from __future__ import annotations

import secrets

from flask import session

from playground.http.rate_limits import admit_visitor


def visitor() -> str:
    """Return the id of the visitor who sent this request. The id cannot be guessed; the first
    request of a browser creates it.
    """
    if "visitor" not in session:
        admit_visitor()
        session["visitor"] = secrets.token_urlsafe(16)
        session.permanent = True
    return str(session["visitor"])


def greet() -> None:
    """Give a new browser its cookie before a page is shown."""
    visitor()
