"""The process is tuned while a server runs, and only then."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import greenlet

from playground.clock import RealLoopClock
from playground.runner.runner import local_runner
from playground.runner.scheduling.process_tuning import (
    LOOK_SECONDS,
    MAX_LOOKS,
    NEVER,
    SWITCH_SECONDS,
    GcControl,
)
from playground.settings import Deployment
from playground.storage.store import Store
from tests.manual_clock import ManualClock


def process_state() -> tuple[object, ...]:
    return sys.getswitchinterval(), gc.get_threshold(), greenlet.gettrace()


def test_a_runner_leaves_the_process_as_it_found_it(tmp_path: Path) -> None:
    before = process_state()
    deployment = Deployment(data=tmp_path)
    runner = local_runner(Store(deployment.store_url()), deployment)
    assert process_state() == before
    with runner.serving():
        assert abs(sys.getswitchinterval() - SWITCH_SECONDS) < 1e-6
        assert gc.get_threshold()[2] == NEVER
        assert greenlet.gettrace() is not None
    assert process_state() == before
    runner.stop()
    assert process_state() == before


def test_a_full_collection_waits_for_runs_that_play_but_not_for_ever() -> None:
    clock, playing, collections = ManualClock(), [1], list[str]()

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            collections.append(phase)

    gc.callbacks.append(count)
    try:
        with GcControl(lambda: playing[0], clock).running():
            clock.advance((MAX_LOOKS - 0.5) * LOOK_SECONDS)
            assert not collections
            clock.advance(LOOK_SECONDS)
            assert len(collections) == 1
            playing[0] = 0
            clock.advance(2 * LOOK_SECONDS)
            assert len(collections) == 3
    finally:
        gc.callbacks.remove(count)


def test_real_clocks_wait(monkeypatch: object) -> None:
    clock = RealLoopClock()
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() - before >= 0.009
