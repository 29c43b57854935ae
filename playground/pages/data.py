"""A person's own data: a table comes in, is kept under its hash, and becomes a run's samples."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from engine.training import csv_table
from engine.training.settings import OWN, suggested
from playground.http.rate_limits import admit_table
from playground.http.services import services

blueprint = Blueprint("data", __name__)

FITTING = {0: "mse", 2: "bce", 3: "ce"}
"""The loss that is suggested for numbers, for two classes, and for more."""


@blueprint.post("/data")
def bring() -> Any:
    """Keep a pasted or uploaded table, and show it; 422 with every bad row named."""
    most = request.max_content_length = request.max_form_memory_size = services().deployment.upload
    try:
        file = request.files.get("file")
        text = request.form.get("text", "")
    except RequestEntityTooLarge:
        return _refused(f"At most {most // 1024:,} KB at once; this was more. Leave rows out.", 413)
    if file is not None and file.filename:
        text = file.read().decode("utf-8", "replace")
    try:
        table = csv_table.read(text)
    except csv_table.TableError as error:
        return _refused(str(error), 422)
    admit_table()
    written = csv_table.write(table.inputs, table.targets, table.classes, table.header)
    loss = FITTING[min(len(table.classes), 3)]
    texts = suggested(OWN, {}) | {"data": services().tables.keep(written), "loss": loss}
    return redirect(f"{url_for('network.show')}?{urlencode(texts | {'panel': 'data'})}", 303)


def _refused(said: str, status: int) -> tuple[str, int]:
    """Why the table was not taken, beside what was typed."""
    if request.headers.get("HX-Request"):
        return render_template("network/bring-error.html", bring_error=said), status
    return render_template("failed.html", error=_Refused(), said=said), status


class _Refused:
    name = "These rows cannot be read"
