"""The server's log: warnings as text, or every request as a line of JSON.

A line names the request, the route, the run and the visitor's number. It never holds the query of
an address, a form, or anything else that a visitor typed.
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
REQUEST_ID = re.compile(r"[\w\-]{8,64}")
"""The form of a request id that a proxy may send."""


def configure(deployment: Deployment) -> None:
    """Configure what the process logs to its standard error stream."""
    handler = logging.StreamHandler()
    if deployment.log == "json":
        formatter = JsonFormatter(
            FIELDS, style="{", rename_fields={"asctime": "time", "levelname": "level"}
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        logging.getLogger("playground").setLevel(logging.INFO)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def init_request_log(app: Flask) -> None:
    """Give every request an id, count it and log it."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    id = request.headers.get("X-Request-ID", "")
    g.request_id = id if REQUEST_ID.fullmatch(id) else secrets.token_hex(8)
    g.request_began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    endpoint = request.endpoint or "none"
    metrics.REQUESTS.labels(endpoint, str(response.status_code)).inc()
    if logger.isEnabledFor(logging.INFO) and endpoint != "static":
        fields = {
            "request": g.request_id,
            "method": request.method if request.endpoint else "",
            "route": request.url_rule.rule if request.url_rule else "",
            "status": response.status_code,
            "ms": round(1000 * (time.perf_counter() - g.request_began), 1),
            "visitor": number_of(session["visitor"]) if "visitor" in session else "",
        }
        if request.url_rule and request.url_rule.rule.startswith("/runs/"):
            fields["run"] = (request.view_args or {}).get("id", "")
        logger.info("request", extra=fields)
    return response
