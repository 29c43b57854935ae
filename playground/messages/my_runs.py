"""What the page My runs says, and what links to a run say."""

from __future__ import annotations

from playground.messages import count

FOREIGN_ADDRESS = (
    "A QR code can only be made for an address of this instance. Such an address begins with /."
)
LINK_TOO_LONG = (
    "This link is too long for a QR code. Share the run at this step, or shorten the expression."
)
NOT_SHARED = "This run is no longer shared."
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
"""Units of time, in seconds, from the longest."""


def ago(seconds: float) -> str:
    """Return roughly how long ago that was: `just now`, `3 minutes ago`, `2 days ago`."""
    for length, name in UNITS:
        number = int(seconds // length)
        if number:
            return f"{count(number, name)} ago"
    return "just now"
