"""My runs: a visitor's runs with a small picture each, named, copied, deleted; and links to a
moment, of which whoever opens one gets a copy.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urljoin

from flask import Blueprint, abort, redirect, render_template, request, url_for
from segno import DataOverflowError

from playground.figures import thumbnails
from playground.http.rate_limits import admit_name, admit_run
from playground.http.services import runner
from playground.http.visitors import greet, visitor
from playground.labs.network_page import shape
from playground.nicknames import number_of
from playground.pages import sweeps
from playground.pages.responses import own_run
from playground.qr import qr_svg

blueprint = Blueprint("mine", __name__)
blueprint.before_request(greet)

LONGEST_NAME = 80


@blueprint.get("/runs")
def show() -> str:
    """The list, the last used first."""
    page = _page() | sweeps.listed()
    return render_template("mine.html", number=number_of(visitor()), **page)


@blueprint.post("/runs/<id>/name")
def rename(id: str) -> Any:
    """Another name, at most 80 characters; without one the run expires when it is not used."""
    name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
    live = own_run(id)
    if name and not live.name:
        admit_name()
    runner().rename(live, name)
    return _listed()


@blueprint.post("/runs/<id>/copy")
def copy(id: str) -> Any:
    """Another run that stands where this one does."""
    live = own_run(id)
    admit_run()
    runner().branch(live)
    return _listed()


@blueprint.post("/runs/<id>/delete")
def delete(id: str) -> Any:
    """It is gone."""
    runner().forget(own_run(id))
    return _listed()


@blueprint.post("/runs/<id>/share")
def share(id: str) -> Any:
    """A link to the moment that is looked at, for everyone who has it."""
    live = own_run(id)
    admit_name()
    address = url_for("mine.opened", id=runner().share(live))
    link = urljoin(request.url_root, address)
    page = {"link": link, "address": address, "step": live.run.step}
    if request.headers.get("HX-Request"):
        return render_template("network/shared.html", **page)
    return redirect(link, 303)


@blueprint.get("/code")
def code() -> Any:
    """The QR code of an address of this instance."""
    asked = request.args.get("address", "")
    if not asked.startswith("/") or asked.startswith("//"):
        abort(422, "Only addresses of this instance, which begin with /.")
    try:
        return str(qr_svg(request.url_root.rstrip("/") + asked))
    except DataOverflowError:
        return "This link is too long for a QR code: make a link to a moment, or shorten the text."


@blueprint.get("/shared/<id>")
def opened(id: str) -> Any:
    """The visitor's own copy of a shared moment."""
    admit_run()
    try:
        live = runner().open_shared(id, visitor())
    except KeyError:
        abort(404, "This moment is not shared any more.")
    return redirect(url_for("runs.show", id=live.id), 303)


def _listed() -> Any:
    if request.headers.get("HX-Request"):
        return render_template("mine/runs.html", **_page())
    return redirect(url_for("mine.show"), 303)


def _page() -> dict[str, Any]:
    runs = runner().mine(visitor())
    names = {live.id: live.name for live in runs}
    return {
        "runs": runs,
        "names": names,
        "now": time.time(),
        "ago": ago,
        "days": runner().days,
        "picture": lambda live: thumbnails.surface(live.run),
        "shape": lambda live: shape(live.run),
    }


def ago(seconds: float) -> str:
    """How long it is, roughly: `just now`, `3 minutes ago`, `2 days ago`."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"
