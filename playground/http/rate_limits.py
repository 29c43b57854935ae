"""How much one visitor, one address and one room may request. At a limit the page says which limit
it is and what to do.

A visitor is the signed cookie. A second, larger limit holds for each address, since cookies cost
nothing. An IPv6 address counts as its /64, which is what one subscriber has. Followers count
against their room alone: a class behind one address does not throttle itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, current_app, g, request, session
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
)
from werkzeug.exceptions import TooManyRequests

from playground import metrics
from playground.http.services import services
from playground.messages import limits as messages
from playground.runner.scheduling.fair_share import REQUEST_BURST_SECONDS, work_for
from playground.settings import Deployment

UNLIMITED = ("static", "health.healthz", "health.readyz", "health.metrics", None)
"""Endpoints that count against no limit."""
STREAM_RETRY_SECONDS = 5
"""When a browser may try to open another stream, in seconds."""


def init_rate_limits(app: Flask, deployment: Deployment) -> None:
    """Apply the deployment's limits to every request."""
    Limiter(
        client_address,
        app=app,
        strategy="fixed-window",
        storage_uri="memory://",
        on_breach=lambda _: metrics.REJECTED.labels("requests").inc(),
        application_limits=[
            ApplicationLimit(
                f"{deployment.requests_per_minute}/minute",
                lambda: f"visitor {_visitor()}",
                exempt_when=lambda: _is_unlimited() or bool(_room_code()) or not _visitor(),
                error_message=messages.requests_of_browser(deployment.requests_per_minute),
            ),
            ApplicationLimit(
                f"{deployment.requests_per_minute_address}/minute",
                lambda: f"address {client_address()}",
                exempt_when=lambda: _is_unlimited() or bool(_room_code()),
                error_message=messages.requests_of_address(deployment.requests_per_minute_address),
            ),
            ApplicationLimit(
                f"{deployment.room_requests_per_minute}/minute",
                lambda: f"room {_room_code()}",
                exempt_when=lambda: _is_unlimited() or not _room_code(),
                error_message=messages.requests_of_room(deployment.room_requests_per_minute),
            ),
        ],
    )
    app.before_request(_wait_for_turn)


def too_many_requests(error: RateLimitExceeded) -> TooManyRequests:
    """Turn a breach of a request limit into an answer that says when the window ends."""
    breached = _limiter().current_limit
    assert breached is not None
    return TooManyRequests(
        error.description, retry_after=_seconds_until(breached.window.reset_time)
    )


def _limiter() -> Limiter:
    limiter: Limiter = next(iter(current_app.extensions["limiter"]))
    return limiter


def _seconds_until(at: float) -> int:
    """Return the whole seconds until a time of the wall clock, at least 1."""
    return max(1, math.ceil(at - time.time()))


def _wait_for_turn() -> None:
    """Throttle visitors who recently used more than their share while others are active. A visitor
    without a cookie counts by address, unless they follow a room.
    """
    owner = _visitor() or ("" if _room_code() else f"address {client_address()}")
    is_free = _is_unlimited() or not owner
    share = None if is_free else services().runner.shares.of(owner)
    work_for(share)
    if share:
        share.wait(REQUEST_BURST_SECONDS)


def admit_visitor() -> None:
    """Count a new visitor. Raise 429 if an address, or a room, brings too many."""
    room = _room_code()
    owner = f"room {room}" if room else client_address()
    _count(RateLimitItemPerHour, "new_visitors_per_hour", messages.new_visitors, owner)


def admit_room() -> None:
    """Count a room that is about to open. Raise 429 if its address opens too many."""
    _count(RateLimitItemPerHour, "rooms_per_hour", messages.rooms)


def admit_run() -> None:
    """Count a run that is about to start or be copied. Raise 429 if its address starts too many."""
    _count(RateLimitItemPerHour, "runs_per_hour", messages.runs)


def admit_table() -> None:
    """Count a table that is about to be stored. Raise 429 if its address uploads too many."""
    _count(RateLimitItemPerHour, "tables_per_hour", messages.tables)


def admit_name() -> None:
    """Count a run that is about to get a name. Raise 429 if its address names too many."""
    _count(RateLimitItemPerDay, "named_per_day", messages.names)


def admit_wrong_code() -> None:
    """Count a room code that no room has. Raise 429 if an address tries too many."""
    _count(RateLimitItemPerMinute, "wrong_codes_per_minute", lambda _: messages.WRONG_CODES)


def _count(
    window: type[RateLimitItem], setting: str, message: Callable[[int], str], owner: str = ""
) -> None:
    """Count one more of what a setting limits, for an owner or for the address of the request.

    Raise TooManyRequests if the window already has as many as it may.
    """
    item = window(getattr(services().deployment, setting))
    counter = _limiter().limiter
    key = setting, owner or client_address()
    if not counter.hit(item, *key):
        metrics.REJECTED.labels(setting.partition("_per_")[0].replace("_", " ")).inc()
        reset_time = counter.get_window_stats(item, *key).reset_time
        raise TooManyRequests(message(item.amount), retry_after=_seconds_until(reset_time))


def has_all_streams() -> bool:
    """Whether the browser of this page already holds as many streams as it may at the same time.
    One more would take the connections that its other pages need.
    """
    limit = services().deployment.streams_per_browser
    browser = _browser()
    return bool(browser) and bool(services().streams.full_owner({browser: limit}))


def admit_stream() -> list[str]:
    """Return the owners of one more stream. Raise 429 if one of them has all that it may have."""
    deployment = services().deployment
    room = _room_code()
    if room:
        limits = {f"room {room}": deployment.followers_per_room}
    else:
        limits = {f"address {client_address()}": deployment.streams_per_address}
        if _visitor():
            limits[f"visitor {_visitor()}"] = deployment.streams_per_visitor
    full = services().streams.full_owner(limits)
    if full:
        kind = full.partition(" ")[0]
        metrics.REJECTED.labels(f"streams {kind}").inc()
        message = messages.streams(kind, limits[full])
        raise TooManyRequests(message, retry_after=STREAM_RETRY_SECONDS)
    return [*limits, *filter(None, [_browser()])]


def client_address() -> str:
    """Return the address of the request, as limits count it."""
    return subscriber(request.remote_addr or "")


def subscriber(address: str) -> str:
    """Return an address as limits count it: an IPv6 address as the /64 of one subscriber."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)


def _visitor() -> str:
    return str(session.get("visitor", ""))


def _browser() -> str:
    """Return the browser of the page that sent this request, or the empty string if no page did.
    A browser is its visitor. In a frame on another site it has no cookie; all frames of one browser
    then send the same random header (static/js/browser.js).
    """
    if "HX-Request" not in request.headers:
        return ""
    name = _visitor() or request.headers.get("Browser", "")[:40]
    return f"browser {name}" if name else ""


def _is_unlimited() -> bool:
    return request.endpoint in UNLIMITED


def _room_code() -> str:
    """Return the code of the room that this request follows, or the empty string.

    Every limit needs it. If several processes share the rooms, finding a room takes a request to
    Redis, so it is looked up once.
    """
    if not (request.endpoint or "").startswith("rooms."):
        return ""
    if "room_code" not in g:
        room = services().rooms.find((request.view_args or {}).get("code", ""))
        g.room_code = room.code if room is not None and room.leader != _visitor() else ""
    return str(g.room_code)
