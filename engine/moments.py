"""A run told again from its beginning: moments of it at equal distances, computed anew.

What is shown is what happened, to the last bit: settings and log give the same run however its
steps are sliced.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.changes import command
from engine.training import Run, advance, begin

MOMENTS = 60


def moments(run: Run, count: int = MOMENTS) -> Iterator[Run]:
    """The run at step 0, and at up to `count` − 1 more steps until where it stands now.

    Of a step at which commands came the last is the state after them; the last moment equals
    `run`.
    """
    steps = np.unique(np.linspace(0, run.step, count).astype(np.int64)).tolist()
    now, log = begin(run.settings, run.backend, run.first), list(run.log)
    for step in steps:
        while log and log[0][0] <= step:
            at, change = log.pop(0)
            now = command(advance(now, at - now.step), change)
        now = advance(now, step - now.step)
        yield now
