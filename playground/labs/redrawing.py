"""What a page shows of a run, drawn again whenever the run or the moment that is shown changes.

There is one source: the frame of the state that is shown, and the live run. The answer to a command
has everything drawn from it. A stream has what every step changes with each update, and what only
commands change when they have changed it, in whichever tab.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app

from engine.inspection.frames import Frame, ViewOptions
from engine.training.run import Run
from playground.http.read_only import read_only
from playground.http.services import runner
from playground.labs.former_run import FormerRun
from playground.labs.network_page import command_page, moment_page
from playground.panels import plots
from playground.runner.live_run import LiveRun

FindPinned = Callable[[ViewOptions], Run | None]
"""Returns the run to compare with, if the view has one."""


def draw_all(
    live: LiveRun,
    frame: Frame,
    view: ViewOptions,
    pinned: Run | None,
    former: FormerRun | None = None,
) -> str:
    """Return the HTML of everything on a page that speaks of the run, each part with the id of the
    element that it replaces.
    """
    page = moment_page(runner(), frame, live, view, pinned) | command_page(live, frame, view)
    return _render("network/answer.html", page | {"former": former})


def draw_figures(
    live: LiveRun, frame: Frame, view: ViewOptions, pinned: Run | None
) -> dict[str, Any]:
    """Return the plots beside the surface, by the ids of their elements."""
    return runner().show(live, plots, frame, view, pinned, live.tip.curve)


class Redrawing:
    """Draws the parts again for one stream. It begins with all of them, unless an earlier stream of
    the page has sent what commands made of the run.
    """

    def __init__(
        self,
        live: LiveRun,
        find_pinned: FindPinned = lambda view: None,
        following: bool = False,
        commanded: tuple[object, ...] | None = None,
    ) -> None:
        self._live, self._find_pinned, self._following = live, find_pinned, following
        self.commanded = commanded
        """What commands made of the run, as the page shows it."""

    def __call__(self, frame: Frame, view: ViewOptions) -> str:
        """Return the HTML of the parts that may have changed."""
        live, run, following = self._live, frame.run, self._following
        page = moment_page(runner(), frame, live, view, self._find_pinned(view), following)
        html = _render("network/moment.html", page)
        commanded = (run.now, live.record.speed, view.slice, view.untested, run.data)
        if commanded != self.commanded:
            self.commanded = commanded
            page |= command_page(live, frame, view, following)
            html += _render("network/commanded.html", page)
        return read_only(html) if following else html


def _render(template: str, page: dict[str, Any]) -> str:
    return current_app.jinja_env.get_template(template).render(**page)
