"""What people read when this instance refuses a request for security."""

from __future__ import annotations

UNKNOWN_HOST = (
    "This instance does not use the name {name}. "
    "Its operator can add the name to PLAYGROUND_ALLOWED_HOSTS."
)
OTHER_SITE = "This request came from a page of another site, which cannot change anything here."
