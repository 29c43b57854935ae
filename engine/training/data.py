"""The samples of a run: points of the plane with a class or a number each, some kept for testing.

Data are immutable; an edit gives other data. What the network reads of them (features,
standardised or not, and targets) is worked out once, as `Samples`.
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
from engine.training import features
from engine.training.csv_table import MOST_NUMBER, Table
from engine.training.datasets import DATASETS
from engine.training.settings import OWN, Settings

MARGIN = 0.15
"""What is shown around the samples, as a share of their reach."""
Window = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Data:
    """Inputs (samples, dimensions), targets (samples,), and which samples are for testing.

    A target is the index of a class of `classes`, or a number where there are none. `window` is
    from where to where the plane of the first two inputs is shown; `span` the least and the
    greatest number that targets have. Edits leave both as they are.
    """

    inputs: Floats
    targets: Floats
    is_test: npt.NDArray[np.bool_]
    classes: tuple[str, ...]
    window: Window
    span: tuple[float, float]

    @property
    def numbers(self) -> bool:
        """Whether the targets are numbers, not classes."""
        return not self.classes

    @property
    def kinds(self) -> Integers:
        """The class of every sample, (samples,)."""
        return self.targets.astype(np.int64)

    def add(self, index: int, at: Sequence[float], target: float, test: bool) -> Data:
        """With one more sample, at this place among them. Raises ValueError for what cannot be."""
        if len(at) != self.inputs.shape[1]:
            raise ValueError(f"A point has {self.inputs.shape[1]} coordinates here.")
        if not np.isfinite([*at, target]).all() or np.abs([*at, target]).max() > MOST_NUMBER:
            raise ValueError("A point has finite coordinates below a thousand million.")
        if self.classes and target not in range(len(self.classes)):
            raise ValueError(f"There are {len(self.classes)} classes.")
        if len(self.inputs) >= MAX_SAMPLES:
            raise ValueError(f"At most {MAX_SAMPLES:,} points; erase some first.")
        index = min(max(index, 0), len(self.inputs))
        return replace(
            self,
            inputs=np.insert(self.inputs, index, at, axis=0),
            targets=np.insert(self.targets, index, target),
            is_test=np.insert(self.is_test, index, test),
        )

    def move(self, index: int, at: Sequence[float]) -> Data:
        """With the sample elsewhere."""
        self._known(index)
        moved = self.erase(index, least=0)
        target, test = float(self.targets[index]), bool(self.is_test[index])
        return moved.add(index, at, target, test)

    def erase(self, index: int, least: int = 2) -> Data:
        """Without the sample. Raises ValueError where too few would be left to learn from."""
        self._known(index)
        left = np.delete(self.is_test, index)
        if (~left).sum() < least:
            raise ValueError("Two points must be left to learn from.")
        return replace(
            self,
            inputs=np.delete(self.inputs, index, axis=0),
            targets=np.delete(self.targets, index),
            is_test=left,
        )

    def _known(self, index: int) -> None:
        if not 0 <= index < len(self.inputs):
            raise ValueError(f"There is no point number {index + 1}.")


def data_of(settings: Settings) -> Data:
    """The samples that these settings describe; the same for the same settings.

    Raises ValueError where a formula is not defined for them, and for a person's own data, which
    no settings describe.
    """
    return _data(
        settings.dataset, settings.samples, settings.classes, settings.noise, settings.test,
        settings.seed, settings.formula,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _data(
    dataset: str, samples: int, classes: int, noise: float, test: float, seed: int, formula: str
) -> Data:
    chosen = DATASETS[dataset]
    inputs, targets = chosen.make(samples, classes, noise, seed, formula or chosen.formula)
    reach = float(np.abs(inputs).max() * (1.0 + MARGIN))
    named = () if chosen.regression else tuple(f"class {i + 1}" for i in range(classes))
    window = ((-reach, reach), (-reach, reach))
    return Data(inputs, targets, _split(samples, test, seed), named, window, _span(targets))


def own(table: Table, settings: Settings) -> Data:
    """A person's own samples, with the settings' share of them for testing."""
    window = tuple(_shown(table.inputs[:, i]) for i in range(2))
    is_test = _split(len(table.inputs), settings.test, settings.seed)
    return Data(
        table.inputs, table.targets, is_test, table.classes, (window[0], window[1]),
        _span(table.targets),
    )  # fmt: skip


def _shown(column: Floats) -> tuple[float, float]:
    low, high = float(column.min()), float(column.max())
    room = (high - low) * MARGIN / 2.0 or 1.0
    return low - room, high + room


def _span(targets: Floats) -> tuple[float, float]:
    low, high = float(targets.min()), float(targets.max())
    size = max(abs(low), abs(high))
    apart, room = high - low > max(1e-300, 1e-12 * size), max(1.0, 1e-9 * size)
    return (low, high) if apart else (low - room, high + room)


def _split(samples: int, test: float, seed: int) -> npt.NDArray[np.bool_]:
    order = random.permutation(random.key(seed, RandomStream.SPLIT), samples)
    is_test = np.zeros(samples, dtype=np.bool_)
    is_test[order[: min(round(test * samples), samples - 1)]] = True
    return is_test


@dataclass(frozen=True)
class Reading:
    """What a network reads of a point: features, minus `means`, by `spreads` (features,)."""

    names: tuple[str, ...]
    own: str
    means: tuple[float, ...]
    spreads: tuple[float, ...]

    def columns(self, inputs: Floats, strict: bool = True) -> Floats:
        """What it reads of these points: (points, dimensions) → (points, features).

        Raises ValueError for a feature that is not defined at one, or unless `strict` gives NaN.
        """
        raw = features.columns(inputs, self.names, self.own, strict)
        scaled: Floats = (raw - np.array(self.means)) / np.array(self.spreads)
        return scaled


def reading(settings: Settings, data: Data) -> Reading:
    """How a network with these settings reads its samples; the scale is that of the training
    samples it begins with.

    Raises ValueError for a feature that is not defined for them.
    """
    dimensions = data.inputs.shape[1]
    names = settings.features
    if dimensions != 2:
        names = tuple(f"x{i + 1}" for i in range(dimensions))
    raw = features.columns(data.inputs, names, settings.feature)
    if not settings.standardise:
        return Reading(names, settings.feature, (0.0,) * len(names), (1.0,) * len(names))
    trained = raw[~data.is_test]
    spreads = trained.std(axis=0)
    spreads[spreads == 0.0] = 1.0
    means = tuple(trained.mean(axis=0).tolist())
    return Reading(names, settings.feature, means, tuple(spreads.tolist()))


@dataclass(frozen=True, eq=False)
class Samples:
    """What the program reads: (samples, features and targets), all of them and those to train
    with. `places` are those to train and those to test with among all of them.
    """

    all: Floats
    train: Floats
    places: tuple[Integers, Integers]

    @property
    def test(self) -> Floats:
        """Those to test with."""
        return self.all[self.places[1]]


def samples(data: Data, read: Reading, outputs: int, low: float, high: float) -> Samples:
    """The samples for a program of so many outputs, which stand for "no" and "yes" with `low` and
    `high`.

    Raises ValueError for a feature that is not defined for them.
    """
    if data.numbers:
        targets = data.targets[:, None]
    elif outputs == 1:
        targets = np.where(data.kinds[:, None] == 1, high, low)
    else:
        targets = np.where(data.kinds[:, None] == np.arange(outputs), high, low)
    table = np.asfortranarray(np.column_stack([read.columns(data.inputs), targets]))
    places = np.flatnonzero(~data.is_test), np.flatnonzero(data.is_test)
    return Samples(table, np.asfortranarray(table[places[0]]), places)


def is_own(settings: Settings) -> bool:
    """Whether these settings speak of a person's own data."""
    return settings.dataset == OWN
