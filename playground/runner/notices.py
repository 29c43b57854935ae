"""What is said of a run, or a sweep, that does not go on as it would."""

from __future__ import annotations

from playground.settings import Deployment


def overspent(limits: Deployment) -> str:
    """Its visitor has spent the computing of the last minute."""
    return (
        f"Your runs have had the {limits.cpu_seconds:g} seconds of computing that this "
        "instance gives in a minute; until there are more they go on slowly."
    )


def idled(limits: Deployment) -> str:
    """Nobody did anything with it for long."""
    return (
        f"Paused, since nobody did anything here for {limits.idle_minutes:g} minutes. Play goes on."
    )
