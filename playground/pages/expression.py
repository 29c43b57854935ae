"""The expression lab. Its state stands in the URL, and commands change it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request

from playground.expression.commands import COMMANDS, REMEMBERED
from playground.expression.state import Lab
from playground.http.services import services
from playground.http.visitors import greet
from playground.labs.expression_links import full_query, opened_fields, parse_lab
from playground.labs.expression_page import (
    change_lab,
    error_page,
    expression_page,
    opened_page,
    refused_leaf,
)
from playground.pages import questions
from playground.pages.responses import expression_address
from playground.rooms import leader
from playground.rooms.leader_page import expression_display, lab_after_question
from playground.rooms.room import Room

blueprint = Blueprint("expression", __name__)
blueprint.before_request(greet)


@blueprint.get("/expression")
def show() -> Response:
    """Show the lab in the state of the URL, or with the first story."""
    try:
        lab, message = parse_lab(services(), opened_fields(request.args.to_dict()))
    except LookupError as error:
        page = error_page(services(), Lab(), error)
        return make_response(render_template("expression.html", **page), 404)
    return _response("expression.html", opened_page(services(), lab, message))


@blueprint.post("/expression")
def change() -> Response:
    """Carry out a command, and show the lab after it. The address follows."""
    command = request.form.get("command", "write")
    if command not in COMMANDS:
        abort(422)
    state = request.form.get("state", "")
    lab, error = change_lab(services(), state, command, request.form)
    if error:
        return _refusal(lab, command, error)
    room = leader.room_of_page()
    if room is not None:
        outcome = _lead(room, lab, command)
        if isinstance(outcome, Response):
            return outcome
        lab = outcome
    response = _response("expression/lab.html", expression_page(services(), lab))
    if command in REMEMBERED:
        response.headers["HX-Push-Url"] = expression_address(lab)
    elif command != "drag":
        response.headers["HX-Replace-Url"] = expression_address(lab)
    return response


def _lead(room: Room, lab: Lab, command: str) -> Lab | Response:
    """Show the class the leader's lab after a command, and return the lab.

    While the class is asked, Forward reveals, and what leaves the step asks the leader first. What
    leaves a revealed question closes it, and the lab returns to its mode from before.
    """
    question, display = room.question, expression_display(services(), lab)
    if question is not None and not question.is_about(display):
        if question.is_open and command == "forward":
            return make_response(questions.reveal(room.code))
        if question.is_open:
            return make_response(render_template("rooms/question_open.html", room=room), 422)
        before = lab_after_question(services(), question, room.display)
        state = full_query(services(), before)
        lab, error = change_lab(services(), state, command, request.form)
        if error:
            return _response("expression/error.html", error_page(services(), lab, error))
    leader.show_in_room(room, expression_display(services(), lab))
    return lab


def _refusal(lab: Lab, command: str, error: Exception) -> Response:
    """Return what is wrong. A slider that was let go, and its box, show the number before again."""
    page = error_page(services(), lab, error)
    row = refused_leaf(services(), lab, request.form, error) if command == "touch" else {}
    if not row:
        return _response("expression/error.html", page)
    response = _response("expression/refused.html", page | row)
    response.headers["HX-Push-Url"] = expression_address(lab)  # of what the drag led to before
    return response


def _response(template: str, page: dict[str, Any]) -> Response:
    return make_response(render_template(template, **page), 422 if "error" in page else 200)
