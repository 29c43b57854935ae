"""A sweep: the same run begun with every combination of the values of one setting or two.

A cell of it is a run of its own, trained for so many steps by `begin` and `advance`, so that it is
the run that a person gets who types the cell's settings, to the last bit. The unit of work is one
cell; whoever trains it goes on from slice to slice, and may stop between two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from pydantic import BaseModel, ConfigDict

from engine.compiler.native_backend import NUMPY
from engine.training.data import Data
from engine.training.run import Curve, Run, advance, begin, losses
from engine.training.settings import DECLARATIONS, Settings, read, written

SWEEP_RUNS = 400
"""The most cells of a sweep."""
SWEEP_STEPS = 10_000
"""The most steps that a cell trains."""
SLICE_STEPS = 200
CELL_POINTS = 128
"""The most points of a cell's curve."""

SWEPT = tuple(name for name, setting in DECLARATIONS.items() if setting.examples)
"""The settings that can be swept."""
AXES = ("first", "second")
"""What the one or two settings of a sweep are called in a form."""


class Axis(BaseModel):
    """A setting and the values it takes, each as it stands in a form."""

    model_config = ConfigDict(frozen=True)

    name: str
    values: tuple[str, ...]

    @property
    def title(self) -> str:
        """The name of the setting for people."""
        return DECLARATIONS[self.name].title


class Sweep(BaseModel):
    """Settings as texts, one axis or two, and the steps that each cell trains.

    Cells are numbered along the first axis, then along the second.
    """

    model_config = ConfigDict(frozen=True)

    base: dict[str, str]
    axes: tuple[Axis, ...]
    steps: int

    @property
    def shape(self) -> tuple[int, int]:
        """The cells along the second axis, 1 where there is none, and along the first."""
        columns, *rows = (len(axis.values) for axis in self.axes)
        return (rows[0] if rows else 1), columns

    @property
    def runs(self) -> int:
        """How many cells there are."""
        return prod(self.shape)

    @property
    def stride(self) -> int:
        """Steps from one point of a cell's curve to the next: the least power of two with which
        CELL_POINTS are enough.
        """
        return 1 << (self.steps // CELL_POINTS).bit_length()

    def values(self, number: int) -> dict[str, str]:
        """The values of a cell, by the names of the settings. Raises IndexError for a number that
        no cell has.
        """
        if not 0 <= number < self.runs:
            raise IndexError(number)
        row, column = divmod(number, self.shape[1])
        return {
            axis.name: axis.values[place]
            for axis, place in zip(self.axes, (column, row), strict=False)
        }

    def settings(self, number: int) -> Settings:
        """The settings of a cell. Raises ValueError, in words, where its values do not go together,
        and IndexError.
        """
        settings, errors = read(self.base | self.values(number))
        if settings is None:
            raise ValueError(next(iter(errors.values())))
        return settings


def cells(sweep: Sweep) -> Iterator[Settings]:
    """The settings of every cell, in the order of their numbers."""
    return (sweep.settings(number) for number in range(sweep.runs))


def in_slices(run: Run, left: int) -> Run:
    """The run a slice later, `left` steps at the most."""
    return advance(run, min(left, SLICE_STEPS))


def trained(
    sweep: Sweep,
    number: int,
    data: Data | None = None,
    backend: str = NUMPY,
    further: Callable[[Run, int], Run] = in_slices,
    stride: int = 0,
) -> Iterator[Run]:
    """The run of a cell, slice by slice; the last one is the cell's.

    `data` are a person's own. `further` takes a run at least one step on, given how many are left.
    Its curve has a point every `stride` steps, by default as the sweep's cells have.
    Raises ValueError, in words, for a cell that cannot be.
    """
    run = begin(sweep.settings(number), backend, data)
    run = replace(run, curve=replace(run.curve, stride=stride or sweep.stride))
    yield run
    while run.step < sweep.steps and not run.diverged and not run.stopped:
        run = further(run, sweep.steps - run.step)
        yield run


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a cell: its losses after its last step, and its curve.

    `state` says in words what else there is to say: that it diverged, why it stopped before its
    time, or why it could not be; the losses of what could not be are NaN.
    """

    train: float
    test: float
    curve: Curve
    backend: str
    step: int = 0
    diverged: bool = False
    state: str = ""

    @property
    def loss(self) -> float:
        """What cells are compared by: the test loss or, without test samples, the training loss."""
        return self.train if np.isnan(self.test) else self.test


def outcome(run: Run) -> Outcome:
    """What came of a cell that is this run."""
    state = f"Diverged after step {run.step:,}." if run.diverged else run.stopped
    return Outcome(*losses(run), run.curve, run.backend, run.step, run.diverged, state)


def failed(state: str, backend: str) -> Outcome:
    """What is kept of a cell that could not be, with the reason in words."""
    return Outcome(float("nan"), float("nan"), Curve(), backend, state=state)


def examples(name: str, base: Mapping[str, str]) -> str:
    """Values of a setting that are worth comparing, among those that go with the others."""
    found = (written(value) for value in DECLARATIONS[name].examples)
    return joined(text for text in found if _canonical(name, text, base) == text)


def joined(values: Iterable[str]) -> str:
    """Values as they are typed: commas between, or semicolons where values hold commas."""
    listed = list(values)
    return ("; " if any("," in value for value in listed) else ", ").join(listed)


def read_sweep(
    texts: Mapping[str, str], runs: int = SWEEP_RUNS, steps: int = SWEEP_STEPS
) -> tuple[Sweep | None, dict[str, str]]:
    """A sweep from a form, and what is wrong with it: a sentence a field.

    Beside the settings by their names the texts have `first` and `second` (may be empty), the
    settings to sweep, their values `first_values` and `second_values`, and `steps`; `runs` and
    `steps` are the most there may be.
    """
    settings, errors = read(texts)
    if settings is None:
        return None, errors
    base: dict[str, str] = settings.texts()
    axes: list[Axis] = []
    for axis in AXES:
        name = texts.get(axis, "").strip()
        if not name and axis == "second":
            continue
        if name not in SWEPT:
            errors[axis] = "Choose a setting."
        elif any(name == other.name for other in axes):
            errors[axis] = "Choose another setting than the first."
        else:
            try:
                axes.append(
                    Axis(name=name, values=values(name, texts[f"{axis}_values"], base, runs))
                )
            except (KeyError, ValueError) as error:
                errors[f"{axis}_values"] = str(error) if str(error) else "Write some values."
    asked = texts.get("steps", "").strip().replace(",", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 9 and 1 <= int(asked) <= steps):
        errors["steps"] = f"Write a whole number from 1 to {steps:,}."
    if errors:
        return None, errors
    sweep = Sweep(base=base, axes=tuple(axes), steps=int(asked))
    if sweep.runs > runs:
        told = f"{' × '.join(str(len(axis.values)) for axis in axes)} = {sweep.runs:,} runs"
        return None, {f"{AXES[len(axes) - 1]}_values": f"{told}; at most {runs}."}
    return sweep, {}


def values(
    name: str, text: str, base: Mapping[str, str], most: int = SWEEP_RUNS
) -> tuple[str, ...]:
    """The values that a person typed for a setting, each as the settings write it.

    Commas stand between them or, where there is one, semicolons. `0.001..1 x7` are seven numbers
    from 0.001 to 1: by equal factors where the last is ten times the first or more, else by equal
    steps. Raises ValueError, in words.
    """
    parts = [part.strip() for part in text.split(";" if ";" in text else ",") if part.strip()]
    if len(parts) > most:
        raise ValueError(f"These are more than {most} values.")
    typed: list[str] = []
    for part in parts:
        typed += _spread(name, part, most)
        if len(typed) > most:
            raise ValueError(f"These are more than {most} values.")
    if not typed:
        raise ValueError("Write some values.")
    found: list[str] = []
    for value in typed:
        settings, errors = read({**base, name: value})
        if settings is None:
            wrong = errors.get(name) or next(iter(errors.values()))
            raise ValueError(f"{value}: {wrong}")
        canonical = settings.texts()[name]
        if canonical in found:
            hint = " Put ; between values that hold commas, as in 8; 8, 8." * (name == "hidden")
            raise ValueError(f"{value} is there twice.{hint}")
        found.append(canonical)
    return tuple(found)


def _spread(name: str, text: str, most: int) -> list[str]:
    """The values that a range stands for; a text that is none, as it is."""
    ends, _, counted = text.partition("x")
    low_text, dots, high_text = ends.partition("..")
    if not dots:
        return [text]
    whole = DECLARATIONS[name].value_type is int
    try:
        low, high = float(low_text), float(high_text)
        count = int(counted) if counted or not whole else round(high - low) + 1
    except (ValueError, OverflowError):
        raise ValueError(f"{text}: write a range as in 0.001..1 x7.") from None
    if not (2 <= count <= most and low < high < float("inf")):
        raise ValueError(f"{text}: a range goes up, and has 2 to {most} values.")
    spaced = np.geomspace if counted and 0 < 10 * low <= high else np.linspace
    return [written(round(x) if whole else float(f"{x:.3g}")) for x in spaced(low, high, count)]


def _canonical(name: str, text: str, base: Mapping[str, str]) -> str | None:
    settings, _ = read({**base, name: text})
    return None if settings is None else settings.texts()[name]
