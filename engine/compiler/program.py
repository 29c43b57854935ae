"""A graph of Values as a program that runs over a whole batch of samples.

The graph is that of one sample: its inputs (targets among them) take a column of the batch each,
its parameters are shared by all samples, everything else is computed. Two backends run it and agree
to rounding: native code (`lowering.py`, `kernels/`) and NumPy (`numpy_backend.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.compiler import messages, native_backend, processor
from engine.compiler.graph import LEAF, Graph, read, simplified
from engine.compiler.lowering import listing, lower
from engine.compiler.native_backend import NUMPY, Evaluation, Native
from engine.compiler.numpy_backend import Interpretation
from engine.compiler.training_options import REDUCTIONS, Cursor, Descent, Training
from engine.optimizers import OPTIMIZERS, Moments
from engine.random import Floats
from engine.value import Value


class Program:
    """What `compile` returns. `parameters` are the Values whose data `train` updates.

    The methods take the name of a backend, None for the fastest of this machine, which is loaded,
    and where it was never used before compiled for some seconds, when it is first asked for.
    """

    def __init__(
        self,
        loss: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        outputs: Sequence[Value] = (),
        dropped: Sequence[Value] = (),
        *,
        layers: bool = True,
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
        self._graph = read(loss, inputs, parameters, outputs, dropped)
        self._layers = layers
        self._forms: dict[frozenset[int], Native] = {}
        self._evaluations: dict[tuple[Value, ...], Evaluation] = {}

    @cached_property
    def _interpretation(self) -> Interpretation:
        return Interpretation(self._graph, len(self.parameters))

    @cached_property
    def _simplified(self) -> Graph:
        return simplified(self._graph)

    @cached_property
    def _native(self) -> Native:
        return self._lowered(self._simplified.results)

    def _lowered(self, results: Sequence[int]) -> Native:
        inputs, parameters = len(self.inputs), len(self.parameters)
        return Native(lower(self._simplified, inputs, parameters, results, layers=self._layers))

    def listing(self) -> str:
        """The instructions that run natively, for people: a line each, with labels."""
        return listing(self._simplified, self._native.plan)

    def values(self) -> Floats:
        """The parameters' present data, (parameters,)."""
        return np.array([parameter.data for parameter in self.parameters])

    def evaluate(
        self,
        parameters: Floats,
        X: npt.ArrayLike,
        nodes: Sequence[Value],
        backend: str | None = None,
    ) -> Floats:
        """What these nodes of the graph are worth for every sample: (nodes, samples).

        X is (samples, inputs); where the nodes do not depend on the last inputs, their columns may
        be left out. All nodes cost one forward pass.
        """
        X = self._batch(X)
        if not self._runs_natively(backend):
            places = [self._graph.place[node] for node in nodes]
            return self._interpretation.evaluate(parameters, X, places)
        key = tuple(nodes)
        if key not in self._evaluations:
            self._evaluations[key] = self._evaluation(key)
        return self._evaluations[key](parameters, X)

    def _evaluation(self, nodes: Sequence[Value]) -> Evaluation:
        """How these nodes are evaluated natively: where units or layers have taken them up, in a
        form of the program in which they stay in memory, which is kept.
        """
        places = [self._simplified.place[node] for node in nodes]
        missing = frozenset(place for place in places if place not in self._native.plan.row)
        if missing and missing not in self._forms:
            self._forms[missing] = self._lowered([*self._simplified.results, *missing])
        return Evaluation(self._forms[missing] if missing else self._native, places)

    def loss_and_grad(
        self, X: npt.ArrayLike, reduction: str = "mean", backend: str | None = None
    ) -> tuple[float, Floats]:
        """The mean (or the sum) of the loss over the samples of X, (samples, inputs), and its
        gradient.

        The gradient has one number a parameter, at the parameters' present data. Raises ValueError
        where X has other columns than the program has inputs.
        """
        return self.gradient(self.values(), X, reduction, backend)

    def gradient(
        self,
        parameters: Floats,
        X: npt.ArrayLike,
        reduction: str = "mean",
        backend: str | None = None,
    ) -> tuple[float, Floats]:
        """The same at the given parameters, (parameters,)."""
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction is one of {', '.join(REDUCTIONS)}, not {reduction!r}")
        runner = self._native if self._runs_natively(backend) else self._interpretation
        return runner.gradient(parameters, self._samples(X), reduction == "mean")

    def descend(
        self,
        parameters: Floats,
        moments: Moments,
        X: npt.ArrayLike,
        training: Training,
        *,
        start: int,
        steps: int,
        cursor: Cursor = Cursor(),
        watched: npt.ArrayLike | None = None,
        stride: int = 0,
        backend: str | None = None,
    ) -> Descent:
        """`steps` updates on the samples X, (samples, inputs), after `start` earlier ones; pure.

        An epoch is one shuffle of the samples without replacement, its short last batch kept. A
        step that reads all samples is an epoch of its own, also if a smaller batch began one. The
        samples `watched`, X if there are none, are evaluated after every step that `stride`
        divides, counted from the first of all; with 0 they are not.
        """
        natively = self._runs_natively(backend, training)
        X = self._samples(X)
        if cursor.epoch < 0 or not 0 <= cursor.position < len(X):
            raise ValueError(messages.CURSOR.format(position=cursor.position, samples=len(X)))
        if not 0 < training.batch < len(X):
            cursor = Cursor(cursor.epoch)
        return (self._native if natively else self._interpretation).descend(
            parameters, moments, X, training, start=start, steps=steps, cursor=cursor,
            watched=X if watched is None else self._samples(watched), stride=stride,
        )  # fmt: skip

    def train(
        self,
        X: npt.ArrayLike,
        *,
        steps: int,
        rate: float,
        batch: int | None = None,
        backend: str | None = None,
        **options: Any,
    ) -> Floats:
        """Update the parameters' data `steps` times on the samples X, (samples, inputs).

        `batch` is None for all samples in every step. `options` are the other hyperparameters
        (`engine.hyperparameters`), and `reduction`, which is "mean" or "sum". Return the losses
        (steps,) of the batches, each before its update. Raises ArithmeticError, the last good data
        kept, where the training diverges, and ValueError or TypeError for options that make no
        sense.
        """
        training = Training(rate=rate, batch=batch or 0, **options)
        parameters = self.values()
        moments = tuple(
            np.zeros_like(parameters) for _ in range(OPTIMIZERS[training.optimizer].moments)
        )
        result = self.descend(
            parameters, moments, X, training, start=0, steps=steps, backend=backend
        )
        for parameter, data in zip(self.parameters, result.parameters.tolist(), strict=True):
            parameter.data = data
        if not result.finite:
            raise ArithmeticError(
                f"the training diverged at step {len(result.losses) + 1}; try a smaller rate"
            )
        return result.losses

    def _runs_natively(self, backend: str | None, training: Training | None = None) -> bool:
        """Whether it does on this backend; what the kernels do not know runs in NumPy."""
        if _chosen(backend) == NUMPY or self._graph.has_wide_operations:
            return False
        return native_backend.runs(self._operations, training)

    @cached_property
    def _operations(self) -> frozenset[int]:
        return frozenset(self._graph.operations) - {LEAF}

    def _samples(self, X: npt.ArrayLike) -> Floats:
        """X with a column for every input."""
        X = self._batch(X)
        if X.shape[1] != len(self.inputs):
            raise ValueError(f"{X.shape[1]} columns for {len(self.inputs)} inputs")
        return X

    @staticmethod
    def _batch(X: npt.ArrayLike) -> Floats:
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or len(X) == 0:
            raise ValueError(
                f"samples are rows of a table, (samples, inputs); this has the shape {X.shape}"
            )
        return X


def _chosen(backend: str | None) -> str:
    """The backend to use. Raises ValueError where this machine does not have it."""
    if backend is None:
        return native_backend.best()
    if backend not in (NUMPY, processor.name()):
        raise ValueError(f"this machine has the backends {NUMPY} and {processor.name()}")
    return backend


def compile(
    loss: Value,
    inputs: Sequence[Value],
    parameters: Sequence[Value],
    outputs: Sequence[Value] = (),
    dropped: Sequence[Value] = (),
    *,
    layers: bool = True,
) -> Program:
    """The program of the graph of `loss`, which is that of one sample; any graph of Values has one.

    `inputs` are the leaves that take the columns of a batch, in that order, targets among them;
    `parameters` the leaves that training moves; `outputs` further nodes that `evaluate` will be
    asked for; `dropped` nodes of the graph that dropout may take from those who read them, in
    training only. With `layers` off, neurons stay single instructions, which shows what whole
    layers gain. Raises ValueError where an input or a parameter is not a leaf, or stands twice.
    """
    return Program(loss, inputs, parameters, outputs, dropped, layers=layers)
