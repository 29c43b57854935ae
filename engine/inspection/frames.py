"""The state of a run as one viewer has chosen to see it. All functions are pure."""

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
"""Points along a side of the surface."""
DOTS = 20
"""Points along a side of a neuron's map."""
MAX_DOTS = 64 * DOTS * DOTS
"""Maximum number of points of all maps together: beyond 64 neurons every map has fewer."""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """What a viewer has chosen to see.

    `slice` holds the inputs beyond the two that span the plane; `discrete` shows the predicted
    class instead of the outputs. `panel` is the open tab; `layer` (from 1), `weight` (an index in
    the parameter vector) and `sample` (a training sample, from 1) are what panels are about.
    `opened` are the unfolded parts of the sample's graph, `pin` the id of the run for comparison.
    """

    slice: tuple[float, ...] = ()
    discrete: bool = False
    untested: bool = False
    """The test samples are hidden."""
    panel: str = ""
    layer: int = 1
    weight: int = 0
    sample: int = 1
    opened: tuple[str, ...] = ()
    log: bool = False
    """The loss has a logarithmic axis."""
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """The outputs over the plane of the first two inputs, (outputs, ny, nx), from `low` to `high`.

    It covers `window`; rows go up, columns to the right.
    """

    outputs: Floats
    window: Window
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One state of `run`: losses and accuracies (training, test; NaN for none), and pictures.

    `predictions` are the outputs for every sample of the data, (samples, outputs); `is_wrong` says
    which samples are misclassified, (samples,). `scores` are RMSE and R² of the training and of the
    test samples, if targets are numbers. `maps` are the outputs of the neurons, hidden layers
    first, over the plane, from −1 to 1, (neurons, ny, nx).
    """

    run: Run
    loss: tuple[float, float]
    accuracy: tuple[float, float]
    scores: tuple[tuple[float, float], tuple[float, float]] | None
    surface: Surface
    maps: Floats
    predictions: Floats
    is_wrong: npt.NDArray[np.bool_]

    @property
    def step(self) -> int:
        """The number of updates so far."""
        return self.run.step


def frame(run: Run, view: ViewOptions = ViewOptions()) -> Frame:
    """Return the present state of a run as this view shows it."""
    data, model = run.data, run.model
    low, high = run.scale
    values = model.program.evaluate(
        run.parameters, run.samples.all, (*model.predictions, model.loss), run.backend
    )
    outputs, loss = values[:-1].T, reduce_sample_losses(run, values[-1])
    is_wrong = np.zeros(len(outputs), dtype=np.bool_)
    accuracy, scores = (float("nan"), float("nan")), None
    train, test = run.samples.indices
    if data.is_regression:
        pairs = [(outputs[indices, 0], data.targets[indices]) for indices in (train, test)]
        scores = ((rmse(*pairs[0]), rmse(*pairs[1])), (r2(*pairs[0]), r2(*pairs[1])))
    else:
        is_wrong = classify(outputs, low, high) != data.targets
        accuracy = _accuracy(is_wrong, train), _accuracy(is_wrong, test)
    surface = Surface(compute_surface(run, view), data.window, low, high)
    return Frame(run, loss, accuracy, scores, surface, compute_maps(run, view), outputs, is_wrong)


def compute_surface(run: Run, view: ViewOptions, resolution: int = RESOLUTION) -> Floats:
    """Return the outputs over the plane, (outputs, resolution, resolution)."""
    model = run.model
    features = plane_features(run, view, resolution)
    outputs = model.program.evaluate(run.parameters, features, model.predictions, run.backend)
    return outputs.reshape(-1, resolution, resolution)


def compute_maps(run: Run, view: ViewOptions) -> Floats:
    """Return the outputs of the neurons over the plane, (neurons, dots, dots), from −1 to 1.

    If an activation has a smallest and a largest value, the map goes from one to the other, else
    from minus to plus the neuron's largest value here.
    """
    model = run.model
    neurons = [neuron for layer in model.neurons for neuron in layer]
    nodes = (*neurons, *model.predictions)
    dots = DOTS if len(nodes) * DOTS * DOTS <= MAX_DOTS else isqrt(MAX_DOTS // len(nodes))
    features = plane_features(run, view, dots)
    values = model.program.evaluate(run.parameters, features, nodes, run.backend)
    low, high = run.scale
    start = 0
    for layer, name in zip(model.neurons, run.settings.activations, strict=True):
        rows = values[start : start + len(layer)]
        operation = ACTIVATIONS[name]
        _stretch(rows, operation.class_targets if operation else None)
        start += len(layer)
    _stretch(values[start:], (low, high))
    return values.reshape(-1, dots, dots)


def _stretch(rows: Floats, ends: tuple[float, float] | None) -> None:
    """Scale rows from their two ends to −1 and 1, in place; without ends, by each row's largest."""
    if ends == (-1.0, 1.0):
        return
    if ends is not None:
        rows -= (ends[0] + ends[1]) / 2.0
        rows /= (ends[1] - ends[0]) / 2.0
        return
    rows /= np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-300)


def classify(outputs: Floats, low: float, high: float) -> Integers:
    """Return the predicted class indices (samples,) of outputs (samples, outputs)."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > (low + high) / 2.0).astype(np.int64)
    largest: Integers = outputs.argmax(axis=1)
    return largest


def slice_ranges(run: Run) -> tuple[tuple[float, float], ...]:
    """Return the smallest and the largest value of every input beyond the plane."""
    columns = run.data.inputs[:, 2:].T
    return tuple((float(column.min()), float(column.max())) for column in columns)


def _accuracy(is_wrong: npt.NDArray[np.bool_], indices: Integers) -> float:
    """Return the share of these samples that is classified correctly; NaN for none."""
    count = len(indices)
    wrong = int(np.count_nonzero(is_wrong.take(indices)))
    return (count - wrong) / count if count else float("nan")


def features_at(run: Run, view: ViewOptions, points: Floats) -> Floats:
    """Return the features at points of the plane, (points, 2) → (points, features)."""
    return _features_at(run.scaling, points, other_inputs(run, view))


def other_inputs(run: Run, view: ViewOptions) -> tuple[float, ...]:
    """Return the inputs beyond the two that span the plane, as the view sets them; else 0."""
    count = run.data.inputs.shape[1] - 2
    return (*view.slice, *[0.0] * count)[:count]


def _features_at(scaling: FeatureScaling, points: Floats, others: tuple[float, ...]) -> Floats:
    columns = [points, *(np.full((len(points), 1), value) for value in others)]
    return np.asfortranarray(scaling.transform(np.hstack(columns), strict=False))


def plane_features(run: Run, view: ViewOptions, resolution: int) -> Floats:
    """Return the features at every point of the plane, (resolution², features)."""
    return _plane_features(run.scaling, run.data.window, other_inputs(run, view), resolution)


@lru_cache(maxsize=512)
def _plane_features(
    scaling: FeatureScaling, window: Window, others: tuple[float, ...], resolution: int
) -> Floats:
    x, y = np.meshgrid(*(np.linspace(*ends, resolution) for ends in window))
    return _features_at(scaling, np.column_stack([x.ravel(), y.ravel()]), others)
