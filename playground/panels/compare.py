"""Two runs side by side: their surfaces, their losses, and the settings in which they differ."""

from __future__ import annotations

from typing import Any

from engine.inspection.frames import Frame, Surface, ViewOptions, compute_surface
from engine.training.run import Run, compute_losses
from engine.training.settings import DECLARATIONS
from playground.figures.style import CONFIG, Figure, axis, layout
from playground.figures.surface import heatmap
from playground.panels.pinned import Pinned


def figures(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Figure]:
    """The surface of this run and that of the pinned one."""
    if pinned is None:
        return {}
    own = Surface(compute_surface(pinned, ViewOptions()), pinned.data.window, *pinned.scale)
    return {"this": _surface(frame.surface, view.discrete), "that": _surface(own, view.discrete)}


def _surface(surface: Surface, discrete: bool) -> Figure:
    x, y = surface.window
    return {
        "data": [heatmap(surface, discrete)],
        "layout": layout(
            xaxis=axis(range=x, constrain="domain", showticklabels=False),
            yaxis=axis(range=y, scaleanchor="x" if x == y else None, showticklabels=False),
            margin={"l": 4, "r": 4, "t": 4, "b": 4},
        ),
        "config": CONFIG,
    }


def page(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Any]:
    """What differs between this run and the pinned one."""
    if pinned is None:
        return {"differing": [], "beside": None}
    here, there = frame.run.now.texts(), pinned.now.texts()
    differing = [
        (DECLARATIONS[name].title, here[name] or "–", there[name] or "–")
        for name in here
        if here[name] != there[name]
    ]
    return {"differing": differing, "beside": _told(pinned), "own": _told(frame.run)}


def _told(run: Run) -> dict[str, Any]:
    train, test = compute_losses(run)
    return {"step": run.step, "train": train, "test": test, "edits": len(run.log)}
