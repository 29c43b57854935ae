"""The run that is laid beside the present one."""

from engine.training import Run

Pinned = Run | None
