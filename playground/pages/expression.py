"""The expression lab: its state in the URL, commands that change it, and the page of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)

from engine.expression import FUNCTIONS, ExpressionError
from engine.value import DomainError
from playground.figures import graph
from playground.formulas import mathml
from playground.lab import COMMANDS, SPEEDS, Lab, apply, read_query, scene, write
from playground.presets import PRESETS
from playground.texts import TextStore
from playground.visitors import greet

blueprint = Blueprint("expression", __name__)
blueprint.before_request(greet)

LONGEST_QUERY = 3_500
"""Bytes; a longer text stands in the URL as its hash."""


@blueprint.get("/expression")
def show() -> Response:
    """The lab with the state of the URL, or with the first preset."""
    given: dict[str, str] = request.args.to_dict()
    code = given.setdefault("code", PRESETS[0].text)
    if code.startswith("~"):
        kept = _texts().find(code[1:])
        if kept is None:
            lost = ExpressionError("this link's expression is no longer kept here.", 1, 1)
            told = render_template("expression.html", **context(Lab(), error=lost))
            return make_response(told, 404)
        given["code"] = kept
    lab, wrong = Lab.read(given)
    page = look(lab)
    if wrong and "error" not in page:
        page["error"] = wrong
    return _answer("expression.html", page)


@blueprint.post("/expression")
def change() -> Response:
    """The lab after a command; what was typed meanwhile comes first, and the address follows."""
    lab = read_query(request.form.get("state", ""))
    command = request.form.get("command", "write")
    if command not in COMMANDS:
        abort(422)
    try:
        lab = write(lab, request.form)
        changed = apply(lab, command, request.form)
    except (ValueError, DomainError) as error:
        return _answer("expression/error.html", context(lab, error=error))
    response = _answer("expression/lab.html", look(changed))
    response.headers["HX-Replace-Url"] = address(changed)
    return response


def address(lab: Lab) -> str:
    """The URL of the lab in this state."""
    query = lab.query("playing", "speed")
    if len(query) > LONGEST_QUERY:
        rest = lab.model_copy(update={"code": ""}).query("playing", "speed").partition("&")
        query = urlencode({"code": "~" + _texts().keep(lab.code)}, safe="~") + rest[1] + rest[2]
    return f"{url_for('expression.show')}?{query}"


def look(lab: Lab) -> dict[str, Any]:
    """What the templates show of a lab, or what is wrong with its text."""
    try:
        shown = scene(lab)
    except (ExpressionError, DomainError) as error:
        return context(lab, error=error)
    grads = shown.walk.grads(shown.place)
    known = shown.walk.known(shown.place)
    return context(
        lab,
        scene=shown,
        known=known,
        grads=grads,
        formulas=[mathml(each) for each in shown.sentence.formulas],
        figure=graph.figure(shown.nodes, known, grads, shown.step),
    )


def context(lab: Lab, **found: Any) -> dict[str, Any]:
    """The editor with its presets, and what was found in the text."""
    return {
        "lab": lab,
        "state": lab.query(),
        "presets": [(each, address(Lab(code=each.text))) for each in PRESETS],
        "functions": FUNCTIONS,
        "speeds": SPEEDS,
    } | found


def _answer(template: str, page: dict[str, Any]) -> Response:
    return make_response(render_template(template, **page), 422 if "error" in page else 200)


def _texts() -> TextStore:
    kept: TextStore = current_app.extensions["texts"]
    return kept
