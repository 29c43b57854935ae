"""The panels of both labs that can stand alone on a page of another site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.training.run import Run
from playground.expression.state import Lab
from playground.http.services import Services
from playground.labs.expression_links import opened_fields, parse_lab
from playground.labs.expression_page import error_page, opened_page
from playground.labs.new_run import nearest_run

EXPRESSION_PANELS = ("graph", "sentence", "nodes")
NETWORK_PANELS = ("surface", "picture", "loss")
"""Panels that can be embedded, by the names of their templates."""


def embedded_expression(services: Services, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Return what the panels of an expression show, or the `error` if there is nothing to draw."""
    try:
        lab, message = parse_lab(services, opened_fields(arguments))
    except LookupError as error:
        return error_page(services, Lab(), error)
    return opened_page(services, lab, message)


def embedded_run(services: Services, shared: str, texts: dict[str, str]) -> Run | None:
    """Return the shared run of this id, or without an id the run that begins with the settings
    nearest to these.

    None if there is no such run.
    """
    if not shared:
        run, _ = nearest_run(services, texts)
        return run
    try:
        return services.runner.runs.shared_run(shared)
    except KeyError:
        return None
