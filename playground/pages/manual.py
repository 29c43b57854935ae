"""The manual: a page of contents and one page for each subject."""

from __future__ import annotations

import gevent
from flask import Blueprint, abort, current_app, render_template, request

from playground.manual.contents import CONTENTS, PAGES, neighbours
from playground.manual.rendering import render

blueprint = Blueprint("manual", __name__)


@blueprint.get("/manual")
def contents() -> str:
    """Show the list of pages."""
    return render_template("manual/contents.html", pages=CONTENTS)


@blueprint.get("/manual/<slug>")
def show(slug: str) -> str:
    """Show one page with its table of contents.

    The first visitor's page is rendered in a thread, since it takes longer than the frames of a run
    may wait.
    """
    if slug not in PAGES:
        abort(404)
    environment = current_app.jinja_env
    assert environment.loader is not None
    markdown, _, _ = environment.loader.get_source(environment, f"manual/{slug}.md")
    content = gevent.get_hub().threadpool.apply(render, (markdown, request.script_root))
    before, after = neighbours(slug)
    return render_template(
        "manual/page.html",
        pages=CONTENTS,
        page=PAGES[slug],
        content=content,
        before=before,
        after=after,
    )
