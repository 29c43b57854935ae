"""Random networks with a batch and a way to train, drawn from a seed alone: a golden file needs to
hold only what PyTorch makes of them.

A case is the same wherever it is drawn, up to the last digits of a rounded random number. Every
loss, optimizer and schedule meets every other within 180 seeds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from engine import MLP, Program, Value, compile
from engine import random as counted
from engine.compiler.training_options import Training
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS, Moments
from engine.random import Floats, RandomStream
from engine.schedules import SCHEDULES

PATH_STEPS = 200


@dataclass(frozen=True, eq=False)
class Case:
    """A network by its sizes and activations, the numbers it is at, and how it trains.

    `inputs` (samples, inputs) and `targets` (samples, outputs) are the batch; `parameters` stand
    neuron by neuron, its weights, then its bias; `start` updates came before.
    """

    seed: int
    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    inputs: Floats
    targets: Floats
    parameters: Floats
    moments: Moments
    start: int
    training: Training

    @property
    def table(self) -> Floats:
        """The batch as the program takes it."""
        return np.hstack([self.inputs, self.targets])

    @property
    def dropped(self) -> int:
        """How many hidden neurons there are."""
        return sum(self.sizes[1:-1])


def drawn(seed: int) -> Case:
    """A case for one update, some time after training began."""
    draw = random.Random(seed)
    loss = list(LOSSES)[seed % 6]
    optimizer = list(OPTIMIZERS)[seed // 6 % 6]
    training = Training(
        optimizer=optimizer,
        rate=draw.choice((0.003, 0.02, 0.1)),
        seed=seed,
        reduction=LOSSES[loss].reduction,
        schedule=list(SCHEDULES)[seed // 36 % 5],
        period=draw.randint(1, 20),
        factor=draw.choice((0.0, 0.1, 0.5, 0.9)),
        l1=draw.choice((0.0, 0.0, 0.01, 0.3)),
        l2=draw.choice((0.0, 0.0, 0.01, 0.3)),
        clip=draw.choice((0.0, 0.0, 0.05, 1.0)),
        decay=draw.choice((0.01, 0.2)),
        dropout=draw.choice((0.0, 0.0, 0.2, 0.6)),
        **_adam_options(seed),
    )
    start = draw.choice((0, 0, draw.randint(1, 40)))
    return _network(draw, seed, loss, training, start)


def path(seed: int) -> Case:
    """A case for PATH_STEPS updates from the beginning, on batches smaller than the data."""
    draw = random.Random(-1 - seed)
    loss = list(LOSSES)[seed % 6]
    training = Training(
        optimizer=list(OPTIMIZERS)[seed // 6 % 6],
        rate=0.002 if loss == "squares" else 0.01,
        batch=draw.choice((0, 3, 5)),
        seed=seed,
        reduction=LOSSES[loss].reduction,
        schedule=list(SCHEDULES)[seed % 5],
        period=draw.randint(20, 100),
        factor=0.3,
        l1=draw.choice((0.0, 0.001)),
        l2=draw.choice((0.0, 0.01)),
        clip=draw.choice((0.0, 0.5)),
        dropout=draw.choice((0.0, 0.2)),
        **_adam_options(seed),
    )
    return _network(draw, seed, loss, training, start=0)


def _adam_options(seed: int) -> dict[str, float]:
    """Return other betas and another epsilon for every fifth case."""
    return {} if seed % 5 else {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4}


def _network(draw: random.Random, seed: int, loss: str, training: Training, start: int) -> Case:
    output = "linear" if LOSSES[loss].from_logits else draw.choice(LOSSES[loss].outputs)
    sizes = [draw.randint(1, 4), *(draw.randint(1, 6) for _ in range(draw.randint(0, 3)))]
    sizes.append(draw.choice((2, 3, 4)) if loss == "ce" else draw.choice((1, 1, 2, 3)))
    names = [draw.choice(list(ACTIVATIONS)) for _ in sizes[2:]]
    samples = draw.randint(1, 12)
    mlp = MLP(sizes[0], sizes[1:], names, output, seed, draw.choice(("uniform", "xavier", "he")))
    parameters = np.array([round(parameter.data, 6) for parameter in mlp.parameters()])
    moments = tuple(
        np.array([round(draw.uniform(0.01, 0.5), 6) if start else 0.0 for _ in parameters])
        for _ in range(OPTIMIZERS[training.optimizer].moments)
    )
    inputs = [[round(draw.gauss(0, 1), 3) for _ in range(sizes[0])] for _ in range(samples)]
    targets = [_wanted(draw, loss, sizes[-1]) for _ in range(samples)]
    return Case(
        seed, tuple(sizes), (*names, output), loss, np.array(inputs), np.array(targets),
        parameters, moments, start, training,
    )  # fmt: skip


def _wanted(draw: random.Random, loss: str, outputs: int) -> list[float]:
    match loss:
        case "ce":
            chosen = draw.randrange(outputs)
            return [float(place == chosen) for place in range(outputs)]
        case "bce":
            return [draw.choice((0.0, 1.0)) for _ in range(outputs)]
        case "hinge":
            return [draw.choice((-1.0, 1.0)) for _ in range(outputs)]
    return [round(draw.uniform(-2.5, 2.5), 3) for _ in range(outputs)]


def built(case: Case) -> tuple[Program, MLP]:
    """The program of a case, its hidden neurons dropped in training, and its network."""
    *hidden, output = case.activations
    mlp = MLP(case.sizes[0], case.sizes[1:], hidden, output, seed=0)
    for parameter, data in zip(mlp.parameters(), case.parameters.tolist(), strict=True):
        parameter.data = data
    inputs = [Value(0.0) for _ in range(case.sizes[0])]
    targets = [Value(0.0) for _ in range(case.sizes[-1])]
    layer, dropped = inputs, list[Value]()
    for next_layer in mlp.layers[:-1]:
        layer = next_layer(layer)
        dropped += layer
    loss = LOSSES[case.loss].sample(mlp.layers[-1](layer), targets)
    return compile(loss, [*inputs, *targets], mlp.parameters(), dropped=dropped), mlp


def batches(training: Training, samples: int, steps: int) -> list[list[int]]:
    """The rows of each batch: epoch after epoch in seeded order, the short last batch kept."""
    size = min(training.batch or samples, samples)
    rows: list[list[int]] = []
    for epoch in range(steps):
        start = counted.key(training.seed, RandomStream.SHUFFLE, epoch)
        order = range(samples) if size == samples else counted.permutation(start, samples).tolist()
        rows += [list(order[at : at + size]) for at in range(0, samples, size)]
    return rows[:steps]
