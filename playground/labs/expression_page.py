"""What the templates of the expression lab show of its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from markupsafe import Markup

from engine.explain.sentences import ask_gradient
from engine.export.expression import EXPRESSION_FORMATS, write_expression
from engine.notation import format_formula
from engine.script.errors import ExpressionError
from engine.script.grammar import FUNCTIONS
from engine.value import Value
from playground.expression.commands import apply
from playground.expression.link_check import fit
from playground.expression.predictions import is_right
from playground.expression.scene import Scene, scene, scene_despite
from playground.expression.slips import help_with
from playground.expression.state import SPEEDS, Lab, fields
from playground.expression.stories import PRESETS
from playground.expression.text_commands import RefusedNumberError, write
from playground.figures import curve, graph
from playground.http.services import Services
from playground.labs.expression_links import full_query, link_query, parse_lab
from playground.labs.leaf_study import leaf_study
from playground.messages import expression as messages

Result = TypeVar("Result")

MAX_ROWS = 120
"""Maximum number of nodes that the table shows at once."""
MAX_SLIDERS = 40
"""Maximum number of leaves that have a slider."""
SHORT_TEXT = 200
"""Length in characters of a text that takes at most 40 ms, the first time. A thread, where many
runs train, can take as long to become free.
"""
MAX_FORMULA = 120
"""Maximum length of a folded statement's formula, in characters."""


def expression_page(services: Services, lab: Lab) -> dict[str, Any]:
    """Return what the templates show of a lab. If its text has an error: what is wrong with it, and
    the graph of the statements above.
    """
    page = editor_page(services, lab)
    try:
        return page | compute(services, lab.code, _drawing, lab)
    except ValueError as error:
        return page | compute(services, lab.code, _drawing_despite, lab, error) | {"error": error}


def opened_page(services: Services, lab: Lab, message: str) -> dict[str, Any]:
    """Return the page of a lab that comes from a link. `message` says what is wrong in the link;
    what the graph does not have is left out, with a sentence.
    """
    page = expression_page(services, lab)
    if "error" in page:
        return page
    fitting, sentences = fit(page["scene"])
    if sentences:
        page = expression_page(services, fitting)
    return page | {"notice": " ".join(filter(None, [message, *sentences]))}


def error_page(services: Services, lab: Lab, error: Exception) -> dict[str, Any]:
    """Return the page of a lab whose command has an error."""
    return editor_page(services, lab) | {"error": error}


def editor_page(services: Services, lab: Lab) -> dict[str, Any]:
    """Return what the page shows for every text: the editor, the stories and the link."""
    return {
        "lab": lab,
        "state": full_query(services, lab),
        "link_query": link_query(services, lab),
        "stories": PRESETS,
        "story": next((story for story in PRESETS if story.key == lab.story), None),
        "functions": FUNCTIONS,
        "formats": EXPRESSION_FORMATS,
        "speeds": SPEEDS,
    }


def change_lab(
    services: Services, state: str, command: str, form: Mapping[str, str]
) -> tuple[Lab, Exception | None]:
    """Return the lab after a command. What the person typed in the meantime comes first.

    If that is not possible, return the lab as far as it came, and the error.
    """
    lab = Lab()
    try:
        lab, _ = parse_lab(services, fields(state))
        lab = typed(services, lab, form)
        return compute(services, lab.code, apply, lab, command, form), None
    except (ValueError, LookupError) as error:
        return lab, error


def refused_leaf(
    services: Services, lab: Lab, form: Mapping[str, str], error: Exception
) -> dict[str, Any]:
    """Return what the row of a leaf shows whose number was refused, or nothing without such a leaf.
    A text that is no number stays in its box.
    """
    if not isinstance(error, RefusedNumberError | ExpressionError):
        return {}
    try:
        current = compute(services, lab.code, scene, lab)
    except ValueError:
        return {}
    leaf = current.expression.names.get(form.get("leaf", ""))
    return {"scene": current, "leaf": leaf} if leaf in current.leaves else {}


def typed(services: Services, lab: Lab, form: Mapping[str, str]) -> Lab:
    """Return the lab with the text that the person typed in the meantime."""
    longer = max(lab.code, form.get("text", ""), key=len)
    return compute(services, longer, write, lab, form)


def compute(
    services: Services, text: str, function: Callable[..., Result], *arguments: object
) -> Result:
    """Return the result of a pure function of a text.

    For a long text it is computed in a thread, because a large graph takes longer than other
    requests may wait.
    """
    if len(text) <= SHORT_TEXT:
        return function(*arguments)
    return services.runner.compute(function, *arguments)


def _drawing_despite(lab: Lab, error: ValueError) -> dict[str, Any]:
    """Return what the page can still show of a lab that has an error."""
    remaining = scene_despite(lab, error)
    return _drawing(remaining.lab) | {"above_error": True} if remaining else {}


def _drawing(lab: Lab) -> dict[str, Any]:
    """Return what the page shows of the graph and the walk. Raises what `scene` raises."""
    current = scene(lab)
    computed, grads = current.walk.computed_after(current.step_index), current.grads
    question = current.question_step
    formulas = {node: _formula(current, node) for node in current.view.hidden}
    return {
        "scene": current,
        "known": computed,
        "grads": grads,
        "sentence": _sentence(current),
        "wrong": help_with(question, current.lab) if question else "",
        "verdict": _verdict(current),
        "formulas": [] if question else [Markup(formula) for formula in current.sentence.formulas],
        "folded": formulas,
        "rows": _rows(current),
        "leaves": _sliders(current),
        "alone": leaf_study(current),
        "history": curve.history(current.graph.trail, current.output_name) if lab.moves else None,
        "exported": _export(current),
        "output": current.output_name,
        "constants": any(node.op is None and not node.label for node in current.nodes),
        "figure": graph.figure(
            current.nodes,
            computed,
            grads,
            current.step,
            current.view,
            formulas,
            current.selected,
            question.node if question else None,
        ),
    }


def _formula(scene: Scene, node: Value) -> str:
    """Return the formula of a folded statement, as a person would write it."""
    formula = scene.expression.formulas.get(node.label)
    text = format_formula(" ".join(formula.split())) if formula else node.format_formula()
    return text if len(text) <= MAX_FORMULA else text[: MAX_FORMULA - 2] + " …"


def _rows(scene: Scene) -> list[Value]:
    """Return the nodes in the table: all visible ones, or in a large graph those near the step."""
    visible = scene.view.nodes
    if len(visible) <= MAX_ROWS:
        return list(visible)
    centre = scene.selected or (scene.step.receiver if scene.step else visible[0])
    middle = visible.index(scene.view.shown_as.get(centre, visible[0]))
    start = max(0, min(middle - MAX_ROWS // 2, len(visible) - MAX_ROWS))
    return list(visible[start : start + MAX_ROWS])


def _sliders(scene: Scene) -> list[Value]:
    """Return the leaves that have a slider: all, or of many the chosen and the visible ones."""
    leaves, lab = scene.leaves, scene.lab
    if len(leaves) <= MAX_SLIDERS:
        return leaves
    visible = set(scene.view.nodes)
    first = [leaf for leaf in leaves if leaf.label in (lab.node, lab.leaf, lab.second)]
    rest = [leaf for leaf in leaves if leaf in visible and leaf not in first]
    return (first + rest)[:MAX_SLIDERS]


def _export(scene: Scene) -> str | None:
    """Return the expression in the chosen format."""
    if scene.lab.format not in EXPRESSION_FORMATS:
        return None
    parameters = [leaf for leaf in scene.leaves if not scene.is_input(leaf)]
    return write_expression(scene.lab.format, scene.nodes, parameters)


def _sentence(scene: Scene) -> str:
    """Return the sentence of the step: while a prediction is due, the question instead."""
    if scene.question_step:
        return ask_gradient(scene.question_step)
    answer, step = scene.predictions.get(scene.step_index, ""), scene.step
    if not answer or step is None or not is_right(float(answer), step.after):
        return scene.sentence.text
    return messages.RIGHT.format(sentence=scene.sentence.text)


def _verdict(scene: Scene) -> str:
    """Return what came of the order that the person chose, once every node passed on."""
    if not scene.lab.ordering or scene.waiting:
        return ""
    if scene.early is None:
        return messages.RIGHT_ORDER
    node, user = scene.early
    return messages.TOO_EARLY.format(node=node.label, user=user.label)
