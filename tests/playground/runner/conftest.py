"""A runner whose clock stands still until a test advances it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest

from playground.runner.runner import Runner, local_runner
from playground.settings import Deployment
from playground.storage.store import Store
from tests.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def manual_runner(tmp_path: Path, clock: ManualClock) -> Iterator[Runner]:
    deployment = Deployment(data=tmp_path, idle_minutes=30)
    runner = local_runner(Store(deployment.store_url()), deployment, clock)
    yield runner
    runner.stop()


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Let other greenlets run until the condition holds."""
    with gevent.Timeout(seconds):
        while not condition():
            gevent.sleep(0.005)
