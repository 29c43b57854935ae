"""How large a run may be on this instance, whoever asks for it: a page, or a cell of a sweep."""

from __future__ import annotations

from engine.training.run import Run
from playground.settings import Deployment


def too_much(run: Run, limits: Deployment) -> dict[str, str]:
    """What of a run is more than this instance computes, a sentence a field."""
    many, samples = len(run.parameters), len(run.data.inputs)
    if many > limits.parameters:
        return {"hidden": f"This network has {many:,} weights and biases; this instance computes "
                f"{limits.parameters:,}. Take fewer neurons or layers."}  # fmt: skip
    if samples > limits.samples:
        return {"samples": f"These are {samples:,} samples; this instance takes "
                f"{limits.samples:,}."}  # fmt: skip
    return {}


def held(run: Run, limits: Deployment) -> None:
    """Raises ValueError, in words, for a run that is larger than may be."""
    for sentence in too_much(run, limits).values():
        raise ValueError(sentence)
