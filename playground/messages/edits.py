"""What the tab Export says about the changes that the settings do not contain."""

from __future__ import annotations

DATA = {"add": "a point added", "move": "a point moved", "erase": "a point erased"}
"""Changes of the data by their kind."""
SETTING = "{title} {text} at step {step:,}"
WEIGHT = "a weight changed by hand"
WEIGHTS = "all weights loaded at step {step:,}"
UNDO = "an edit of the points undone"
CONTINUED = "training continued beyond the stop rule"
REPEATED = "{edit} ({times} times)"
EARLIER = "earlier kinds of changes: {kinds}"
