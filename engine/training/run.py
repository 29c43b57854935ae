"""A run of training as a plain value, and the pure functions that move it.

`begin(settings)` is the run at step 0, `advance(run, steps)` the same run later. A change comes by
`apply_command.apply_command`, and `replay.replay` computes the run again from its settings, data
and log. No clock, no globals, no I/O: the same run in gives the same run out, however the steps are
sliced.
"""

from __future__ import annotations

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
from engine.training import messages
from engine.training.commands import Edit, RunCommand
from engine.training.data import Data, FeatureScaling, Samples, fit_scaling, make_data, tabulate
from engine.training.model import Model, build_model
from engine.training.settings import Settings

CURVE_POINTS = 512
"""Maximum number of points of a loss curve."""
CHECK_STEPS = 10
"""Steps from one look of the stop rule at the loss to the next."""
WATCHED_NUMBERS = 1 << 20
"""Maximum number of losses of single samples, times points of the curve, in memory at once."""


@dataclass(frozen=True)
class Curve:
    """The losses so far, at every `stride`-th step from 0; the stride doubles when it is full."""

    stride: int = 1
    train: Floats = field(default_factory=lambda: np.empty(0))
    test: Floats = field(default_factory=lambda: np.empty(0))

    def extend(self, train: Floats, test: Floats) -> Curve:
        """Return the curve with more points, (points,), at most up to `full_step`; there it is
        thinned.
        """
        longer = Curve(self.stride, np.append(self.train, train), np.append(self.test, test))
        if len(longer.train) <= CURVE_POINTS:
            return longer
        return Curve(2 * self.stride, longer.train[::2].copy(), longer.test[::2].copy())

    @property
    def full_step(self) -> int:
        """The step whose point is one more than CURVE_POINTS."""
        return CURVE_POINTS * self.stride

    def up_to(self, step: int) -> Curve:
        """Return its part up to a step, with the present stride."""
        points = step // self.stride + 1
        return Curve(self.stride, self.train[:points].copy(), self.test[:points].copy())

    @property
    def steps(self) -> Integers:
        """The steps of the points, (points,)."""
        return np.arange(len(self.train), dtype=np.int64) * self.stride


@dataclass(frozen=True, eq=False)
class Run:
    """Settings and data, the log of commands with their steps, and the state that training made.

    `settings` and `first_data` are what it began with; `now` and `data` are what commands made of
    them. `samples` are the data as the network reads them.
    """

    settings: Settings
    backend: str
    first_data: Data
    scaling: FeatureScaling
    parameters: Floats
    moments: Moments
    now: Settings
    data: Data
    samples: Samples
    step: int = 0
    cursor: Cursor = Cursor()
    curve: Curve = Curve()
    log: tuple[tuple[int, RunCommand], ...] = ()
    undo: tuple[Edit, ...] = ()
    """Edits that take back the edits of the data, the latest last."""
    best: tuple[float, int] | None = None
    """The smallest loss that the stop rule has met, and its step."""
    stopped: str = ""
    """Why the stop rule ended it, in words; empty while it has not."""
    diverged: bool = False
    """The next step led to numbers that are not finite; the state is the one before it."""

    @cached_property
    def model(self) -> Model:
        """Its network and program."""
        return build_model(self.settings, self.first_data, self.scaling)

    @property
    def training(self) -> Training:
        """How its program trains from here on."""
        values = {name: getattr(self.now, name) for name in HYPERPARAMETERS}
        return Training(**values, reduction=self.model.reduction)

    @property
    def is_edited(self) -> bool:
        """Whether commands changed it, so that its settings alone do not give it again."""
        return bool(self.log)

    @property
    def scale(self) -> tuple[float, float]:
        """The outputs at the two ends of the colour scale."""
        return self.data.span if self.data.is_regression else (self.model.low, self.model.high)

    def with_data(self, data: Data) -> Run:
        """Return the run with other data. If they are fewer than it has used of this epoch, the
        next epoch begins. Raises ValueError where a feature is not defined for them.
        """
        model, cursor = self.model, self.cursor
        samples = tabulate(data, self.scaling, len(model.predictions), model.low, model.high)
        if cursor.position >= len(samples.train):
            cursor = Cursor(cursor.epoch + 1)
        return replace(self, data=data, samples=samples, cursor=cursor)


def blank_run(settings: Settings, backend: str, data: Data) -> Run:
    """Return a run of these settings and data without parameters, moments and curve.

    Raises ValueError, in words, for a loss or a feature that does not fit the data.
    """
    scaling = fit_scaling(settings, data)
    model = build_model(settings, data, scaling)
    samples = tabulate(data, scaling, len(model.predictions), model.low, model.high)
    return Run(settings, backend, data, scaling, np.empty(0), (), settings, data, samples)


def begin(settings: Settings, backend: str = NUMPY, data: Data | None = None) -> Run:
    """Return the run at step 0, which this backend will compute until it is reset.

    Without `data` the settings describe them. Raises ValueError, in words, for a loss or a feature
    that does not fit the data.
    """
    run = blank_run(settings, backend, make_data(settings) if data is None else data)
    parameters = draw_parameters(run)
    moments = tuple(np.zeros_like(parameters) for _ in range(moment_count(settings)))
    run = replace(run, parameters=parameters, moments=moments)
    train, test = compute_losses(run)
    curve = run.curve.extend(np.array([train]), np.array([test]))
    return _apply_stop_rule(replace(run, curve=curve), train, test)


def draw_parameters(run: Run) -> Floats:
    """Return the initial weights and biases of a run, (parameters,)."""
    settings, (inputs, *layers) = run.settings, run.model.sizes
    mlp = MLP(inputs, layers, settings.activations, seed=settings.seed, init=settings.init)
    return np.array([parameter.data for parameter in mlp.parameters()])


def moment_count(settings: Settings) -> int:
    """Return how many arrays the optimizer carries from step to step."""
    return OPTIMIZERS[settings.optimizer].moments


def advance(run: Run, steps: int) -> Run:
    """Return the run `steps` updates later, or where it diverged or its stop rule ended it."""
    program, training, now = run.model.program, run.training, run.now
    checks_loss = bool(now.stop_loss or now.stop_patience)
    end = run.step + steps
    max_points = max(1, WATCHED_NUMBERS // len(run.samples.all))
    while run.step < end and not run.diverged and not run.stopped:
        stride = run.curve.stride
        until = min(end, run.curve.full_step, (run.step // stride + max_points) * stride)
        if checks_loss:
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
            curve=run.curve.extend(*reduce_losses(run, result.watched)),
        )
        if run.diverged:
            break
        if checks_loss and run.step % CHECK_STEPS == 0:
            run = _apply_stop_rule(run, *compute_losses(run))
        if now.stop_steps == run.step and not run.stopped:
            run = replace(run, stopped=messages.STOPPED_AT_STEP.format(step=run.step))
    return run


def _apply_stop_rule(run: Run, train: float, test: float) -> Run:
    """Return the run after the stop rule has looked at its losses."""
    now = run.now
    if now.stop_loss and train <= now.stop_loss:
        reason = messages.STOPPED_AT_LOSS.format(
            step=run.step, loss=format_number(train), limit=format_number(now.stop_loss)
        )
        return replace(run, stopped=reason)
    loss, which = (train, "training") if np.isnan(test) else (test, "test")
    if run.best is None or loss < run.best[0]:
        return replace(run, best=(loss, run.step))
    if now.stop_patience and run.step - run.best[1] >= now.stop_patience:
        reason = messages.STOPPED_WITHOUT_GAIN.format(step=run.step, which=which, best=run.best[1])
        return replace(run, stopped=reason)
    return run


def compute_losses(run: Run) -> tuple[float, float]:
    """Return the loss over the training samples and over the test samples, NaN for none."""
    model = run.model
    losses = model.program.evaluate(run.parameters, run.samples.all, [model.loss], run.backend)
    return reduce_sample_losses(run, losses[0])


def reduce_sample_losses(run: Run, losses: Floats) -> tuple[float, float]:
    """Return the training and the test loss from those of all samples, (samples,)."""
    (train,), (test,) = reduce_losses(run, losses[None])
    return float(train), float(test)


def reduce_losses(run: Run, losses: Floats) -> tuple[Floats, Floats]:
    """Return the training and the test losses at some steps, (steps,), from those of all samples,
    (steps, samples).
    """
    is_sum = run.model.reduction == "sum"

    def over(indices: Integers) -> Floats:
        if not len(indices):
            return np.full(len(losses), np.nan)
        sums: Floats = losses.take(indices, axis=1).sum(axis=1)
        return sums if is_sum else sums / len(indices)

    train, test = run.samples.indices
    return over(train), over(test)
