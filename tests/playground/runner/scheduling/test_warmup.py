"""Runs begin in NumPy until the native backend is ready, and keep what they began with."""

from __future__ import annotations

import pytest

from engine.compiler import native_backend, processor
from engine.inspection.frames import ViewOptions, frame
from engine.training.run import advance, begin
from engine.training.settings import Settings
from playground.runner.runner import Runner

pytestmark = pytest.mark.skipif(bool(processor.unsupported()), reason=processor.unsupported())


def test_a_run_keeps_its_backend_until_it_is_reset(runner: Runner) -> None:
    early = runner.runs.create("a", begin(Settings(hidden=(3,), samples=20), runner.backend))
    assert early.run.backend == native_backend.NUMPY
    runner.resources.warmup.run()
    runner.step(early)
    assert early.run.backend == native_backend.NUMPY
    late = runner.runs.create("a", begin(Settings(hidden=(3,), samples=20), runner.backend))
    assert late.run.backend == processor.name()
    runner.reset(early)
    assert early.run.backend == processor.name()
    assert early.run.step == 0


def test_both_backends_show_the_same_moment(runner: Runner) -> None:
    early = runner.runs.create("a", begin(Settings(hidden=(3,), samples=20), runner.backend)).run
    runner.resources.warmup.run()
    late = runner.runs.create("a", begin(Settings(hidden=(3,), samples=20), runner.backend)).run
    frames = [frame(advance(run, 10), ViewOptions()) for run in (early, late)]
    assert frames[0].loss == pytest.approx(frames[1].loss, rel=1e-9)
