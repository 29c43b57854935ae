"""What is trained: the jobs, their data, the numbers they start from and the work in a step.

A job is a model and how it is trained. Everyone who takes part reads the same arrays: `data()`,
`start()` and, with mini-batches, `batches()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine import MLP, Value, random
from engine.random import Floats, Integers, RandomStream
from engine.training.datasets import DATASETS
from engine.value import sum_values

SEED = 1
EPOCHS = 20
"""Number of shuffles made beforehand for the peers, which then repeat them."""


@dataclass(frozen=True, slots=True)
class Network:
    """Units a layer, inputs first; `loss` is "squares" or "hinge"."""

    sizes: tuple[int, ...]
    hidden: str = "tanh"
    output: str = "tanh"
    loss: str = "squares"

    def start(self) -> list[Floats]:
        """Weights (units, inputs) and biases (units,) of every layer in turn."""
        arrays: list[Floats] = []
        for layer in self._mlp().layers:
            arrays.append(np.array([[w.data for w in neuron.w] for neuron in layer.neurons]))
            arrays.append(np.array([neuron.b.data for neuron in layer.neurons]))
        return arrays

    def data(self, samples: int) -> tuple[Floats, Floats]:
        """Inputs (samples, inputs) and targets −1 or 1, (samples, 1)."""
        dataset = DATASETS["points" if self.sizes[0] == 3 else "moons"]
        X, classes = dataset.make(samples, 2, dataset.noise, SEED, dataset.formula)
        return X, np.where(classes == 1, 1.0, -1.0)[:, None]

    def graph(self) -> tuple[Value, list[Value], list[Value]]:
        """The loss of one sample, its inputs with the target last, and the parameters."""
        x = [Value(0.0, f"x{i + 1}") for i in range(self.sizes[0])]
        target = Value(0.0, "t")
        mlp = self._mlp()
        output = mlp.outputs(x)[0]
        loss = (output - target) ** 2 if self.loss == "squares" else (1 - target * output).relu()
        return loss, [*x, target], mlp.parameters()

    def work(self, samples: int) -> tuple[int, int]:
        """Multiply-adds and evaluations of tanh in a step over so many samples.

        A weight takes part in the output, in its own gradient and, but in the first layer, in that
        of its input.
        """
        weights = [before * units for before, units in pairwise(self.sizes)]
        kinds = [*[self.hidden] * (len(weights) - 1), self.output]
        tanhs = sum(
            units for units, kind in zip(self.sizes[1:], kinds, strict=True) if kind == "tanh"
        )
        return samples * (3 * sum(weights) - weights[0]), samples * tanhs

    def _mlp(self) -> MLP:
        inputs, *units = self.sizes
        return MLP(inputs, units, self.hidden, self.output, seed=SEED, init="xavier")


@dataclass(frozen=True, slots=True)
class Wavelets:
    """A formula: Σ a tanh(b z) exp(−z²) + e x + f with z = x − d over four terms, squared error.

    With its 40 operations it is a graph without layers.
    """

    terms: int = 4

    def start(self) -> list[Floats]:
        """a, b and d, (terms,) each, and (e, f)."""
        places = np.linspace(-2.0, 2.0, self.terms)
        return [np.cos(places), 1.0 + 0.1 * places, places, np.array([0.1, -0.2])]

    def data(self, samples: int) -> tuple[Floats, Floats]:
        """x (samples, 1) and what the formula should be there, (samples, 1)."""
        x = np.linspace(-3.0, 3.0, samples)[:, None]
        return x, np.sin(2.0 * x)

    def graph(self) -> tuple[Value, list[Value], list[Value]]:
        """As that of a network."""
        x, target = Value(0.0, "x"), Value(0.0, "t")
        a, b, d, (e, f) = ([Value(v) for v in array.tolist()] for array in self.start())
        waves = []
        for height, slope, place in zip(a, b, d, strict=True):
            z = x - place
            waves.append(height * (slope * z).tanh() * (-(z**2)).exp())
        loss = (sum_values(waves) + e * x + f - target) ** 2
        return loss, [x, target], [*a, *b, *d, e, f]


@dataclass(frozen=True, slots=True)
class Job:
    """A model, and how it is trained: `batch` None takes all samples in every step."""

    name: str
    model: Network | Wavelets
    samples: int
    rate: float
    reduction: str = "sum"
    optimizer: str = "sgd"
    batch: int | None = None
    l2: float = 0.0

    @property
    def batch_samples(self) -> int:
        """Samples in a step."""
        return self.batch or self.samples

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(array.size for array in self.model.start())

    @property
    def products(self) -> int:
        """Parameters times samples in a step, by which the work of jobs is compared."""
        return self.parameters * self.batch_samples

    def batches(self) -> tuple[Floats, Floats]:
        """X (steps, batch, inputs) and Y (steps, batch, 1), in the order in which the engine takes
        them; a single step where it takes all samples.
        """
        X, Y = self.model.data(self.samples)
        if self.batch is None:
            return X[None], Y[None]
        order = np.concatenate([self._order(epoch) for epoch in range(EPOCHS)])
        order = order.reshape(-1, self.batch)
        return X[order], Y[order]

    def limit(self, multiply_adds: float, tanhs: float) -> float | None:
        """Steps a second if these rates, a second, were all that held it up; None for a formula."""
        if isinstance(self.model, Wavelets):
            return None
        products, curves = self.model.work(self.batch_samples)
        return 1.0 / (products / multiply_adds + curves / tanhs)

    def _order(self, epoch: int) -> Integers:
        return random.permutation(random.key(SEED, RandomStream.SHUFFLE, epoch), self.samples)


FIVE: tuple[Job, ...] = (
    Job("3-4-4-1", Network((3, 4, 4, 1)), 4, rate=0.01),
    Job("2-4-2-1", Network((2, 4, 2, 1)), 10, rate=0.01),
    Job("2-16-16-1", Network((2, 16, 16, 1)), 100, rate=1e-3),
    Job("2-8x6-1", Network((2, *[8] * 6, 1)), 500, rate=2e-4),
    Job("2-64-64-1", Network((2, 64, 64, 1)), 500, rate=1e-4),
)

JOBS: tuple[Job, ...] = (
    *FIVE,
    Job(
        "relu, hinge, L2",
        Network((2, 16, 16, 1), "relu", "linear", "hinge"),
        100,
        rate=0.01,
        reduction="mean",
        l2=1e-3,
    ),
    Job(
        "Adam, batch 10",
        Network((2, 8, 8, 1)),
        500,
        rate=1e-3,
        reduction="mean",
        optimizer="adam",
        batch=10,
    ),
    Job("formula", Wavelets(), 1000, rate=1e-3, reduction="mean"),
)


def named(names: Sequence[str]) -> list[Job]:
    """The jobs of these names. Raises ValueError for one that is not known."""
    by_name = {job.name: job for job in JOBS}
    for name in names:
        if name not in by_name:
            raise ValueError(f"{name!r} is not one of {', '.join(by_name)}")
    return [by_name[name] for name in names]
