"""One moment of a run as seen through a view: pure, like the run itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.random import Floats, Integers
from engine.training import Curve, Data, Run, losses

RESOLUTION = 50


@dataclass(frozen=True, slots=True)
class View:
    """What a viewer has chosen to see. `slice` holds the inputs beyond the two that span the
    plane.
    """

    slice: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Surface:
    """The outputs over the plane of the first two inputs, (outputs, ny, nx), from `low` to
    `high`.

    `reach` is half the side of the square around 0 that it covers; rows go up, columns to the
    right.
    """

    outputs: Floats
    reach: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Frame:
    """Step, epoch, losses and accuracies (train, test; NaN where there are no samples), and
    pictures.

    `predictions` are the outputs for every sample of the data, (samples, outputs).
    """

    step: int
    epoch: int
    loss: tuple[float, float]
    accuracy: tuple[float, float]
    surface: Surface
    predictions: Floats
    curve: Curve
    diverged: bool


def frame(run: Run, view: View = View()) -> Frame:
    """The present moment of a run."""
    data, model = run.data, run.model
    outputs = model.program.evaluate(run.parameters, data.inputs, model.predictions, run.backend).T
    right = classify(outputs, model.low, model.high) == data.classes
    extra = data.inputs.shape[1] - 2
    grid = _grid(data.reach, (*view.slice, *[0.0] * extra)[:extra])
    over_plane = model.program.evaluate(run.parameters, grid, model.predictions, run.backend)
    surface = Surface(
        over_plane.reshape(-1, RESOLUTION, RESOLUTION), data.reach, model.low, model.high
    )
    return Frame(
        run.step,
        run.cursor.epoch,
        losses(run),
        (_share(right, ~data.is_test), _share(right, data.is_test)),
        surface,
        outputs,
        run.curve,
        run.diverged,
    )


def classify(outputs: Floats, low: float, high: float) -> Integers:
    """The class that outputs (samples, outputs) stand for, (samples,)."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > (low + high) / 2.0).astype(np.int64)
    winner: Integers = outputs.argmax(axis=1)
    return winner


def slices_of(data: Data) -> tuple[tuple[float, float], ...]:
    """For each input beyond the plane the least and the greatest value of the samples."""
    beyond = data.inputs[:, 2:]
    return tuple((float(column.min()), float(column.max())) for column in beyond.T)


def _share(right: np.typing.NDArray[np.bool_], of: np.typing.NDArray[np.bool_]) -> float:
    return float(right[of].mean()) if of.any() else float("nan")


@lru_cache(maxsize=32)
def _grid(reach: float, rest: tuple[float, ...]) -> Floats:
    axis = np.linspace(-reach, reach, RESOLUTION)
    x, y = np.meshgrid(axis, axis)
    columns = [x.ravel(), y.ravel(), *(np.full(x.size, value) for value in rest)]
    return np.ascontiguousarray(np.column_stack(columns))
