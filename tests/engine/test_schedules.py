"""Schedules: where they begin, what is left after a period, and that they never rise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value, compile
from engine.compiler.training_options import Training
from engine.schedules import SCHEDULES, TABLE, Schedule, warm_up
from tests.backends import EVERY_BACKEND

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


def test_a_warm_up_rises_in_equal_steps_to_the_rate_and_leaves_it_there() -> None:
    rates = [warm_up(0.8, done, 4) for done in range(7)]
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8], rel=1e-15)
    assert warm_up(0.8, 0, 0) == 0.8


@NAMES
def test_a_warm_up_comes_on_top_of_every_schedule(name: str) -> None:
    plain = Training(rate=0.3, schedule=name, period=5, factor=0.2)
    warm = replace(plain, warmup=4)
    shares = [warm.rate_after(done) / plain.rate_after(done) for done in range(8)]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1, 1, 1], rel=1e-14)


@EVERY_BACKEND
@NAMES
def test_training_follows_the_schedule_and_its_warm_up(name: str, backend: str) -> None:
    w, x = Value(0.0), Value(0.0)
    program = compile(w * x, [x], [w])
    training = Training(rate=0.3, schedule=name, period=5, factor=0.2, warmup=7)
    result = program.descend(np.zeros(1), (), [[1.0]], training, start=2, steps=11, backend=backend)
    expected = -sum(training.rate_after(done) for done in range(2, 13))
    assert result.parameters[0] == pytest.approx(expected, rel=1e-14)
