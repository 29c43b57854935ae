"""A request, as strangers may send it too."""

from __future__ import annotations

from string import printable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from flask import Request
from flask import request as asked_now


class Asked(Request):
    """A request whose query is always text: bytes that stand in it as they are count as if they had
    been encoded (WHATWG URL, percent-encode sets), where Werkzeug would fail.
    """

    def __init__(self, environ: dict[str, Any], *given: Any, **named: Any) -> None:
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), printable)
        super().__init__(environ, *given, **named)


def page_query() -> dict[str, list[str]]:
    """The query of the page that asks, as htmx tells its address; empty where that is none."""
    try:
        return parse_qs(urlsplit(asked_now.headers.get("HX-Current-URL", "")).query)
    except ValueError:
        return {}
