"""A run as files: code, weights, a replay. Weights come back in from such a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from engine.export.network import NETWORK_FORMATS
from engine.export.weights import parse_weights, write_weights
from engine.training.commands import NewWeights
from engine.training.run import Run
from playground.http.files import file_response
from playground.http.rate_limits import admit_run
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.labs.former_run import keep
from playground.labs.network_page import speed_of
from playground.labs.replay import replay
from playground.messages import network as messages
from playground.network import form
from playground.network.replay_file import replay_page
from playground.network.view import parse_view, view_texts
from playground.pages.responses import own_run, prepared_run, unprocessable
from playground.runner.live_run import LiveRun

blueprint = Blueprint("exports", __name__)
blueprint.before_request(greet)

MAX_WEIGHTS_MB = 3
"""Maximum size of a file of weights, in megabytes. The largest network needs a third of it."""


@blueprint.get("/runs/<id>/export/<name>")
def of_run(id: str, name: str) -> Response:
    """Return the run at this step as one of the files."""
    return _file(name, own_run(id).run)


@blueprint.get("/network/export/<name>")
def of_settings(name: str) -> Response:
    """Return the run that these settings begin as one of the files."""
    return _file(name, prepared_run(form.form_texts(request.args)))


@blueprint.post("/runs/<id>/weights")
def load(id: str) -> str:
    """Set all weights of the run from a file, and keep what was trained as another run. Answer 422
    if the file does not fit.
    """
    live = own_run(id)
    values = _weights(live.run)
    former = keep(runner(), live)
    message = _load(live, values)
    if not request.headers.get("HX-Request"):
        return message
    return message + render_template("network/former-answer.html", former=former)


@blueprint.post("/network/weights")
def load_new() -> Any:
    """Create a run from the settings in the form with the weights of a file, if they fit."""
    _limit_body()
    run = prepared_run(form.form_texts(request.form))
    values = _weights(run)
    admit_run()
    live = runner().runs.create(visitor(), run, speed_of(form.form_texts(request.form)))
    _load(live, values)
    view = urlencode(view_texts(parse_view(dict(request.form.lists()), live.run)), safe=",")
    return redirect(f"{url_for('runs.show', id=live.id)}?{view}", 303)


def _load(live: LiveRun, values: tuple[float, ...]) -> str:
    runner().command(live, NewWeights(values=values))
    return messages.WEIGHTS_LOADED.format(parameters=len(values))


def _weights(run: Run) -> tuple[float, ...]:
    """Return the weights in the request, in the order of the run's parameters."""
    _limit_body()
    try:
        file = request.files.get("weights")
        text = file.read().decode("utf-8", "replace") if file else request.form.get("weights", "")
    except RequestEntityTooLarge:
        abort(422, messages.WEIGHTS_TOO_LARGE.format(limit=MAX_WEIGHTS_MB))
    with unprocessable():
        return runner().compute(parse_weights, text, run)


def _limit_body() -> None:
    request.max_content_length = MAX_WEIGHTS_MB * 1_000_000


def _file(name: str, run: Run) -> Response:
    if name in NETWORK_FORMATS:
        format = NETWORK_FORMATS[name]
        return file_response(
            runner().compute(format.write, run), format.filename, format.media_type
        )
    if name == "weights":
        return file_response(
            runner().compute(write_weights, run), "weights.json", "application/json"
        )
    if name == "replay":
        with unprocessable():
            frames = replay(runner(), run, services().deployment.replay_seconds)
        text = render_template("replay.html", **replay_page(frames))
        return file_response(text, "replay.html", "text/html")
    return abort(404)
