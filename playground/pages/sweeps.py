"""Sweeps: two settings are varied, and every combination is a run of which the loss is compared."""

from __future__ import annotations

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

from engine.training.settings import DECLARATIONS, Settings, read
from engine.training.sweeps import AXES, SWEPT, Sweep, examples, joined, read_sweep
from playground.figures import loss
from playground.figures import sweep as sweep_figure
from playground.http.rate_limits import admit_run
from playground.http.services import runner
from playground.http.visitors import greet, visitor
from playground.network import form
from playground.runner.sweeps import Sweeping
from playground.storage.sweep_rows import KeptSweep

blueprint = Blueprint("sweeps", __name__)
blueprint.before_request(greet)

USUAL = {"first": "rate", "second": "l2"}
"""What is swept until something else is chosen."""
USUAL_STEPS = 500
LONGEST_VALUES = 1000
"""Characters of the values of a setting, so that both fit into an address."""


def sweeping() -> Sweeping:
    """What keeps this application's sweeps and trains them."""
    return runner().sweeping


@blueprint.get("/sweeps/new")
def new() -> Any:
    """The form for a sweep of the settings in the address, with how many runs it would be."""
    given = form.texts(request.args)
    settings, _ = read(given)
    if settings is None:
        return redirect(f"{url_for('network.show')}?{urlencode(given)}")
    texts = _completed(settings, given)
    sweep, errors = _read(texts)
    response = _form(settings, texts, sweep, errors)
    if request.headers.get("HX-Request"):
        response.headers["HX-Replace-Url"] = _address(texts)
    return response


@blueprint.post("/sweeps")
def create() -> Any:
    """Start a sweep; 422 with the form where something is wrong with it."""
    given = form.texts(request.form)
    settings, wrong = read(given)
    if settings is None:
        abort(422, " ".join(wrong.values()))
    sweep, errors = _read(given)
    if sweep is None:
        return _form(settings, _completed(settings, given), None, errors)
    return redirect(url_for(".show", id=sweeping().start(visitor(), sweep).id), 303)


@blueprint.get("/sweeps/<id>")
def show(id: str) -> Any:
    """A sweep as far as it has come, with the curve of one cell; `done` asks only for what is new
    since so many cells were.
    """
    kept = own_sweep(id)
    told = request.args.get("done") == str(kept.done) and kept.going
    if told and not sweeping().notice(kept):
        return "", 204
    number = _number(kept.sweep, request.args.get("cell", ""))
    page = _page(kept, number)
    if not request.headers.get("HX-Request"):
        sweeping().use(kept)
        return render_template("sweeps.html", **page)
    response = make_response(render_template("sweeps/sweep.html", **page))
    response.headers["HX-Replace-Url"] = url_for(".show", id=id, cell=number)
    return response


@blueprint.post("/sweeps/<id>/cancel")
def cancel(id: str) -> Any:
    """Train no more of it; what is done stays."""
    sweeping().cancel(own_sweep(id))
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", id=id), 303)
    kept = own_sweep(id)
    page = _page(kept, _number(kept.sweep, request.form.get("cell", "")))
    return render_template("sweeps/sweep.html", **page)


@blueprint.post("/sweeps/<id>/delete")
def delete(id: str) -> Any:
    """It is gone."""
    sweeping().forget(own_sweep(id))
    if not request.headers.get("HX-Request"):
        return redirect(url_for("mine.show"), 303)
    return render_template("sweeps/list.html", **listed())


@blueprint.post("/sweeps/<id>/cells/<int:number>/open")
def open_cell(id: str, number: int) -> Any:
    """The run of a cell, trained again to the same numbers, as one of the visitor's."""
    sweep = own_sweep(id)
    admit_run()
    try:
        live = sweeping().open(sweep, number)
    except KeyError:
        abort(404, "This run of the sweep is not done yet.")
    except (ValueError, LookupError) as error:
        abort(422, str(error.args[0]))
    return redirect(url_for("runs.show", id=live.id), 303)


def own_sweep(id: str) -> KeptSweep:
    """The visitor's sweep of this id; to everyone else there is none."""
    try:
        return sweeping().find(id, visitor())
    except KeyError:
        abort(404)


def listed() -> dict[str, Any]:
    """What the list of the visitor's sweeps shows."""
    return {"sweeps": sweeping().mine(visitor()), "swept_title": title}


def title(sweep: Sweep) -> str:
    """What a sweep is called: `Learning rate × L2`."""
    return " × ".join(axis.title for axis in sweep.axes)


def _read(texts: dict[str, str]) -> tuple[Sweep | None, dict[str, str]]:
    most = sweeping().most_runs, sweeping().most_steps
    return runner().work(read_sweep, texts, *most)


def _completed(settings: Settings, given: dict[str, str]) -> dict[str, str]:
    """The form's texts: a setting that has just been chosen has its examples for values."""
    texts = settings.texts()
    texts["steps"] = given.get("steps", str(min(USUAL_STEPS, sweeping().most_steps)))
    for axis in AXES:
        chosen = texts[axis] = given.get(axis, USUAL[axis])
        typed = given.get(f"{axis}_values")
        if typed is None or given.get(f"{axis}_was", chosen) != chosen:
            typed = examples(chosen, settings.texts()) if chosen in SWEPT else ""
        texts[f"{axis}_values"] = typed[:LONGEST_VALUES]
    return texts


def _form(
    settings: Settings, texts: dict[str, str], sweep: Sweep | None, errors: dict[str, str]
) -> Response:
    hidden = form.form(settings.texts(), {})["left_out"]
    chosen = {texts[axis] for axis in AXES}
    page = {
        "base": settings.texts(),
        "texts": texts,
        "errors": errors,
        "axes": AXES,
        "offered": {
            name: DECLARATIONS[name].title for name in SWEPT if name not in hidden or name in chosen
        },
        "fields": DECLARATIONS,
        "sweep": sweep,
        "most": sweeping().most_runs,
        "most_steps": sweeping().most_steps,
        "longest": LONGEST_VALUES,
        "lab": f"{url_for('network.show')}?{settings.query()}",
    }
    whole = not request.headers.get("HX-Request")
    template = "sweeps/new.html" if whole else "sweeps/form.html"
    return make_response(render_template(template, **page), 422 if errors else 200)


def _number(sweep: Sweep, text: str) -> int | None:
    """The cell that is asked for, None where there is no such."""
    known = text.isascii() and text.isdecimal() and len(text) < 9 and int(text) < sweep.runs
    return int(text) if known else None


def _page(kept: KeptSweep, number: int | None) -> dict[str, Any]:
    """What the template of a sweep shows: all of it, and the cell that is asked for or, without
    one, the best so far.
    """
    sweep, outcomes = kept.sweep, sweeping().cells(kept)
    compared = {n: each for n, each in outcomes.items() if not sweep_figure.marked(each)}
    best = min(compared, key=lambda n: compared[n].loss, default=None)
    at = best if number is None else number
    cell = sweeping().cell(kept, at) if at is not None else None
    labels = [[form.shown(axis.name, text) for text in axis.values] for axis in sweep.axes]
    drawn = {"sweep": runner().work(sweep_figure.figure, sweep, outcomes, labels, at)}
    if cell is not None and len(cell.curve.train):
        drawn["curve"] = runner().work(loss.figure, cell.curve)
    return {
        "kept": kept,
        "sweep": sweep,
        "outcomes": outcomes,
        "rows": [_named(sweep, n) for n in range(sweep.runs)],
        "swept_title": title(sweep),
        "best": best,
        "asked": number,
        "at": at,
        "cell": cell,
        "figures": drawn,
        "marked": sweep_figure.marked,
        "marks": {
            words: mark
            for words, mark in sweep_figure.MARKS.items()
            if any(sweep_figure.marked(each) == words for each in outcomes.values())
        },
        "tested": any(each.test == each.test for each in outcomes.values()),
        "left": roughly(sweeping().left(kept)),
        "waits": sweeping().waits(kept),
        "notice": sweeping().notice(kept),
        "curves": loss.LINES,
        "again": _address(_typed(sweep)),
        "lab": f"{url_for('network.show')}?{Settings.model_validate(sweep.base).query()}",
    }


def _named(sweep: Sweep, number: int) -> list[str]:
    """The values of a cell for people."""
    return [form.shown(name, text) for name, text in sweep.values(number).items()]


def _address(texts: dict[str, str]) -> str:
    """The form with these texts."""
    return f"{url_for('.new')}?{urlencode(texts, safe=',')}"


def _typed(sweep: Sweep) -> dict[str, str]:
    """The texts of the form that gives this sweep again."""
    texts = sweep.base | {"steps": str(sweep.steps), "second": ""}
    for name, axis in zip(AXES, sweep.axes, strict=False):
        texts |= {name: axis.name, f"{name}_values": joined(axis.values)}
    return texts


def roughly(seconds: float | None) -> str:
    """How long that is: `about 40 s`, `about 3 min`; empty where it is not known."""
    if seconds is None:
        return ""
    if seconds < 99.5:
        return f"about {max(1, round(seconds))} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.0f} h"
