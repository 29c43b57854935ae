"""Lessons: a band above the lab with the current step, and whether its task is done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for

from playground.expression.state import Lab, fields
from playground.http.request import page_query
from playground.http.services import runner
from playground.http.visitors import greet, visitor
from playground.lessons import LESSONS
from playground.lessons.checks import Attempt
from playground.lessons.lesson import LessonStep
from playground.lessons.progress import Progress
from playground.messages import lessons as messages

blueprint = Blueprint("lessons", __name__)
blueprint.before_request(greet)

MAX_ANSWER = 200
"""Maximum length of an answer, in characters."""


@blueprint.get("/lessons/<slug>/<int:number>")
def show(slug: str, number: int) -> Any:
    """Go to the lab of this step, with the band above it."""
    step = _step(slug, number)
    progress().open(slug, number)
    return redirect(f"{request.script_root}/{step.address}", 303)


@blueprint.post("/lessons/<slug>/<int:number>")
def check(slug: str, number: int) -> Any:
    """Check what the learner did, and show the result in the band."""
    hint = _step(slug, number).check(_attempt())
    progress().record(slug, number, correct=not hint)
    answer = request.form.get("lesson-answer", "")
    return _band(hint=hint, is_done=not hint, answer=answer)


@blueprint.post("/lessons/<slug>/<int:number>/solution")
def solution(slug: str, number: int) -> Any:
    """Show the solution, after some tries."""
    step = _step(slug, number)
    current = progress().current
    if current is None or not current.offers_solution:
        abort(422, messages.TRY_FIRST)
    return _band(solution=step.solution)


@blueprint.post("/lessons/leave")
def leave() -> Any:
    """Leave the lesson and stay in the lab."""
    progress().leave()
    if request.headers.get("HX-Request"):
        return ""
    return redirect(url_for("home.show"), 303)


@blueprint.post("/lessons/<slug>/forget")
def forget(slug: str) -> Any:
    """Start the lesson again: no step is passed."""
    progress().forget(slug)
    return redirect(url_for("home.show"), 303)


def progress() -> Progress:
    """Return the progress of the visitor of this request."""
    return Progress(session)


def _step(slug: str, number: int) -> LessonStep:
    lesson = LESSONS.get(slug)
    if lesson is None or not 1 <= number <= len(lesson.steps):
        abort(404)
    return lesson.steps[number - 1]


def _band(**result: Any) -> str:
    return render_template("lessons/step.html", current=progress().current, **result)


def _attempt() -> Attempt:
    """Return the answer in the form, and the lab or the run of the page that sent it."""
    lab = None
    if "state" in request.form:
        lab, _ = Lab.parse(fields(request.form["state"]))
    id = page_query().get("run", [""])[-1]
    try:
        run = runner().runs.get(id, visitor()).run if id else None
    except KeyError:
        run = None
    return Attempt(request.form.get("lesson-answer", "")[:MAX_ANSWER], lab, run)
