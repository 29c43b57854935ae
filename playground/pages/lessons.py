"""Lessons: a band above the lab, with what to do and whether it is done.

Which moment a visitor is at, and which are passed, stands in the signed cookie.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for

from playground.expression.state import Lab, fields
from playground.http.request import page_query
from playground.http.services import runner
from playground.http.visitors import greet, visitor
from playground.lessons import LESSONS, Did, Lesson, Moment

blueprint = Blueprint("lessons", __name__)
blueprint.before_request(greet)

TRIES = 2
"""After so many wrong tries it can be shown."""


@blueprint.get("/lessons/<slug>/<int:number>")
def show(slug: str, number: int) -> Any:
    """To the lab of this moment, with the band above it."""
    _, moment = _moment(slug, number)
    session["lesson"] = {"slug": slug, "number": number, "tries": 0}
    return redirect(f"{request.script_root}/{moment.where}", 303)


@blueprint.post("/lessons/<slug>/<int:number>")
def check(slug: str, number: int) -> Any:
    """Whether what the learner did is what was asked for; said in the band."""
    _, moment = _moment(slug, number)
    wrong = moment.check(_did())
    tries = int((session.get("lesson") or {}).get("tries", 0)) + bool(wrong)
    session["lesson"] = {"slug": slug, "number": number, "tries": tries}
    if not wrong:
        session["passed"] = passed() | {slug: _mask(slug) | 1 << number}
    found = {"wrong": wrong, "done": not wrong, "answer": request.form.get("lesson-answer", "")}
    return _band(now(), **found)


@blueprint.post("/lessons/<slug>/<int:number>/solution")
def solution(slug: str, number: int) -> Any:
    """How it is done, after some tries."""
    _, moment = _moment(slug, number)
    kept = session.get("lesson") or {}
    if kept.get("tries", 0) < TRIES:
        abort(422, "Try it twice first.")
    return _band(now(), solution=moment.shown)


@blueprint.post("/lessons/leave")
def leave() -> Any:
    """The lab goes on without the lesson."""
    session.pop("lesson", None)
    if request.headers.get("HX-Request"):
        return ""
    return redirect(url_for("home.show"), 303)


@blueprint.post("/lessons/<slug>/forget")
def forget(slug: str) -> Any:
    """Begin again: nothing of it is passed."""
    session["passed"] = {each: mask for each, mask in passed().items() if each != slug}
    return redirect(url_for("home.show"), 303)


def passed() -> dict[str, int]:
    """For every lesson the moments that are passed, a bit each."""
    return dict(session.get("passed") or {})


def is_passed(slug: str, number: int) -> bool:
    """Whether a moment is passed."""
    return bool(_mask(slug) >> number & 1)


def now() -> dict[str, Any] | None:
    """The moment that this visitor is at: its lesson, number, and whether it is passed."""
    kept = session.get("lesson")
    if not kept or kept.get("slug") not in LESSONS:
        return None
    lesson = LESSONS[kept["slug"]]
    number = int(kept["number"])
    return {
        "lesson": lesson,
        "number": number,
        "moment": lesson.moments[number - 1],
        "passed": is_passed(lesson.slug, number),
        "tries": int(kept["tries"]),
        "offers": int(kept["tries"]) >= TRIES,
    }


def first_left(lesson: Lesson) -> int:
    """The number of the first moment that is not passed, or 0 where all are."""
    numbers = range(1, len(lesson.moments) + 1)
    return next((number for number in numbers if not is_passed(lesson.slug, number)), 0)


def _mask(slug: str) -> int:
    return int(passed().get(slug, 0))


def _moment(slug: str, number: int) -> tuple[Lesson, Moment]:
    lesson = LESSONS.get(slug)
    if lesson is None or not 1 <= number <= len(lesson.moments):
        abort(404)
    return lesson, lesson.moments[number - 1]


def _band(kept: dict[str, Any] | None, **found: Any) -> str:
    return render_template("lessons/moment.html", **(kept or {}), **found)


def _did() -> Did:
    """What was answered, and the lab or the run of the page that asks."""
    answer = request.form.get("lesson-answer", "")[:200]
    lab = None
    if "state" in request.form:
        lab, _ = Lab.read(fields(request.form["state"]))
    id = page_query().get("run", [""])[-1]
    try:
        run = runner().get(id, visitor()).run if id else None
    except KeyError:
        run = None
    return Did(answer, lab, run)
