"""How many steps a slice takes."""

from __future__ import annotations

import time

import pytest

from engine.compiler.native_backend import NUMPY
from engine.training.run import advance, begin
from engine.training.settings_parser import parse_settings
from playground.runner.scheduling.frame_rate import MIN_INTERVAL
from playground.runner.scheduling.pace import SLICE_SECONDS, Pace
from tests.backends import BACKENDS


@pytest.mark.parametrize(
    ("speed", "seconds", "steps"), [("1", 3, 3), ("10", 3, 30), ("1000", 2, 2000)]
)
def test_a_run_takes_as_many_steps_as_its_speed_says(
    speed: str, seconds: float, steps: int
) -> None:
    pace, total, now = Pace(steps_per_second=1e5), 0, 0.0
    elapsed = pace.rest_seconds(speed, 0.0, MIN_INTERVAL)
    while now < seconds - 1e-9:
        total += pace.next_slice(speed, elapsed)
        now += elapsed
    assert abs(total - steps) <= max(1, 0.02 * steps)


@pytest.mark.parametrize(
    ("backend", "hidden"), [(NUMPY, "4"), (BACKENDS[-1], "8,8"), (BACKENDS[-1], "16,16")]
)
def test_a_slice_lasts_no_longer_than_it_may(backend: str, hidden: str) -> None:
    pace = Pace()
    run = begin(parse_settings({"hidden": hidden, "samples": "500", "batch": "100"})[0], backend)
    run = advance(run, 1)
    lengths = []
    for _ in range(40):
        start = time.thread_time()  # other processes of this machine must not count
        run = pace.advance(run, pace.next_slice("max", 0.0))
        lengths.append(time.thread_time() - start)
    assert sorted(lengths)[36] < SLICE_SECONDS + 0.01
    assert run.step > 40


def test_a_run_on_a_slower_machine_catches_up_later() -> None:
    pace = Pace(steps_per_second=1000, slice_seconds=0.0)
    run = begin(parse_settings({"hidden": "3", "samples": "20"})[0])
    later = pace.advance(run, 1000)
    assert later.step < 1000
    assert pace.steps_owed == 1000 - later.step
