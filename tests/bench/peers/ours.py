"""The engine itself. It carries parameters, moments and the place in the epoch from turn to turn,
as a run does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

import engine
from engine.compiler.program import Cursor, Program, Training
from engine.optimizers import OPTIMIZERS, Moments
from engine.random import Floats
from tests.bench.jobs import SEED, Job
from tests.bench.peers import UnableError


@dataclass(slots=True)
class Run:
    """A program and where its training is."""

    program: Program
    X: Floats
    training: Training
    parameters: Floats = field(init=False)
    moments: Moments = field(init=False)
    cursor: Cursor = Cursor()
    done: int = 0

    def __post_init__(self) -> None:
        self.parameters = self.program.values()
        count = OPTIMIZERS[self.training.optimizer].moments
        self.moments = tuple(np.zeros_like(self.parameters) for _ in range(count))

    def advance(self, steps: int) -> Floats:
        """Train on."""
        result = self.program.descend(
            self.parameters,
            self.moments,
            self.X,
            self.training,
            start=self.done,
            steps=steps,
            cursor=self.cursor,
        )
        if not result.finite:
            raise ArithmeticError("the training diverged")
        self.parameters, self.moments = result.parameters, result.moments
        self.cursor, self.done = result.cursor, self.done + steps
        return result.losses


def prepare(job: Job, **options: bool) -> tuple[Callable[[int], Floats], int]:
    """As the engine runs what it is given; the options are those of `compile`."""
    loss, inputs, parameters = job.model.graph()
    X, Y = job.model.data(job.samples)
    chosen = {"l2": job.l2} if job.l2 else {}
    training = Training(
        job.optimizer, job.rate, job.batch or 0, seed=SEED, reduction=job.reduction, **chosen
    )
    program = engine.compile(loss, inputs, parameters, **options)
    run = Run(program, np.concatenate([X, Y], axis=1), training)
    return run.advance, 1


def prepare_generic(job: Job) -> tuple[Callable[[int], Floats], int]:
    """By the route of a graph that no whole-layer instruction fits."""
    try:
        return prepare(job, layers=False)
    except TypeError as error:
        raise UnableError(f"this engine has no such choice: {error}") from error
