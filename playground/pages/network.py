"""The network lab: settings in, a run beside them. The settings in the URL are its whole state."""

from __future__ import annotations

import secrets
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
    url_for,
)

from engine.datasets import DATASETS
from engine.expression import MAX_CHARACTERS
from engine.folding import ALL
from engine.frames import View, frame, slices_of
from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.outputs import OUTPUTS
from engine.schedules import SCHEDULES
from engine.settings import AUTO, Settings, read, suggested
from engine.training import Run, begin, samples_of
from engine.writing import sample
from playground.figures import bars, loss, surface
from playground.lab import Lab
from playground.pages import expression
from playground.runner.embedded import EmbeddedRunner, Live
from playground.runner.pace import DEFAULT_SPEED, SPEEDS
from playground.scene import scene
from playground.visitors import greet, visitor

blueprint = Blueprint("network", __name__)
blueprint.before_request(greet)

CHOICES: dict[str, dict[str, str]] = {
    "dataset": {name: each.title for name, each in DATASETS.items()},
    "init": {name: name for name in INITIALISATIONS},
    "loss": {name: each.title for name, each in LOSSES.items()},
    "optimizer": {name: each.title for name, each in OPTIMIZERS.items()},
    "activation": {name: name for name in ACTIVATIONS},
    "output": {name: name for name in (AUTO, *OUTPUTS)},
    "schedule": {name: each.title for name, each in SCHEDULES.items()},
}
"""What the fields that choose from a table offer."""

GROUPS = (
    ("Data", ("dataset", "samples", "noise", "classes", "test")),
    ("Network", ("hidden", "activation", "output", "init")),
    ("Training", ("loss", "optimizer", "decay", "rate", "batch", "seed")),
)
MORE = ("schedule", "period", "factor", "dropout", "l1", "l2", "clip")
"""Fields of the training that stay folded away until they are asked for, or set."""


def runner() -> EmbeddedRunner:
    """What advances this application's runs."""
    kept: EmbeddedRunner = current_app.extensions["runner"]
    return kept


@blueprint.get("/network")
def show() -> Response:
    """The lab with the settings of the URL; bad ones are answered beside their fields with 422."""
    texts = request.args.to_dict()
    if "suggest" in texts:
        texts = suggested(texts.get("dataset", ""), texts)
    settings, errors = read(texts)
    if settings is None:
        typed = Settings().texts() | {k: v for k, v in texts.items() if k in Settings.model_fields}
        if request.headers.get("HX-Request"):
            return make_response(
                render_template("network/settings.html", **form(typed, errors)), 422
            )
        fallback = read({name: text for name, text in texts.items() if name not in errors})[0]
        page = context(runner().work(begin, fallback or Settings()), None, speed(texts), View())
        return make_response(render_template("network.html", **page | form(typed, errors)), 422)
    live = _own_run(texts.get("run", ""), settings)
    return render_lab(live.run if live else runner().work(begin, settings), live, speed(texts))


@blueprint.get("/network/graph")
def graph() -> Any:
    """The loss of one training sample at the first step of these settings, in the expression
    lab.
    """
    settings, errors = read(request.args.to_dict())
    if settings is None:
        abort(422, " ".join(errors.values()))
    return inside(runner().work(begin, settings))


def inside(run: Run) -> Any:
    """To the expression lab with the loss of the training sample that is asked for."""
    asked = request.args.get("sample", "1")
    index = int(asked) - 1 if asked.isascii() and asked.isdecimal() and len(asked) < 9 else -1
    try:
        text, given = sample(run, index)
    except IndexError as error:
        abort(422, f"{error} You asked for number {asked[:20]}.")
    lab = Lab(code=text, inputs=given, large=len(text) > MAX_CHARACTERS, folded=(ALL,))
    try:
        scene(lab)
    except ValueError as error:
        abort(422, f"The graph of this network's loss is too large to be opened. {error}")
    return redirect(expression.address(lab))


def render_lab(run: Run, live: Live | None, speed: str = DEFAULT_SPEED) -> Response:
    """The page, or for htmx its part that changes, with the address that gives it again."""
    if live:
        runner().expect(live)
    view = view_of(request.args.getlist("slice"), run)
    where = address(run, live, view)
    page = context(run, live, speed, view) | form(run.settings.texts(), {}) | {"address": where}
    if not request.headers.get("HX-Request"):
        return make_response(render_template("network.html", **page))
    response = make_response(render_template("network/lab.html", **page))
    same = live or request.args.getlist("slice")
    response.headers["HX-Replace-Url" if same else "HX-Push-Url"] = where
    return response


def address(run: Run, live: Live | None, view: View) -> str:
    """The URL that shows this run through this view again, or one like it where it is gone."""
    query = [run.settings.query()]
    query += [f"slice={value:.4g}" for value in view.slice if any(view.slice)]
    query += [f"run={live.id}"] if live else []
    return f"{url_for('network.show')}?{'&'.join(query)}"


def view_of(slices: list[str], run: Run) -> View:
    """The view at these values of the inputs beyond the plane; those that are no number count as
    0.
    """
    beyond = run.data.inputs.shape[1] - 2
    values = [*slices, *["0"] * beyond][:beyond]
    return View(tuple(_number(value) for value in values))


def _number(text: str) -> float:
    try:
        return max(-1e6, min(1e6, float(text)))
    except ValueError:
        return 0.0


def context(run: Run, live: Live | None, speed: str, view: View) -> dict[str, Any]:
    """What the lab's templates show of a run."""
    now = runner().work(frame, run, view)
    return {
        "view": view,
        "page": secrets.token_urlsafe(6),
        "frame": now,
        "live": live,
        "speed": live.speed if live else speed,
        "speeds": SPEEDS,
        "settings": run.settings,
        "shape": shape(run),
        "training": len(samples_of(run, False)),
        "slices": slices_of(run.data),
        "legend": surface.legend(run),
        "lines": loss.LINES,
        "bars": bars.BARS,
        "figures": {
            "surface": surface.figure(run, now),
            "loss": loss.figure(now.curve),
            "bars": bars.figure(run, now) if bars.wanted(run) else None,
        },
    }


def form(texts: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    """What the settings' template shows: fields in groups, what was typed, and what is wrong."""
    dataset = DATASETS.get(texts["dataset"], DATASETS["moons"])
    hidden = {"samples", "noise"} if dataset.samples is not None else set()
    hidden |= {"classes"} if dataset.classes[0] == dataset.classes[1] else set()
    schedule, optimizer = SCHEDULES.get(texts["schedule"]), OPTIMIZERS.get(texts["optimizer"])
    hidden |= {"period", "factor"} - set(schedule.reads if schedule else ())
    hidden |= {"decay"} - set(optimizer.reads if optimizer else ())
    usual, hidden = Settings().texts(), hidden - set(errors)
    return {
        "groups": GROUPS,
        "more": MORE,
        "open": any(
            texts[name] != usual[name] or name in errors for name in MORE if name not in hidden
        ),
        "fields": Settings.model_fields,
        "choices": CHOICES,
        "left_out": hidden,
        "texts": texts,
        "errors": errors,
        "dataset": dataset,
    }


def shape(run: Run) -> str:
    """The network in a few words: `2 – 8 – 8 – 1, 105 parameters`."""
    return f"{' – '.join(map(str, run.layer_sizes))}, {len(run.parameters)} parameters"


def speed(texts: dict[str, str]) -> str:
    """The speed asked for, or the usual one."""
    asked = texts.get("speed", "")
    return asked if asked in SPEEDS else DEFAULT_SPEED


def _own_run(id: str, settings: Settings) -> Live | None:
    """The visitor's run of that id, if it is one with these settings."""
    try:
        live = runner().get(id, visitor())
    except KeyError:
        return None
    return live if live.run.settings == settings else None
