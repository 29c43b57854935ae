"""Two runs next to each other: their surfaces, their losses, and the settings that differ."""

from __future__ import annotations

from typing import Any

from engine.inspection.frames import Frame, Surface, ViewOptions, compute_surface
from engine.training.run import Run, compute_losses
from engine.training.settings import DECLARATIONS
from playground.figures.style import CONFIG, Figure, axis, layout
from playground.figures.surface import heatmap


def figures(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Figure]:
    """Return the surfaces of this run and of the pinned one."""
    if pinned is None:
        return {}
    other = Surface(compute_surface(pinned, ViewOptions()), pinned.data.window, *pinned.scale)
    return {"this": _surface(frame.surface, view.discrete), "that": _surface(other, view.discrete)}


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


def _summary(run: Run) -> dict[str, Any]:
    train, test = compute_losses(run)
    return {"step": run.step, "train": train, "test": test, "edits": len(run.log)}
