"""What the leader's page brings into a room: its display, and the question that it asks."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from engine.explain.sentences import ask_gradient
from engine.inspection.frames import ViewOptions
from playground.expression.predictions import pose
from playground.expression.scene import scene
from playground.expression.state import Lab, fields
from playground.http.services import Services
from playground.labs.expression_links import link_query, parse_lab
from playground.labs.expression_page import compute, typed
from playground.labs.new_run import prepare_run
from playground.messages import rooms as messages
from playground.network import form
from playground.network.view import parse_view
from playground.rooms.question import Question
from playground.rooms.record import Display


def display_of_page(
    services: Services, visitor: str, texts: MultiDict[str, str], query: Mapping[str, list[str]]
) -> tuple[Display, ViewOptions]:
    """Return what a visitor's page displays, from the fields that it sent and its own query.

    Raises ValueError or LookupError with a message if it displays nothing that can be shown.
    """
    if "state" in texts:
        lab, _ = parse_lab(services, fields(texts["state"]))
        return expression_display(services, typed(services, lab, texts)), ViewOptions()
    parameters = {name: values[-1] for name, values in query.items()}
    settings = parameters | form.form_texts(texts)
    run, errors = prepare_run(services, settings)
    if run is None:
        raise ValueError(" ".join(errors.values()))
    view = parse_view({name: [text] for name, text in settings.items()}, run)
    id = parameters.get("run", "")
    if id:
        try:
            services.runner.runs.get(id, visitor)
        except KeyError:
            raise LookupError(messages.RUN_GONE) from None
    return Display("network", run.settings.query(), id), view


def expression_display(services: Services, lab: Lab) -> Display:
    """Return the display of an expression lab."""
    return Display("expression", link_query(services, lab))


def gradient_question(services: Services, state: str) -> tuple[Lab, Question]:
    """Return the question for the gradient of the current backward step, and the lab that hides it.

    Raises ValueError or LookupError with a message if there is no such step.
    """
    lab, _ = parse_lab(services, fields(state))
    hidden, solved = compute(services, lab.code, pose, lab)
    step = scene(hidden).question_step
    if step is None:
        raise ValueError(messages.NOT_BACKWARD)
    question = Question(
        ask_gradient(step),
        step.after,
        display=expression_display(services, hidden),
        solution=expression_display(services, solved),
        predicts=lab.predict,
    )
    return hidden, question


def lab_after_question(services: Services, question: Question, display: Display) -> Lab:
    """Return the lab of a display, in the mode from before the question."""
    lab, _ = parse_lab(services, fields(display.state))
    return lab if question.predicts else lab.with_(predict=False, answers=())
