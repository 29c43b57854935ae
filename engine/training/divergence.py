"""The ways on after a run has diverged: back to where its loss was still good, with gentler
settings.
"""

from __future__ import annotations

import numpy as np

from engine.training.run import Run, compute_losses

TRIAL_STEPS = 200
"""Number of steps that gentler settings are tried for."""
RATE_FACTORS = (10, 30, 100, 300, 1000, 10_000, 100_000)
"""The learning rate is divided by the first of these that works."""
CLIPS = (1.0, 0.1, 0.01, 0.001)
"""Limits of the gradient's length. The first that works is set."""


def last_good_step(run: Run) -> int:
    """Return the last step of the loss curve at which the training loss was not above its start."""
    losses = run.curve.train
    with np.errstate(invalid="ignore"):
        good = np.flatnonzero(losses <= losses[0])
    return int(run.curve.steps[good[-1]]) if len(good) else 0


def gentler_texts(run: Run, setting: str) -> tuple[str, ...]:
    """Return values of `rate` or `clip` that may keep a run from diverging, as a form writes them,
    the boldest first.
    """
    if setting == "rate":
        return tuple(f"{run.now.rate / factor:.2g}" for factor in RATE_FACTORS)
    limit = run.now.clip or np.inf
    return tuple(f"{clip:g}" for clip in CLIPS if clip < limit) or (f"{limit / 10:.2g}",)


def works(before: Run, after: Run) -> bool:
    """Return whether a trial ended with a finite loss that is not above the one before it."""
    return not after.diverged and compute_losses(after)[0] <= compute_losses(before)[0]
