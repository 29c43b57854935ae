"""The network lab: settings in, a run beside them. The settings in the URL are its whole state."""

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from engine.explain.folding import ALL
from engine.export.source import write_sample
from engine.inspection.frames import Frame, View, beyond, frame, slices_of
from engine.ops import ACTIVATIONS
from engine.script.parser import MAX_CHARACTERS
from engine.training.csv_table import write as write_table
from engine.training.run import Run, begin
from engine.training.settings import MAX_LAYERS, MAX_UNITS, Settings, read, suggested
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.figures import bars, loss, picture, surface, thumbnails
from playground.figures.arrays import maps_json
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.network import form
from playground.network.size_limits import too_much
from playground.network.uploads import data_of
from playground.network.view import parse_view, view_query, view_texts
from playground.pages import expression
from playground.panels import PANELS, drawn, panel_of
from playground.rooms import leader
from playground.rooms.room import Shown
from playground.runner.live_run import Live
from playground.runner.pace import DEFAULT_SPEED, SPEEDS

blueprint = Blueprint("network", __name__)
blueprint.before_request(greet)


@blueprint.get("/network")
def show() -> Response:
    """The lab with the settings of the URL; bad ones are answered beside their fields with 422."""
    texts = form.texts(request.args)
    if "choose" in texts:
        texts = suggested(texts["choose"], texts)
    elif "suggest" in texts:
        texts = suggested(texts.get("dataset", ""), texts)
    if "fresh" in texts:
        texts = texts | {"seed": texts["fresh"]}
    if "shape" in texts:
        texts = form.reshaped(texts, texts["shape"])
    live = _shown(texts)
    if live:
        return render_lab(live.run, live)
    run, errors = prepared(texts)
    if run is None:
        return refused(texts, errors)
    return render_lab(run, None, speed(texts))


def prepared(texts: dict[str, str]) -> tuple[Run | None, dict[str, str]]:
    """The run that these texts begin, or what is wrong with them, a sentence a field."""
    settings, errors = read(texts)
    if settings is None:
        return None, errors
    try:
        data = data_of(settings, services().tables)
        run: Run = runner().work(begin, settings, runner().backend, data)
    except LookupError as error:
        return None, {"data": str(error.args[0])}
    except ValueError as error:
        return None, {"loss": str(error)}
    errors = too_much(run, services().deployment)
    return (None, errors) if errors else (run, {})


def refused(texts: dict[str, str], errors: dict[str, str], live: Live | None = None) -> Response:
    """The settings with what is wrong said beside their fields; everything else stays."""
    typed = Settings().texts() | {k: v for k, v in texts.items() if k in Settings.model_fields}
    if request.headers.get("HX-Request"):
        page = form.form(typed, errors, live) | {"live": live}
        return make_response(render_template("network/refused.html", **page), 422)
    left = {name: text for name, text in texts.items() if name not in errors}
    fallback, _ = prepared(left) if "data" not in errors else (None, {})
    run = fallback or runner().work(begin, Settings())
    page = context(run, None, speed(texts), View())
    return make_response(render_template("network.html", **page | form.form(typed, errors)), 422)


@blueprint.get("/network/gallery.svg")
def gallery() -> Response:
    """The datasets' thumbnails, a symbol each, in the colours of the page that uses them."""
    response = make_response(render_template("network/gallery.svg", gallery=thumbnails.gallery()))
    response.mimetype = "image/svg+xml"
    response.headers["Cache-Control"] = "max-age=86400"
    return response


@blueprint.get("/network/data.csv")
def table() -> Response:
    """The samples that these settings describe."""
    run, errors = prepared(form.texts(request.args))
    if run is None:
        abort(422, " ".join(errors.values()))
    return as_table(run)


def as_table(run: Run) -> Response:
    """The samples of a run as a file. Those of more than two inputs keep all of them."""
    data = run.data
    response = make_response(write_table(data.inputs, data.targets, data.classes))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = 'attachment; filename="data.csv"'
    return response


@blueprint.get("/network/graph")
def graph() -> Any:
    """The loss of one training sample at the first step of these settings, in the expression
    lab.
    """
    run, errors = prepared(form.texts(request.args))
    if run is None:
        abort(422, " ".join(errors.values()))
    return inside(run)


def inside(run: Run) -> Any:
    """To the expression lab with the loss of the training sample that is asked for."""
    asked = request.args.get("sample", "1")
    index = int(asked) - 1 if asked.isascii() and asked.isdecimal() and len(asked) < 9 else -1
    try:
        text, given = runner().work(write_sample, run, index)
    except IndexError as error:
        abort(422, f"{error} You asked for number {asked[:20]}.")
    lab = Lab(code=text, inputs=given, large=len(text) > MAX_CHARACTERS, folded=(ALL,))
    try:
        runner().work(scene, lab)
    except ValueError as error:
        abort(422, f"The graph of this network's loss is too large to be opened. {error}")
    return redirect(expression.address(lab))


def render_lab(
    run: Run, live: Live | None, speed: str = DEFAULT_SPEED, view: View | None = None
) -> Response:
    """The page, or for htmx its part that changes, with the address that gives it again.

    Without a `view` the address says what is seen.
    """
    if live:
        runner().expect(live)
    view = view or parse_view(dict(request.args.lists()), run)
    where = address(run, live, view)
    leader.show(Shown("network", run.settings.query(), live.id if live else ""), view)
    page = lab_page(run, live, speed, view) | {"address": where}
    if not request.headers.get("HX-Request"):
        return make_response(render_template("network.html", **page))
    response = make_response(render_template("network/lab.html", **page))
    same = live or request.args.getlist("slice")
    response.headers["HX-Replace-Url" if same else "HX-Push-Url"] = where
    return response


def lab_page(
    run: Run, live: Live | None, speed: str = DEFAULT_SPEED, view: View = View()
) -> dict[str, Any]:
    """What the lab's template shows, settings and all."""
    return context(run, live, speed, view) | form.form(run.now.texts(), {}, live)


def address(run: Run, live: Live | None, view: View) -> str:
    """The URL that shows this run through this view again, or one like it where it is gone."""
    query = [run.settings.query(), urlencode(view_texts(view), safe=",")]
    query += [f"run={live.id}"] if live else []
    return f"{url_for('network.show')}?{'&'.join(filter(None, query))}"


def pinned(view: View) -> Run | None:
    """The run that is laid beside, if this visitor has it."""
    try:
        return runner().get(view.pin, visitor()).run if view.pin else None
    except KeyError:
        return None


def context(run: Run, live: Live | None, speed: str, view: View) -> dict[str, Any]:
    """What the lab's templates show of a run."""
    now: Frame = runner().work(frame, run, view)
    beside = pinned(view)
    return panel_page(now, live, view, beside) | {
        "page": secrets.token_urlsafe(6),
        "boot": runner().boot,
        "frame": now,
        "speed": live.speed if live else speed,
        "speeds": SPEEDS,
        "shape": shape(run),
        "maps": maps_json(now.maps),
        "activations": list(ACTIVATIONS),
        "limits": {"layers": MAX_LAYERS, "units": MAX_UNITS},
        "training": len(run.samples.train),
        "slices": list(zip(slices_of(run), beyond(run, view), strict=True)),
        "legend": surface.legend(run),
        "curves": loss.LINES,
        "bars": bars.BARS,
        "figures": runner().work(drawn, now, view, beside)
        | {"surface": runner().work(surface.figure, now, view)},
    }


def panel_page(frame: Frame, live: Live | None, view: View, beside: Run | None) -> dict[str, Any]:
    """What the template of the open tab shows."""
    panel = panel_of(view)
    show = partial(runner().show, live) if live else runner().work
    found = show(panel.page, frame, view, beside)
    drawn = picture.picture(frame.run.model.sizes)
    return {
        "picture": drawn,
        "lines": show(picture.lines, frame.run, drawn),
        "biases": show(picture.biases, frame.run, drawn),
        "naming": picture,
        "panel": panel,
        "panels": PANELS,
        "view": view,
        "trouble": runner().trouble or (live.notice if live else ""),
        "family": lambda: runner().family(live) if live else [],
        "viewed": view_texts(view),
        "viewed_query": view_query(view),
        "live": live,
        "run": frame.run,
        "settings": frame.run.now,
    } | found


def shape(run: Run) -> str:
    """The network in a few words: `2 – 8 – 8 – 1, 105 parameters`."""
    return f"{' – '.join(map(str, run.model.sizes))}, {len(run.parameters)} parameters"


def speed(texts: dict[str, str]) -> str:
    """The speed asked for, or the usual one."""
    asked = texts.get("speed", "")
    return asked if asked in SPEEDS else DEFAULT_SPEED


def _shown(texts: dict[str, str]) -> Live | None:
    """The run that an address names, if it is one of the visitor's with these settings."""
    settings, _ = read(texts) if "run" in texts else (None, {})
    try:
        live = runner().get(texts.get("run", ""), visitor())
    except KeyError:
        return None
    return live if live.run.settings == settings else None


def own_run(id: str) -> Live:
    """The visitor's run of this id; to everyone else there is none."""
    try:
        live = runner().get(id, visitor())
    except KeyError:
        abort(404)
    live.touched = time.monotonic()
    return live
