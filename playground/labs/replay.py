"""A run computed again from step 0, keyframe by keyframe, while other runs go on in between."""

from __future__ import annotations

import time

from engine.training.replay import keyframes
from engine.training.run import Run, advance, begin
from playground.messages import network as messages
from playground.network.replay_file import KeyFrame, key_frame
from playground.runner.runner import Runner

TIMED_STEPS = 100
"""Number of steps that are timed to estimate how long the whole replay takes."""


def replay(runner: Runner, run: Run, max_seconds: float) -> list[KeyFrame]:
    """Return the keyframes of a run. Raises ValueError if that takes longer than `max_seconds`."""
    steps, end = keyframes(run), time.perf_counter() + max_seconds
    frames: list[KeyFrame] = []
    if _estimated_seconds(runner, run) <= max_seconds:
        while time.perf_counter() < end:
            state = runner.compute(next, steps, None)
            if state is None:
                return frames
            frames.append(runner.compute(key_frame, state))
    raise ValueError(messages.REPLAY_TOO_LONG.format(steps=run.step, limit=max_seconds))


def _estimated_seconds(runner: Runner, run: Run) -> float:
    fresh = runner.compute(begin, run.settings, run.backend, run.first_data)
    steps, start = min(TIMED_STEPS, run.step), time.perf_counter()
    runner.compute(advance, fresh, steps)
    return (time.perf_counter() - start) / max(steps, 1) * run.step
