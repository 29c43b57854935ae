"""How large a run may be on this instance, on a page and in the cell of a sweep."""

from __future__ import annotations

from engine.training.run import Run
from playground.messages import network as messages
from playground.settings import Deployment


def size_errors(run: Run, limits: Deployment) -> dict[str, str]:
    """Return a message for each setting that makes a run larger than the limits."""
    parameters, samples = len(run.parameters), len(run.data.inputs)
    if parameters > limits.parameters:
        message = messages.TOO_MANY_PARAMETERS
        return {"hidden": message.format(parameters=parameters, limit=limits.parameters)}
    if samples > limits.samples:
        message = messages.TOO_MANY_SAMPLES
        return {"samples": message.format(samples=samples, limit=limits.samples)}
    return {}


def require_size(run: Run, limits: Deployment) -> None:
    """Raise ValueError, with a message for people, if a run is larger than the limits."""
    for message in size_errors(run, limits).values():
        raise ValueError(message)
