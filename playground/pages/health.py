"""Whether the server answers, whether it is ready, and what it does, for who operates it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST

from playground import metrics
from playground.http.services import runner, services
from playground.rooms.leader import rooms

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, Any]:
    """Alive, with how much there is to do; sets no cookie."""
    return {"status": "ok", "backend": runner().backend, **runner().counts}


@blueprint.get("/readyz")
def readyz() -> Any:
    """Ready for visitors: the store answers, and kernels are compiled."""
    waits = runner().waits()
    return ({"status": "waits", "for": waits}, 503) if waits else {"status": "ready"}


@blueprint.get("/metrics")
def read() -> Response:
    """Prometheus' figures, for the networks that the deployment names."""
    limits = services().deployment
    asks = ip_address(request.remote_addr or "0.0.0.0")
    asks = getattr(asks, "ipv4_mapped", None) or asks
    if not any(asks in ip_network(known, strict=False) for known in limits.metrics_from.split()):
        abort(404)
    counts = runner().counts | {"rooms": len(rooms())}
    return Response(metrics.text(counts), content_type=CONTENT_TYPE_LATEST)
