"""Sweeps: the person varies one or two settings, and every combination becomes a run."""

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

from engine.training.settings_parser import nearest_settings, parse_settings
from playground.http.rate_limits import admit_run
from playground.http.services import runner, services
from playground.http.visitors import greet, visitor
from playground.labs.sweep_page import (
    SweepForm,
    cell_number,
    form_page,
    form_texts,
    open_form,
    submitted_form,
    sweep_list,
    sweep_page,
)
from playground.messages import sweeps as messages
from playground.network import form
from playground.runner.sweeps import Sweeps
from playground.storage.sweep_rows import StoredSweep

blueprint = Blueprint("sweeps", __name__)
blueprint.before_request(greet)


def sweeps() -> Sweeps:
    """Return what stores this application's sweeps and trains them."""
    return runner().sweeps


@blueprint.get("/sweeps/new")
def new() -> Any:
    """Show the form for a sweep of the settings in the address."""
    texts = form.form_texts(request.args)
    settings, corrections = nearest_settings(texts)
    sweep_form = open_form(services(), settings, texts)
    response = _form_response(sweep_form, corrections)
    if request.headers.get("HX-Request"):
        response.headers["HX-Replace-Url"] = _form_address(sweep_form.texts)
    return response


@blueprint.post("/sweeps")
def create() -> Any:
    """Start a sweep. Answer 422 with the form if something is wrong with it."""
    texts = form.form_texts(request.form)
    settings, errors = parse_settings(texts)
    if settings is None:
        abort(422, " ".join(errors.values()))
    sweep_form = submitted_form(services(), settings, texts)
    if sweep_form.sweep is None:
        return _form_response(sweep_form)
    return redirect(url_for(".show", id=sweeps().start(visitor(), sweep_form.sweep).id), 303)


@blueprint.get("/sweeps/<id>")
def show(id: str) -> Any:
    """Show a sweep with the curve of one cell. With `done`, answer only if there is news since that
    many cells were finished.
    """
    row = own_sweep(id)
    up_to_date = request.args.get("done") == str(row.done) and row.going
    if up_to_date and not sweeps().notice(row):
        return "", 204
    number = cell_number(row.sweep, request.args.get("cell", ""))
    if not request.headers.get("HX-Request"):
        sweeps().touch(row)
        return render_template("sweeps.html", **_page(row, number))
    response = make_response(render_template("sweeps/sweep.html", **_page(row, number)))
    response.headers["HX-Replace-Url"] = url_for(".show", id=id, cell=number)
    return response


@blueprint.post("/sweeps/<id>/cancel")
def cancel(id: str) -> Any:
    """Stop training. Finished cells stay."""
    sweeps().cancel(own_sweep(id))
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show", id=id), 303)
    row = own_sweep(id)
    number = cell_number(row.sweep, request.form.get("cell", ""))
    return render_template("sweeps/sweep.html", **_page(row, number))


@blueprint.post("/sweeps/<id>/delete")
def delete(id: str) -> Any:
    """Delete a sweep."""
    sweeps().delete(own_sweep(id))
    if not request.headers.get("HX-Request"):
        return redirect(url_for("my_runs.show"), 303)
    return render_template("sweeps/list.html", **sweep_list(services(), visitor()))


@blueprint.post("/sweeps/<id>/cells/<int:number>/open")
def open_cell(id: str, number: int) -> Any:
    """Train the run of a cell again, to the same numbers, as one of the visitor's runs."""
    row = own_sweep(id)
    admit_run()
    try:
        live = sweeps().open(row, number)
    except KeyError:
        abort(404, messages.UNFINISHED_CELL)
    except (ValueError, LookupError) as error:
        abort(422, str(error.args[0]))
    return redirect(url_for("runs.show", id=live.id), 303)


def own_sweep(id: str) -> StoredSweep:
    """Return the visitor's sweep of this id. For everyone else it does not exist (404)."""
    try:
        return sweeps().find(id, visitor())
    except KeyError:
        abort(404)


def _form_response(sweep_form: SweepForm, corrections: dict[str, str] | None = None) -> Response:
    is_page = not request.headers.get("HX-Request")
    template = "sweeps/new.html" if is_page else "sweeps/form.html"
    page = form_page(services(), sweep_form) | {"corrections": corrections}
    return make_response(render_template(template, **page), 422 if sweep_form.errors else 200)


def _form_address(texts: dict[str, str]) -> str:
    """Return the address of the form with these texts."""
    return f"{url_for('.new')}?{urlencode(texts, safe=',')}"


def _page(row: StoredSweep, number: int | None) -> dict[str, Any]:
    page = sweep_page(services(), row, number)
    return page | {"again": _form_address(form_texts(row.sweep))}
