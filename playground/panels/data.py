"""The samples: a person adds, moves and erases points, or uploads a table."""

from __future__ import annotations

from typing import Any

from engine.inspection.frames import Frame, ViewOptions
from engine.training.run import Run

TOOLS = {
    "look": ("Look", "Point at the plane to see the prediction"),
    "add": ("Add", "Click to add a point"),
    "move": ("Move", "Drag a point to move it"),
    "erase": ("Erase", "Click a point to erase it"),
}
"""Title and hint of each tool."""
EXAMPLE = "x1,x2,label\n0.2,0.7,yes\n-0.4,0.1,no\n0.5,-0.3,no\n0.1,0.9,yes\n"


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return the tools, and an example of a table."""
    return {"drawing": TOOLS, "example": EXAMPLE}
