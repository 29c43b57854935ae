"""A sweep: one run for every combination of the values of one or two settings.

A cell is a run of its own, trained by `begin` and `advance`: to the last bit, it is the run that a
person gets with the cell's settings. The unit of work is one cell; it is trained in slices and may
stop between two of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite, prod

import numpy as np
from pydantic import BaseModel, ConfigDict

from engine.compiler.native_backend import NUMPY
from engine.script.numbers import NumberError, read_number, read_whole
from engine.training import messages
from engine.training.data import Data
from engine.training.run import Curve, Run, advance, begin, compute_losses
from engine.training.settings import DECLARATIONS, Settings, as_text
from engine.training.settings_parser import parse_settings

MAX_SWEEP_RUNS = 400
"""Maximum number of cells of a sweep."""
MAX_SWEEP_STEPS = 10_000
"""Maximum number of steps that a cell trains."""
SLICE_STEPS = 200
"""Steps of a slice."""
CELL_POINTS = 128
"""Maximum number of points of a cell's curve."""
RANGE_VALUES = 7
"""Values of a range that does not say how many."""
_RANGE = re.compile(
    r"(.{1,40}?)\s*(?:\.\.|…)\s*(.{1,40}?)(?:\s*[x×]\s*(\d{1,6}))?(?:\s+(log|linear))?"
)
"""A range: its ends, how many values, and how they are spaced."""

SWEEPABLE = tuple(name for name, declaration in DECLARATIONS.items() if declaration.examples)
"""The settings that can be swept."""
AXES = ("first", "second")
"""The names of the two axes in a form."""


class Axis(BaseModel):
    """A setting and its values, each as it stands in a form."""

    model_config = ConfigDict(frozen=True)

    name: str
    values: tuple[str, ...]

    @property
    def title(self) -> str:
        """The name of the setting for people."""
        return DECLARATIONS[self.name].title


class Sweep(BaseModel):
    """Settings as texts, one axis or two, and the steps that every cell trains.

    Cells are numbered along the first axis, then along the second.
    """

    model_config = ConfigDict(frozen=True)

    base: dict[str, str]
    axes: tuple[Axis, ...]
    steps: int

    @property
    def shape(self) -> tuple[int, int]:
        """The cells along the second axis, 1 if there is none, and along the first."""
        columns, *rows = (len(axis.values) for axis in self.axes)
        return (rows[0] if rows else 1), columns

    @property
    def runs(self) -> int:
        """The number of cells."""
        return prod(self.shape)

    @property
    def stride(self) -> int:
        """Steps from one point of a cell's curve to the next: the smallest power of two with which
        CELL_POINTS are enough.
        """
        return 1 << (self.steps // CELL_POINTS).bit_length()

    def values(self, number: int) -> dict[str, str]:
        """Return the values of a cell, by the names of the settings.

        Raises IndexError for a number that is no cell's.
        """
        if not 0 <= number < self.runs:
            raise IndexError(number)
        row, column = divmod(number, self.shape[1])
        return {
            axis.name: axis.values[index]
            for axis, index in zip(self.axes, (column, row), strict=False)
        }

    def settings(self, number: int) -> Settings:
        """Return the settings of a cell.

        Raises IndexError, and ValueError, in words, for values that do not go together.
        """
        settings, errors = parse_settings(self.base | self.values(number))
        if settings is None:
            raise ValueError(next(iter(errors.values())))
        return settings


def cell_settings(sweep: Sweep) -> Iterator[Settings]:
    """Yield the settings of every cell, in the order of their numbers."""
    return (sweep.settings(number) for number in range(sweep.runs))


def advance_slice(run: Run, steps_left: int) -> Run:
    """Return the run one slice later, at most `steps_left` steps."""
    return advance(run, min(steps_left, SLICE_STEPS))


def train_cell(
    sweep: Sweep,
    number: int,
    data: Data | None = None,
    backend: str = NUMPY,
    further: Callable[[Run, int], Run] = advance_slice,
    stride: int = 0,
) -> Iterator[Run]:
    """Yield the run of a cell, slice by slice; the last one is the cell's.

    `data` are a person's own. `further(run, steps)` advances a run by at least 1 step and at most
    `steps`. The curve has a point every `stride` steps, by default as the sweep's cells have.
    Raises ValueError, in words, for a cell that cannot be trained.
    """
    run = begin(sweep.settings(number), backend, data)
    run = replace(run, curve=replace(run.curve, stride=stride or sweep.stride))
    yield run
    while run.step < sweep.steps and not run.diverged and not run.stopped:
        run = further(run, sweep.steps - run.step)
        yield run


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of a cell: its losses after its last step, and its curve.

    `state` says in words that it diverged, why it stopped early, or why it could not be trained.
    The losses of a cell that could not be trained are NaN.
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
        """The loss for comparisons: the test loss or, without test samples, the training loss."""
        return self.train if np.isnan(self.test) else self.test


def outcome_of(run: Run) -> Outcome:
    """Return the outcome of a cell that is this run."""
    state = messages.DIVERGED.format(step=run.step) if run.diverged else run.stopped
    return Outcome(*compute_losses(run), run.curve, run.backend, run.step, run.diverged, state)


def failed_outcome(state: str, backend: str) -> Outcome:
    """Return the outcome of a cell that could not be trained, with the reason in words."""
    return Outcome(float("nan"), float("nan"), Curve(), backend, state=state)


def example_values(name: str, base: Mapping[str, str]) -> str:
    """Return values of a setting worth comparing, those that go with the other settings."""
    texts = (as_text(value) for value in DECLARATIONS[name].examples)
    return join_values(text for text in texts if _canonical(name, text, base) == text)


def join_values(values: Iterable[str]) -> str:
    """Return values as a person types them: with commas, or semicolons if values contain commas."""
    listed = list(values)
    return ("; " if any("," in value for value in listed) else ", ").join(listed)


def parse_sweep(
    texts: Mapping[str, str], max_runs: int = MAX_SWEEP_RUNS, max_steps: int = MAX_SWEEP_STEPS
) -> tuple[Sweep | None, dict[str, str]]:
    """Return a sweep from a form, and what is wrong with it: a sentence per field.

    Beside the settings by their names, the texts have `first` and `second` (may be empty), the
    settings to sweep, their values `first_values` and `second_values`, and `steps`.
    """
    settings, errors = parse_settings(texts)
    if settings is None:
        return None, errors
    base = settings.texts()
    axes: list[Axis] = []
    for axis in AXES:
        name = texts.get(axis, "").strip()
        if not name and axis == "second":
            continue
        if name not in SWEEPABLE:
            errors[axis] = messages.CHOOSE_SETTING
        elif any(name == other.name for other in axes):
            errors[axis] = messages.CHOOSE_OTHER
        else:
            try:
                values = parse_values(name, texts.get(f"{axis}_values", ""), base, max_runs)
                axes.append(Axis(name=name, values=values))
            except ValueError as error:
                errors[f"{axis}_values"] = str(error)
    try:
        steps = read_whole(texts.get("steps", ""))
    except NumberError:
        steps = 0
    if not 1 <= steps <= max_steps:
        errors["steps"] = messages.STEPS.format(limit=max_steps)
    if errors:
        return None, errors
    sweep = Sweep(base=base, axes=tuple(axes), steps=steps)
    if sweep.runs > max_runs:
        product = " × ".join(str(len(axis.values)) for axis in axes)
        problem = messages.TOO_MANY_RUNS.format(product=product, runs=sweep.runs, limit=max_runs)
        return None, {f"{AXES[len(axes) - 1]}_values": problem}
    return sweep, {}


def parse_values(
    name: str, text: str, base: Mapping[str, str], limit: int = MAX_SWEEP_RUNS
) -> tuple[str, ...]:
    """Return the values that a person typed for a setting, each as the settings write it.

    Values stand between commas or, where there is one, semicolons. `0.001..1 x7` means seven
    numbers from 0.001 to 1: by equal factors if the setting is logarithmic, as the learning rate
    is, or the last is at least ten times the first, else by equal steps. The word `log` or `linear`
    behind it decides. Raises ValueError, in words.
    """
    parts = _split_values(name, text)
    if len(parts) > limit:
        raise ValueError(messages.TOO_MANY_VALUES.format(limit=limit))
    texts: list[str] = []
    for part in parts:
        texts += _expand_range(name, part, limit)
        if len(texts) > limit:
            raise ValueError(messages.TOO_MANY_VALUES.format(limit=limit))
    if not texts:
        raise ValueError(messages.SOME_VALUES)
    values: list[str] = []
    for value in texts:
        settings, errors = parse_settings({**base, name: value})
        if settings is None:
            raise ValueError(f"{value}: {errors.get(name) or next(iter(errors.values()))}")
        canonical = settings.texts()[name]
        if canonical in values:
            hint = messages.SEMICOLONS if name == "hidden" else ""
            raise ValueError(messages.TWICE.format(value=value) + hint)
        values.append(canonical)
    return tuple(values)


def _split_values(name: str, text: str) -> list[str]:
    """Return the parts of a list: between semicolons, else between commas. Commas that a space
    follows come first, so that `0,1, 0,3` and `0,001..1` have decimal commas.
    """
    sign = ";" if ";" in text else ","
    if sign == "," and DECLARATIONS[name].value_type in (int, float):
        if ".." in text and _is_readable(name, text):
            return [text.strip()]
        parts = re.split(r",\s+", text)
        if len(parts) > 1 and all(_is_readable(name, part) for part in parts if part.strip()):
            return [part.strip() for part in parts if part.strip()]
    return [part.strip() for part in text.split(sign) if part.strip()]


def _is_readable(name: str, text: str) -> bool:
    """Return whether a text is a number, or a range of numbers, that a setting can have."""
    read = read_whole if DECLARATIONS[name].value_type is int else read_number
    match = _RANGE.fullmatch(text.strip())
    try:
        return all(isfinite(read(end)) for end in (match.groups()[:2] if match else [text]))
    except NumberError:
        return False


def _expand_range(name: str, text: str, limit: int) -> list[str]:
    """Return the values of a range; any other text as it is."""
    if ".." not in text and "…" not in text:
        return [text]
    declaration = DECLARATIONS[name]
    is_whole = declaration.value_type is int
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(messages.RANGE_FORM.format(text=text))
    low_text, high_text, count_text, spacing = match.groups()
    try:
        low, high = read_number(low_text), read_number(high_text)
    except NumberError:
        raise ValueError(messages.RANGE_FORM.format(text=text)) from None
    is_finite = isfinite(low) and isfinite(high)
    every = round(high - low) + 1 if is_whole and is_finite and not spacing else RANGE_VALUES
    count = int(count_text) if count_text else every
    if not (is_finite and 2 <= count <= limit and low < high):
        raise ValueError(messages.RANGE_ENDS.format(text=text, limit=limit))
    if spacing == "log" and low <= 0:
        raise ValueError(messages.RANGE_FROM_ZERO.format(text=text))
    is_wide = declaration.is_logarithmic or (count_text is not None and high >= 10 * low)
    has_factors = low > 0 and (spacing == "log" or (spacing is None and is_wide))
    numbers = (np.geomspace if has_factors else np.linspace)(low, high, count)
    return [as_text(round(x) if is_whole else float(f"{x:.3g}")) for x in numbers]


def _canonical(name: str, text: str, base: Mapping[str, str]) -> str | None:
    settings, _ = parse_settings({**base, name: text})
    return None if settings is None else settings.texts()[name]
