"""How much one visitor, one address and one room may ask for; at a limit the page says which it is
and what to do.

A visitor is the signed cookie. A second, larger ceiling holds for each address, since cookies cost
nothing; of IPv6 that is the /64 which one subscriber has. Followers count against their room alone:
a class behind one address does not throttle itself.
"""

from __future__ import annotations

import math
import time
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
from playground.http.open_streams import OpenStreams
from playground.http.services import services
from playground.runner.fair_share import ASKED_SECONDS, works_for
from playground.settings import Deployment

SLOWLY = "Wait a minute, and go on more slowly."
FREE = ("static", "health.healthz", "health.readyz", "health.metrics", None)
"""Endpoints that count against nothing."""


def limit(app: Flask, deployment: Deployment) -> None:
    """Hold everyone who asks to the deployment's limits."""
    Limiter(
        address,
        app=app,
        strategy="fixed-window",
        storage_uri="memory://",
        on_breach=lambda _: metrics.REJECTED.labels("requests").inc(),
        application_limits=[
            ApplicationLimit(
                f"{deployment.requests_per_minute}/minute",
                lambda: f"visitor {_visitor()}",
                exempt_when=lambda: _free() or bool(_followed()) or not _visitor(),
                error_message=f"That were more than {deployment.requests_per_minute:,} requests "
                f"in a minute from this browser. {SLOWLY}",
            ),
            ApplicationLimit(
                f"{deployment.requests_per_minute_address}/minute",
                lambda: f"address {address()}",
                exempt_when=lambda: _free() or bool(_followed()),
                error_message=f"That were more than {deployment.requests_per_minute_address:,} "
                f"requests in a minute from this address. {SLOWLY}",
            ),
            ApplicationLimit(
                f"{deployment.room_requests_per_minute}/minute",
                lambda: f"room {_followed()}",
                exempt_when=lambda: _free() or not _followed(),
                error_message="This room's followers ask for more than they may in a minute. "
                f"{SLOWLY}",
            ),
        ],
    )
    app.before_request(_in_turn)


def refused(error: RateLimitExceeded) -> TooManyRequests:
    """What a limit of requests says, with the time after which there are more."""
    breached = _limiter().current_limit
    assert breached is not None
    return TooManyRequests(error.description, retry_after=_until(breached.window.reset_time))


def _limiter() -> Limiter:
    limiter: Limiter = next(iter(current_app.extensions["limiter"]))
    return limiter


def _until(at: float) -> int:
    """The seconds until a time of the wall clock, of which a client waits whole ones."""
    return max(1, math.ceil(at - time.time()))


def _in_turn() -> None:
    """Who has taken much of this process' time of late waits a moment, where others are here; who
    has no cookie is their address, unless they follow a room.
    """
    whose = _visitor() or ("" if _followed() else f"address {address()}")
    share = None if _free() or not whose else services().runner.shares.of(whose)
    works_for(share)
    if share:
        share.wait(ASKED_SECONDS)


def admit() -> None:
    """Before somebody becomes a visitor: 429 where an address, or a room, brings too many."""
    _spend(
        RateLimitItemPerHour, "new_visitors_per_hour", "new browsers came from here in an hour",
        "Come back in an hour, or from a browser that was here before.",
        (_followed() and f"room {_followed()}") or address(),
    )  # fmt: skip


def admit_room() -> None:
    """Before a room is opened: 429 where its address opens too many."""
    _spend(RateLimitItemPerHour, "rooms_per_hour", "rooms were opened from here in an hour")


def admit_run() -> None:
    """Before a run is begun or copied: 429 where its address begins too many."""
    _spend(RateLimitItemPerHour, "runs_per_hour", "runs were begun from here in an hour")


def admit_table() -> None:
    """Before somebody's own data are kept: 429 where their address brings too many."""
    _spend(RateLimitItemPerHour, "tables_per_hour", "tables came from here in an hour")


def admit_name() -> None:
    """Before a run is kept for good: 429 where its address has too many kept."""
    _spend(RateLimitItemPerDay, "named_per_day", "runs were named or shared from here in a day")


def admit_wrong_code() -> None:
    """After a code of which there is no room: 429 where an address tries too many."""
    _spend(RateLimitItemPerMinute, "wrong_codes_per_minute",
           "codes that no room has came from here in a minute")  # fmt: skip


def _spend(
    every: type[RateLimitItem], setting: str, told: str, then: str = "Come back later.",
    whose: str = "",
) -> None:  # fmt: skip
    """One more of what a setting bounds, of the address that asks or of somebody else's."""
    item = every(getattr(services().deployment, setting))
    counted = _limiter().limiter
    key = setting, whose or address()
    if not counted.hit(item, *key):
        metrics.REJECTED.labels(setting.partition("_per_")[0].replace("_", " ")).inc()
        raise TooManyRequests(
            f"More than {item.amount:,} {told}. {then}",
            retry_after=_until(counted.get_window_stats(item, *key).reset_time),
        )


def admit_stream() -> tuple[OpenStreams, list[str]]:
    """Where one more stream is counted, and as whose; 429 where one of them has all it may have."""
    limits = services().deployment
    room = _followed()
    if room:
        most = {f"room {room}": limits.followers_per_room}
    else:
        most = {f"address {address()}": limits.streams_per_address}
        if _visitor():
            most[f"visitor {_visitor()}"] = limits.streams_per_visitor
    streams = services().streams
    full = streams.full(most)
    if full:
        kind = full.partition(" ")[0]
        where = {"visitor": "in this browser", "address": "from this address"}
        metrics.REJECTED.labels(f"streams {kind}").inc()
        raise TooManyRequests(
            f"{most[full]:,} pages are open {where.get(kind, 'in this room')} that receive frames, "
            "which is the most. Close one, and load this page again.",
            retry_after=5,
        )
    return streams, list(most)


def address() -> str:
    """The address that asks; of IPv6 the /64 it lies in."""
    return subscriber(request.remote_addr or "")


def subscriber(peer: str) -> str:
    """An address as it is counted: of IPv6 the /64 that one subscriber has."""
    try:
        found = ip_address(peer)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ip_network((found, 64), strict=False))
    return str(found)


def _visitor() -> str:
    return str(session.get("visitor", ""))


def _free() -> bool:
    return request.endpoint in FREE


def _followed() -> str:
    """The code of the room that is followed with this request; empty where none is. Each limit
    asks, and where rooms are shared the answer may be far away: it is looked for once.
    """
    if not (request.endpoint or "").startswith("rooms."):
        return ""
    if "followed" not in g:
        room = services().rooms.find((request.view_args or {}).get("code", ""))
        g.followed = room.code if room is not None and room.leader != _visitor() else ""
    return str(g.followed)
