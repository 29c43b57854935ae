"""The runs of embedded panels, and how many there are."""

from __future__ import annotations

import pytest

from engine.training.run import Run, begin
from engine.training.settings import Settings
from playground.messages import runs as messages
from playground.runner.errors import FullError
from playground.runner.runner import Runner, local_runner
from playground.settings import Deployment
from playground.storage.store import Store
from tests.manual_clock import ManualClock
from tests.playground.runner.conftest import wait_until

ADDRESS = "address 203.0.113.1"


def small() -> Run:
    return begin(Settings(hidden=(2,), samples=20))


@pytest.fixture
def two_runs(tmp_path, clock: ManualClock):  # type: ignore[no-untyped-def]
    """A runner that keeps two embedded runs."""
    deployment = Deployment(data=tmp_path, embedded_runs=2)
    runner = local_runner(Store(deployment.store_url()), deployment, clock)
    yield runner
    runner.stop()


def test_a_page_finds_its_run_again_where_it_paused(manual_runner: Runner) -> None:
    runner = manual_runner
    live = runner.embedded.open("page", small, ADDRESS)
    with runner.watch(live, "page"):
        runner.play(live)
        wait_until(lambda: live.tip.step > 0)
        runner.pause(live)
    step = live.tip.step
    assert runner.embedded.open("page", small, ADDRESS) is live
    assert live.tip.step == step
    assert runner.embedded.find("another page") is None


def test_the_longest_unused_run_goes_first_and_a_watched_one_never(two_runs: Runner) -> None:
    embedded = two_runs.embedded
    first = embedded.open("first", small, ADDRESS)
    embedded.open("second", small, ADDRESS)
    with two_runs.watch(first, "first"):
        third = embedded.open("third", small, ADDRESS)
        assert (embedded.find("first"), embedded.find("second")) == (first, None)
        with (
            two_runs.watch(third, "third"),
            pytest.raises(FullError, match="watch all 2 of them"),
        ):
            embedded.open("fourth", small, ADDRESS)
    assert messages.EMBEDDED_FULL.format(limit=2)
