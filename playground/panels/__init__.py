"""The tabs of the network lab, beside the network, the surface and the loss.

A tab is an entry of TABLE, a module here, and a template `templates/network/panels/<name>.html`.
While a run plays, the page gets the tab's plots (`figures`) several times a second, and also the
template `<name>-numbers.html` if the tab has `live_text`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.inspection.frames import Frame, ViewOptions
from engine.training.run import Curve, Run
from playground.figures import bars, loss
from playground.figures.style import Figure
from playground.panels import compare, data, export, inside, layers, scores, space, weight


def _nothing(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Panel:
    """One tab. `figures` returns its plots by the ids of their elements, and `page` what its
    templates show. Both are pure functions of the frame, the view, and the run to compare with.
    """

    name: str
    title: str
    hint: str
    figures: Callable[[Frame, ViewOptions, Run | None], dict[str, Figure]] = _nothing
    page: Callable[[Frame, ViewOptions, Run | None], dict[str, Any]] = _nothing
    live_text: bool = False

    @property
    def has_plots(self) -> bool:
        """Whether it has plots."""
        return self.figures is not _nothing


TABLE: tuple[Panel, ...] = (
    Panel(
        name="data",
        title="Data",
        hint="Draw points, or use your own data",
        page=data.page,
        live_text=True,
    ),
    Panel(
        name="scores",
        title="Scores",
        hint="Confusion matrix, or predicted against true values",
        figures=scores.figures,
        page=scores.page,
        live_text=True,
    ),
    Panel(
        name="layers",
        title="Layers",
        hint="Gradients and weights of each layer, and neurons that do not learn",
        figures=layers.figures,
        page=layers.page,
        live_text=True,
    ),
    Panel(
        name="space",
        title="Space",
        hint="How a layer maps the plane",
        figures=space.figures,
        page=space.page,
    ),
    Panel(
        name="inside",
        title="Graph inside",
        hint="The graph of one sample's loss. Open layers and neurons to see more.",
        figures=inside.figures,
        page=inside.page,
    ),
    Panel(
        name="weight",
        title="Weight",
        hint="How the optimizer updates one weight",
        page=weight.page,
        live_text=True,
    ),
    Panel(
        name="compare",
        title="Compare",
        hint="Another run next to this one",
        figures=compare.figures,
        page=compare.page,
        live_text=True,
    ),
    Panel(
        name="export",
        title="Export",
        hint="Save settings, weights, code, pictures and a replay",
        page=export.page,
        live_text=True,
    ),
)
"""Every tab, in the order of the page."""

PANELS: dict[str, Panel] = {panel.name: panel for panel in TABLE}


def panel_of(view: ViewOptions) -> Panel:
    """Return the open tab: the first until the person opens another."""
    return PANELS.get(view.panel, TABLE[0])


def plots(
    frame: Frame, view: ViewOptions, pinned: Run | None = None, whole: Curve | None = None
) -> dict[str, Figure]:
    """Return every plot beside the surface, by the id of its element. `whole` is the loss curve up
    to the newest step of the run.
    """
    figures = {"loss": loss.figure(frame.run.curve, view, pinned, whole)}
    if bars.has_bars(frame.run):
        figures["bars"] = bars.figure(frame)
    return figures | panel_of(view).figures(frame, view, pinned)
