"""What a program is told of training and what it tells back, whichever backend computes it.

A step of training is: the gradient of a batch's loss, with dropout's masks; penalties; clipping;
the optimizer's update at the scheduled rate. Where any number of it is not finite the step is not
taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import random
from engine.optimizers import DECAY, OPTIMIZERS, Moments
from engine.random import Floats, RandomStream
from engine.schedules import SCHEDULES

REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in the training data: the epoch, and how many of its samples have been used."""

    epoch: int = 0
    position: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    """How a program trains: everything but the numbers it works on.

    Raises ValueError for a name that is not in its table or a number that makes no sense.
    """

    optimizer: str = "sgd"
    rate: float = 0.1
    batch: int | None = None
    """Samples a step, None for all of them."""
    seed: int = 0
    reduction: str = "mean"
    schedule: str = "constant"
    period: int = 1000
    """Steps, as the schedule reads it."""
    factor: float = 0.1
    """The share of the rate that the schedule leaves after a period, 0 to 1."""
    l1: float = 0.0
    l2: float = 0.0
    """What a parameter's absolute value, and half its square, add to the loss that is descended;
    the loss that is told is without them."""
    clip: float = 0.0
    """The longest gradient, as a Euclidean norm; 0 is no limit."""
    decay: float = DECAY
    """AdamW's weight decay."""
    dropout: float = 0.0
    """The chance that a sample does without a dropped Value, 0 to below 1."""

    def __post_init__(self) -> None:
        for name, known in (
            (self.optimizer, OPTIMIZERS),
            (self.schedule, SCHEDULES),
            (self.reduction, REDUCTIONS),
        ):
            if name not in known:
                raise ValueError(f"{name!r} is not one of {', '.join(known)}")
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"a batch has at least 1 sample, not {self.batch}")
        if self.period < 1:
            raise ValueError(f"a period has at least 1 step, not {self.period}")
        if not 0.0 <= self.factor <= 1.0:
            raise ValueError(f"the factor is from 0 to 1, not {self.factor}")
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout is from 0 to below 1, not {self.dropout}")
        if min(self.l1, self.l2, self.clip, self.decay) < 0.0:
            raise ValueError("l1, l2, clip and decay are not negative")

    def rate_after(self, done: int) -> float:
        """The rate of the step before which `done` were made."""
        return SCHEDULES[self.schedule].rate(self.rate, done, self.period, self.factor)

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
