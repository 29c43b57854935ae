"""A run as files to take along, and weights from such a file back in.

A replay computes the run again, so it is bounded in time; it is computed moment by moment, and
other runs go on in between.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from engine.export.network import NETWORK_FORMATS
from engine.export.weights import parse_weights, write_weights
from engine.training.commands import NewWeights
from engine.training.keyframes import moments
from engine.training.run import Run, advance, begin
from playground.http.rate_limits import admit_run
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.labs.network_page import speed_of
from playground.network import form, replay_file
from playground.network.view import parse_view, view_texts
from playground.pages.responses import own_run, prepared_run
from playground.runner.live_run import Live

blueprint = Blueprint("leave", __name__)
blueprint.before_request(greet)

MOST_BYTES = 3_000_000
"""Of a file of weights: the largest network's has a third of it."""
TRIED_STEPS = 100
"""Over so many steps is measured how long a run takes to be computed again."""


@blueprint.get("/runs/<id>/leave/<name>")
def of_run(id: str, name: str) -> Response:
    """The run as it stands, as one of the files."""
    return _file(name, own_run(id).run)


@blueprint.get("/network/leave/<name>")
def of_settings(name: str) -> Response:
    """What these settings begin, as one of the files."""
    return _file(name, _begun())


@blueprint.post("/runs/<id>/weights")
def load(id: str) -> str:
    """All weights of the run from a file; 422 with a sentence where it does not fit."""
    live = own_run(id)
    return _loaded(live)


@blueprint.post("/network/weights")
def load_first() -> Any:
    """A new run from the settings in the form with the weights of a file; none where it does not
    fit.
    """
    request.max_content_length = MOST_BYTES
    run = _begun()
    _numbers(run)
    admit_run()
    live = runner().create(visitor(), run, speed_of(form.texts(request.form)))
    _loaded(live)
    shown = urlencode(view_texts(parse_view(dict(request.form.lists()), live.run)), safe=",")
    return redirect(f"{url_for('runs.show', id=live.id)}?{shown}", 303)


def _begun() -> Run:
    return prepared_run(form.texts(request.values))


def _loaded(live: Live) -> str:
    values = _numbers(live.run)
    runner().command(live, NewWeights(values=values))
    return f"{len(values):,} weights and biases loaded."


def _numbers(run: Run) -> tuple[float, ...]:
    request.max_content_length = MOST_BYTES
    try:
        file = request.files.get("weights")
        text = file.read().decode("utf-8", "replace") if file else request.form.get("weights", "")
        if file:
            file.seek(0)
        return runner().work(parse_weights, text, run)
    except RequestEntityTooLarge:
        abort(422, f"A file of weights has at most {MOST_BYTES // 1_000_000} MB.")
    except ValueError as error:
        abort(422, str(error))


def _file(name: str, run: Run) -> Response:
    if name in NETWORK_FORMATS:
        program = NETWORK_FORMATS[name]
        return _sent(runner().work(program.write, run), program.filename, program.kind)
    if name == "weights":
        return _sent(runner().work(write_weights, run), "weights.json", "application/json")
    if name == "replay":
        return _sent(_replay(run), "replay.html", "text/html")
    return abort(404)


def _sent(text: str, filename: str, kind: str) -> Response:
    response = Response(text, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _replay(run: Run) -> str:
    most = services().deployment.replay_seconds
    fresh = runner().work(begin, run.settings, run.backend, run.first)
    tried, started = min(TRIED_STEPS, run.step), time.perf_counter()
    runner().work(advance, fresh, tried)
    needed = (time.perf_counter() - started) / max(tried, 1) * run.step
    shown: list[replay_file.Seen] = []
    told, end = moments(run), time.perf_counter() + most
    while needed <= most and time.perf_counter() < end:
        moment = runner().work(next, told, None)
        if moment is None:
            return replay_file.html(shown)
        shown.append(runner().work(replay_file.seen, moment))
    return abort(
        422,
        f"To compute {run.step:,} steps again takes longer than the {most:g} seconds that a "
        "replay may take. Reset the run and take the replay of a shorter one.",
    )
