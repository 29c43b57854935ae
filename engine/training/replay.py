"""Compute a run again from settings, data and log: its state at a step, or keyframes of all steps.

Settings and log give the same run to the last bit, however its steps are sliced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from engine.compiler.native_backend import NUMPY
from engine.training.apply_command import apply_command
from engine.training.commands import RunCommand
from engine.training.data import Data
from engine.training.run import Run, advance, begin
from engine.training.settings import Settings

MAX_KEYFRAMES = 60
"""Maximum number of keyframes of a run."""

Log = Sequence[tuple[int, RunCommand]]
"""Commands with the steps that they came at."""


def replay(
    settings: Settings, log: Log, step: int, backend: str = NUMPY, data: Data | None = None
) -> Run:
    """Return the run with these settings, data and log at a step."""
    return advance_to(begin(settings, backend, data), log, step)


def advance_to(run: Run, log: Log, step: int) -> Run:
    """Return the run at a later step; `log` begins with its own log."""
    for state in states_until(run, log, step):
        run = state
    return run


def states_until(
    run: Run, log: Log, step: int, further: Callable[[Run, int], Run] = advance
) -> Iterator[Run]:
    """Yield the run at later steps, the last of them `step`; `log` begins with its own log.

    `further(run, steps)` advances the run by at least 1 step and at most `steps`.
    """
    for command_step, command in (*log[len(run.log) :], (step + 1, None)):
        while run.step < min(command_step, step) and not (run.diverged or run.stopped):
            run = further(run, min(command_step, step) - run.step)
            yield run
        if command_step > step or command is None:
            break
        run = apply_command(run, command)
    yield run


def keyframes(run: Run, count: int = MAX_KEYFRAMES) -> Iterator[Run]:
    """Yield the run at up to `count` steps at equal distances, from step 0 to its present state.

    At a step at which commands came, the state is the one after them.
    """
    steps = np.unique(np.linspace(0, run.step, count).astype(np.int64)).tolist()
    state = begin(run.settings, run.backend, run.first_data)
    for step in steps:
        state = advance_to(state, run.log, step)
        yield state
