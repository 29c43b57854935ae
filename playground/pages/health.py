"""Addresses for operators: whether the server is alive and ready, and its metrics."""

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
    """Say that the server is alive, with how much it does. Set no cookie."""
    return {"status": "ok", "backend": runner().backend, **runner().counts}


@blueprint.get("/readyz")
def readyz() -> Any:
    """Say whether the server is ready for visitors: the store answers, the kernels are compiled."""
    waits = runner().not_ready()
    return ({"status": "waits", "for": waits}, 503) if waits else {"status": "ready"}


@blueprint.get("/metrics")
def read() -> Response:
    """Return the metrics for Prometheus, to the networks in the settings only."""
    networks = services().deployment.metrics_from.split()
    address = ip_address(request.remote_addr or "0.0.0.0")
    address = getattr(address, "ipv4_mapped", None) or address
    if not any(address in ip_network(network, strict=False) for network in networks):
        abort(404)
    counts = runner().counts | {"rooms": len(rooms())}
    return Response(metrics.text(counts), content_type=CONTENT_TYPE_LATEST)
