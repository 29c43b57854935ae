"""The network lab: a form of settings, and a run next to it. The settings in the URL are
its whole state.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from engine.training.settings_parser import parse_settings, suggest_settings
from playground.figures import thumbnails
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.labs.network_page import speed_of
from playground.labs.new_run import prepare_run
from playground.network import form
from playground.pages.responses import (
    csv_response,
    open_sample_graph,
    prepared_run,
    refuse_settings,
    render_lab,
)
from playground.runner.live_run import LiveRun

blueprint = Blueprint("network", __name__)
blueprint.before_request(greet)


@blueprint.get("/network")
def show() -> Response:
    """Show the lab with the settings of the URL, or 422 with a message beside each bad one."""
    texts = _edited(form.form_texts(request.args))
    live = _live_run(texts)
    if live:
        return render_lab(live.run, live)
    run, errors = prepare_run(services(), texts)
    if run is None:
        return refuse_settings(texts, errors)
    return render_lab(run, None, speed_of(texts))


@blueprint.get("/network/gallery.svg")
def gallery() -> Response:
    """Return the thumbnails of the datasets, a symbol each, in the colours of the page."""
    response = make_response(render_template("network/gallery.svg", gallery=thumbnails.gallery()))
    response.mimetype = "image/svg+xml"
    response.headers["Cache-Control"] = "max-age=86400"
    return response


@blueprint.get("/network/data.csv")
def table() -> Response:
    """Return the samples of these settings as a file."""
    return csv_response(prepared_run(form.form_texts(request.args)))


@blueprint.get("/network/graph")
def graph() -> BaseResponse:
    """Open the loss of one training sample, at step 0, in the expression lab."""
    return open_sample_graph(prepared_run(form.form_texts(request.args)))


def _edited(texts: dict[str, str]) -> dict[str, str]:
    """Return the settings after the button that was pressed, if it changes several of them."""
    if "choose" in texts:
        texts = suggest_settings(texts["choose"], texts)
    elif "suggest" in texts:
        texts = suggest_settings(texts.get("dataset", ""), texts)
    if "fresh" in texts:
        texts = texts | {"seed": texts["fresh"]}
    if "shape" in texts:
        texts = form.reshape(texts, texts["shape"])
    return texts


def _live_run(texts: dict[str, str]) -> LiveRun | None:
    """Return the run that an address names, if the visitor has one with these settings."""
    settings, _ = parse_settings(texts) if "run" in texts else (None, {})
    try:
        live = runner().runs.get(texts.get("run", ""), visitor())
    except KeyError:
        return None
    return live if live.run.settings == settings else None
