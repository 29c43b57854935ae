"""A person's own data: a table comes in as text or as a file, and the network lab shows it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from engine.training import csv_table
from playground.http.rate_limits import admit_table
from playground.http.services import services
from playground.labs.own_table import store_table
from playground.messages import network as messages

blueprint = Blueprint("own_data", __name__)


@blueprint.post("/data")
def upload() -> Any:
    """Store a table and show it. Answer 422 with a message for each bad row."""
    limit = services().deployment.upload
    request.max_content_length = request.max_form_memory_size = limit
    try:
        table = csv_table.parse_csv(_text())
    except RequestEntityTooLarge:
        return _refusal(messages.TABLE_TOO_LARGE.format(limit=limit // 1024), 413)
    except csv_table.TableError as error:
        return _refusal(str(error), 422)
    admit_table()
    settings = store_table(table, services().tables)
    return redirect(f"{url_for('network.show')}?{urlencode(settings | {'panel': 'data'})}", 303)


def _text() -> str:
    """Return the text of the file in the request, or the text in the form."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return str(file.read(), "utf-8", "replace")
    return request.form.get("text", "")


def _refusal(message: str, status: int) -> tuple[str, int]:
    """Return why the table was refused, beside what the person typed."""
    if request.headers.get("HX-Request"):
        return render_template("network/bring-error.html", bring_error=message), status
    title = messages.TABLE_UNREADABLE
    return render_template("failed.html", title=title, message=message), status
