"""A run as a resource: created, played, changed, watched. Other visitors get 404 for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    url_for,
)

from engine.inspection.frames import ViewOptions
from engine.training.commands import NewSetting, RunCommand
from engine.training.divergence import last_good_step
from engine.training.run import Run
from engine.training.settings import DECLARATIONS
from engine.training.settings_parser import parse_settings
from playground.http.rate_limits import admit_run
from playground.http.request import page_query
from playground.http.services import runner, services
from playground.http.sse import event, frame_events, note_page, page_hold, stream_response
from playground.http.visitors import visitor
from playground.labs.former_run import NO_FORMER_RUN, FormerRun, is_untouched, reset_and_keep
from playground.labs.network_page import moment_page, run_summary, speed_of
from playground.labs.new_run import prepare_run
from playground.labs.redrawing import Redrawing, draw_all, draw_figures
from playground.labs.run_commands import (
    data_command,
    setting_command,
    step_number,
    weight_command,
)
from playground.labs.way_on import gentle_value, recovery_step, restarted_run
from playground.messages import network as messages
from playground.network import form
from playground.network.form import display_text
from playground.network.view import NAMES as VIEW_NAMES
from playground.network.view import parse_view, view_texts
from playground.pages.responses import (
    csv_response,
    network_address,
    new_run_response,
    open_sample_graph,
    own_run,
    pinned_run,
    refuse_settings,
    render_lab,
    unprocessable,
)
from playground.rooms import leader
from playground.rooms.record import Display
from playground.runner.live_run import LiveRun
from playground.runner.scheduling.pace import SPEEDS

blueprint = Blueprint("runs", __name__)


@blueprint.post("/runs")
def create() -> Any:
    """Create a run from the settings in the form. `then` says what it does at once."""
    texts = form.form_texts(request.form)
    run, errors = prepare_run(services(), texts)
    if run is None:
        if request.headers.get("HX-Request"):
            return refuse_settings(texts, errors)
        return {"errors": errors}, 422
    then = texts.get("then", "")
    command = _command(then, run)
    admit_run()
    live = runner().runs.create(visitor(), run, speed_of(texts))
    _apply(live, command)
    if then == "play":
        runner().play(live)
    elif then == "step":
        runner().step(live)
    view = urlencode(view_texts(parse_view(_form_lists(), live.run)), safe=",")
    return redirect(f"{url_for('.show', id=live.id)}{'?' if view else ''}{view}", 303)


@blueprint.get("/runs/<id>")
def show(id: str) -> Any:
    """Show the lab with this run, or describe the run as JSON."""
    live = own_run(id)
    if request.accept_mimetypes.best == "application/json":
        return run_summary(live, runner().frame(live, ViewOptions()))
    return render_lab(live.run, live)


@blueprint.get("/runs/<id>/graph")
def graph(id: str) -> Any:
    """Open the loss of one training sample, at this step, in the expression lab."""
    return open_sample_graph(own_run(id).run)


@blueprint.post("/runs/<id>/play")
def play(id: str) -> Any:
    """Play. From an earlier step, play a branch."""
    return _after(_changeable_run(id), runner().play)


@blueprint.post("/runs/<id>/pause")
def pause(id: str) -> Any:
    """Pause."""
    return _after(own_run(id), runner().pause)


@blueprint.post("/runs/<id>/step")
def step(id: str) -> Any:
    """Pause and take one step. From an earlier step, do so in a branch."""
    return _after(_changeable_run(id), runner().step)


@blueprint.post("/runs/<id>/reset")
def reset(id: str) -> Any:
    """Return to step 0. What was trained is kept as another run."""
    live = own_run(id)
    former = reset_and_keep(runner(), live)
    return _answer(live, former)


@blueprint.post("/runs/<id>/return")
def go_back(id: str) -> Any:
    """Show a run that was kept again, and delete the one that took its place, if nothing has
    happened to it.
    """
    live = own_run(id)
    instead = own_run(request.form["instead"]) if request.form.get("instead") else None
    if instead is not None and instead.id != id and is_untouched(instead):
        runner().runs.delete(instead)
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", id=id), 303)
    return render_lab(live.run, live, former=NO_FORMER_RUN)


@blueprint.post("/runs/<id>/way-on")
def go_on(id: str) -> Any:
    """Continue after the run has diverged: with a gentler setting, from the start or from the last
    good step.
    """
    live = own_run(id)
    setting, back = request.form.get("setting", ""), request.form.get("from") == "good"
    if not live.tip.diverged or setting not in ("rate", "clip"):
        abort(422, messages.NOT_DIVERGED)
    admit_run()
    title = DECLARATIONS[setting].title.lower()
    if back:
        step = last_good_step(live.tip)
        with unprocessable():
            runner().seek(live, step)
        branch = runner().branch(live)
        text = gentle_value(runner(), branch.tip, setting)
        _apply(branch, NewSetting(name=setting, text=text))
        message = messages.WENT_BACK.format(step=step, title=title, value=text)
    else:
        run, text = restarted_run(runner(), live.tip, setting)
        branch = runner().runs.create(visitor(), run, live.record.speed)
        message = messages.STARTED_AGAIN.format(title=title, value=text)
    runner().play(branch)
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", id=branch.id), 303)
    return new_run_response(branch, FormerRun(message, live.id))


@blueprint.post("/runs/<id>/seek")
def seek(id: str) -> Any:
    """Show the run as it was at a step."""
    with unprocessable():
        number = step_number(request.form.get("step", ""))
        return _after(own_run(id), lambda live: runner().seek(live, number))


@blueprint.post("/runs/<id>/speed")
def set_speed(id: str) -> Any:
    """Play at another speed."""
    live = own_run(id)
    speed = request.form.get("speed", "")
    if speed not in SPEEDS:
        abort(422)
    return _after(live, lambda live: runner().set_speed(live, speed))


@blueprint.post("/runs/<id>/change")
def change(id: str) -> Any:
    """Change a setting during training. Answer 422 with the form if the value is wrong."""
    live = own_run(id)
    with unprocessable():
        command = setting_command(request.form)
    name = command.name
    texts = live.run.now.texts() | {name: request.form.get(name, "")}
    settings, errors = parse_settings(texts)
    if settings is None:
        return refuse_settings(texts, errors, live)
    former = None
    step = recovery_step(live)
    if step is not None:
        with unprocessable():
            runner().seek(live, step)
        title, value = DECLARATIONS[name].title.lower(), display_text(name, command.text)
        former = FormerRun(messages.WENT_BACK.format(step=step, title=title, value=value), live.id)
    live = _changeable_run(id)
    _apply(live, command)
    return _answer(live, former)


@blueprint.post("/runs/<id>/weight")
def weigh(id: str) -> Any:
    """Set one parameter."""
    command = _command("weigh", own_run(id).run)
    return _after(_changeable_run(id), lambda live: _apply(live, command))


@blueprint.post("/runs/<id>/data")
def edit(id: str) -> Any:
    """Add, move or erase a sample, or undo the last such edit."""
    command = _command("edit", own_run(id).run)
    return _after(_changeable_run(id), lambda live: _apply(live, command))


@blueprint.get("/runs/<id>/data.csv")
def table(id: str) -> Response:
    """Return the present samples, with all edits."""
    return csv_response(own_run(id).run)


@blueprint.post("/runs/<id>/view")
def look(id: str) -> Any:
    """Change what one page shows. Its stream answers with a frame."""
    live = own_run(id)
    token, fields = request.form.get("page", "")[:64], _form_lists()
    view = parse_view(fields, live.run, live.audience.views.get(token, ViewOptions()))
    runner().look(live, token, view)
    leader.show_to_followers(Display("network", live.run.settings.query(), live.id), view)
    headers = {"HX-Replace-Url": network_address(live.run, live, view)}
    if set(fields) & set(VIEW_NAMES) <= {"slice"}:
        return "", 200, headers
    frame, pinned = runner().frame(live, view), pinned_run(view)
    page = moment_page(runner(), frame, live, view, pinned) | {
        "figures": draw_figures(live, frame, view, pinned),
    }
    return render_template("network/looked.html", **page), 200, headers


@blueprint.get("/runs/<id>/events")
def stream(id: str) -> Response:
    """Send frames as they come, until the viewer leaves."""
    live, hold = own_run(id), page_hold()
    token, boot = request.args.get("page", "")[:64], request.args.get("boot", "")
    is_new = token not in live.audience.views
    if is_new:
        live.audience.views[token] = parse_view(dict(request.args.lists()), live.run)
    has_restarted = is_new and boot not in ("", runner().boot_id)

    def send() -> Iterator[bytes]:
        if has_restarted:
            yield event(render_template("network/returned.html", live=live, run=live.run))
        commanded = live.audience.commanded
        redrawing = Redrawing(live, pinned_run, commanded=commanded.get(token))
        with runner().watch(live, token) as viewer:
            for chunk in frame_events(
                runner(),
                live,
                viewer,
                redrawing,
                lambda frame, view: draw_figures(live, frame, view, pinned_run(view)),
                hold,
            ):
                yield chunk
                commanded[token] = redrawing.commanded  # what the page has been sent

    return stream_response(send(), hold)


@blueprint.post("/runs/<id>/presence")
def note_presence(id: str) -> Any:
    """Note that a page was hidden or closed. Its browser sends this without waiting for an
    answer.
    """
    return note_page(runner(), own_run(id))


def _changeable_run(id: str) -> LiveRun:
    """Return the run that is to change. If an earlier step is shown, that is a new branch."""
    live = own_run(id)
    with live.lock:  # wait until the step that was asked for before is ready
        past = live.past
    if past is None:
        return live
    admit_run()
    return runner().branch(live)


def _command(name: str, run: Run) -> RunCommand | None:
    """Return the change to a run that the form describes, or answer 422 with what is wrong. None
    for a name that stands for no change.
    """
    with unprocessable():
        match name:
            case "weigh":
                return weight_command(request.form)
            case "edit":
                return data_command(request.form, run, services().deployment.samples)
    return None


def _apply(live: LiveRun, command: RunCommand | None) -> None:
    """Carry out a command, or answer 422 with the reason why that is not possible."""
    if command is None:
        return
    with unprocessable():
        runner().command(live, command)


def _form_lists() -> dict[str, list[str]]:
    return dict(request.form.lists())


def _after(live: LiveRun, change: Callable[[LiveRun], object]) -> Any:
    """Change a run, and answer with what changed on the page."""
    change(live)
    return _answer(live)


def _answer(live: LiveRun, former: FormerRun | None = None) -> Any:
    """Return everything that the page shows of a run, and what is said of one that was kept."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", id=live.id), 303)
    if live.id != (request.view_args or {}).get("id"):
        return new_run_response(live, former)
    view = parse_view(page_query(), live.run)
    return draw_all(live, runner().frame(live, view), view, pinned_run(view), former)
