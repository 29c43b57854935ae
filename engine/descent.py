"""What a program is told of training and what it tells back, whichever backend computes it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.optimizers import DECAY, Moments
from engine.random import Floats


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in the training data: the epoch, and how many of its samples have been used."""

    epoch: int = 0
    position: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    optimizer: str = "sgd"
    rate: float = 0.1
    batch: int | None = None
    seed: int = 0
    reduction: str = "mean"
    schedule: str = "constant"
    period: int = 1000
    factor: float = 0.1
    l1: float = 0.0
    l2: float = 0.0
    clip: float = 0.0
    decay: float = DECAY
    dropout: float = 0.0


@dataclass(frozen=True, slots=True)
class Descent:
    parameters: Floats
    moments: Moments
    cursor: Cursor
    losses: Floats
    finite: bool = True
