"""What the server writes of its work: warnings as text, or every request as a line of JSON.

A line names the request, the route, the run and the visitor's number; never an address's query, a
form, or anything else that a visitor typed.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request, session
from pythonjsonlogger.json import JsonFormatter

from playground import metrics
from playground.nicknames import number_of
from playground.settings import Deployment

logger = logging.getLogger("playground.request")

FIELDS = "{asctime}{levelname}{name}{message}"
KNOWN = re.compile(r"[\w\-]{8,64}")
"""What a request id from a proxy may look like."""


def write(deployment: Deployment) -> None:
    """Set up what is written to the standard error stream."""
    handler = logging.StreamHandler()
    if deployment.log == "json":
        formatter = JsonFormatter(
            FIELDS, style="{", rename_fields={"asctime": "time", "levelname": "level"}
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        logging.getLogger("playground").setLevel(logging.INFO)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def follow(app: Flask) -> None:
    """Give every request its number, and write and count it."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if KNOWN.fullmatch(given) else secrets.token_hex(8)
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    endpoint = request.endpoint or "none"
    metrics.REQUESTS.labels(endpoint, str(response.status_code)).inc()
    if logger.isEnabledFor(logging.INFO) and endpoint != "static":
        told = {
            "request": g.request_id,
            "method": request.method if request.endpoint else "",
            "route": request.url_rule.rule if request.url_rule else "",
            "status": response.status_code,
            "ms": round(1000 * (time.perf_counter() - g.began), 1),
            "visitor": number_of(session["visitor"]) if "visitor" in session else "",
        }
        named = request.view_args or {}
        if request.url_rule and request.url_rule.rule.startswith("/runs/"):
            told["run"] = named.get("id", "")
        logger.info("request", extra=told)
    return response
