"""Templates whose rendering lets others have the loop for a moment: a page takes longer than the
frames of a run may wait.
"""

from __future__ import annotations

import time
from typing import Any

import gevent
from flask.templating import Environment
from jinja2 import Template

from playground.runner.fair_share import ASKED_SECONDS, mine

PIECE_SECONDS = 0.003
"""After so long others have their turn."""


class Patient(Template):
    """A template that is rendered in pieces."""

    def render(self, *given: Any, **named: Any) -> str:
        """The text; where the present greenlet works for a visitor, others run in between."""
        if (share := mine()) is None:
            return super().render(*given, **named)
        pieces, began = [], time.perf_counter()
        for piece in self.generate(*given, **named):
            pieces.append(piece)
            if time.perf_counter() - began > PIECE_SECONDS:
                gevent.sleep(0)
                share.wait(ASKED_SECONDS)
                began = time.perf_counter()
        return "".join(pieces)


class Patiently(Environment):
    """Flask's, with such templates."""

    template_class = Patient
