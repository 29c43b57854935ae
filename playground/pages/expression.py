"""The expression lab: its state in the URL, commands that change it, and the page of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    render_template,
    request,
    url_for,
)

from engine.explain.finite_differences import nudge_leaf
from engine.explain.sentences import ask_gradient
from engine.explain.walk import build_walk
from engine.export.expression import EXPRESSION_FORMATS
from engine.export.expression import write_expression as write_program
from engine.notation import format_formula as written
from engine.notation import format_number
from engine.script.parser import FUNCTIONS, MAX_CHARACTERS, ExpressionError
from engine.value import DomainError, Value
from playground.expression.commands import COMMANDS, REMEMBERED, apply, is_right, write
from playground.expression.mathml import mathml
from playground.expression.scene import Scene, scene
from playground.expression.state import SPEEDS, Lab, fields
from playground.expression.stories import PRESETS
from playground.figures import curve, graph
from playground.http.services import runner, services
from playground.http.visitors import greet
from playground.rooms import leader
from playground.rooms.room import Shown

Result = TypeVar("Result")

blueprint = Blueprint("expression", __name__)
blueprint.before_request(greet)

LONGEST_QUERY = 3_500
"""Bytes; a longer text stands in the URL as its hash."""


MOST_ROWS, MOST_LEAVES = 120, 40
"""As many nodes does the table show at once, and as many numbers have a slider."""
SHORT = 200
"""Characters of a text that takes 40 ms at most, the first time; where many runs train a thread is
waited for as long.
"""
LONGEST_FORMULA = 120
"""Characters of a folded statement's formula."""


@blueprint.get("/expression")
def show() -> Response:
    """The lab with the state of the URL, or with the first story."""
    given = request.args.to_dict()
    if "text" in given:  # the form, where there is no script
        given["code"] = given.pop("text")
    if "code" not in given:
        given = fields(PRESETS[0].lab.query()) | given
    try:
        lab, wrong = read(given)
    except LookupError as error:
        lost = ExpressionError(str(error.args[0]), 1, 1)
        told = render_template("expression.html", **context(Lab(), error=lost))
        return make_response(told, 404)
    page = look(lab)
    if wrong and "error" not in page:
        page["error"] = wrong
    return _answer("expression.html", page)


@blueprint.post("/expression")
def change() -> Response:
    """The lab after a command; what was typed meanwhile comes first, and the address follows."""
    command = request.form.get("command", "write")
    if command not in COMMANDS:
        abort(422)
    lab = Lab()
    try:
        lab, _ = read(fields(request.form.get("state", "")))
        lab = worked(longer(lab, request.form), write, lab, request.form)
        changed = worked(lab.code, apply, lab, command, request.form)
    except (ValueError, LookupError, DomainError) as error:
        return _answer("expression/error.html", context(lab, error=error))
    leader.show(Shown("expression", query(changed)))
    response = _answer("expression/lab.html", look(changed))
    if command in REMEMBERED:
        response.headers["HX-Push-Url"] = address(changed)
    elif command != "drag":
        response.headers["HX-Replace-Url"] = address(changed)
    return response


def read(given: dict[str, str]) -> tuple[Lab, str]:
    """The lab that a query's fields give, and what is wrong with them.

    Raises LookupError where a text that they refer to is no longer kept.
    """
    given.pop("large", None)
    code = given.get("code", "")
    if not code.startswith("~"):
        return Lab.read(given)
    kept = services().texts.find(code[1:])
    if kept is None:
        raise LookupError("this link's expression is no longer kept here.")
    return Lab.read(given | {"code": kept, "large": len(kept) > MAX_CHARACTERS})


def address(lab: Lab) -> str:
    """The URL of the lab in this state."""
    return f"{url_for('expression.show')}?{query(lab)}"


def query(lab: Lab) -> str:
    """The state that an address has, as a query: whether and how fast it plays is left out."""
    return _query(lab, "playing", "speed")


def _query(lab: Lab, *left_out: str) -> str:
    """The state as a query, a long text by reference."""
    query = lab.query(*left_out)
    if len(query) > LONGEST_QUERY:
        rest = lab.but(code="").query(*left_out).partition("&")
        query = (
            urlencode({"code": "~" + services().texts.keep(lab.code)}, safe="~") + rest[1] + rest[2]
        )
    return query


def look(lab: Lab) -> dict[str, Any]:
    """What the templates show of a lab, or what is wrong with its text."""
    try:
        return context(lab, **worked(lab.code, _found, lab))
    except (ValueError, DomainError) as error:
        return context(lab, error=error)


def longer(lab: Lab, form: Mapping[str, str]) -> str:
    """The longer of a lab's text and what was typed meanwhile."""
    return max(lab.code, form.get("text", ""), key=len)


def worked(text: str, function: Callable[..., Result], *arguments: object) -> Result:
    """The result of a pure function of what a text says; of a longer one it is computed in a
    thread, since a large graph takes longer than others may wait.
    """
    if len(text) <= SHORT:
        return function(*arguments)
    return runner().work(function, *arguments)


def _found(lab: Lab) -> dict[str, Any]:
    """What is shown of a lab. Raises what `scene` does."""
    shown = scene(lab)
    known, grads, asks = shown.walk.computed_after(shown.place), shown.grads, shown.asks
    formulas = {node: _formula(shown, node) for node in shown.view.hidden}
    asked = asks.node if asks else None
    drawing = graph.figure(
        shown.nodes, known, grads, shown.step, shown.view, formulas, shown.chosen, asked
    )
    return {
        "scene": shown,
        "known": known,
        "grads": grads,
        "said": _said(shown),
        "formulas": [] if asks else [mathml(each) for each in shown.sentence.formulas],
        "folded": formulas,
        "rows": _rows(shown),
        "leaves": _sliders(shown),
        "alone": _alone(shown),
        "history": curve.history(shown.graph.trail, _output(shown)) if lab.moves else None,
        "exported": _exported(shown),
        "output": _output(shown),
        "constants": any(node.op is None and not node.label for node in shown.nodes),
        "figure": drawing,
    }


def _formula(shown: Scene, node: Value) -> str:
    """What a folded statement says, as one would write it."""
    formula = shown.expression.formulas.get(node.label)
    text = written(" ".join(formula.split())) if formula else node.format_formula()
    return text if len(text) <= LONGEST_FORMULA else text[: LONGEST_FORMULA - 2] + " …"


def _rows(shown: Scene) -> list[Value]:
    """The nodes that the table shows: all that are seen, in a large graph those around the
    step.
    """
    seen = shown.view.nodes
    if len(seen) <= MOST_ROWS:
        return list(seen)
    at = shown.chosen or (shown.step.receiver if shown.step else seen[0])
    middle = seen.index(shown.view.shown_as.get(at, seen[0]))
    start = max(0, min(middle - MOST_ROWS // 2, len(seen) - MOST_ROWS))
    return list(seen[start : start + MOST_ROWS])


def _sliders(shown: Scene) -> list[Value]:
    """The numbers that have a slider: all, of many the chosen one and those that are seen."""
    leaves = shown.leaves
    if len(leaves) <= MOST_LEAVES:
        return leaves
    seen, asked = set(shown.view.nodes), (shown.lab.node, shown.lab.leaf, shown.lab.second)
    first = [leaf for leaf in leaves if leaf.label in asked]
    return (first + [leaf for leaf in leaves if leaf in seen and leaf not in first])[:MOST_LEAVES]


def _output(shown: Scene) -> str:
    return shown.nodes[-1].label or "output"


def _exported(shown: Scene) -> str | None:
    """The program in the chosen format."""
    if shown.lab.format not in EXPRESSION_FORMATS:
        return None
    wanted = [leaf for leaf in shown.leaves if not shown.is_input(leaf)]
    return write_program(shown.lab.format, shown.nodes, wanted)


def _said(shown: Scene) -> str:
    """The sentence of the step; where one is to predict, the question, then right or wrong."""
    if shown.asks:
        return ask_gradient(shown.asks)
    typed, step = shown.uncovered.get(shown.place, ""), shown.step
    if not typed or step is None:
        return shown.sentence.text
    right = is_right(float(typed), step.after)
    verdict = "Right." if right else f"Not {format_number(float(typed))}."
    return f"{verdict} {shown.sentence.text}"


def _alone(shown: Scene) -> dict[str, Any] | None:
    """What is shown of the leaf that is looked at alone, or of two: a curve or a map, a nudge."""
    lab, output = shown.lab, _output(shown)
    leaf, second = (
        next((each for each in shown.leaves if each.label == name), None)
        for name in (lab.leaf, lab.second)
    )
    if leaf is None:
        return None
    pair = [leaf, second] if second else [leaf]
    moved = nudge_leaf(shown.nodes, leaf, 10.0**lab.h)
    width = max(_width(each) for each in pair)
    quotient = f"Δ{output}/h = {format_number(moved.quotient, 6)}"
    told = f"Move {leaf.label} by {format_number(moved.h)}, "
    told += f"and {output} moves by {format_number(moved.change)}. "
    slopes: tuple[float, float] | None = None
    try:
        slopes = _slopes(shown, leaf, second)
        off = format_number(abs(moved.quotient - slopes[0]), 2)
        told += f"{quotient}, the gradient is {format_number(slopes[0], 6)}: off by {off}."
    except DomainError as error:
        told += f"{quotient}. There is no gradient: {error}."
    if lab.predict:
        told, slopes = quotient, None
    page: dict[str, Any] = {"sentence": told}
    if second is None:
        page["function"] = curve.function(shown.nodes, leaf, slopes and slopes[0], width)
    else:
        page["map"] = curve.surface(shown.nodes, (leaf, second), slopes, width, shown.graph.trail)
    if slopes:
        page["nudges"] = curve.nudges(shown.nodes, leaf, slopes[0], moved.h)
    return page


def _slopes(shown: Scene, leaf: Value, second: Value | None) -> tuple[float, float]:
    """The output's derivatives by one leaf and another. Raises DomainError where there is none."""
    walked = build_walk(shown.nodes, [leaf, second] if second else [leaf])
    grads = walked.gradients_after(len(walked.steps))
    return grads.get(leaf, 0.0), grads.get(second, 0.0) if second else 0.0


def _width(leaf: Value) -> float:
    """How far to either side a leaf's curve is drawn."""
    return max(2.0, 1.5 * abs(leaf.data))


def context(lab: Lab, **found: Any) -> dict[str, Any]:
    """The editor with its stories, and what was found in the text."""
    return {
        "lab": lab,
        "state": _query(lab),
        "path": address(lab),
        "link": urljoin(request.url_root, address(lab)),
        "stories": [(each, address(each.lab)) for each in PRESETS],
        "story": next((each for each in PRESETS if each.key == lab.story), None),
        "functions": FUNCTIONS,
        "formats": EXPRESSION_FORMATS,
        "speeds": SPEEDS,
    } | found


def _answer(template: str, page: dict[str, Any]) -> Response:
    return make_response(render_template(template, **page), 422 if "error" in page else 200)
