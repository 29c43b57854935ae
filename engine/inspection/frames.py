"""One moment of a run as seen through a view: pure, like the run itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

import numpy as np
import numpy.typing as npt

from engine.inspection.metrics import r2, rmse
from engine.ops import ACTIVATIONS
from engine.random import Floats, Integers
from engine.training.data import FeatureScaling, Window
from engine.training.run import Run, reduce_sample_losses

RESOLUTION = 50
DOTS = 20
"""The side of a neuron's map."""
MOST_DOTS = 64 * DOTS * DOTS
"""Of all maps together: with more than 64 neurons each has fewer."""


@dataclass(frozen=True, slots=True)
class View:
    """What a viewer has chosen to see.

    `slice` holds the inputs beyond the two that span the plane; `discrete` shows the class that
    wins instead of the outputs. `panel` is the open tab; `layer` (from 1), `weight` (a place among
    the parameters) and `sample` (a training sample, from 1) are what panels are about, `opened`
    the levels that are unfolded in the graph inside, `pin` the id of the run beside this one.
    """

    slice: tuple[float, ...] = ()
    discrete: bool = False
    untested: bool = False
    """The samples that are kept for testing are not shown."""
    panel: str = ""
    layer: int = 1
    weight: int = 0
    sample: int = 1
    opened: tuple[str, ...] = ()
    log: bool = False
    """The loss is shown on a logarithmic axis."""
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """The outputs over the plane of the first two inputs, (outputs, ny, nx), from `low` to
    `high`.

    It covers `window`; rows go up, columns to the right.
    """

    outputs: Floats
    window: Window
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What a moment of `run` shows: losses and accuracies (train, test; NaN where there are none),
    and pictures.

    `predictions` are the outputs for every sample of the data, (samples, outputs); `wrong` says
    which of them are of another class, (samples,); `scores` are RMSE and R² of training and of
    test samples, where targets are numbers. `maps` are what each neuron, hidden layers first,
    computes over the plane, from −1 to 1, (neurons, ny, nx).
    """

    run: Run
    loss: tuple[float, float]
    accuracy: tuple[float, float]
    scores: tuple[tuple[float, float], tuple[float, float]] | None
    surface: Surface
    maps: Floats
    predictions: Floats
    wrong: npt.NDArray[np.bool_]

    @property
    def step(self) -> int:
        """How many updates were made."""
        return self.run.step


def frame(run: Run, view: View = View()) -> Frame:
    """The present moment of a run."""
    data, model = run.data, run.model
    low, high = run.scale
    found = model.program.evaluate(
        run.parameters, run.samples.all, (*model.predictions, model.loss), run.backend
    )
    outputs, loss = found[:-1].T, reduce_sample_losses(run, found[-1])
    wrong = np.zeros(len(outputs), dtype=np.bool_)
    accuracy, scores = (float("nan"), float("nan")), None
    if data.is_regression:
        parts = [(outputs[at, 0], data.targets[at]) for at in run.samples.indices]
        scores = ((rmse(*parts[0]), rmse(*parts[1])), (r2(*parts[0]), r2(*parts[1])))
    else:
        wrong = classify(outputs, low, high) != data.targets
        train, test = run.samples.indices
        accuracy = _right(wrong, train), _right(wrong, test)
    surface = Surface(surface_of(run, view), data.window, low, high)
    return Frame(run, loss, accuracy, scores, surface, maps_of(run, view), outputs, wrong)


def surface_of(run: Run, view: View, resolution: int = RESOLUTION) -> Floats:
    """The outputs over the plane, (outputs, resolution, resolution)."""
    model = run.model
    found = model.program.evaluate(
        run.parameters, grid(run, view, resolution), model.predictions, run.backend
    )
    return found.reshape(-1, resolution, resolution)


def maps_of(run: Run, view: View) -> Floats:
    """What each neuron computes over the plane, (neurons, dots, dots), from −1 to 1.

    A neuron whose activation has two ends is shown from one to the other, any other from minus to
    plus its largest value here.
    """
    model = run.model
    units = [unit for layer in model.neurons for unit in layer]
    nodes = (*units, *model.predictions)
    dots = DOTS if len(nodes) * DOTS * DOTS <= MOST_DOTS else isqrt(MOST_DOTS // len(nodes))
    found = model.program.evaluate(run.parameters, grid(run, view, dots), nodes, run.backend)
    low, high = run.scale
    start = 0
    for layer, name in zip(model.neurons, run.settings.activations, strict=True):
        rows = found[start : start + len(layer)]
        operation = ACTIVATIONS[name]
        _stretch(rows, operation.class_targets if operation else None)
        start += len(layer)
    _stretch(found[start:], (low, high))
    return found.reshape(-1, dots, dots)


def _stretch(rows: Floats, ends: tuple[float, float] | None) -> None:
    """Bring rows from their two ends to −1 and 1, in place; without ends by the largest of each."""
    if ends == (-1.0, 1.0):
        return
    if ends is not None:
        rows -= (ends[0] + ends[1]) / 2.0
        rows /= (ends[1] - ends[0]) / 2.0
        return
    rows /= np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-300)


def classify(outputs: Floats, low: float, high: float) -> Integers:
    """The class that outputs (samples, outputs) stand for, (samples,)."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > (low + high) / 2.0).astype(np.int64)
    winner: Integers = outputs.argmax(axis=1)
    return winner


def slices_of(run: Run) -> tuple[tuple[float, float], ...]:
    """For each input beyond the plane the least and the greatest value of the samples."""
    beyond = run.data.inputs[:, 2:]
    return tuple((float(column.min()), float(column.max())) for column in beyond.T)


def _right(wrong: npt.NDArray[np.bool_], of: Integers) -> float:
    """Which share of these samples is not wrong; NaN of none."""
    count = len(of)
    return (count - int(np.count_nonzero(wrong.take(of)))) / count if count else float("nan")


def read_at(run: Run, view: View, points: Floats) -> Floats:
    """What the network reads at points of the plane, (points, 2) → (points, features)."""
    return _read_at(run.scaling, points, beyond(run, view))


def beyond(run: Run, view: View) -> tuple[float, ...]:
    """The inputs beyond the two that span the plane, as the view holds them; 0 where it does not
    say.
    """
    extra = run.data.inputs.shape[1] - 2
    return (*view.slice, *[0.0] * extra)[:extra]


def _read_at(scaling: FeatureScaling, points: Floats, rest: tuple[float, ...]) -> Floats:
    columns = [points, *(np.full((len(points), 1), value) for value in rest)]
    return np.asfortranarray(scaling.transform(np.hstack(columns), strict=False))


def grid(run: Run, view: View, resolution: int) -> Floats:
    """What the network reads at every point of the plane, (resolution², features)."""
    return _grid(run.scaling, run.data.window, beyond(run, view), resolution)


@lru_cache(maxsize=512)
def _grid(
    scaling: FeatureScaling, window: Window, rest: tuple[float, ...], resolution: int
) -> Floats:
    x, y = np.meshgrid(*(np.linspace(*ends, resolution) for ends in window))
    return _read_at(scaling, np.column_stack([x.ravel(), y.ravel()]), rest)
