"""Read requests that may be broken or hostile, and find the address of the page that sent one."""

from __future__ import annotations

from string import printable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from flask import Request, request


class TolerantRequest(Request):
    """A request whose query is always text. Raw bytes in it are percent-encoded first (WHATWG URL,
    percent-encode sets); Werkzeug alone would fail.
    """

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), printable)
        super().__init__(environ, *args, **kwargs)


def page_query() -> dict[str, list[str]]:
    """Return the query of the page that sent this request, from htmx's header. It is empty without
    the header or with an address that cannot be parsed.
    """
    try:
        return parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    except ValueError:
        return {}
