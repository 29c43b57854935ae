"""One panel alone, for the page of another site: `?embed=surface` at the address of a lab or of a
shared run.

An embedded panel is read-only and belongs to nobody: it needs no cookie, stores nothing, and has
neither a run nor a stream until the viewer presses Play. `PLAYGROUND_EMBED_ANCESTORS` says which
sites may show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, render_template, request

from engine.inspection.frames import Frame, ViewOptions
from engine.training.run import Run
from engine.training.settings_parser import nearest_settings
from playground.http.rate_limits import client_address
from playground.http.security import security_policy
from playground.http.services import runner, services
from playground.http.sse import frame_events, note_page, page_hold, stream_response
from playground.labs.embedded_panels import (
    EXPRESSION_PANELS,
    NETWORK_PANELS,
    embedded_expression,
    embedded_run,
)
from playground.labs.network_page import lab_page
from playground.messages import network as messages
from playground.network.view import parse_view, view_texts
from playground.panels import plots
from playground.runner.live_run import LiveRun
from playground.runner.runner import Runner

blueprint = Blueprint("embed", __name__)

FRAMES = ("iframe", "frame", "embed", "object")
"""What a browser says that a page is for, if it is for a frame (Fetch metadata)."""
ENDPOINTS = ("expression.show", "network.show", "my_runs.open_shared")
"""The pages that answer with a single panel if their address has `embed`."""

COMMANDS: dict[str, Callable[[Runner, LiveRun], None]] = {
    "play": Runner.play,
    "pause": Runner.pause,
    "reset": Runner.reset,
}
"""What the buttons of a panel do with its run."""


@blueprint.before_app_request
def panel() -> Response | None:
    """Return the panel that the address names instead of the page."""
    name = request.args.get("embed")
    if name is None or request.endpoint not in ENDPOINTS:
        return None
    if request.endpoint == "expression.show":
        return _expression_panel(name)
    return _network_panel(name, (request.view_args or {}).get("id", ""))


@blueprint.post("/embed/presence")
def note_presence() -> Any:
    """Note that the page of a panel was hidden or closed."""
    live = runner().embedded.find(_token())
    return note_page(runner(), live) if live else ("", 204)


@blueprint.post("/embed/<command>")
def change(command: str) -> Any:
    """Play, pause or reset the run of a panel."""
    if command not in COMMANDS:
        abort(404)
    live = _live()
    COMMANDS[command](runner(), live)
    frame = runner().frame(live, live.audience.views.get(_token(), ViewOptions()))
    return _numbers_html(live, frame)


@blueprint.get("/embed/events")
def stream() -> Response:
    """Send the frames of a panel's run."""
    live, hold = _live(), page_hold()
    runs, token = runner(), _token()  # the stream may end outside of its request

    def send() -> Iterator[bytes]:
        with runs.watch(live, token) as viewer:
            numbers = lambda frame, view: _numbers_html(live, frame)  # noqa: E731
            yield from frame_events(runs, live, viewer, numbers, _figures, hold)

    return stream_response(send(), hold)


def _expression_panel(name: str) -> Response:
    if name not in EXPRESSION_PANELS:
        abort(404, messages.EMBEDDABLE.format(panels=", ".join(EXPRESSION_PANELS)))
    page = embedded_expression(services(), request.args.to_dict())
    if "error" in page:
        return _framed("expression/error.html", page, 422)
    return _framed(f"expression/{name}.html", page)


def _network_panel(name: str, shared: str) -> Response:
    if name not in NETWORK_PANELS:
        abort(404, messages.EMBEDDABLE.format(panels=", ".join(NETWORK_PANELS)))
    run = _run(shared)
    view = parse_view(dict(request.args.lists()), run)
    query = urlencode({"shared": shared}) if shared else run.settings.query()
    query = f"{query}&{urlencode([*view_texts(view), ('page', token_urlsafe(12))], safe=',')}"
    page = lab_page(runner(), run, view=view) | {"query": query}
    if not shared:
        page["corrections"] = nearest_settings(request.args.to_dict())[1]
    return _framed(f"network/{name}.html", page)


def _framed(panel: str, page: dict[str, Any], status: int = 200) -> Response:
    """Return the panel, which only the sites that the deployment names may show in a frame.

    A browser shows nothing of a page that may not stand in a frame. So while no site may show a
    panel, a frame gets a sentence in its place.
    """
    ancestors = services().deployment.embed_ancestors or "'none'"
    if ancestors == "'none'" and request.headers.get("Sec-Fetch-Dest") in FRAMES:
        panel, page, status, ancestors = "embed/refused.html", {}, 403, ""
    response = make_response(render_template("embed.html", panel_alone=panel, **page), status)
    response.headers["Content-Security-Policy"] = security_policy(ancestors)
    return response


def _run(shared: str) -> Run:
    run = embedded_run(services(), shared, request.args.to_dict())
    if run is None:
        abort(404, messages.NOTHING_TO_EMBED)
    return run


def _token() -> str:
    return request.args.get("page", "")[:64]


def _live() -> LiveRun:
    """Return the run of the page that sent this request. It begins if there is none."""
    token, shared = _token(), request.args.get("shared", "")
    live = runner().embedded.open(token, lambda: _run(shared), f"address {client_address()}")
    if token not in live.audience.views:
        runner().look(live, token, parse_view(dict(request.args.lists()), live.run))
    return live


def _numbers_html(live: LiveRun, frame: Frame) -> str:
    query = request.query_string.decode()
    return render_template(
        "embed/numbers.html",
        frame=frame,
        run=frame.run,
        live=live,
        query=query,
        trouble=live.notice,
    )


def _figures(frame: Frame, view: ViewOptions) -> dict[str, Any]:
    return runner().compute(plots, frame, view)
