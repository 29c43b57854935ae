"""Axes for every number there is, and what they say about values that they cannot show."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf, isfinite, log10, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playground.figures.arrays import array
from playground.figures.axes import (
    Axis,
    Series,
    around_zero,
    names,
    notes,
    numbers,
    powers,
    round_up,
    within,
)
from playground.places import PACKAGE

ANY = st.floats(allow_nan=True, allow_infinity=True)
VALUES = st.lists(ANY, max_size=6)
LARGEST = 1.7976931348623157e308


@given(VALUES, st.booleans(), st.booleans())
@example([1e300, -1e300], False, False)
@example([LARGEST, -LARGEST], False, False)
@example([5e-324], False, False)
@example([0.1, 0.1], False, False)
@example([1e16, 1e16 + 2], False, False)
def test_an_axis_holds_every_number_and_its_ends_are_apart(
    values: list[float], from_zero: bool, whole: bool
) -> None:
    low, high = numbers("", values, from_zero=from_zero, whole=whole)["range"]
    assert isfinite(low)
    assert isfinite(high)
    assert low < high
    for value in filter(isfinite, values):
        assert low <= value or low == pytest.approx(value, rel=1e-12)
        assert value <= high or high == pytest.approx(value, rel=1e-12)
    if from_zero and all(value >= 0.0 for value in values):
        assert low == 0.0


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_an_axis_is_not_much_longer_than_what_it_holds(low: float, span: float) -> None:
    begin, end = numbers("", [low, low + span])["range"]
    assert end - begin <= max(1.3 * span, 3e-6 * abs(low))


@given(VALUES)
def test_powers_of_ten_stand_around_every_number_that_has_a_place_among_them(
    values: list[float],
) -> None:
    axis = powers("", values)
    begin, end = axis["range"]
    assert axis["type"] == "log"
    assert begin < end
    for value in values:
        if 0.0 < value < inf:
            assert begin - 1e-9 <= log10(value) <= end + 1e-9


@given(st.floats(1e-306, 1e307))
def test_the_end_of_an_axis_is_round_and_not_far_above(value: float) -> None:
    end = round_up(value)
    assert value * (1 - 1e-9) <= end <= 1.4 * value
    assert len(f"{end:.12e}".rstrip("0").partition("e")[0].replace(".", "").rstrip("0")) <= 2


def test_what_has_no_end_gets_one() -> None:
    assert [round_up(value) for value in (0.0, -1.0, nan, inf)] == [1.0] * 4
    assert 5e-324 < round_up(5e-324) < 1e-300
    assert isfinite(round_up(LARGEST))
    assert around_zero("", 0.0)["range"] == [-1.0, 1.0]
    low, high = within("", 3.0, 3.0)["range"]
    assert low < 3.0 < high
    assert names("", [])["range"] == [-0.5, 0.5]


WHERE: list[tuple[list[float], bool, list[str]]] = [
    ([1.0, 2.0], True, []),
    ([1.0, inf, inf], False, ["∞ from step 1"]),
    ([1.0, 2.0, -inf], False, ["−∞ from step 2"]),
    ([nan, nan, 1.0], False, ["not a number up to step 1"]),
    ([1.0, nan, 1.0], False, ["not a number at step 1"]),
    ([1.0, inf, inf, 1.0], False, ["∞ from step 1 to 2"]),
    ([inf, inf], False, ["∞ everywhere"]),
    ([inf], False, ["∞ at step 0"]),
    ([1.0, 0.0, -1.0], False, []),
    ([1.0, 0.0, -1.0], True, ["0 at step 1", "below 0 from step 2"]),
    ([1.0, nan] * 5, False, ["not a number at 5 of 10 points"]),
    ([1.0, nan, 1.0, inf] * 2, False, ["not a number or ∞ at 4 of 8 points"]),
]


@pytest.mark.parametrize(("values", "log", "sentences"), WHERE)
def test_where_values_leave_the_axis_is_said(
    values: list[float], log: bool, sentences: list[str]
) -> None:
    assert notes("step", Series("loss", range(len(values)), values), log=log) == sentences


def test_several_series_are_told_apart_unless_they_say_the_same() -> None:
    good, bad = (Series(name, [0, 1], values) for name, values in (("a", [1, 2]), ("b", [1, inf])))
    assert notes("step", good, bad) == ["b: ∞ from step 1"]
    assert notes("step", bad, bad) == ["∞ from step 1"]
    assert notes("", bad) == ["∞ at 1 of 2 points"]
    assert notes("x =", Series("", [0.5, 2.0], [1.0, nan])) == ["not a number from x = 2"]
    assert notes("step") == []


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.0, -0.333, 0.0, nan, inf], "f4"),
        ([1e-300, 1.0], "f8"),
        ([1e300, 1.0], "f8"),
        ([], "f4"),
    ],
)
def test_numbers_travel_in_as_many_bits_as_they_need(values: list[float], dtype: str) -> None:
    assert array(np.array(values))["dtype"] == dtype


AXES: list[Callable[..., Axis]] = [numbers, powers]


@pytest.mark.parametrize("make", AXES)
def test_an_axis_without_numbers_is_one_all_the_same(make: Callable[..., Any]) -> None:
    for values in ([], [nan], [inf, -inf]):
        low, high = make("", values)["range"]
        assert low < high


def test_no_other_module_makes_an_axis() -> None:
    graph = {"graph.py", "axes.py"}  # the graph hides its axes
    others = [path for path in PACKAGE.rglob("*.py") if path.name not in graph]
    makers = [path.name for path in others if re.search("gridcolor|dtick|nticks", path.read_text())]
    assert makers == []
