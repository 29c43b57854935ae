"""Schedules: where they begin, what is left after a period, and that they never rise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.schedules import SCHEDULES, TABLE, Schedule

NAMES = pytest.mark.parametrize("name", SCHEDULES)
FACTORS = st.floats(0, 1)
PERIODS = st.integers(1, 5000)


@NAMES
@given(st.floats(1e-6, 100), PERIODS, FACTORS)
def test_the_first_step_is_at_the_first_rate(
    name: str, first: float, period: int, factor: float
) -> None:
    assert SCHEDULES[name].rate(first, 0, period, factor) == pytest.approx(first, rel=1e-15)


@NAMES
@given(PERIODS, FACTORS, st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_rate_never_rises_and_is_never_negative(
    name: str, period: int, factor: float, one: int, other: int
) -> None:
    early, late = sorted((one, other))
    rate = SCHEDULES[name].rate
    assert rate(1.0, early, period, factor) >= rate(1.0, late, period, factor) - 1e-15
    assert rate(1.0, late, period, factor) >= 0.0


@pytest.mark.parametrize(
    ("name", "left"),
    [("constant", (1, 1, 1)), ("linear", (0.6, 0.2, 0.2)), ("cosine", (0.6, 0.2, 0.2)),
     ("step", (1, 0.2, 0.04)), ("1/t", (2 / 3, 0.5, 1 / 3))],
)  # fmt: skip
def test_what_is_left_after_half_a_period_one_and_two(name: str, left: tuple[float, ...]) -> None:
    rates = [SCHEDULES[name].rate(3.0, done, 10, 0.2) for done in (5, 10, 20)]
    assert rates == pytest.approx([3.0 * share for share in left], rel=1e-15)


@pytest.mark.parametrize("schedule", TABLE, ids=lambda schedule: schedule.name)
def test_a_schedule_says_which_settings_it_reads(schedule: Schedule) -> None:
    for name, other in (("period", (7, 0.5)), ("factor", (3, 0.9))):
        changes = any(
            schedule.rate(1.0, done, 3, 0.5) != schedule.rate(1.0, done, *other)
            for done in range(12)
        )
        assert changes == (name in schedule.reads)
