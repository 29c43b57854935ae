"""What the pages of sweeps say."""

from __future__ import annotations

UNFINISHED_CELL = "This run of the sweep is not finished yet."


def duration(seconds: float | None) -> str:
    """Return roughly how long that is: `about 40 s`, `about 3 min`. Empty if it is unknown."""
    if seconds is None:
        return ""
    if seconds < 99.5:
        return f"about {max(1, round(seconds))} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.0f} h"
