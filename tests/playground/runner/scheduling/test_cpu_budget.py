"""Computing time, by visitor and minute."""

from __future__ import annotations

import pytest

from playground.runner.scheduling.cpu_budget import MAX_VISITORS, CpuBudget, timed
from tests.manual_clock import SteppingClock


def test_a_visitor_may_compute_so_many_seconds_a_minute_and_then_waits() -> None:
    budget = CpuBudget(30.0, clock := SteppingClock())
    assert budget.spend("me", 30.0) == 0.0
    assert budget.spend("me", 0.5) == pytest.approx(1.0)
    clock.seconds += 1.0
    assert budget.spend("me", 0.0) == pytest.approx(0.0)
    clock.seconds += 10_000.0
    assert budget.spend("me", 31.0) == pytest.approx(2.0)
    assert budget.spend("other", 1.0) == 0.0


def test_only_the_visitors_who_computed_last_are_remembered() -> None:
    budget = CpuBudget(30.0, SteppingClock())
    budget.spend("first", 60.0)
    for number in range(MAX_VISITORS):
        budget.spend(str(number), 0.0)
    assert budget.spend("first", 0.0) == 0.0


def test_processor_time_is_that_of_the_function_alone() -> None:
    result, seconds = timed(sum, range(100_000))
    assert result == 4999950000
    assert seconds > 0
