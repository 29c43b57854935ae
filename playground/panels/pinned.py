"""The run that is laid beside the present one."""

from engine.training.run import Run

Pinned = Run | None
