"""A graph of Values as a program that runs over a whole batch of samples.

The graph is that of one sample: its inputs (targets among them) take a column of the batch each,
its parameters are shared by all samples, everything else is computed. A node that depends on an
input is an array over the samples, any other stays a single number. This is an interpretation in
NumPy, an operation of the table at a time.

A step of training is: the gradient of a batch's loss, with dropout's masks; penalties; clipping;
the optimizer's update at the scheduled rate. Where any number of it is not finite the step is not
taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from engine import random
from engine.optimizers import DECAY, OPTIMIZERS, Moments, clipped, penalised
from engine.random import Floats, Stream
from engine.schedules import SCHEDULES
from engine.value import Value, topological

Numbers = list[Floats | float]
"""An entry a node: (samples,) where it depends on an input, else a single number."""

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
        u = random.uniform(random.key(self.seed, Stream.DROPOUT, done), count * samples)
        return np.where(u < self.dropout, 0.0, 1.0 / (1.0 - self.dropout)).reshape(count, samples)


@dataclass(frozen=True, slots=True)
class Descent:
    """What some steps of training led to; `losses` (steps,) are those of the batches, before
    each update.

    `finite` is False where a loss, a gradient, a parameter or a moment was not finite: then the
    rest is the state before that step.
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
        dropped: Sequence[Value],
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
        self._dropped = [self._place[value] for value in dropped]
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
            data, _ = self._forward(parameters, X[block], needed)
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
        return self._in_blocks(parameters, self._batch(X), reduction, None)

    def _in_blocks(
        self, parameters: Floats, X: Floats, reduction: str, masks: Floats | None
    ) -> tuple[float, Floats]:
        if X.shape[1] != len(self.inputs):
            raise ValueError(f"{X.shape[1]} columns for {len(self.inputs)} inputs")
        weight = 1.0 if reduction == "sum" else 1.0 / len(X)
        blocks = [slice(start, start + self._rows) for start in range(0, len(X), self._rows)]
        losses, gradients = zip(
            *(
                self._gradient(
                    parameters, X[block], weight, None if masks is None else masks[:, block]
                )
                for block in blocks
            ),
            strict=True,
        )
        return float(sum(losses)), sum(gradients[1:], start=gradients[0])

    def _gradient(
        self, parameters: Floats, X: Floats, weight: float, masks: Floats | None
    ) -> tuple[float, Floats]:
        samples = len(X)
        masked = {} if masks is None else dict(zip(self._dropped, masks, strict=True))
        data, read = self._forward(parameters, X, None, masked)
        loss = np.broadcast_to(np.asarray(data[self._loss]), samples)
        grads: Numbers = [0.0] * len(self._nodes)
        grads[self._loss] = weight if np.ndim(data[self._loss]) else weight * samples
        with np.errstate(all="ignore"):
            for place in range(self._loss, -1, -1):
                node, grad = self._nodes[place], grads[place]
                if node.op is None or (isinstance(grad, float) and grad == 0.0):
                    continue
                arguments = (*(read[o] for o in self._operands[place]), *node.numbers, data[place])
                for operand, partial in zip(self._operands[place], node.op.partials, strict=True):
                    flow = partial(*arguments) * grad
                    if operand in masked:
                        flow = flow * masked[operand]
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
            masks = None
            if training.dropout and self._dropped:
                masks = training.masks(start + done, len(self._dropped), len(taken))
            loss, gradient = self._in_blocks(parameters, taken, training.reduction, masks)
            with np.errstate(all="ignore"):
                slope = penalised(gradient, parameters, training.l1, training.l2)
                moved, carried = optimizer.update(
                    parameters,
                    clipped(slope, training.clip),
                    moments,
                    start + done + 1,
                    training.rate_after(start + done),
                    training.decay,
                )
            good = np.isfinite(loss) and all(
                np.isfinite(each).all() for each in (gradient, moved, *carried)
            )
            if not good:
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
        schedule: str = "constant",
        period: int = 1000,
        factor: float = 0.1,
        l1: float = 0.0,
        l2: float = 0.0,
        clip: float = 0.0,
        decay: float = DECAY,
        dropout: float = 0.0,
    ) -> Floats:
        """Update the parameters' data `steps` times on the samples X, (samples, inputs).

        The options are those of `Training`. Returns the losses (steps,) of the batches, each before
        its update. Raises ArithmeticError, the last good data kept, where the training diverges,
        and ValueError for options that make no sense.
        """
        training = Training(
            optimizer, rate, batch, seed, reduction,
            schedule, period, factor, l1, l2, clip, decay, dropout,
        )  # fmt: skip
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
        self,
        parameters: Floats,
        X: Floats,
        needed: set[int] | None,
        masked: Mapping[int, Floats] = MappingProxyType({}),
    ) -> tuple[Numbers, Numbers]:
        """What every node is worth, and what its readers get: the same but for what is masked."""
        data: Numbers = [node.data for node in self._nodes]
        for place, i in self._shared:
            data[place] = float(parameters[i])
        for place, column in self._columns:
            if column < X.shape[1]:
                data[place] = X[:, column]
        read = data
        if masked:
            read = [x * masked[i] if i in masked else x for i, x in enumerate(data)]
        with np.errstate(all="ignore"):
            for place, node in enumerate(self._nodes):
                if node.op is not None and (needed is None or place in needed):
                    arguments = [read[operand] for operand in self._operands[place]]
                    data[place] = node.op.forward(*arguments, *node.numbers)
                    if masked:
                        read[place] = data[place] * masked.get(place, 1.0)
        return data, read


def compile(
    loss: Value,
    inputs: Sequence[Value],
    parameters: Sequence[Value],
    outputs: Sequence[Value] = (),
    dropped: Sequence[Value] = (),
) -> Program:
    """The program of the graph of `loss`, which is that of one sample.

    `inputs` are the leaves that take the columns of a batch, in that order, targets among them;
    `parameters` the leaves that training moves; `outputs` further nodes that `evaluate` will be
    asked for; `dropped` nodes of the graph that dropout may take from those who read them, in
    training only. Raises ValueError where an input or a parameter is not a leaf, or stands twice.
    """
    return Program(loss, inputs, parameters, outputs, dropped)
