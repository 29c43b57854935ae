"""How often frames come, by how busy the loop is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.runner.scheduling.frame_rate import (
    LOOK_SECONDS,
    MAX_INTERVAL,
    MAX_TEXT_SECONDS,
    MIN_INTERVAL,
    MIN_SLICE_SECONDS,
    MIN_TEXT_SECONDS,
    FrameRate,
    fair_slice_seconds,
)
from playground.runner.scheduling.pace import SLICE_SECONDS
from tests.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def worked() -> list[float]:
    return [0.0]


@pytest.fixture
def frame_rate(clock: ManualClock, worked: list[float]) -> Iterator[FrameRate]:
    rate = FrameRate(lambda: worked[0], lambda: 0.0, clock)
    yield rate
    rate.stop()


def test_frames_come_less_often_while_the_loop_is_busy_and_again_when_it_is_free(
    frame_rate: FrameRate,
) -> None:
    for _ in range(200):
        frame_rate.learn(0.99)
    assert frame_rate.interval == MAX_INTERVAL
    assert frame_rate.text_interval == MAX_TEXT_SECONDS
    for _ in range(200):
        frame_rate.learn(0.2)
    assert frame_rate.interval == MIN_INTERVAL
    assert frame_rate.text_interval == MIN_TEXT_SECONDS


def test_the_loop_is_measured_four_times_a_second(
    frame_rate: FrameRate, clock: ManualClock, worked: list[float]
) -> None:
    clock.advance(0.0)
    for _ in range(3):
        worked[0] += LOOK_SECONDS
        clock.advance(LOOK_SECONDS)
    busy = frame_rate.interval
    assert busy > MIN_INTERVAL
    for _ in range(3):
        clock.advance(LOOK_SECONDS)
    assert frame_rate.interval < busy


def test_a_slice_is_shorter_the_more_runs_play() -> None:
    assert fair_slice_seconds(MIN_INTERVAL, 0, 8) == SLICE_SECONDS
    assert fair_slice_seconds(MIN_INTERVAL, 4, 2) == pytest.approx(MIN_INTERVAL / 4)
    assert fair_slice_seconds(MIN_INTERVAL, 10_000, 2) == MIN_SLICE_SECONDS
