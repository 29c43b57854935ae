"""The page of an error: what went wrong, and what the person can do."""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import (
    BadHost,
    HTTPException,
    MisdirectedRequest,
    ServiceUnavailable,
    TooManyRequests,
)

from playground import metrics
from playground.http.rate_limits import too_many_requests
from playground.messages import errors as messages
from playground.runner.errors import FullError, UnreachableError
from playground.storage.store import StoreError

FULL_SECONDS = 3600
"""When a person may try again to start a run, if there is no room for it, in seconds."""
DATABASE_SECONDS = 2
"""When a browser may try again if the database does not answer, in seconds."""


def init_error_pages(app: Flask) -> None:
    """Answer every error of an application with a page."""
    app.register_error_handler(HTTPException, error_page)
    app.register_error_handler(StoreError, database_page)
    app.register_error_handler(UnreachableError, database_page)
    app.register_error_handler(FullError, full_page)
    app.register_error_handler(
        RateLimitExceeded, lambda error: error_page(too_many_requests(error))
    )


def error_page(error: HTTPException) -> Response:
    """Return a page with the message. For htmx, and if the host is not ours, so that no page has an
    address, return the message alone.
    """
    status = error.code or 500
    body = error.description or ""
    if body == type(error).description:
        body = messages.STATUS.get(status, body)
    is_foreign = isinstance(error, BadHost | MisdirectedRequest)
    if not request.headers.get("HX-Request") and not is_foreign:
        body = render_template("failed.html", title=error.name, message=body)
    response = make_response(body, status)
    seconds = getattr(error, "retry_after", None)
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


def full_page(error: FullError) -> Response:
    """Say that there is no room for another run."""
    metrics.REJECTED.labels("runs").inc()
    return error_page(TooManyRequests(str(error), retry_after=FULL_SECONDS))


def database_page(error: StoreError | UnreachableError) -> Response:
    """Say that the database does not answer."""
    message = messages.NO_DATABASE.format(reason=error)
    return error_page(ServiceUnavailable(message, retry_after=DATABASE_SECONDS))
