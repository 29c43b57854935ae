"""The ways on after a run has diverged: back to where its loss was still good, with gentler
settings.
"""

from __future__ import annotations

import numpy as np

from engine.training.run import Run

TRIAL_STEPS = 60
"""Number of steps that gentler settings are tried for."""
RATE_FACTORS = (10, 30, 100, 300, 1000, 10_000, 100_000)
"""The learning rate is divided by the one of these that works best."""
CLIPS = (1.0, 0.1, 0.01, 0.001)
"""Limits of the gradient's length. The one that works best is set."""


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


def trial_end(run: Run) -> int:
    """Return the step at which a trial of gentler settings ends, at a stop rule's own step at the
    latest.
    """
    end = run.step + TRIAL_STEPS
    stop = run.now.stop_steps
    return min(end, stop) if stop > run.step else end
