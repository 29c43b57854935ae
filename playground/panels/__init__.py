"""The tabs of the network lab: what can be looked at beside network, surface and loss.

A panel is an entry of PANELS; its controls stand in `templates/network/panels/<name>.html`. While
a run plays, `figures` are sent anew some times a second, and so is `<name>-numbers.html` where it
has `numbers`: what changes of it and is no plot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.inspection.frames import Frame, ViewOptions
from playground.figures import bars, loss
from playground.figures.style import Figure
from playground.panels import classes, compare, data, inside, layers, leave, space, weight
from playground.panels.pinned import Pinned


def _nothing(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Panel:
    """One tab. `figures` gives its plots by the ids of their elements, `page` what its templates
    show; both are pure.
    """

    name: str
    title: str
    hint: str
    figures: Callable[[Frame, ViewOptions, Pinned], dict[str, Figure]] = _nothing
    page: Callable[[Frame, ViewOptions, Pinned], dict[str, Any]] = _nothing
    numbers: bool = False

    @property
    def draws(self) -> bool:
        """Whether it has plots."""
        return self.figures is not _nothing


TABLE: tuple[Panel, ...] = (
    Panel("data", "Data", "Draw points, or use your own data", page=data.page, numbers=True),
    Panel(
        "classes",
        "Scores",
        "Confusion matrix, or predicted against true values",
        classes.figures,
        classes.page,
        numbers=True,
    ),
    Panel(
        "layers",
        "Layers",
        "Gradients and weights of each layer, and neurons that do not learn",
        layers.figures,
        layers.page,
        numbers=True,
    ),
    Panel("space", "Space", "How a layer maps the plane", space.figures, space.page),
    Panel(
        "inside",
        "Graph inside",
        "The graph of one sample's loss. Open layers and neurons to see more.",
        inside.figures,
        inside.page,
    ),
    Panel(
        "weight", "Weight", "How the optimizer updates one weight", page=weight.page, numbers=True
    ),
    Panel(
        "compare",
        "Compare",
        "Another run next to this one",
        compare.figures,
        compare.page,
        numbers=True,
    ),
    Panel(
        "leave",
        "Export",
        "Save settings, weights, code, pictures and a replay",
        page=leave.page,
        numbers=True,
    ),
)


PANELS: dict[str, Panel] = {panel.name: panel for panel in TABLE}


def panel_of(view: ViewOptions) -> Panel:
    """The tab that is open: the first until another is chosen."""
    return PANELS.get(view.panel, TABLE[0])


def drawn(frame: Frame, view: ViewOptions, pinned: Pinned = None) -> dict[str, Figure]:
    """Every plot beside the surface, by the id of its element."""
    shown = {"loss": loss.figure(frame.run.curve, view, pinned)}
    if bars.wanted(frame.run):
        shown["bars"] = bars.figure(frame)
    return shown | panel_of(view).figures(frame, view, pinned)
