"""A graph of Values as a program that runs over a whole batch of samples.

The graph is that of one sample: its inputs (targets among them) take a column of the batch each,
its parameters are shared by all samples, everything else is computed. A node that depends on an
input is an array over the samples, any other stays a single number. This is an interpretation in
NumPy, an operation of the table at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine import random
from engine.optimizers import DECAY, OPTIMIZERS, Moments
from engine.random import Floats, Stream
from engine.value import Value, topological

REDUCTIONS = ("mean", "sum")
MOST_NUMBERS, LEAST_ROWS = 4_000_000, 256
"""A batch is taken in blocks of rows so that all nodes' numbers stay below the first, 32 MB, except
that a block has at least so many rows."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in the training data: the epoch, and how many of its samples have been used."""

    epoch: int = 0
    position: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    """How a program trains: everything but the numbers it works on."""

    optimizer: str = "sgd"
    rate: float = 0.1
    batch: int | None = None
    """Samples a step, None for all of them."""
    seed: int = 0
    reduction: str = "mean"


@dataclass(frozen=True, slots=True)
class Descent:
    """What some steps of training led to; `losses` (steps,) are those of the batches, before
    each update.

    `finite` is False where a loss or parameter was not finite: then the rest is the state before
    that step.
    """

    parameters: Floats
    moments: Moments
    cursor: Cursor
    losses: Floats
    finite: bool = True


class Program:
    """What `compile` returns. `parameters` are the Values whose data `train` updates."""

    def __init__(
        self,
        loss: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        outputs: Sequence[Value],
    ) -> None:
        for value, kind in [(v, "input") for v in inputs] + [(v, "parameter") for v in parameters]:
            if value.operands:
                raise ValueError(
                    f"the {kind} {value!r} is computed from other Values; only a leaf can be one"
                )
        if len({*inputs, *parameters}) != len(inputs) + len(parameters):
            raise ValueError("a Value stands twice among the inputs and parameters")
        self.inputs = tuple(inputs)
        self.parameters = tuple(parameters)
        self._nodes = topological(loss, *outputs)
        self._place = {node: place for place, node in enumerate(self._nodes)}
        self._operands = [[self._place[o] for o in node.operands] for node in self._nodes]
        self._loss = self._place[loss]
        self._rows = max(LEAST_ROWS, MOST_NUMBERS // len(self._nodes))
        self._columns = [(self._place[v], i) for i, v in enumerate(inputs) if v in self._place]
        self._shared = [(self._place[v], i) for i, v in enumerate(parameters) if v in self._place]

    def values(self) -> Floats:
        """The parameters' present data, (parameters,)."""
        return np.array([parameter.data for parameter in self.parameters])

    def evaluate(self, parameters: Floats, X: npt.ArrayLike, nodes: Sequence[Value]) -> Floats:
        """What these nodes of the graph are worth for every sample: (nodes, samples).

        X is (samples, inputs); where the nodes do not depend on the last inputs, their columns may
        be left out.
        """
        X = self._batch(X)
        places = [self._place[node] for node in nodes]
        needed = {self._place[node] for node in topological(*nodes)}
        values = np.empty((len(places), len(X)))
        for start in range(0, len(X), self._rows):
            block = slice(start, start + self._rows)
            data = self._forward(parameters, X[block], needed)
            for row, place in enumerate(places):
                values[row, block] = data[place]
        return values

    def loss_and_grad(self, X: npt.ArrayLike, reduction: str = "mean") -> tuple[float, Floats]:
        """The mean (or the sum) of the loss over the samples of X, (samples, inputs), and its
        gradient.

        The gradient has one number a parameter, at the parameters' present data. Raises ValueError
        where X has other columns than the program has inputs.
        """
        return self.gradient(self.values(), X, reduction)

    def gradient(
        self, parameters: Floats, X: npt.ArrayLike, reduction: str = "mean"
    ) -> tuple[float, Floats]:
        """The same at the given parameters, (parameters,)."""
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction is one of {', '.join(REDUCTIONS)}, not {reduction!r}")
        X = self._batch(X)
        if X.shape[1] != len(self.inputs):
            raise ValueError(f"{X.shape[1]} columns for {len(self.inputs)} inputs")
        weight = 1.0 if reduction == "sum" else 1.0 / len(X)
        blocks = [X[start : start + self._rows] for start in range(0, len(X), self._rows)]
        results = [self._gradient(parameters, block, weight) for block in blocks]
        losses, gradients = zip(*results, strict=True)
        return float(sum(losses)), sum(gradients[1:], start=gradients[0])

    def _gradient(self, parameters: Floats, X: Floats, weight: float) -> tuple[float, Floats]:
        samples = len(X)
        data = self._forward(parameters, X, None)
        loss = np.broadcast_to(np.asarray(data[self._loss]), samples)
        grads: list[npt.NDArray[np.float64] | float] = [0.0] * len(self._nodes)
        grads[self._loss] = weight if np.ndim(data[self._loss]) else weight * samples
        with np.errstate(all="ignore"):
            for place in range(self._loss, -1, -1):
                node, grad = self._nodes[place], grads[place]
                if node.op is None or (isinstance(grad, float) and grad == 0.0):
                    continue
                arguments = (*(data[o] for o in self._operands[place]), *node.numbers, data[place])
                for operand, partial in zip(self._operands[place], node.op.partials, strict=True):
                    flow = partial(*arguments) * grad
                    if np.ndim(data[operand]) == 0 and np.ndim(data[place]):
                        flow = np.broadcast_to(flow, samples).sum()
                    grads[operand] = grads[operand] + flow
        gradient = np.zeros(len(self.parameters))
        for place, i in self._shared:
            gradient[i] = grads[place]
        return float(loss.sum() * weight), gradient

    def descend(
        self,
        parameters: Floats,
        moments: Moments,
        X: Floats,
        training: Training,
        *,
        start: int,
        steps: int,
        cursor: Cursor = Cursor(),
    ) -> Descent:
        """`steps` updates on the samples X, (samples, inputs), of which `start` came before; pure.

        An epoch is one shuffle of the samples without replacement, its short last batch kept.
        """
        optimizer = OPTIMIZERS[training.optimizer]
        samples = len(X)
        batch = min(training.batch or samples, samples)
        losses = np.empty(steps)
        order = self._order(training, cursor.epoch, samples, batch)
        for done in range(steps):
            end = min(cursor.position + batch, samples)
            taken = X if batch == samples else X[order[cursor.position : end]]
            loss, gradient = self.gradient(parameters, taken, training.reduction)
            with np.errstate(all="ignore"):
                moved, carried = optimizer.update(
                    parameters, gradient, moments, start + done + 1, training.rate, DECAY
                )
            if not (np.isfinite(loss) and np.isfinite(moved).all()):
                return Descent(parameters, moments, cursor, losses[:done], finite=False)
            losses[done] = loss
            parameters, moments = moved, carried
            cursor = Cursor(cursor.epoch, end)
            if end == samples:
                cursor = Cursor(cursor.epoch + 1)
                order = self._order(training, cursor.epoch, samples, batch)
        return Descent(parameters, moments, cursor, losses)

    def train(
        self,
        X: npt.ArrayLike,
        *,
        steps: int,
        rate: float,
        optimizer: str = "sgd",
        batch: int | None = None,
        seed: int = 0,
        reduction: str = "mean",
    ) -> Floats:
        """Update the parameters' data `steps` times on the samples X, (samples, inputs).

        Returns the losses (steps,) of the batches, each before its update. Raises ArithmeticError,
        the last good data kept, where the training diverges, and ValueError for names that are not
        known.
        """
        if optimizer not in OPTIMIZERS:
            raise ValueError(f"{optimizer!r} is not one of {', '.join(OPTIMIZERS)}")
        if batch is not None and batch < 1:
            raise ValueError(f"a batch has at least 1 sample, not {batch}")
        training = Training(optimizer, rate, batch, seed, reduction)
        parameters = self.values()
        moments = tuple(np.zeros_like(parameters) for _ in range(OPTIMIZERS[optimizer].moments))
        result = self.descend(parameters, moments, self._batch(X), training, start=0, steps=steps)
        for parameter, data in zip(self.parameters, result.parameters.tolist(), strict=True):
            parameter.data = data
        if not result.finite:
            raise ArithmeticError(
                f"the training diverged at step {len(result.losses) + 1}; try a smaller rate"
            )
        return result.losses

    @staticmethod
    def _order(training: Training, epoch: int, samples: int, batch: int) -> random.Integers:
        if batch == samples:
            return np.arange(samples)
        return random.permutation(random.key(training.seed, Stream.SHUFFLE, epoch), samples)

    @staticmethod
    def _batch(X: npt.ArrayLike) -> Floats:
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or len(X) == 0:
            raise ValueError(
                f"samples are rows of a table, (samples, inputs); this has the shape {X.shape}"
            )
        return X

    def _forward(
        self, parameters: Floats, X: Floats, needed: set[int] | None
    ) -> list[npt.NDArray[np.float64] | float]:
        data: list[npt.NDArray[np.float64] | float] = [node.data for node in self._nodes]
        for place, i in self._shared:
            data[place] = float(parameters[i])
        for place, column in self._columns:
            if column < X.shape[1]:
                data[place] = X[:, column]
        with np.errstate(all="ignore"):
            for place, node in enumerate(self._nodes):
                if node.op is not None and (needed is None or place in needed):
                    arguments = [data[operand] for operand in self._operands[place]]
                    data[place] = node.op.forward(*arguments, *node.numbers)
        return data


def compile(
    loss: Value, inputs: Sequence[Value], parameters: Sequence[Value], outputs: Sequence[Value] = ()
) -> Program:
    """The program of the graph of `loss`, which is that of one sample.

    `inputs` are the leaves that take the columns of a batch, in that order, targets among them;
    `parameters` the leaves that training moves; `outputs` further nodes that `evaluate` will be
    asked for. Raises ValueError where an input or a parameter is not a leaf, or stands twice.
    """
    return Program(loss, inputs, parameters, outputs)
