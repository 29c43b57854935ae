"""What several pages share: the visitor's own runs, the labs' addresses, and the network lab as a
response.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from engine.inspection.frames import ViewOptions
from engine.training.csv_table import write_csv
from engine.training.run import Run
from engine.training.settings import Settings
from playground.expression.state import Lab
from playground.http.files import file_response
from playground.http.request import page_query
from playground.http.services import runner, services
from playground.http.visitors import visitor
from playground.labs.expression_links import link_query
from playground.labs.former_run import FormerRun
from playground.labs.network_page import lab_page, network_query
from playground.labs.new_run import prepare_run, sample_graph
from playground.network import form
from playground.network.view import parse_view
from playground.rooms import leader
from playground.rooms.record import Display
from playground.runner.live_run import LiveRun
from playground.runner.scheduling.pace import DEFAULT_SPEED


@contextmanager
def unprocessable() -> Iterator[None]:
    """Answer 422 with the message of a ValueError."""
    try:
        yield
    except ValueError as error:
        abort(422, str(error))


def own_run(id: str) -> LiveRun:
    """Return the visitor's run of this id. For everyone else it does not exist (404)."""
    try:
        live = runner().runs.get(id, visitor())
    except KeyError:
        abort(404)
    live.touch()
    return live


def pinned_run(view: ViewOptions) -> Run | None:
    """Return the run to compare with, if this visitor has it."""
    try:
        return runner().runs.get(view.pin, visitor()).run if view.pin else None
    except KeyError:
        return None


def prepared_run(texts: dict[str, str]) -> Run:
    """Return the run that these settings begin, or answer 422 with what is wrong."""
    run, errors = prepare_run(services(), texts)
    if run is None:
        abort(422, " ".join(errors.values()))
    return run


def expression_address(lab: Lab) -> str:
    """Return the URL of the expression lab in this state."""
    return f"{url_for('expression.show')}?{link_query(services(), lab)}"


def network_address(run: Run, live: LiveRun | None, view: ViewOptions) -> str:
    """Return the URL that shows this run through this view again."""
    return f"{url_for('network.show')}?{network_query(run, view, live.id if live else '')}"


def render_lab(
    run: Run,
    live: LiveRun | None,
    speed: str = DEFAULT_SPEED,
    view: ViewOptions | None = None,
    former: FormerRun | None = None,
    corrections: dict[str, str] | None = None,
) -> Response:
    """Return the page, or for htmx the part of it that changes, and its address. It says what
    became of a run that this one replaces.

    Without a `view`, the address says what to show.
    """
    if live:
        runner().expect(live)
    view = view or parse_view(dict(request.args.lists()), run)
    address = network_address(run, live, view)
    leader.show_to_followers(
        Display("network", run.settings.query(), live.id if live else ""), view
    )
    page = lab_page(runner(), run, live, view, pinned_run(view), speed)
    page |= {"address": address, "former": former, "corrections": corrections}
    if not request.headers.get("HX-Request"):
        return make_response(render_template("network.html", **page))
    response = make_response(render_template("network/lab-answer.html", **page))
    same_page = live or request.args.getlist("slice")
    response.headers["HX-Replace-Url" if same_page else "HX-Push-Url"] = address
    return response


def new_run_response(live: LiveRun, former: FormerRun | None) -> Response:
    """Return the lab with a new run in place of the one that the request was sent to."""
    response = render_lab(live.run, live, view=parse_view(page_query(), live.run), former=former)
    response.headers["HX-Push-Url"] = response.headers.pop("HX-Replace-Url")
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#lab", "outerMorph"
    return response


def refuse_settings(
    texts: dict[str, str], errors: dict[str, str], live: LiveRun | None = None
) -> Response:
    """Return the form with a message beside each field that is wrong, and one beside Play. The
    other fields stay.
    """
    typed = Settings().texts() | {k: v for k, v in texts.items() if k in Settings.model_fields}
    page = form.form_context(typed, errors, live is not None) | {"live": live}
    return make_response(render_template("network/refused.html", **page), 422)


def csv_response(run: Run) -> Response:
    """Return the samples of a run as a file, with all inputs."""
    data = run.data
    text = write_csv(data.inputs, data.targets, data.classes, is_test=data.is_test)
    return file_response(text, "data.csv", "text/csv")


def open_sample_graph(run: Run) -> BaseResponse:
    """Redirect to the expression lab with the loss of the training sample in the request."""
    with unprocessable():
        lab = sample_graph(services(), run, request.args.get("sample", "1"))
    return redirect(expression_address(lab))
