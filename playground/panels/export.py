"""The tab Export: the files of a run, and the changes that its settings do not contain."""

from __future__ import annotations

from collections import Counter
from typing import Any

from engine.export.network import NETWORK_FORMATS
from engine.inspection.frames import Frame, ViewOptions
from engine.training.commands import Edit, NewSetting, NewWeight, NewWeights, RunCommand, Undo
from engine.training.run import Run
from engine.training.settings import DECLARATIONS
from playground.figures import bars
from playground.messages import edits as messages

MAX_KINDS = 6
"""Number of kinds of changes that are named, the latest ones. The others are only counted."""


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return the formats, the plots to save, and the changes in words."""
    plots = {"surface": "Surface", "loss": "Loss", "picture": "Network"}
    if bars.has_bars(frame.run):
        plots["bars"] = "Predictions"
    return {"formats": NETWORK_FORMATS, "plots": plots, "edits": describe_edits(frame.run)}


def describe_edits(run: Run) -> str:
    """Return what the commands of a run changed, each kind once: `Learning rate 0.03 at step 20`.

    Empty if nothing changed.
    """
    counts = Counter(_describe(command, step) for step, command in run.log)
    kinds = [
        messages.REPEATED.format(edit=edit, times=times) if times > 1 else edit
        for edit, times in counts.items()
    ]
    earlier = len(kinds) - MAX_KINDS
    first = [messages.EARLIER.format(kinds=earlier)] if earlier > 0 else []
    return "; ".join(first + kinds[-MAX_KINDS:])


def _describe(command: RunCommand, step: int) -> str:
    match command:
        case NewSetting(name=name, text=text):
            title = DECLARATIONS[name].title
            return messages.SETTING.format(title=title, text=text, step=step)
        case NewWeight():
            return messages.WEIGHT
        case NewWeights():
            return messages.WEIGHTS.format(step=step)
        case Edit(how=how):
            return messages.DATA[how]
        case Undo():
            return messages.UNDO
    return messages.CONTINUED
