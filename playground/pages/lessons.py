"""Lessons: a band above the lab with the current step, and whether its task is done."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.datastructures import MultiDict

from engine.training.run import Run
from engine.training.settings_parser import parse_settings
from playground.expression.state import Lab, fields
from playground.http.request import page_query
from playground.http.services import runner
from playground.http.visitors import greet, visitor
from playground.lessons.attempt import Attempt
from playground.lessons.lesson import Lesson, LessonStep
from playground.lessons.library import Library, load_library
from playground.lessons.progress import CurrentStep, Progress
from playground.messages import lessons as messages
from playground.network import form
from playground.settings import Deployment

blueprint = Blueprint("lessons", __name__)
blueprint.before_request(greet)

MAX_ANSWER = 200
"""Maximum length of an answer, in characters."""


def init_lessons(app: Flask, deployment: Deployment) -> None:
    """Load the lessons of an application."""
    app.extensions["lessons"] = load_library(deployment.lessons)


def library() -> Library:
    """Return the lessons of the application that handles this request."""
    lessons: Library = current_app.extensions["lessons"]
    return lessons


def progress() -> Progress:
    """Return the progress of the visitor of this request."""
    return Progress(session, library())


@blueprint.get("/lessons/<slug>/<int:number>")
def show(slug: str, number: int) -> Any:
    """Go to the lab of this step, with the band above it."""
    step = _step(slug, number)
    progress().open(slug, number, repeats="missed" in request.args)
    return redirect(f"{request.script_root}/{step.address}", 303)


@blueprint.get("/lessons/<slug>/missed")
def show_missed(slug: str) -> Any:
    """Go to the first step whose solution was shown; then the others of this kind follow."""
    numbers = progress().missed(_lesson(slug))
    if not numbers:
        return redirect(url_for("home.show"), 303)
    return redirect(url_for(".show", slug=slug, number=numbers[0], missed=1), 303)


@blueprint.post("/lessons/<slug>/<int:number>")
def check(slug: str, number: int) -> Any:
    """Check what the learner did, and show the result in the band."""
    step, current = _step(slug, number), _current(slug, number)
    attempt = _attempt(step)
    if not step.fits(attempt):
        return _band(step, attempt)
    verdict = runner().compute(step.judge, attempt, current.done)
    _note(step, attempt)
    progress().record(verdict.is_right)
    return _band(step, attempt, verdict=verdict)


@blueprint.post("/lessons/<slug>/<int:number>/look")
def look(slug: str, number: int) -> Any:
    """Look at what the lab shows now, and show which tasks are done."""
    step, _ = _step(slug, number), _current(slug, number)
    attempt = _attempt(step)
    _note(step, attempt)
    if step.fits(attempt) != (request.form.get("fits") == "1"):
        response = current_app.make_response(_band(step, attempt))
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#lesson", "outerHTML"
        return response
    return render_template("lessons/todo.html", current=progress().current)


@blueprint.post("/lessons/<slug>/<int:number>/solution")
def solution(slug: str, number: int) -> Any:
    """Show the solution, after some tries. The step then counts as missed."""
    step, current = _step(slug, number), _current(slug, number)
    if not (current.offers_solution or current.is_passed or current.is_solved):
        abort(422, messages.TRY_FIRST)
    progress().show_solution()
    return _band(step, _attempt(step), shows_solution=True)


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


def step_fits(current: CurrentStep, lab: Lab | None, run: Run | None) -> bool:
    """Return whether a page with this lab or this run shows what a visitor's step is about."""
    return current.step.fits(Attempt(lab=lab, run=run))


def _lesson(slug: str) -> Lesson:
    lesson = library().get(slug)
    if lesson is None:
        abort(404)
    return lesson


def _step(slug: str, number: int) -> LessonStep:
    lesson = _lesson(slug)
    if not 1 <= number <= len(lesson.steps):
        abort(404)
    return lesson.steps[number - 1]


def _current(slug: str, number: int) -> CurrentStep:
    """Return the visitor's step; if they are at another one, they go to this one."""
    current = progress().current
    if current is None or (current.lesson.slug, current.number) != (slug, number):
        progress().open(slug, number)
        current = progress().current
    assert current is not None
    return current


def _note(step: LessonStep, attempt: Attempt) -> None:
    if step.fits(attempt):
        progress().note_done(runner().compute(step.done, attempt))


def _band(step: LessonStep, attempt: Attempt, **result: Any) -> str:
    current, fits = progress().current, step.fits(attempt)
    page = {"current": current, "attempt": attempt, "answer": attempt.answer, "fits": fits}
    return render_template("lessons/lesson.html", **page | result)


def _attempt(step: LessonStep) -> Attempt:
    """Return the answer in the form, and the lab or the run of the page that sent it."""
    answer = request.form.get("lesson-answer", "")[:MAX_ANSWER]
    if step.lab == "expression":
        return Attempt(answer, lab=_lab())
    query = page_query()
    run_id = query.get("run", [""])[-1]
    try:
        live = runner().runs.get(run_id, visitor()) if run_id else None
    except KeyError:
        live = None
    if live is not None:
        return Attempt(answer, settings=live.run.now, run=live.run)
    settings, _ = parse_settings(form.form_texts(MultiDict(query)))
    return Attempt(answer, settings=settings if query else None)


def _lab() -> Lab | None:
    if "state" not in request.form:
        return None
    lab, _ = Lab.parse(fields(request.form["state"]))
    return lab
