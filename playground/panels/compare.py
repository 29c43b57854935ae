"""Two runs next to each other: their surfaces, their losses, and the settings that differ."""

from __future__ import annotations

from typing import Any

from engine.inspection.frames import Frame, Surface, ViewOptions, compute_surface
from engine.training.run import Run, compute_losses
from engine.training.settings import DECLARATIONS
from playground.figures.axes import within
from playground.figures.style import CONFIG, Figure, layout
from playground.figures.surface import heatmap


def figures(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Figure]:
    """Return the surfaces of this run and of the pinned one."""
    if pinned is None:
        return {}
    other = Surface(compute_surface(pinned, ViewOptions()), pinned.data.window, *pinned.scale)
    return {
        "this": surface_figure(frame.surface, view.discrete),
        "that": surface_figure(other, view.discrete),
    }


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return a summary of both runs, and the settings that differ."""
    if pinned is None:
        return {"differences": [], "pinned": None}
    here, there = frame.run.now.texts(), pinned.now.texts()
    differences = [
        (DECLARATIONS[name].title, here[name] or "–", there[name] or "–")
        for name in here
        if here[name] != there[name]
    ]
    return {"differences": differences, "pinned": _summary(pinned), "own": _summary(frame.run)}


def surface_figure(surface: Surface, discrete: bool) -> Figure:
    x, y = surface.window
    square = {} if x != y else {"scaleanchor": "x", "constrain": "domain"}
    plain = {"zeroline": False, "showgrid": False}
    return {
        "data": [heatmap(surface, discrete)],
        "layout": layout(
            xaxis=within("x1", *x) | plain | {"constrain": "domain"},
            yaxis=within("x2", *y) | plain | square,
        ),
        "config": CONFIG,
    }


def _summary(run: Run) -> dict[str, Any]:
    train, test = compute_losses(run)
    return {"step": run.step, "train": train, "test": test, "edits": len(run.log)}
