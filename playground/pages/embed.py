"""One panel alone, for another site's page: `?embed=surface` on a lab's address or on a shared
moment's.

It is read only and nobody's: no cookie is needed, nothing is kept, and until Play is pressed no
stream is open. Which sites may show it in a frame, `PLAYGROUND_EMBED_ANCESTORS` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    render_template,
    request,
    url_for,
)

from engine.inspection.frames import Frame, View
from engine.training.run import Run
from playground.http.rate_limits import client_address
from playground.http.security import security_policy
from playground.http.services import runner, services
from playground.http.sse import frame_events, stream_response
from playground.labs.expression_links import parse_lab
from playground.labs.expression_page import expression_page
from playground.labs.network_page import lab_page
from playground.labs.new_run import prepare_run
from playground.network.view import parse_view, view_texts
from playground.panels import drawn

blueprint = Blueprint("embed", __name__)

EXPRESSION = ("graph", "sentence", "nodes")
NETWORK = ("surface", "picture", "loss")
"""The panels that can stand alone, by their templates."""


@blueprint.before_app_request
def alone() -> Response | None:
    """The panel that an address with `embed` asks for, in place of the page."""
    panel = request.args.get("embed")
    if panel is None or request.endpoint not in ("expression.show", "network.show", "mine.opened"):
        return None
    if request.endpoint == "expression.show":
        try:
            page = expression_page(services(), parse_lab(services(), request.args.to_dict())[0])
        except LookupError:
            page = {}
        if panel not in EXPRESSION or "figure" not in page:
            abort(404, f"What stands alone is one of {', '.join(EXPRESSION)}.")
        return _framed(f"expression/{panel}.html", page)
    if panel not in NETWORK:
        abort(404, f"What stands alone is one of {', '.join(NETWORK)}.")
    shared = (request.view_args or {}).get("id", "")
    run = _run(shared)
    view = parse_view(dict(request.args.lists()), run)
    query = urlencode({"shared": shared}) if shared else run.settings.query()
    plays = f"{url_for('embed.play')}?{query}&{urlencode(view_texts(view), safe=',')}"
    return _framed(f"network/{panel}.html", lab_page(runner(), run, view=view) | {"plays": plays})


def _framed(panel: str, page: dict[str, Any]) -> Response:
    """The panel, which the sites that the deployment names may hold in a frame."""
    response = make_response(render_template("embed.html", panel_alone=panel, **page))
    allowed = services().deployment.embed_ancestors or "'none'"
    response.headers["Content-Security-Policy"] = security_policy(allowed)
    return response


@blueprint.get("/embed/play")
def play() -> str:
    """What Play puts in its place: the stream."""
    query = request.query_string.decode()
    return render_template("embed/playing.html", stream=f"{url_for('embed.stream')}?{query}")


@blueprint.get("/embed/events")
def stream() -> Response:
    """A run of nobody's that plays for as long as it is watched."""
    run = _run(request.args.get("shared", ""))
    view = parse_view(dict(request.args.lists()), run)
    plays = runner()  # a stream that is given up may end outside of its request
    live = plays.nobodys(run, f"address {client_address()}")

    def send() -> Iterator[bytes]:
        plays.look(live, "embed", view)
        try:
            with plays.watch(live, "embed") as viewer:
                plays.play(live)
                yield from frame_events(plays, viewer, _read, _drawn)
        finally:
            plays.pause(live)

    return stream_response(send())


def _run(shared: str) -> Run:
    try:
        if shared:
            return runner().shared(shared)
        run, _ = prepare_run(services(), request.args.to_dict())
    except KeyError:
        run = None
    if run is None:
        abort(404, "There is nothing here that can be shown alone.")
    return run


def _read(frame: Frame, view: View) -> str:
    return render_template("embed/numbers.html", frame=frame, run=frame.run)


def _drawn(frame: Frame, view: View) -> dict[str, Any]:
    return runner().work(drawn, frame, view)
