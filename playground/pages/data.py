"""A person's own data: a table comes in, is kept under its hash, and becomes a run's samples."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from engine import tables
from engine.settings import OWN, suggested
from playground.pages.network import tables as kept_tables

blueprint = Blueprint("data", __name__)


@blueprint.post("/data")
def bring() -> Any:
    """Keep a pasted or uploaded table, and show it; 422 with every bad row named."""
    request.max_content_length = current_app.config["UPLOAD"]
    file = request.files.get("file")
    text = request.form.get("text", "")
    if file is not None and file.filename:
        text = file.read().decode("utf-8", "replace")
    try:
        table = tables.read(text)
    except tables.TableError as error:
        page = {"bring_error": str(error)}
        if request.headers.get("HX-Request"):
            return render_template("network/bring-error.html", **page), 422
        return render_template("failed.html", error=_Refused(), said=str(error)), 422
    written = tables.write(table.inputs, table.targets, table.classes, table.header)
    texts = suggested(OWN, {}) | {"data": kept_tables().keep(written)}
    return redirect(f"{url_for('network.show')}?{urlencode(texts | {'panel': 'data'})}", 303)


class _Refused:
    name = "These rows cannot be read"
