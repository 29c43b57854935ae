"""The samples of a run: points of the plane, each with a class or a number, some for testing only.

Data are immutable; an edit gives other data. What the program reads of them (features, scaled or
not, and targets) is computed once, as `Samples`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine import random
from engine.hyperparameters import MAX_SAMPLES
from engine.random import Floats, Integers, RandomStream
from engine.training import messages
from engine.training.csv_table import MAX_MAGNITUDE, Table
from engine.training.datasets import DATASETS
from engine.training.features import feature_columns
from engine.training.settings import OWN, Settings

MARGIN = 0.15
"""Margin around the samples in the picture, as a share of their reach."""
MIN_TRAINING_POINTS = 2
"""Number of training points that cannot be erased."""
Window = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Data:
    """Inputs (samples, dimensions), targets (samples,), and which samples are for testing.

    A target is an index of `classes`, or a number if there are no classes. `window` is the visible
    part of the plane of the first two inputs; `span` is the smallest and the largest target. Edits
    change neither.
    """

    inputs: Floats
    targets: Floats
    is_test: npt.NDArray[np.bool_]
    classes: tuple[str, ...]
    window: Window
    span: tuple[float, float]

    @property
    def is_regression(self) -> bool:
        """Whether the targets are numbers, not classes."""
        return not self.classes

    @property
    def class_indices(self) -> Integers:
        """The class of every sample, (samples,)."""
        return self.targets.astype(np.int64)

    def add(self, index: int, at: Sequence[float], target: float, test: bool) -> Data:
        """Return the data with one more sample, inserted at this index.

        Raises ValueError for a point or a target that cannot be one.
        """
        if len(at) != self.inputs.shape[1]:
            raise ValueError(messages.COORDINATES.format(dimensions=self.inputs.shape[1]))
        if not np.isfinite([*at, target]).all() or np.abs([*at, target]).max() > MAX_MAGNITUDE:
            raise ValueError(messages.TOO_FAR)
        if self.classes and target not in range(len(self.classes)):
            raise ValueError(messages.CLASSES.format(classes=len(self.classes)))
        if len(self.inputs) >= MAX_SAMPLES:
            raise ValueError(messages.TOO_MANY_POINTS.format(limit=MAX_SAMPLES))
        index = min(max(index, 0), len(self.inputs))
        return replace(
            self,
            inputs=np.insert(self.inputs, index, at, axis=0),
            targets=np.insert(self.targets, index, target),
            is_test=np.insert(self.is_test, index, test),
        )

    def move(self, index: int, at: Sequence[float]) -> Data:
        """Return the data with the sample at another point."""
        self._require(index)
        others = self._without(index)
        return others.add(index, at, float(self.targets[index]), bool(self.is_test[index]))

    def erase(self, index: int) -> Data:
        """Return the data without the sample. Raises ValueError where too few would be left to
        learn from.
        """
        self._require(index)
        others = self._without(index)
        if (~others.is_test).sum() < MIN_TRAINING_POINTS:
            raise ValueError(messages.TOO_FEW_POINTS)
        return others

    def _without(self, index: int) -> Data:
        return replace(
            self,
            inputs=np.delete(self.inputs, index, axis=0),
            targets=np.delete(self.targets, index),
            is_test=np.delete(self.is_test, index),
        )

    def _require(self, index: int) -> None:
        if not 0 <= index < len(self.inputs):
            raise ValueError(messages.NO_POINT.format(number=index + 1))


def make_data(settings: Settings) -> Data:
    """Return the samples that these settings describe; the same for the same settings.

    Raises ValueError where a formula is not defined for them, and for a person's own data, which
    no settings describe.
    """
    return _make_data(
        settings.dataset,
        settings.samples,
        settings.classes,
        settings.noise,
        settings.test,
        settings.seed,
        settings.formula,
    )


@lru_cache(maxsize=64)
def _make_data(
    name: str, samples: int, classes: int, noise: float, test: float, seed: int, formula: str
) -> Data:
    dataset = DATASETS[name]
    inputs, targets = dataset.make(samples, classes, noise, seed, formula or dataset.formula)
    reach = float(np.abs(inputs).max() * (1.0 + MARGIN))
    names = () if dataset.is_regression else tuple(f"class {i + 1}" for i in range(classes))
    window = ((-reach, reach), (-reach, reach))
    return Data(inputs, targets, _split(samples, test, seed), names, window, _span(targets))


def data_from_table(table: Table, settings: Settings) -> Data:
    """Return a person's own samples, with the settings' share of them for testing: those that the
    table names, if that is their share.
    """
    window = _visible(table.inputs[:, 0]), _visible(table.inputs[:, 1])
    is_test = table.is_test
    if is_test is None or settings.test != table.test_share:
        is_test = _split(len(table.inputs), settings.test, settings.seed)
    span = _span(table.targets)
    return Data(table.inputs, table.targets, is_test, table.classes, window, span)


def _visible(column: Floats) -> tuple[float, float]:
    """Return the ends of an axis that shows these coordinates."""
    low, high = float(column.min()), float(column.max())
    margin = (high - low) * MARGIN / 2.0 or 1.0
    return low - margin, high + margin


def _span(targets: Floats) -> tuple[float, float]:
    """Return the smallest and the largest target; if they are the same, numbers around them."""
    low, high = float(targets.min()), float(targets.max())
    size = max(abs(low), abs(high))
    differ, margin = high - low > max(1e-300, 1e-12 * size), max(1.0, 1e-9 * size)
    return (low, high) if differ else (low - margin, high + margin)


def _split(samples: int, test: float, seed: int) -> npt.NDArray[np.bool_]:
    order = random.permutation(random.key(seed, RandomStream.SPLIT), samples)
    is_test = np.zeros(samples, dtype=np.bool_)
    is_test[order[: min(round(test * samples), samples - 1)]] = True
    return is_test


@dataclass(frozen=True)
class FeatureScaling:
    """The features of a network and how they are scaled: (features − means) / standard deviations.

    `own` is the formula of a person's own feature.
    """

    names: tuple[str, ...]
    own: str
    means: tuple[float, ...]
    standard_deviations: tuple[float, ...]

    def transform(self, inputs: Floats, strict: bool = True) -> Floats:
        """Return the scaled features of points: (points, dimensions) → (points, features).

        Raises ValueError for a feature that is not defined at a point, or unless `strict` gives
        NaN there.
        """
        columns = feature_columns(inputs, self.names, self.own, strict)
        scaled: Floats = (columns - np.array(self.means)) / np.array(self.standard_deviations)
        return scaled


def fit_scaling(settings: Settings, data: Data) -> FeatureScaling:
    """Return the features of these settings, scaled by the training samples.

    Raises ValueError for a feature that is not defined for the samples.
    """
    dimensions = data.inputs.shape[1]
    names = settings.features
    if dimensions != 2:
        names = tuple(f"x{i + 1}" for i in range(dimensions))
    columns = feature_columns(data.inputs, names, settings.feature)
    if not settings.standardise:
        zeros, ones = (0.0,) * len(names), (1.0,) * len(names)
        return FeatureScaling(names, settings.feature, zeros, ones)
    columns = columns[~data.is_test]
    deviations = columns.std(axis=0)
    deviations[deviations == 0.0] = 1.0
    means = tuple(columns.mean(axis=0).tolist())
    return FeatureScaling(names, settings.feature, means, tuple(deviations.tolist()))


@dataclass(frozen=True, eq=False)
class Samples:
    """What the program reads, (samples, features and targets): all samples, and the training ones.

    `indices` are those of the training samples and of the test samples among all.
    """

    all: Floats
    train: Floats
    indices: tuple[Integers, Integers]

    @property
    def test(self) -> Floats:
        """The test samples."""
        return self.all[self.indices[1]]


def tabulate(data: Data, scaling: FeatureScaling, outputs: int, low: float, high: float) -> Samples:
    """Return the samples for a program with so many outputs, which are `low` for "no" and `high`
    for "yes".

    Raises ValueError for a feature that is not defined for them.
    """
    if data.is_regression:
        targets = data.targets[:, None]
    elif outputs == 1:
        targets = np.where(data.class_indices[:, None] == 1, high, low)
    else:
        targets = np.where(data.class_indices[:, None] == np.arange(outputs), high, low)
    table = np.asfortranarray(np.column_stack([scaling.transform(data.inputs), targets]))
    indices = np.flatnonzero(~data.is_test), np.flatnonzero(data.is_test)
    return Samples(table, np.asfortranarray(table[indices[0]]), indices)


def is_own(settings: Settings) -> bool:
    """Return whether these settings are about a person's own data."""
    return settings.dataset == OWN
