"""A run of training as a plain value, and the pure functions that move it.

`begin(settings)` is the run at step 0, `advance(run, steps)` the same run later, and
`commands.command(run, …)` the run after a change. No clock, no globals, no I/O: the same run
in gives the same run out, however the steps are sliced, and `replay` gives it again from its
settings, data and log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from engine.compiler.native_backend import NUMPY
from engine.compiler.training_options import Cursor, Training
from engine.hyperparameters import HYPERPARAMETERS
from engine.nn import MLP
from engine.notation import format_number
from engine.optimizers import OPTIMIZERS, Moments
from engine.random import Floats, Integers
from engine.training.commands import Command, Edit, command
from engine.training.data import Data, Reading, Samples, data_of, reading, samples
from engine.training.model import Model, model_of
from engine.training.settings import Settings

CURVE_POINTS = 512
CHECK_STEPS = 10
"""A stop rule looks at the loss so often."""
WATCHED_NUMBERS = 1 << 20
"""The most losses of single samples, times the points of the curve, that are kept at once."""


@dataclass(frozen=True)
class Curve:
    """The losses so far, at every `stride`-th step from 0; the stride doubles when it is full."""

    stride: int = 1
    train: Floats = field(default_factory=lambda: np.empty(0))
    test: Floats = field(default_factory=lambda: np.empty(0))

    def then(self, train: Floats, test: Floats) -> Curve:
        """The curve with more points, (points,), up to `full` at the most; there it is thinned."""
        longer = Curve(self.stride, np.append(self.train, train), np.append(self.test, test))
        if len(longer.train) <= CURVE_POINTS:
            return longer
        return Curve(2 * self.stride, longer.train[::2].copy(), longer.test[::2].copy())

    @property
    def full(self) -> int:
        """The step whose point is one more than CURVE_POINTS."""
        return CURVE_POINTS * self.stride

    def until(self, step: int) -> Curve:
        """What it was when the run had come so far, with the stride that it has now."""
        points = step // self.stride + 1
        return Curve(self.stride, self.train[:points].copy(), self.test[:points].copy())

    @property
    def steps(self) -> Integers:
        """The steps of the points, (points,)."""
        return np.arange(len(self.train), dtype=np.int64) * self.stride


@dataclass(frozen=True, eq=False)
class Run:
    """Settings and data, the log of commands with the step they came at, and the state they led
    to.

    `settings` and `first` are what it began with, `now` and `data` what commands made of them;
    `samples` are the data as the network reads them.
    """

    settings: Settings
    backend: str
    first: Data
    read: Reading
    parameters: Floats
    moments: Moments
    now: Settings
    data: Data
    samples: Samples
    step: int = 0
    cursor: Cursor = Cursor()
    curve: Curve = Curve()
    log: tuple[tuple[int, Command], ...] = ()
    undo: tuple[Edit, ...] = ()
    """Edits that would take back the edits of the data, the last first to go."""
    best: tuple[float, int] | None = None
    """The least loss that the stop rule has met, and its step."""
    stopped: str = ""
    """Why the stop rule ended it, in words; empty while it has not."""
    diverged: bool = False
    """The next step led to numbers that are not finite; the state is the one before it."""

    @cached_property
    def model(self) -> Model:
        """Its network and program."""
        return model_of(self.settings, self.first, self.read)

    @property
    def training(self) -> Training:
        """How its program trains from here on."""
        values = {name: getattr(self.now, name) for name in HYPERPARAMETERS}
        return Training(**values, reduction=self.model.reduction)

    @property
    def edited(self) -> bool:
        """Whether its settings alone do not give it again."""
        return bool(self.log)

    @property
    def scale(self) -> tuple[float, float]:
        """The outputs at the two ends of the colour scale."""
        return self.data.span if self.data.numbers else (self.model.low, self.model.high)

    def with_data(self, data: Data) -> Run:
        """The run with other data; where fewer are left than it has used of this epoch, the next
        begins. Raises ValueError where a feature is not defined for them.
        """
        model, cursor = self.model, self.cursor
        made = samples(data, self.read, len(model.predictions), model.low, model.high)
        if cursor.position >= len(made.train):
            cursor = Cursor(cursor.epoch + 1)
        return replace(self, data=data, samples=made, cursor=cursor)


def begin(settings: Settings, backend: str = NUMPY, data: Data | None = None) -> Run:
    """The run at step 0, which this backend will compute until it is reset.

    Without `data` the settings describe them. Raises ValueError, in words, for a loss or a feature
    that does not fit the data.
    """
    data = data_of(settings) if data is None else data
    read = reading(settings, data)
    model = model_of(settings, data, read)
    mlp = MLP(
        model.sizes[0], model.sizes[1:], settings.activations, seed=settings.seed,
        init=settings.init,
    )  # fmt: skip
    parameters = np.array([parameter.data for parameter in mlp.parameters()])
    moments = tuple(
        np.zeros_like(parameters) for _ in range(OPTIMIZERS[settings.optimizer].moments)
    )
    made = samples(data, read, len(model.predictions), model.low, model.high)
    run = Run(settings, backend, data, read, parameters, moments, settings, data, made)
    train, test = losses(run)
    curve = run.curve.then(np.array([train]), np.array([test]))
    return _judged(replace(run, curve=curve), train, test)


def advance(run: Run, steps: int) -> Run:
    """The run `steps` updates later, or where it diverged or its stop rule ended it."""
    program, training, now = run.model.program, run.training, run.now
    looks = bool(now.stop_loss or now.stop_patience)
    end, most = run.step + steps, max(1, WATCHED_NUMBERS // len(run.samples.all))
    while run.step < end and not run.diverged and not run.stopped:
        stride = run.curve.stride
        until = min(end, run.curve.full, (run.step // stride + most) * stride)
        if looks:
            until = min(until, (run.step // CHECK_STEPS + 1) * CHECK_STEPS)
        if now.stop_steps > run.step:
            until = min(until, now.stop_steps)
        result = program.descend(
            run.parameters,
            run.moments,
            run.samples.train,
            training,
            start=run.step,
            steps=until - run.step,
            cursor=run.cursor,
            watched=run.samples.all,
            stride=stride,
            backend=run.backend,
        )
        run = replace(
            run,
            parameters=result.parameters,
            moments=result.moments,
            cursor=result.cursor,
            step=run.step + len(result.losses),
            diverged=not result.finite,
            curve=run.curve.then(*combined(run, result.watched)),
        )
        if run.diverged:
            break
        if looks and run.step % CHECK_STEPS == 0:
            run = _judged(run, *losses(run))
        if now.stop_steps == run.step and not run.stopped:
            run = replace(run, stopped=f"Step {run.step:,} is reached, as the stop rule says.")
    return run


def _judged(run: Run, train: float, test: float) -> Run:
    """The run after the stop rule has looked at its losses."""
    now = run.now
    if now.stop_loss and train <= now.stop_loss:
        told = f"The training loss is {format_number(train)}, "
        told += f"below the {format_number(now.stop_loss)} asked for."
        return replace(run, stopped=told)
    judged = train if np.isnan(test) else test
    if run.best is None or judged < run.best[0]:
        return replace(run, best=(judged, run.step))
    if now.stop_patience and run.step - run.best[1] >= now.stop_patience:
        which = "training" if np.isnan(test) else "test"
        told = f"The {which} loss has not improved since step {run.best[1]:,}."
        return replace(run, stopped=told)
    return run


def replay(
    settings: Settings,
    log: Sequence[tuple[int, Command]],
    step: int,
    backend: str = NUMPY,
    data: Data | None = None,
) -> Run:
    """The run with these settings, data and log at a step, computed anew."""
    return later(begin(settings, backend, data), log, step)


def on_the_way(
    run: Run,
    log: Sequence[tuple[int, Command]],
    step: int,
    further: Callable[[Run, int], Run] = advance,
) -> Iterator[Run]:
    """The run at later steps, the last of them this one; `log` begins with its own log. `further`
    takes it at least one step on, and at most so many.
    """
    for at, change in (*log[len(run.log) :], (step + 1, None)):
        while run.step < min(at, step) and not (run.diverged or run.stopped):
            run = further(run, min(at, step) - run.step)
            yield run
        if at > step or change is None:
            break
        run = command(run, change)
    yield run


def later(run: Run, log: Sequence[tuple[int, Command]], step: int) -> Run:
    """The run at a later step, `log` beginning with its own log."""
    for moment in on_the_way(run, log, step):
        run = moment
    return run


def losses(run: Run) -> tuple[float, float]:
    """The loss over the training samples and over the test samples, NaN where there are none."""
    model = run.model
    each = model.program.evaluate(run.parameters, run.samples.all, [model.loss], run.backend)
    return of_each(run, each[0])


def of_each(run: Run, each: Floats) -> tuple[float, float]:
    """The losses of training and of test samples from those of each sample, (samples,)."""
    (train,), (test,) = combined(run, each[None])
    return float(train), float(test)


def combined(run: Run, each: Floats) -> tuple[Floats, Floats]:
    """The losses of training and of test samples, (moments,), from those of each sample at some
    moments, (moments, samples).
    """
    whole = run.model.reduction == "sum"

    def over(places: Integers) -> Floats:
        if not len(places):
            return np.full(len(each), np.nan)
        sums: Floats = each.take(places, axis=1).sum(axis=1)
        return sums if whole else sums / len(places)

    train, test = run.samples.places
    return over(train), over(test)
