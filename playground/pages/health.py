"""Whether the server answers."""

from typing import Any

from flask import Blueprint, current_app

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, Any]:
    """Alive, with how much there is to do; sets no cookie."""
    runner = current_app.extensions["runner"]
    return {"status": "ok", "backend": runner.backend, **runner.counts}
