"""What training reads and what it returns, on every backend.

A step of training is: the gradient of a batch's loss, with dropout's masks; penalties; clipping;
the optimizer's update at the scheduled rate. Where any number of it is not finite the step is not
taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import random
from engine.hyperparameters import HYPERPARAMETERS, Hyperparameters
from engine.optimizers import OPTIMIZERS, Moments
from engine.random import Floats, RandomStream
from engine.schedules import SCHEDULES, warm_up

REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in the training data: the epoch, and how many of its samples have been used."""

    epoch: int = 0
    position: int = 0


@dataclass(frozen=True)
class Training(Hyperparameters):
    """How a program trains: everything but the numbers it works on.

    Raises ValueError for a name that is not in its table and for a value out of its bounds.
    """

    batch: int = 0
    reduction: str = "mean"
    """How the losses of a batch combine: their mean or their sum."""

    def __post_init__(self) -> None:
        for name, table in (
            (self.optimizer, OPTIMIZERS),
            (self.schedule, SCHEDULES),
            (self.reduction, REDUCTIONS),
        ):
            if name not in table:
                raise ValueError(f"{name!r} is not one of {', '.join(table)}")
        for name, hyperparameter in HYPERPARAMETERS.items():
            hyperparameter.check(getattr(self, name))

    def rate_after(self, done: int) -> float:
        """Return the rate of the step after `done` steps."""
        rate = SCHEDULES[self.schedule].rate(self.rate, done, self.period, self.factor)
        return warm_up(rate, done, self.warmup)

    def masks(self, done: int, count: int, samples: int) -> Floats:
        """What `count` dropped Values are multiplied by in that step, (count, samples).

        0 with the chance `dropout`, else 1 / (1 − dropout), so that the mean stays (Srivastava et
        al. 2014, inverted). They follow from the seed and the step alone.
        """
        u = random.uniform(random.key(self.seed, RandomStream.DROPOUT, done), count * samples)
        return np.where(u < self.dropout, 0.0, 1.0 / (1.0 - self.dropout)).reshape(count, samples)


@dataclass(frozen=True, slots=True)
class Descent:
    """What some steps of training led to; `losses` (steps,) are those of the batches, before
    each update, and `watched` (points, samples) those of the watched samples, at every step that
    was asked for.

    `finite` is False where a loss, a gradient, a parameter or a moment was not finite: then the
    rest is the state before that step.
    """

    parameters: Floats
    moments: Moments
    cursor: Cursor
    losses: Floats
    watched: Floats
    finite: bool = True
