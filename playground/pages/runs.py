"""A run as a resource: made, played, watched. To all but its visitor it does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)

from engine.frames import Frame, View
from engine.settings import read
from playground.pages.network import address, form, inside, render_lab, runner, speed, view_of
from playground.runner.embedded import Live
from playground.runner.pace import SPEEDS
from playground.stream import events
from playground.visitors import visitor

blueprint = Blueprint("runs", __name__)


@blueprint.post("/runs")
def create() -> Any:
    """A new run from the settings in the form; `then` is `play` or `step` to do that at once."""
    texts = request.form.to_dict()
    settings, errors = read(texts)
    if settings is None:
        if request.headers.get("HX-Request"):
            return make_response(
                render_template("network/settings.html", **form(texts, errors)), 422
            )
        return {"errors": errors}, 422
    live = runner().create(visitor(), settings, speed(texts))
    match texts.get("then"):
        case "play":
            runner().play(live)
        case "step":
            runner().step(live)
    return redirect(url_for(".show", id=live.id), 303)


@blueprint.get("/runs/<id>")
def show(id: str) -> Any:
    """The lab with this run, or what it is as JSON."""
    live = _own(id)
    if request.accept_mimetypes.best == "application/json":
        train, test = (value if isfinite(value) else None for value in _frame(live).loss)
        return {
            "id": live.id,
            "step": live.run.step,
            "playing": live.playing,
            "loss": {"train": train, "test": test},
            "settings": live.run.settings.texts(),
        }
    return render_lab(live.run, live)


@blueprint.get("/runs/<id>/graph")
def graph(id: str) -> Any:
    """The loss of one training sample, as the run stands, in the expression lab."""
    return inside(_own(id).run)


@blueprint.post("/runs/<id>/play")
def play(id: str) -> Any:
    """Play on."""
    return _changed(id, runner().play)


@blueprint.post("/runs/<id>/pause")
def pause(id: str) -> Any:
    """Stand still."""
    return _changed(id, runner().pause)


@blueprint.post("/runs/<id>/step")
def step(id: str) -> Any:
    """Pause, and take one step."""
    return _changed(id, runner().step)


@blueprint.post("/runs/<id>/reset")
def reset(id: str) -> Any:
    """Return to step 0."""
    return _changed(id, runner().reset)


@blueprint.post("/runs/<id>/speed")
def set_speed(id: str) -> Any:
    """Play at another speed."""
    asked = request.form.get("speed", "")
    return _changed(id, lambda live: runner().set_speed(live, _known(asked)))


@blueprint.post("/runs/<id>/view")
def look(id: str) -> Any:
    """Change what one page sees; its stream answers with a frame."""
    live = _own(id)
    view = view_of(request.form.getlist("slice"), live.run)
    runner().look(live, request.form.get("page", "")[:64], view)
    return "", 200, {"HX-Replace-Url": address(live.run, live, view)}


@blueprint.get("/runs/<id>/events")
def stream(id: str) -> Response:
    """Frames as they come, until the viewer leaves."""
    live = _own(id)
    token = request.args.get("page", "")[:64]
    live.views.setdefault(token, view_of(request.args.getlist("slice"), live.run))

    def send() -> Iterator[bytes]:
        with runner().watch(live, token) as viewer:
            yield from events(runner(), viewer, lambda frame: _reading(live, frame))

    response = Response(stream_with_context(send()), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _known(speed: str) -> str:
    if speed not in SPEEDS:
        abort(422)
    return speed


def _own(id: str) -> Live:
    try:
        return runner().get(id, visitor())
    except KeyError:
        abort(404)


def _frame(live: Live) -> Frame:
    return runner().frame(live, View())


def _changed(id: str, change: Any) -> Any:
    live = _own(id)
    change(live)
    if request.headers.get("HX-Request"):
        return _reading(live, _frame(live))
    return redirect(url_for(".show", id=id), 303)


def _reading(live: Live, frame: Frame) -> str:
    """The numbers and the transport, each on its way to its place in the page."""
    template = current_app.jinja_env.get_template("network/reading.html")
    return template.render(live=live, frame=frame, settings=live.run.settings)
