"""Every axis of every figure: what it covers, and which values it cannot show.

An axis here says its title, its ends and its scale. The browser (static/js/axes.js) adds what
depends on the size of the plot: ticks, their labels, and margins. Whatever the values are, from
1e-300 to 1e300 with NaN and ∞ among them, the ends are finite and differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil, floor, isfinite, isnan, log10
from sys import float_info
from typing import Any, NamedTuple

import numpy as np

from engine.notation import format_number
from engine.random import Floats
from playground.messages import figures as messages

Axis = dict[str, Any]
"""An axis as Plotly has it, without ticks unless it has names."""

WHOLE = "d"
"""The format of an axis that has ticks at whole numbers only."""
POWERS_OF_TEN = {"tickprefix": "10^"}
"""A colour bar whose numbers are exponents of ten."""
ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where an axis that begins at 0 may end, in powers of ten."""
GRID = (1.0, 2.0, 2.5, 5.0, 10.0)
"""The ends of other axes are multiples of one of these, in powers of ten."""
PARTS = 10
"""How many of these multiples an axis has at least."""
LEAST_SPAN = 1e-6
"""Smallest length of an axis, as a share of its largest value: labels stay short."""
MARGIN = 0.03
"""How far an axis goes beyond its values, as a share of their span."""
LOWEST, HIGHEST = -323, 308
"""The least and the greatest power of ten that is a number."""
MAX_NOTES = 3
"""Maximum number of notes on one series before they become one."""


def numbers(title: str, *values: Any, from_zero: bool = False, whole: bool = False) -> Axis:
    """Return an axis with round ends that holds all finite values.

    It stays the same while values change a little, and so do its labels. With `from_zero` it begins
    or ends at 0 unless values have both signs.
    """
    low, high = _ends(_finite(values), from_zero)
    if whole:
        high = max(high, low + 2.0)
    return _axis(title, range=[low, high]) | ({"tickformat": WHOLE} if whole else {})


def around_zero(title: str, reach: float) -> Axis:
    """Return an axis from −`reach` to `reach`, rounded up."""
    end = round_up(reach)
    return _axis(title, range=[-end, end])


def within(title: str, low: float, high: float) -> Axis:
    """Return an axis with exactly these ends, if they are apart."""
    ends = [low, high] if low < high else list(_ends(np.array([low, high]), False))
    return _axis(title, range=ends)


def powers(title: str, *values: Any, below: float = 1.0) -> Axis:
    """Return a logarithmic axis from one power of ten to another; `range` is their exponents.

    It begins at most at the share `below` of the smallest value, so that a bar has a length.
    """
    finite = _finite(values)
    positive = finite[finite > 0.0]
    low, high = (positive.min(), positive.max()) if positive.size else (0.1, 1.0)
    begin, end = floor(log10(low) + log10(below)), ceil(log10(high))
    begin, end = min(begin, HIGHEST - 2), max(end, begin + 1, LOWEST + 2)
    return _axis(title, type="log", range=[begin, end])


def names(title: str, labels: Sequence[str]) -> Axis:
    """Return an axis with the places 0, 1, 2, … and a label for each."""
    return _axis(
        title, range=[-0.5, max(1, len(labels)) - 0.5], showgrid=False, zeroline=False,
        tickvals=list(range(len(labels))), ticktext=list(labels),
    )  # fmt: skip


def round_up(value: float) -> float:
    """Return the smallest round number that is at least the value; 1 if that is not positive."""
    if not isfinite(value) or value <= 0.0:
        return 1.0
    power = 10.0 ** max(-307, floor(log10(value)))  # smaller powers are not exact
    end = next(power * step for step in ROUND if power * step >= value * (1.0 - 1e-12))
    return min(end, float_info.max)


def _axis(title: str, **more: Any) -> Axis:
    return {
        "title": {"text": title},
        "gridcolor": "var(--grid)",
        "zerolinecolor": "var(--line)",
        "linecolor": "var(--line)",
        "fixedrange": True,
    } | more


def _finite(values: Sequence[Any]) -> Floats:
    flat = [np.asarray(part, dtype=np.float64).ravel() for part in values]
    together = np.concatenate(flat) if flat else np.empty(0)
    return together[np.isfinite(together)]


def _ends(finite: Floats, from_zero: bool) -> tuple[float, float]:
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    largest = max(abs(low), abs(high))
    if from_zero and low >= 0.0:
        return 0.0, round_up(high)
    if from_zero and high <= 0.0:
        return -round_up(-low), 0.0
    if largest == 0.0:
        return -1.0, 1.0
    # In units of the largest value, so that no difference overflows and none is lost below 1e-308.
    unit = max(largest, 1e-300)
    first, last = low / unit, high / unit
    if first == last:
        first, last = first - 0.1, last + 0.1
    lack = max(0.0, LEAST_SPAN - (last - first)) / 2.0
    room = MARGIN * (last - first)
    first, last = first - lack - room, last + lack + room
    grid = _grid((last - first) / PARTS * unit)
    ends = (floor(_clipped(first * unit) / grid) * grid, ceil(_clipped(last * unit) / grid) * grid)
    return _clipped(ends[0]), _clipped(ends[1])


def _clipped(value: float) -> float:
    return max(-float_info.max, min(float_info.max, value))


def _grid(most: float) -> float:
    """Return the largest round number that is at most this one."""
    power = 10.0 ** floor(log10(most))
    return max(power * step for step in GRID if power * step <= most * (1.0 + 1e-12))


class Series(NamedTuple):
    """Values by place, for the notes, and a name in case there are several series."""

    name: str
    places: Sequence[Any]
    values: Any


def notes(place: str, *many: Series, log: bool = False) -> list[str]:
    """Return where values leave an axis, in words: `∞ from step 20`.

    `place` is what a place is called; without it the notes only count. A logarithmic axis also
    lacks 0 and what is below.
    """
    lost = [list(_notes(place, series, log)) for series in many]
    if all(remarks == lost[0] for remarks in lost):
        return lost[0] if lost else []
    return [
        f"{series.name}: {note}"
        for series, remarks in zip(many, lost, strict=True)
        for note in remarks
    ]


def _notes(place: str, series: Series, log: bool) -> Iterator[str]:
    values = np.asarray(series.values, dtype=np.float64)
    if np.isfinite(values).all() and not (log and (values <= 0.0).any()):
        return
    groups = groupby(enumerate(values.tolist()), lambda item: _word(item[1], log))
    gaps = [(word, [i for i, _ in group]) for word, group in groups if word]
    if len(gaps) > MAX_NOTES or (gaps and not place):
        count = sum(len(members) for _, members in gaps)
        words = messages.OR.join(dict.fromkeys(word for word, _ in gaps))
        yield messages.SCATTERED.format(what=words, count=count, total=len(values))
        return
    is_named = isinstance(series.places[0], str)
    for word, members in gaps:
        begin, end = members[0], members[-1]
        starts, ends = begin == 0, end == len(values) - 1
        form = (
            messages.EVERYWHERE if starts and ends and end
            else messages.AT if begin == end and (not ends or starts or is_named)
            else messages.FROM if ends
            else messages.UP_TO if starts
            else messages.BETWEEN
        )  # fmt: skip
        first, last = (_write_place(series.places[i]) for i in (begin, end))
        yield form.format(what=word, place=place, first=first, last=last)


def _write_place(place: Any) -> str:
    return format_number(place) if isinstance(place, float) else str(place)


def _word(value: float, log: bool) -> str:
    """Return what is written for a value that has no place on the axis, or the empty string."""
    if isfinite(value) and not (log and value <= 0.0):
        return ""
    if isnan(value) or not isfinite(value) or value == 0.0:
        return format_number(value)
    return messages.BELOW_ZERO
