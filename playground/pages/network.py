"""The network lab: a form of settings, and a run next to it. The settings in the URL are
its whole state.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings, suggest_settings
from playground.figures import thumbnails
from playground.http.request import page_query
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.labs.former_run import FormerRun, is_worth_keeping
from playground.labs.network_page import speed_of
from playground.labs.new_run import nearest_run, prepare_run
from playground.messages import network as messages
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
    """Show the lab with the settings of the URL. A link opens with the nearest allowed values, a
    form is refused with a message beside each field that is wrong.
    """
    texts = _edited(form.form_texts(request.args))
    live = _live_run(texts)
    if live:
        return render_lab(live.run, live)
    if not request.headers.get("HX-Request"):
        run, corrections = nearest_run(services(), texts)
        return render_lab(run, None, speed_of(texts), corrections=corrections)
    new_run, errors = prepare_run(services(), texts)
    if new_run is None:
        return _refuse_in_part(texts, errors)
    return render_lab(new_run, None, speed_of(texts), former=_leave_run())


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


def _refuse_in_part(texts: dict[str, str], errors: dict[str, str]) -> Response:
    """Refuse the fields that are wrong. The others act, if a person has changed one of them."""
    before = form.form_texts(MultiDict(page_query()))
    old_settings = parse_settings(before)[0] or Settings()
    others = {name: text for name, text in texts.items() if name not in errors}
    rest = old_settings.texts() | others
    run, _ = prepare_run(services(), rest)
    if run is None or run.settings == old_settings:
        return refuse_settings(texts, errors, _live_run(before))
    response = render_lab(run, None, speed_of(texts), former=_leave_run())
    refused = refuse_settings(run.settings.texts() | texts, errors)
    response.set_data(response.get_data(as_text=True) + refused.get_data(as_text=True))
    return response


def _leave_run() -> FormerRun | None:
    """Return what the page says of the run that it showed until now, if that is worth keeping."""
    try:
        live = runner().runs.get(page_query().get("run", [""])[-1], visitor())
    except KeyError:
        return None
    if not is_worth_keeping(live):
        return None
    if len(live.audience.viewers) <= 1:
        runner().pause(live)
    return FormerRun(messages.NEW_RUN.format(step=live.tip.step), live.id)


def _live_run(texts: dict[str, str]) -> LiveRun | None:
    """Return the run that an address names, if the visitor has one with these settings."""
    settings, _ = parse_settings(texts) if "run" in texts else (None, {})
    try:
        live = runner().runs.get(texts.get("run", ""), visitor())
    except KeyError:
        return None
    return live if live.run.settings == settings else None
