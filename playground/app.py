"""The Flask application: configuration, one blueprint a page, and nothing else."""

from __future__ import annotations

import logging
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request
from flask_compress import Compress
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from engine.notation import number, plain
from playground.commands import reach
from playground.keys import keys_of, page_of, shortcut, tip
from playground.leading import led, rooms
from playground.pages import (
    data,
    embed,
    expression,
    health,
    home,
    leave,
    lessons,
    mine,
    network,
    runs,
    sweeps,
    theme,
)
from playground.pages import rooms as rooms_page
from playground.qr import qr_svg
from playground.rooms import Rooms
from playground.runner.embedded import EmbeddedRunner
from playground.settings import Deployment
from playground.store import Store, StoreError
from playground.texts import TextStore

logger = logging.getLogger(__name__)

PACKAGE = Path(__file__).parent
ROOT = PACKAGE if (PACKAGE / "templates").exists() else PACKAGE.parent
"""Where templates/ and static/ lie: inside the package when installed, beside it in a checkout."""


def create_app(deployment: Deployment | None = None) -> Flask:
    """The application; `app.extensions["runner"]` is what advances its runs."""
    deployment = deployment or Deployment()
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.config.update(
        SECRET_KEY=deployment.signing_key(),
        SESSION_COOKIE_NAME="playground",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=365),
        MAX_CONTENT_LENGTH=64 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        COMPRESS_ZSTD_LEVEL=6,  # a page in 1 ms instead of 0.4, and 1.2 of its 20 KB less
        UPLOAD=deployment.upload,
        EMBED_ANCESTORS=deployment.embed_ancestors,
        REPLAY_SECONDS=deployment.replay_seconds,
    )
    Compress(app)  # pages and libraries, not streams; no page holds a secret that sizes could tell
    store = opened(deployment)
    app.extensions["runner"] = EmbeddedRunner(store, deployment)
    app.extensions["texts"] = TextStore(store, "expression", deployment.texts)
    app.extensions["tables"] = TextStore(store, "table", deployment.tables)
    app.extensions["rooms"] = Rooms(deployment.rooms, store.keep_room, store.rooms())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_template_filter(number)
    app.add_template_filter(reach)
    app.add_template_filter(plain)
    app.add_template_global(theme.chosen, "theme")
    app.add_template_global(theme.controls, "controls")
    app.add_template_filter(lambda visitor, room: room.names.get(visitor, ""), "room_name")
    app.add_template_global(led)
    app.add_template_global(lessons.now, "lesson_now")
    app.add_template_global(lessons.first_left, "next_moment")
    app.add_template_global(lessons.is_passed)
    app.add_template_global(lambda code: rooms().find(code) is not None, "room_open")
    app.add_template_global(qr_svg)
    app.jinja_env.globals["themes"] = theme.THEMES
    for told in (keys_of, page_of, shortcut, tip):
        app.add_template_global(told)
    app.register_error_handler(HTTPException, failed)
    app.register_error_handler(StoreError, unkept)
    app.url_defaults(versioned)
    app.after_request(framed)
    for page in (
        home,
        embed,
        lessons,
        expression,
        network,
        runs,
        mine,
        sweeps,
        rooms_page,
        data,
        leave,
        theme,
        health,
    ):
        app.register_blueprint(page.blueprint)
    return app


def opened(deployment: Deployment) -> Store:
    """The store. Where nothing can be written in the data folder, one that ends with the
    process.
    """
    try:
        return Store(deployment.store_url())
    except StoreError as error:
        if deployment.database_url:
            raise
        logger.warning("Runs will end with the server, since nothing can be kept: %s.", error)
        return Store(f"sqlite:///{tempfile.mkdtemp(prefix='playground-')}/playground.db")


def versioned(endpoint: str, values: dict[str, Any]) -> None:
    """A static file's address changes with the file, so that browsers keep it for a year."""
    if endpoint == "static":
        values["v"] = f"{(ROOT / 'static' / values['filename']).stat().st_mtime_ns:x}"


def framed(response: Response) -> Response:
    """No other site's frame may hold a page, but for a panel alone, which says so itself."""
    response.headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
    return response


FAILURES = {
    404: "There is nothing at this address. A run belongs to the browser that began it, and is "
    "kept for as long as there is room.",
    405: "This address does not answer that kind of request.",
    413: "That was more than this page takes at once.",
    500: "Something went wrong on our side; the server's log says what.",
}
"""What a person is told beside the name of the failure."""


def failed(error: HTTPException) -> tuple[str, int]:
    """A page in words for what could not be answered; for htmx only the words."""
    said = FAILURES.get(error.code or 500, error.description or "")
    if request.headers.get("HX-Request"):
        return said, error.code or 500
    return render_template("failed.html", error=error, said=said), error.code or 500


def unkept(error: StoreError) -> tuple[str, int]:
    """What is said where the database does not answer."""
    said = f"What is kept here cannot be reached just now ({error}). Try again in a moment."
    return failed(ServiceUnavailable(said))
