"""A run as a resource: made, played, watched. To all but its visitor it does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from pydantic import BaseModel, ValidationError

from engine.inspection.frames import Frame, View
from engine.training.commands import CHANGEABLE, Command, Edit, NewSetting, NewWeight, Undo
from engine.training.settings import read
from playground.http.rate_limits import admit_run
from playground.http.request import page_query
from playground.http.services import runner, services
from playground.http.sse import event, frame_events, stream_response
from playground.http.visitors import visitor
from playground.labs.network_page import panel_page, speed_of
from playground.labs.new_run import prepare_run
from playground.network import form
from playground.network.view import NAMES as VIEW_NAMES
from playground.network.view import parse_view, view_texts
from playground.pages.responses import (
    csv_response,
    network_address,
    open_sample_graph,
    own_run,
    pinned_run,
    refuse_settings,
    render_lab,
)
from playground.panels import drawn
from playground.rooms import leader
from playground.rooms.record import Display
from playground.runner.live_run import Live
from playground.runner.pace import SPEEDS

blueprint = Blueprint("runs", __name__)


@blueprint.post("/runs")
def create() -> Any:
    """A new run from the settings in the form; `then` is `play` or `step` to do that at once."""
    texts = form.texts(request.form)
    run, errors = prepare_run(services(), texts)
    if run is None:
        if request.headers.get("HX-Request"):
            return refuse_settings(texts, errors)
        return {"errors": errors}, 422
    admit_run()
    live = runner().create(visitor(), run, speed_of(texts))
    match texts.get("then"):
        case "play":
            runner().play(live)
        case "step":
            runner().step(live)
        case "weight":
            _command(live, _made(NewWeight, _named(NewWeight)))
        case "data":
            _command(live, _edit(live))
    shown = urlencode(view_texts(parse_view(_fields(), live.run)), safe=",")
    return redirect(f"{url_for('.show', id=live.id)}{'?' if shown else ''}{shown}", 303)


@blueprint.get("/runs/<id>")
def show(id: str) -> Any:
    """The lab with this run, or what it is as JSON."""
    live = own_run(id)
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
    return open_sample_graph(own_run(id).run)


@blueprint.post("/runs/<id>/play")
def play(id: str) -> Any:
    """Play on; from an earlier moment as a branch."""
    return _changed(going_on(id), runner().play)


@blueprint.post("/runs/<id>/pause")
def pause(id: str) -> Any:
    """Stand still."""
    return _changed(own_run(id), runner().pause)


@blueprint.post("/runs/<id>/step")
def step(id: str) -> Any:
    """Pause, and take one step; from an earlier moment as a branch."""
    return _changed(going_on(id), runner().step)


@blueprint.post("/runs/<id>/reset")
def reset(id: str) -> Any:
    """Return to step 0."""
    return _changed(own_run(id), runner().reset)


@blueprint.post("/runs/<id>/seek")
def seek(id: str) -> Any:
    """Look at the run as it was at a step."""
    asked = request.form.get("step", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        abort(422, "A step is a whole number, such as 120.")
    live = own_run(id)
    try:
        runner().seek(live, int(asked))
    except ValueError as error:
        abort(422, str(error))
    return _answer(live)


def going_on(id: str) -> Live:
    """The run that is to change: where an earlier moment is looked at, a branch from it."""
    live = own_run(id)
    with live.changing:  # until a moment that was asked for before is there
        past = live.past
    if past is None:
        return live
    admit_run()
    return runner().branch(live)


@blueprint.post("/runs/<id>/speed")
def set_speed(id: str) -> Any:
    """Play at another speed."""
    asked = request.form.get("speed", "")
    return _changed(own_run(id), lambda live: runner().set_speed(live, _known(asked)))


@blueprint.post("/runs/<id>/change")
def change(id: str) -> Any:
    """Another value of a setting, while the run goes on; 422 with the form where it cannot be."""
    live, name = own_run(id), request.form.get("name", "")
    text = request.form.get(name, "")
    if name not in CHANGEABLE:
        abort(422, f"{name[:40]} cannot be changed while a run goes on.")
    texts = live.run.now.texts() | {name: text}
    settings, errors = read(texts)
    if settings is None:
        return refuse_settings(texts, errors, live)
    live = going_on(id)
    _command(live, NewSetting(name=name, text=text[:40]))
    return _answer(live, "network/changed.html", form.form(live.run.now.texts(), {}, live))


@blueprint.post("/runs/<id>/weight")
def weigh(id: str) -> Any:
    """Another value of one parameter."""
    own_run(id)
    return _commanded(id, _made(NewWeight, _named(NewWeight)))


@blueprint.post("/runs/<id>/data")
def edit(id: str) -> Any:
    """A sample added, moved, erased, or the last such edit taken back."""
    return _commanded(id, _edit(own_run(id)))


def _edit(live: Live) -> Command:
    given: dict[str, Any] = _named(Edit)
    if given.get("how") == "undo":
        return Undo()
    given["at"] = [text for text in given.pop("at", "").split(",") if text]
    if given.get("how") == "add":
        most = services().deployment.samples
        if len(live.run.data.inputs) >= most:
            abort(422, f"There are {most:,} samples, which is the most. Erase some first.")
        given.setdefault("index", len(live.run.data.inputs))
    made: Edit = _made(Edit, given)
    return made


def _named(kind: type[BaseModel]) -> dict[str, str]:
    """What the form says of this command."""
    return {name: text for name in kind.model_fields if (text := request.form.get(name))}


@blueprint.get("/runs/<id>/data.csv")
def table(id: str) -> Response:
    """The samples as they are now, edits included."""
    return csv_response(own_run(id).run)


@blueprint.post("/runs/<id>/view")
def look(id: str) -> Any:
    """Change what one page sees; its stream answers with a frame."""
    live = own_run(id)
    token, fields = request.form.get("page", "")[:64], _fields()
    view = parse_view(fields, live.run, live.views.get(token, View()))
    runner().look(live, token, view)
    leader.show_to_followers(Display("network", live.run.settings.query(), live.id), view)
    headers = {"HX-Replace-Url": network_address(live.run, live, view)}
    if set(fields) & set(VIEW_NAMES) <= {"slice"}:
        return "", 200, headers
    frame = runner().frame(live, view)
    page = panel_page(runner(), frame, live, view, pinned_run(view))
    page["page"], page["frame"] = token, frame
    page["figures"] = runner().work(drawn, frame, view, pinned_run(view))
    return render_template("network/looked.html", **page), 200, headers


@blueprint.get("/runs/<id>/events")
def stream(id: str) -> Response:
    """Frames as they come, until the viewer leaves."""
    live = own_run(id)
    token, boot = request.args.get("page", "")[:64], request.args.get("boot", "")
    if token not in live.views:
        live.see(token, parse_view(dict(request.args.lists()), live.run))

    def send() -> Iterator[bytes]:
        if boot not in ("", runner().boot):
            yield event(render_template("network/returned.html", live=live, run=live.run))
        with runner().watch(live, token) as viewer:
            yield from frame_events(
                runner(),
                viewer,
                lambda frame, view: _watched(live, frame, view),
                lambda frame, view: runner().show(live, drawn, frame, view, pinned_run(view)),
            )

    return stream_response(send())


def _known(speed: str) -> str:
    if speed not in SPEEDS:
        abort(422)
    return speed


def _frame(live: Live) -> Frame:
    return runner().frame(live, View())


def _fields() -> dict[str, list[str]]:
    return dict(request.form.lists())


def _made(kind: type[BaseModel], given: dict[str, Any]) -> Any:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = error.errors()[0]
        abort(422, f"{wrong['loc'][0] if wrong['loc'] else 'This'}: {wrong['msg']}.")


def _commanded(id: str, change: Command) -> Any:
    live = going_on(id)
    _command(live, change)
    return _answer(live)


def _command(live: Live, change: Command) -> None:
    """Make a change, or say in words why it cannot be."""
    try:
        runner().command(live, change)
    except ValueError as error:
        abort(422, str(error))


def _changed(live: Live, change: Any) -> Any:
    change(live)
    return _answer(live)


def _answer(
    live: Live, template: str = "network/answer.html", page: dict[str, Any] | None = None
) -> Any:
    if request.headers.get("HX-Request"):
        if live.id != (request.view_args or {}).get("id"):
            return _branched(live)
        frame = _frame(live)
        shown = {"live": live, "run": frame.run, "frame": frame} | (page or {})
        return render_template(template, **shown)
    return redirect(url_for(".show", id=live.id), 303)


def _branched(live: Live) -> Response:
    """The lab with the run that this request made, in place of the one that it was sent to."""
    response = render_lab(live.run, live, view=parse_view(page_query(), live.run))
    response.headers["HX-Push-Url"] = response.headers.pop("HX-Replace-Url")
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#lab", "outerMorph"
    return response


def _watched(live: Live, frame: Frame, view: View) -> str:
    """What people read, each part on its way to its place in the page."""
    template = current_app.jinja_env.get_template("network/watched.html")
    return template.render(**panel_page(runner(), frame, live, view, pinned_run(view)), frame=frame)
