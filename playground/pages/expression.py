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
from engine.notation import number
from engine.nudge import nudge
from engine.sentences import question
from engine.value import DomainError, Value
from engine.walk import walk
from playground.figures import curve, graph
from playground.formulas import mathml
from playground.lab import (
    COMMANDS,
    SPEEDS,
    Lab,
    Scene,
    apply,
    is_right,
    read_query,
    scene,
    write,
)
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
    except (ValueError, DomainError) as error:
        return context(lab, error=error)
    known, grads, asks = shown.walk.known(shown.place), shown.grads, shown.asks
    return context(
        lab,
        scene=shown,
        known=known,
        grads=grads,
        said=_said(shown),
        formulas=[] if asks else [mathml(each) for each in shown.sentence.formulas],
        alone=_alone(shown),
        figure=graph.figure(shown.nodes, known, grads, shown.step),
    )


def _said(shown: Scene) -> str:
    """The sentence of the step; where one is to predict, the question, then right or wrong."""
    if shown.asks:
        return question(shown.asks)
    typed, step = shown.uncovered.get(shown.place, ""), shown.step
    if not typed or step is None:
        return shown.sentence.text
    right = is_right(float(typed), step)
    verdict = "Right." if right else f"Not {number(float(typed))}."
    return f"{verdict} {shown.sentence.text}"


def _alone(shown: Scene) -> dict[str, Any] | None:
    """What is shown of the leaf that is looked at alone: its curve and its nudge."""
    leaf = next((each for each in shown.leaves if each.label == shown.lab.leaf), None)
    if leaf is None:
        return None
    slopes = walk(shown.nodes, [leaf])
    slope = slopes.grads(len(slopes.steps))[leaf]
    moved = nudge(shown.nodes, leaf, 10.0**shown.lab.h)
    output = shown.nodes[-1].label or "output"
    told = (
        f"Move {leaf.label} by {number(moved.h)}, and {output} moves by {number(moved.change)}. "
        f"Δ{output}/h = {number(moved.quotient, 6)}, the gradient is {number(slope, 6)}: "
        f"off by {number(abs(moved.quotient - slope), 2)}."
    )
    if shown.lab.predict:
        return {
            "sentence": f"Δ{output}/h = {number(moved.quotient, 6)}",
            "function": curve.function(shown.nodes, leaf, None, _width(leaf)),
        }
    return {
        "sentence": told,
        "function": curve.function(shown.nodes, leaf, slope, _width(leaf)),
        "nudges": curve.nudges(shown.nodes, leaf, slope, moved.h),
    }


def _width(leaf: Value) -> float:
    """How far to either side a leaf's curve is drawn."""
    return max(2.0, 1.5 * abs(leaf.data))


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
