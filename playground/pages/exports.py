"""A run as files: code, weights, a replay. Weights come back in from such a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from engine.export.network import NETWORK_FORMATS
from engine.export.weights import network_settings, parse_weights, write_weights
from engine.training.commands import NewWeights
from engine.training.run import Run
from playground.http.files import file_response
from playground.http.rate_limits import admit_run
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.labs.former_run import FormerRun, keep
from playground.labs.network_page import shape, speed_of
from playground.labs.new_run import prepare_run
from playground.labs.replay import replay
from playground.messages import network as messages
from playground.network import form
from playground.network.replay_file import replay_page
from playground.network.view import parse_view, view_texts
from playground.pages.responses import new_run_response, own_run, prepared_run, unprocessable
from playground.panels.export import describe_edits
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
def load(id: str) -> Any:
    """Set all weights of the run from a file, and keep what was trained as another run. A file with
    another network begins a run with that network. Answer 422 if it does not fit the data either.
    """
    live = own_run(id)
    here = live.run
    run, values = _read_weights(here)
    if run is here:
        former = keep(runner(), live)
        message = _load(live, values)
        if not request.headers.get("HX-Request"):
            return message
        return message + render_template("network/former-answer.html", former=former)
    admit_run()
    other = runner().runs.create(visitor(), run, live.record.speed)
    _load(other, values)
    if not request.headers.get("HX-Request"):
        return redirect(url_for("runs.show", id=other.id), 303)
    message = messages.OTHER_NETWORK.format(network=shape(run), step=here.step)
    return new_run_response(other, FormerRun(message, live.id, other.id))


@blueprint.post("/network/weights")
def load_new() -> Any:
    """Create a run from the settings in the form with the weights of a file, and with its network
    if that is another.
    """
    _limit_body()
    run, values = _read_weights(prepared_run(form.form_texts(request.form)))
    admit_run()
    live = runner().runs.create(visitor(), run, speed_of(form.form_texts(request.form)))
    _load(live, values)
    view = urlencode(view_texts(parse_view(dict(request.form.lists()), live.run)), safe=",")
    return redirect(f"{url_for('runs.show', id=live.id)}?{view}", 303)


def _load(live: LiveRun, values: tuple[float, ...]) -> str:
    runner().command(live, NewWeights(values=values))
    return messages.WEIGHTS_LOADED.format(parameters=len(values))


def _read_weights(run: Run) -> tuple[Run, tuple[float, ...]]:
    """Return the weights in the request in the order of the parameters, and the run they are for:
    this one, or a new one with the network of the file.
    """
    _limit_body()
    try:
        file = request.files.get("weights")
        text = file.read().decode("utf-8", "replace") if file else request.form.get("weights", "")
    except RequestEntityTooLarge:
        abort(422, messages.WEIGHTS_TOO_LARGE.format(limit=MAX_WEIGHTS_MB))
    with unprocessable():
        try:
            return run, runner().compute(parse_weights, text, run)
        except ValueError as error:
            texts = run.now.texts() | runner().compute(network_settings, text)
            other, _ = prepare_run(services(), texts)
            if other is None or other.model.sizes == run.model.sizes:
                raise error
            return other, runner().compute(parse_weights, text, other)


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
        text = render_template("replay.html", **replay_page(frames), edits=describe_edits(run))
        return file_response(text, "replay.html", "text/html")
    return abort(404)
