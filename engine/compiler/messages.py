"""What the compiler says to people."""

from __future__ import annotations

CURSOR = "Position {position} is not a place in an epoch of {samples} samples."
