"""A run told again from its beginning: moments of it at equal distances, computed anew.

What is shown is what happened, to the last bit: settings and log give the same run however its
steps are sliced.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.training.run import Run, begin, later

MOMENTS = 60


def moments(run: Run, count: int = MOMENTS) -> Iterator[Run]:
    """The run at step 0, and at up to `count` − 1 more steps until where it stands now.

    Of a step at which commands came the last is the state after them; the last moment equals
    `run`.
    """
    steps = np.unique(np.linspace(0, run.step, count).astype(np.int64)).tolist()
    now = begin(run.settings, run.backend, run.first)
    for step in steps:
        now = later(now, run.log, step)
        yield now
