"""Files that a visitor downloads: each with a name, a type, and no copy in a cache."""

from __future__ import annotations

from flask import Response


def file_response(text: str, filename: str, media_type: str) -> Response:
    """Return a text as a file to save, in UTF-8."""
    response = Response(text, content_type=f"{media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response
