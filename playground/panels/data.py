"""The samples themselves: points drawn, moved and erased; a table pasted, uploaded, taken along."""

from __future__ import annotations

from typing import Any

from engine.inspection.frames import Frame, ViewOptions
from playground.panels.pinned import Pinned

TOOLS = {
    "look": ("Look", "The cursor reads out the prediction"),
    "add": ("Add", "A click adds a point"),
    "move": ("Move", "Drag a point elsewhere"),
    "erase": ("Erase", "A click takes a point away"),
}
EXAMPLE = "x1,x2,label\n0.2,0.7,yes\n-0.4,0.1,no\n0.5,-0.3,no\n0.1,0.9,yes\n"


def page(frame: Frame, view: ViewOptions, pinned: Pinned) -> dict[str, Any]:
    """The tools, and an example of a table."""
    return {"drawing": TOOLS, "example": EXAMPLE}
