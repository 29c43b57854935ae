"""Which addresses there are, and which fields each reads: asked of the application itself, so that
a route that is added is tried from then on.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from engine.training.commands import Edit, NewWeight
from engine.training.settings import Settings
from playground.expression.state import Lab
from playground.network import view

READS = re.compile(
    r"(?:form|args|values|files|fields|given|texts)(?:\.get|\.getlist|\.pop)?[\[(]\s*\"([\w-]+)\""
)
"""How a page's module names the fields that it reads."""
SETTINGS = (*Settings.model_fields, "speed", "then")
FIELDS: dict[str, tuple[str, ...]] = {
    "network": (*SETTINGS, *view.NAMES, "run", "embed", "choose", "shape", "fresh"),
    "embed": (*SETTINGS, *view.NAMES, "shared", "page", "is"),
    "runs.note_presence": ("page", "is"),
    "runs.create": (*SETTINGS, *view.NAMES),
    "runs.view": view.NAMES,
    "runs.look": (*view.NAMES, "page"),
    "runs.stream": (*view.NAMES, "page", "boot"),
    "runs.show": view.NAMES,
    "runs.weigh": tuple(NewWeight.model_fields),
    "runs.edit": tuple(Edit.model_fields),
    "runs.change": ("name", *SETTINGS),
    "exports.of_settings": SETTINGS,
    "exports.load_new": (*SETTINGS, "weights"),
    "exports.load": ("weights",),
    "expression.show": (*Lab.model_fields, "embed"),
    "expression.change": (
        "command", "state", "text", "leaf", "node", "second", "step", "count", "way", "answer",
        "rate", "format", "h", "calls", "from", "number-a", "number-x0",
    ),
    "own_data.upload": ("text", "file"),
    "rooms.lead": (*SETTINGS, "state"),
    "rooms.ask": ("state",),
    "lessons.check": ("lesson-answer", "state"),
    "lessons.look": ("state", "fits"),
}  # fmt: skip
"""By endpoint, or by its blueprint; of others what their module's source names."""
ALWAYS = {
    "runs.create": ("hidden", "samples"), "runs.weigh": ("place", "value"),
    "runs.edit": ("how", "index", "at"), "runs.seek": ("step",), "runs.change": ("name", "rate"),
    "runs.set_speed": ("speed",), "own_data.upload": ("text",), "exports.load": ("weights",),
    "expression.change": ("command", "state"), "rooms.ask": ("state",),
    "rooms.answer": ("answer",), "rooms.point": ("id", "part", "x", "y"),
    "theme.choose": ("theme",),
    "rooms.hand_over": ("name",), "my_runs.qr_code": ("address",), "rooms.lead": ("state",),
}  # fmt: skip
"""Without these fields a request says nothing; hardly any leaves them out."""
WEIGHTS = {
    "runs.play": 0.3, "runs.stream": 0.3, "embed.stream": 0.1, "exports.of_run": 0.3,
    "exports.of_settings": 0.3, "exports.load_new": 0.3, "my_runs.show": 0.3, "runs.graph": 0.5,
    "network.graph": 0.5, "rooms.stream": 0.3, "rooms.leading": 0.3, "rooms.close": 0.3,
    "my_runs.delete": 0.3, "runs.pause": 3.0, "runs.create": 2.0, "expression.change": 6.0,
    "expression.show": 2.0, "network.show": 2.0,
}  # fmt: skip
"""How often an endpoint is asked, where not as often as the others: less what computes long."""


@dataclass(frozen=True)
class Route:
    """An address as the application has it: its parts; every second one is a name, as in
    `("/runs/", "id", "/play")`.
    """

    endpoint: str
    parts: tuple[str, ...]
    methods: tuple[str, ...]
    fields: tuple[str, ...]
    always: tuple[str, ...]
    weight: float


def routes(app: Flask) -> list[Route]:
    """Every route of the application."""
    return list(_routes(app))


def _routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        parts = tuple(re.split(r"<(?:\w+:)?(\w+)>", rule.rule))
        blueprint = rule.endpoint.partition(".")[0]
        module = sys.modules[app.view_functions[rule.endpoint].__module__]
        names = tuple(dict.fromkeys(READS.findall(inspect.getsource(module))))
        methods = tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        yield Route(
            rule.endpoint, parts, methods,
            FIELDS.get(rule.endpoint) or FIELDS.get(blueprint) or names,
            ALWAYS.get(rule.endpoint, ()), WEIGHTS.get(rule.endpoint, 1.0),
        )  # fmt: skip
