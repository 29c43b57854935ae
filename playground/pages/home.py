"""The first page: what this is, and where to go."""

from flask import Blueprint, render_template

from playground.lessons import LESSONS
from playground.visitors import greet

blueprint = Blueprint("home", __name__)
blueprint.before_request(greet)


@blueprint.get("/")
def show() -> str:
    """Three lines, the doors, and the lessons."""
    return render_template("home.html", lessons=LESSONS.values())
