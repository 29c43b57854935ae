"""The Flask application: its configuration, its services, and one blueprint for each page."""

from __future__ import annotations

import logging
import tempfile
from datetime import timedelta

from flask import Flask
from flask_compress import Compress
from markupsafe import Markup

from engine.notation import format_exactly, format_number, number_literal
from playground.arrow_keys import arrows, setting_arrows
from playground.expression.text_commands import slider_reach
from playground.http.frame_json import JsonProvider
from playground.http.open_streams import OpenStreams
from playground.http.rate_limits import init_rate_limits
from playground.http.read_only import read_only
from playground.http.rendering import YieldingEnvironment
from playground.http.request import TolerantRequest
from playground.http.security import init_security
from playground.http.services import Services, init_services
from playground.http.static_files import init_static_files
from playground.keys import keys_of, page_of, shortcut, tip
from playground.logs import init_request_log
from playground.manual.rendering import inline_html
from playground.messages import count, errors
from playground.messages.rooms import answers_summary
from playground.pages import (
    embed,
    exports,
    expression,
    health,
    home,
    lessons,
    manual,
    my_runs,
    network,
    operator,
    own_data,
    questions,
    runs,
    sweeps,
    theme,
)
from playground.pages import rooms as rooms_page
from playground.pages.errors import init_error_pages
from playground.places import ROOT
from playground.qr import qr_svg
from playground.rooms.leader import class_is_asked, invitation, led_room, rooms
from playground.rooms.registry import Rooms
from playground.runner.runner import Runner, local_runner
from playground.settings import Deployment
from playground.storage.room_rows import RoomStore
from playground.storage.store import Store, StoreError
from playground.storage.texts import TextStore

logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
"""Maximum size of a request's body, in bytes, on pages that do not set another limit."""
PAGES = (
    home,
    manual,
    embed,
    lessons,
    expression,
    network,
    runs,
    my_runs,
    sweeps,
    rooms_page,
    questions,
    own_data,
    exports,
    theme,
    health,
    operator,
)


def create_app(deployment: Deployment | None = None) -> Flask:
    """Return the application. `services_of(app)` gives its parts."""
    deployment = deployment or Deployment()
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.request_class, app.jinja_environment = TolerantRequest, YieldingEnvironment
    app.config.update(
        SECRET_KEY=deployment.signing_key(),
        SESSION_COOKIE_NAME="playground",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=365),
        MAX_CONTENT_LENGTH=MAX_BODY,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        COMPRESS_ALGORITHM=["br", "zstd", "gzip"],
        COMPRESS_BR_LEVEL=6,  # a page in 1.1 ms and 19.2 KB; zstd takes 0.6 ms and 20.3 KB
        COMPRESS_ZSTD_LEVEL=6,
    )
    app.json = JsonProvider(app)
    Compress(app)  # not for streams; no page has a secret that its compressed size could reveal
    init_services(app, make_services(deployment))
    init_templates(app)
    lessons.init_lessons(app, deployment)
    init_request_log(app)
    init_security(app, deployment)
    init_rate_limits(app, deployment)
    init_error_pages(app)
    init_static_files(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    return app


def make_services(deployment: Deployment) -> Services:
    """Return the parts that do the work of an application."""
    store = open_store(deployment)
    runner, rooms = make_runner_and_rooms(store, deployment)
    return Services(
        deployment,
        store,
        runner,
        texts=TextStore(store, "expression", deployment.texts),
        tables=TextStore(store, "table", deployment.tables),
        rooms=rooms,
        streams=OpenStreams(),
    )


def make_runner_and_rooms(store: Store, deployment: Deployment) -> tuple[Runner, Rooms]:
    """Return what advances the runs, and the rooms: both of this process alone, or shared with
    others through a Redis, where workers advance the runs.
    """
    if not deployment.redis_url:
        runner = local_runner(store, deployment)
        return runner, Rooms(deployment.rooms, RoomStore(store))
    from playground.rooms.redis_bus import RedisRoomBus
    from playground.runner.cluster.redis_bus import LoopBus, RedisBus
    from playground.runner.cluster.runner import cluster_runner

    bus = LoopBus(RedisBus(deployment.redis_url))
    runner = cluster_runner(store, deployment, bus)
    return runner, Rooms(deployment.rooms, RoomStore(store), RedisRoomBus(bus))


def open_store(deployment: Deployment) -> Store:
    """Return the store. If the data folder is not writable, it ends with the process."""
    try:
        return Store(deployment.store_url())
    except StoreError as error:
        if deployment.database_url:
            raise
        logger.warning(errors.NOT_STORED, error)
        return Store(f"sqlite:///{tempfile.mkdtemp(prefix='playground-')}/playground.db")


def init_templates(app: Flask) -> None:
    """Give the templates their filters and functions."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "number": format_number,
        "exactly": format_exactly,
        "read_only": lambda html: Markup(read_only(html)),
        "plain": number_literal,
        "reach": slider_reach,
        "markdown": inline_html,
    }
    app.jinja_env.globals |= {
        "theme": theme.chosen,
        "themes": theme.THEMES,
        "controls": theme.controls,
        "single_keys": theme.keys,
        "led_room": led_room,
        "class_is_asked": class_is_asked,
        "invitation": invitation,
        "answers_summary": answers_summary,
        "room_open": lambda code: rooms().find(code) is not None,
        "lesson_progress": lessons.progress,
        "lesson_fits": lessons.step_fits,
        "qr_svg": qr_svg,
        "count": count,
        "arrows": arrows,
        "setting_arrows": setting_arrows,
        "keys_of": keys_of,
        "page_of": page_of,
        "shortcut": shortcut,
        "tip": tip,
    }
