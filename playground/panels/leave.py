"""The tab "Take it with you": what a run leaves as, and what its settings do not say of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from engine.export.network import NETWORK_FORMATS
from engine.inspection.frames import Frame, ViewOptions
from engine.training.commands import Edit, NewSetting, NewWeight, NewWeights, RunCommand, Undo
from engine.training.run import Run
from engine.training.settings import DECLARATIONS
from playground.figures import bars

EDITS = {"add": "a point added", "move": "a point moved", "erase": "a point erased"}
MOST_NAMED = 6
"""So many kinds of edits are named, the latest; the others are counted."""


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """What its templates show."""
    plots = {"surface": "Surface", "loss": "Loss", "picture": "Network"}
    if bars.wanted(frame.run):
        plots["bars"] = "Predictions"
    return {"programs": NETWORK_FORMATS, "plots": plots, "edits": edits(frame.run)}


def edits(run: Run) -> str:
    """What its commands changed, in a few words, each kind once: `Learning rate 0.03 at step 20`.

    Empty where nothing was changed.
    """
    counted = Counter(_told(change, step) for step, change in run.log)
    named = [f"{told} ({times} times)" if times > 1 else told for told, times in counted.items()]
    left = len(named) - MOST_NAMED
    return "; ".join(([f"{left} kinds before"] if left > 0 else []) + named[-MOST_NAMED:])


def _told(change: RunCommand, step: int) -> str:
    match change:
        case NewSetting(name=name, text=text):
            return f"{DECLARATIONS[name].title} {text} at step {step:,}"
        case NewWeight():
            return "a weight set by hand"
        case NewWeights():
            return f"all weights loaded at step {step:,}"
        case Edit(how=how):
            return EDITS[how]
        case Undo():
            return "an edit of the points taken back"
    return "played on beyond the stop rule"
