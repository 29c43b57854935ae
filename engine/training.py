"""A run of training as a plain value, and the pure functions that move it.

`begin(settings)` is the run at step 0, `advance(run, steps)` the same run later, `command(run, …)`
the run after a change. No clock, no globals, no I/O: the same run in gives the same run out,
however the steps are sliced, and `replay` gives it again from its settings and log. What depends on
settings alone (the data, the compiled model) is computed once and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from engine import random
from engine.datasets import DATASETS
from engine.descent import Cursor, Training
from engine.losses import LOSSES
from engine.native import NUMPY
from engine.nn import MLP
from engine.optimizers import OPTIMIZERS, Moments
from engine.outputs import OUTPUTS
from engine.program import Program, compile
from engine.random import Floats, Integers, Stream
from engine.settings import Settings
from engine.value import Value

CURVE_POINTS = 512


@dataclass(frozen=True, eq=False)
class Data:
    """The samples of a run: inputs (samples, dimensions), classes (samples,), and which are
    tests.
    """

    inputs: Floats
    classes: Integers
    is_test: npt.NDArray[np.bool_]

    @property
    def reach(self) -> float:
        """Half the side of a square around 0 that shows all samples with a margin."""
        return float(np.abs(self.inputs).max() * 1.15)


@dataclass(frozen=True, eq=False)
class Model:
    """A network and its loss as Values, and their program.

    `predictions` are the outputs after their activation, `low` and `high` what they are for "no"
    and "yes"; `reduction` is how the losses of a batch combine.
    """

    mlp: MLP
    inputs: tuple[Value, ...]
    targets: tuple[Value, ...]
    predictions: tuple[Value, ...]
    loss: Value
    program: Program
    reduction: str
    low: float
    high: float


class NewRate(BaseModel):
    """From here on another learning rate."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["rate"] = "rate"
    rate: float = Field(gt=0, le=100)


Command = NewRate


@dataclass(frozen=True)
class Curve:
    """The losses so far, at every `stride`-th step from 0; the stride doubles when it is full."""

    stride: int = 1
    train: Floats = field(default_factory=lambda: np.empty(0))
    test: Floats = field(default_factory=lambda: np.empty(0))

    def then(self, train: float, test: float) -> Curve:
        """The curve with one more point, thinned where it would have more than CURVE_POINTS."""
        longer = Curve(self.stride, np.append(self.train, train), np.append(self.test, test))
        if len(longer.train) <= CURVE_POINTS:
            return longer
        return Curve(2 * self.stride, longer.train[::2].copy(), longer.test[::2].copy())

    @property
    def steps(self) -> Integers:
        """The steps of the points, (points,)."""
        return np.arange(len(self.train), dtype=np.int64) * self.stride


@dataclass(frozen=True, eq=False)
class Run:
    """Settings, the log of commands with the step they came at, and the state they led to."""

    settings: Settings
    backend: str
    parameters: Floats
    moments: Moments
    training: Training
    step: int = 0
    cursor: Cursor = Cursor()
    curve: Curve = Curve()
    log: tuple[tuple[int, Command], ...] = ()
    diverged: bool = False
    """The next step led to numbers that are not finite; the state is the one before it."""

    @property
    def data(self) -> Data:
        """The samples it learns from."""
        return data_of(self.settings)

    @property
    def model(self) -> Model:
        """Its network and program."""
        return model_of(self.settings)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """The inputs, the units of each hidden layer, the outputs."""
        layers = self.model.mlp.layers
        return (len(self.model.inputs), *(len(layer.neurons) for layer in layers))


def data_of(settings: Settings) -> Data:
    """The samples that these settings describe; the same for the same settings."""
    return _data(
        settings.dataset,
        settings.samples,
        settings.classes,
        settings.noise,
        settings.test,
        settings.seed,
    )


@lru_cache(maxsize=64)
def _data(dataset: str, samples: int, classes: int, noise: float, test: float, seed: int) -> Data:
    inputs, kinds = DATASETS[dataset].make(samples, classes, noise, seed)
    order = random.permutation(random.key(seed, Stream.SPLIT), samples)
    is_test = np.zeros(samples, dtype=np.bool_)
    is_test[order[: min(round(test * samples), samples - 1)]] = True
    return Data(inputs, kinds, is_test)


def model_of(settings: Settings) -> Model:
    """The compiled network that these settings describe, whatever its weights."""
    alone = settings.classes == 2 and OUTPUTS[settings.output_activation].activation is not None
    outputs = 1 if alone else settings.classes
    return _model(
        DATASETS[settings.dataset].dimensions,
        (*settings.hidden, outputs),
        settings.activations,
        settings.output_activation,
        settings.loss,
    )


@lru_cache(maxsize=16)
def _model(
    dimensions: int, units: tuple[int, ...], activations: tuple[str, ...], output: str, loss: str
) -> Model:
    chosen, ending = LOSSES[loss], OUTPUTS[output]
    last = None if chosen.on_sums else ending.activation
    mlp = MLP(dimensions, units, activations, last or "linear", seed=0)
    inputs = tuple(Value(0.0, f"x{i + 1}") for i in range(dimensions))
    labels = [""] if units[-1] == 1 else [str(i + 1) for i in range(units[-1])]
    targets = tuple(Value(0.0, f"t{label}") for label in labels)
    layer, hidden = list(inputs), list[Value]()
    for number, each in enumerate(mlp.layers[:-1], 1):
        layer = each(layer)
        hidden += layer
        for place, unit in enumerate(layer, 1):
            unit.label = f"l{number}.n{place}"
    outputs = mlp.layers[-1](layer)
    loss_value = chosen.sample(outputs, targets)
    loss_value.label = "loss"
    predictions = tuple(ending.of(outputs) if last is None else outputs)
    for prediction, label in zip(predictions, labels, strict=True):
        prediction.label = f"o{label}"
    program = compile(loss_value, [*inputs, *targets], mlp.parameters(), predictions, hidden)
    return Model(
        mlp, inputs, targets, predictions, loss_value, program, chosen.reduction,
        ending.low, ending.high,
    )  # fmt: skip


def samples_of(run: Run, test: bool) -> Floats:
    """The training or the test samples as the program takes them: (samples, inputs and targets)."""
    return _samples(run.settings, test)


@lru_cache(maxsize=128)
def _samples(settings: Settings, test: bool) -> Floats:
    data, model = data_of(settings), model_of(settings)
    chosen = data.is_test == test
    kinds = data.classes[chosen]
    if len(model.targets) == 1:
        yes = kinds[:, None] == 1
    else:
        yes = kinds[:, None] == np.arange(len(model.targets))
    table = np.column_stack([data.inputs[chosen], np.where(yes, model.high, model.low)])
    return np.ascontiguousarray(table)


def begin(settings: Settings, backend: str = NUMPY) -> Run:
    """The run at step 0, which this backend will compute until it is reset."""
    model = model_of(settings)
    nouts = [len(layer.neurons) for layer in model.mlp.layers]
    mlp = MLP(
        len(model.inputs), nouts, settings.activations, seed=settings.seed, init=settings.init
    )
    parameters = np.array([parameter.data for parameter in mlp.parameters()])
    moments = tuple(
        np.zeros_like(parameters) for _ in range(OPTIMIZERS[settings.optimizer].moments)
    )
    training = Training(
        settings.optimizer, settings.rate, settings.batch or None, settings.seed, model.reduction,
        settings.schedule, settings.period, settings.factor, settings.l1, settings.l2,
        settings.clip, settings.decay, settings.dropout,
    )  # fmt: skip
    run = Run(settings, backend, parameters, moments, training)
    return replace(run, curve=run.curve.then(*losses(run)))


def advance(run: Run, steps: int) -> Run:
    """The run `steps` updates later, or where it diverged."""
    samples, program = samples_of(run, test=False), run.model.program
    end = run.step + steps
    while run.step < end and not run.diverged:
        until = min(end, (run.step // run.curve.stride + 1) * run.curve.stride)
        result = program.descend(
            run.parameters,
            run.moments,
            samples,
            run.training,
            start=run.step,
            steps=until - run.step,
            cursor=run.cursor,
            backend=run.backend,
        )
        run = replace(
            run,
            parameters=result.parameters,
            moments=result.moments,
            cursor=result.cursor,
            step=run.step + len(result.losses),
            diverged=not result.finite,
        )
        if result.finite and run.step % run.curve.stride == 0:
            run = replace(run, curve=run.curve.then(*losses(run)))
    return run


def command(run: Run, change: Command) -> Run:
    """The run after a change, which its log remembers."""
    return replace(
        run,
        training=replace(run.training, rate=change.rate),
        log=(*run.log, (run.step, change)),
        diverged=False,
    )


def replay(
    settings: Settings, log: Sequence[tuple[int, Command]], step: int, backend: str = NUMPY
) -> Run:
    """The run with these settings and this log at a step, computed anew."""
    run = begin(settings, backend)
    for at, change in log:
        if at > step:
            break
        run = command(advance(run, at - run.step), change)
    return advance(run, step - run.step)


def losses(run: Run) -> tuple[float, float]:
    """The loss over the training samples and over the test samples, NaN where there are none."""
    return _loss(run, test=False), _loss(run, test=True)


def _loss(run: Run, test: bool) -> float:
    samples, model = samples_of(run, test), run.model
    if not len(samples):
        return float("nan")
    each = model.program.evaluate(run.parameters, samples, [model.loss], run.backend)[0]
    return float(each.sum() if model.reduction == "sum" else each.mean())
