"""Questions to a class: ask, answer, reveal, close, and the list of earlier questions.

Only the leader asks; for everybody else the leader's addresses do not exist.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from math import nan
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, render_template, request, url_for

from engine.notation import number_literal
from engine.script.numbers import read_answer
from engine.training.csv_table import write_text
from playground.expression.predictions import is_right
from playground.expression.state import Lab, fields
from playground.http.files import file_response
from playground.http.services import services
from playground.http.visitors import greet, visitor
from playground.labs.expression_links import parse_lab
from playground.labs.expression_page import expression_page
from playground.messages import rooms as messages
from playground.pages.responses import expression_address
from playground.pages.rooms import go_to, lab_address, led_room_or_404, room_or_404
from playground.rooms.leader import rooms, show_in_room
from playground.rooms.leader_page import expression_display, gradient_question, lab_after_question
from playground.rooms.question import Question
from playground.rooms.room import Room
from playground.rooms.streams import render_bar

blueprint = Blueprint("questions", __name__, url_prefix="/rooms/<code>")
blueprint.before_request(greet)


@blueprint.post("/ask")
def ask(code: str) -> Any:
    """Ask the class for the gradient of the current backward step."""
    room = led_room_or_404(code)
    try:
        lab, question = gradient_question(services(), request.form.get("state", ""))
    except (ValueError, LookupError) as error:
        abort(422, str(error))
    rooms().questions.ask(room, question)
    return lab_response(lab)


@blueprint.post("/answer")
def answer(code: str) -> Any:
    """Add a follower's answer, which counts until the question is revealed."""
    room = room_or_404(code)
    try:
        value = read_answer(request.form.get("answer", ""), _is_correct(room))
        rooms().nickname(room, visitor())
        rooms().questions.answer(room, visitor(), value)
    except ValueError as error:
        abort(422, str(error))
    return render_bar(room, visitor())


@blueprint.post("/reveal")
def reveal(code: str) -> Any:
    """Show everybody the correct answer and the distribution of the answers."""
    room = led_room_or_404(code)
    try:
        rooms().questions.reveal(room)
    except ValueError as error:
        abort(422, str(error))
    return _displayed_lab(room)


@blueprint.post("/keep-open")
def keep_open(code: str) -> Any:
    """Bring the leader's lab back to the open question."""
    return _displayed_lab(led_room_or_404(code))


@blueprint.post("/close-question")
def close(code: str) -> Any:
    """End the question. It stays in the list with its answers."""
    room = led_room_or_404(code)
    display = room.display
    try:
        question = rooms().questions.close(room)
    except ValueError as error:
        abort(422, str(error))
    if not _is_in_expression_lab():
        return "", 204, {"HX-Refresh": "true"}  # then the class sees the leader's page again
    lab = lab_after_question(services(), question, display)
    show_in_room(room, expression_display(services(), lab))
    return lab_response(lab)


@blueprint.get("/questions")
def show_list(code: str) -> str:
    """Return the list of the room's questions."""
    room = led_room_or_404(code)
    questions = rooms().questions.list(room)
    return render_template("rooms/questions.html", room=room, questions=questions)


@blueprint.post("/questions/<id>")
def open_again(code: str, id: str) -> Any:
    """Ask an earlier question again, with its answers."""
    room = led_room_or_404(code)
    try:
        rooms().questions.open_again(room, id)
    except LookupError as error:
        abort(404, str(error.args[0]))
    return go_to(url_for("rooms.show", code=code))


@blueprint.get("/questions.csv")
def table(code: str) -> Response:
    """Return all questions of the room with every answer, as CSV."""
    room = led_room_or_404(code)
    text = write_csv(rooms().questions.list(room))
    return file_response(text, f"questions-{room.code}.csv", "text/csv")


def lab_response(lab: Lab) -> Any:
    """Return the leader's lab in another state, with the address of that state."""
    page = render_template("expression/lab.html", **expression_page(services(), lab))
    return page, 200, {"HX-Replace-Url": expression_address(lab)}


def _is_correct(room: Room) -> Callable[[float], bool]:
    """Return whether a number answers the room's question."""
    correct = room.question.correct if room.question else nan
    return lambda value: is_right(value, correct)


def _displayed_lab(room: Room) -> Any:
    """Return the lab that the class sees; a page of another kind goes there."""
    if not _is_in_expression_lab():
        return go_to(lab_address(room))
    lab, _ = parse_lab(services(), fields(room.display.state))
    return lab_response(lab)


def _is_in_expression_lab() -> bool:
    """Return whether the page that asks is the expression lab."""
    path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    return path == url_for("expression.show") or not path


def write_csv(questions: list[Question]) -> str:
    """Return a row for each answer; a question without answers has one row."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(messages.CSV_HEADER)
    for question in reversed(questions):
        asked_at, correct = _iso(question.asked_at), number_literal(question.correct)
        start = [asked_at, write_text(question.text), correct]
        for answer in question.answers.values():
            right = "yes" if is_right(answer.value, question.correct) else "no"
            answered = [
                write_text(answer.name),
                number_literal(answer.value),
                right,
                _iso(answer.time),
            ]
            writer.writerow([*start, *answered])
        if not question.answers:
            writer.writerow([*start, "", "", "", ""])
    return text.getvalue()


def _iso(seconds: float) -> str:
    """Return a time as ISO 8601, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
