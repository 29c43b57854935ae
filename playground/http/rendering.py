"""Render templates in short pieces, so that the frames of runs do not wait for a whole page."""

from __future__ import annotations

import time
from typing import Any

import gevent
from flask.templating import Environment
from jinja2 import Template

from playground.runner.scheduling.fair_share import REQUEST_BURST_SECONDS, current_share

TURN_SECONDS = 0.003
"""How long a template renders before other greenlets get a turn, in seconds."""


class YieldingTemplate(Template):
    """A template that renders in pieces and yields between them."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Return the text. If the current greenlet works for a visitor, others run in between."""
        if (share := current_share()) is None:
            return super().render(*args, **kwargs)
        pieces, began = [], time.perf_counter()
        for piece in self.generate(*args, **kwargs):
            pieces.append(piece)
            if time.perf_counter() - began > TURN_SECONDS:
                gevent.sleep(0)
                share.wait(REQUEST_BURST_SECONDS)
                began = time.perf_counter()
        return "".join(pieces)


class YieldingEnvironment(Environment):
    """Flask's template environment with yielding templates."""

    template_class = YieldingTemplate
