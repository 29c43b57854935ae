"""The first page: what this is, and where to go."""

from flask import Blueprint, render_template

from playground.http.visitors import greet
from playground.pages.lessons import library

blueprint = Blueprint("home", __name__)
blueprint.before_request(greet)


@blueprint.get("/")
def show() -> str:
    """Show three sentences, the doors to the labs, and the lessons."""
    return render_template("home.html", lessons=library().values())
