"""My runs: the visitor's runs and sweeps, with a small picture each. A shared link gives anyone who
opens it a copy of the run at that step.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urljoin

from flask import Blueprint, abort, redirect, render_template, request, url_for
from segno import DataOverflowError

from playground.figures import thumbnails
from playground.http.rate_limits import admit_name, admit_run
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.labs.network_page import shape
from playground.labs.sweep_page import sweep_list
from playground.messages import my_runs as messages
from playground.nicknames import number_of
from playground.pages.responses import own_run
from playground.qr import qr_svg

blueprint = Blueprint("my_runs", __name__)
blueprint.before_request(greet)

MAX_NAME = 80
"""Maximum length of a run's name, in characters."""


@blueprint.get("/runs")
def show() -> str:
    """Show the list, the last used run first."""
    page = _page() | sweep_list(services(), visitor())
    return render_template("mine.html", number=number_of(visitor()), **page)


@blueprint.post("/runs/<id>/name")
def rename(id: str) -> Any:
    """Give a run a name. A run without one is deleted if nobody uses it."""
    name = " ".join(request.form.get("name", "").split())[:MAX_NAME]
    live = own_run(id)
    if name and not live.record.name:
        admit_name()
    runner().runs.rename(live, name)
    return _list()


@blueprint.post("/runs/<id>/copy")
def copy(id: str) -> Any:
    """Make a copy of a run, at the same step."""
    live = own_run(id)
    admit_run()
    runner().branch(live)
    return _list()


@blueprint.post("/runs/<id>/delete")
def delete(id: str) -> Any:
    """Delete a run."""
    runner().runs.delete(own_run(id))
    return _list()


@blueprint.post("/runs/<id>/share")
def share(id: str) -> Any:
    """Make a link to the run at this step, for everyone who has the link."""
    live = own_run(id)
    admit_name()
    address = url_for("my_runs.open_shared", id=runner().runs.share(live))
    link = urljoin(request.url_root, address)
    page = {"link": link, "address": address, "step": live.run.step}
    if request.headers.get("HX-Request"):
        return render_template("network/shared.html", **page)
    return redirect(link, 303)


@blueprint.get("/code")
def qr_code() -> Any:
    """Return the QR code of an address of this instance."""
    address = request.args.get("address", "")
    if not address.startswith("/") or address.startswith("//"):
        abort(422, messages.FOREIGN_ADDRESS)
    try:
        return str(qr_svg(request.url_root.rstrip("/") + address))
    except DataOverflowError:
        return messages.LINK_TOO_LONG


@blueprint.get("/shared/<id>")
def open_shared(id: str) -> Any:
    """Give the visitor a copy of a shared run."""
    admit_run()
    try:
        live = runner().runs.open_shared(id, visitor())
    except KeyError:
        abort(404, messages.NOT_SHARED)
    return redirect(url_for("runs.show", id=live.id), 303)


def _list() -> Any:
    if request.headers.get("HX-Request"):
        return render_template("mine/runs.html", **_page())
    return redirect(url_for("my_runs.show"), 303)


def _page() -> dict[str, Any]:
    runs = runner().runs.of(visitor())
    return {
        "runs": runs,
        "names": {live.id: live.record.name for live in runs},
        "now": time.time(),
        "ago": messages.ago,
        "days": services().deployment.run_days,
        "picture": lambda live: thumbnails.surface(live.run),
        "shape": lambda live: shape(live.run),
    }
