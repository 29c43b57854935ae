"""States of a run as bytes.

From one of them, with the run's settings, data and log, every later step is computed again exactly.

A snapshot holds what training changes, and how many commands had come; what commands made of
settings and data follows from the log. `History` says at which steps a snapshot is worth keeping:
evenly spread, however long the run is, and never more than a maximum.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.compiler.training_options import Cursor
from engine.training import messages
from engine.training.apply_command import with_commands
from engine.training.replay import states_until
from engine.training.run import Curve, Run, advance, begin, moment_count

MAX_SNAPSHOTS = 400
"""Maximum number of snapshots of a run."""


def pack(run: Run, with_curve: bool = False) -> bytes:
    """Return the run's present state as bytes."""
    curve = run.curve if with_curve else Curve()
    head = {
        "step": run.step,
        "logged": len(run.log),
        "cursor": [run.cursor.epoch, run.cursor.position],
        "best": run.best,
        "stopped": run.stopped,
        "diverged": run.diverged,
        "stride": curve.stride,
        "sizes": [len(run.parameters), len(run.moments), len(curve.train)],
    }
    arrays = [run.parameters, *run.moments, curve.train, curve.test]
    numbers = np.concatenate(arrays).astype("<f8").tobytes()
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + numbers


def restore(run: Run, body: bytes) -> Run:
    """Return the state that `pack` wrote; `run` is the same run at any other step, or a blank one
    with its whole log.

    If the bytes hold no curve, it is the part of `run`'s curve up to the step. Raises ValueError
    for bytes that are not of this run.
    """
    first_line, _, numbers = body.partition(b"\n")
    head = json.loads(first_line)
    parameters, moments, points = _sizes(run, head["sizes"], len(numbers))
    cuts = np.cumsum([parameters] * (1 + moments) + [points])
    values = np.frombuffer(numbers, "<f8").astype(np.float64)
    *states, train, test = (part.copy() for part in np.split(values, cuts))
    step, best = int(head["step"]), head["best"]
    run = _at_command(run, head["logged"])
    return replace(
        run,
        parameters=states[0],
        moments=tuple(states[1:]),
        cursor=_cursor(run, *head["cursor"]),
        curve=Curve(head["stride"], train, test) if points else run.curve.up_to(step),
        step=step,
        best=(best[0], best[1]) if best else None,
        stopped=head["stopped"],
        diverged=head["diverged"],
    )


def _sizes(run: Run, sizes: Sequence[Any], size: int) -> tuple[int, int, int]:
    """Return the numbers of parameters, moments and points, if they are those of this run and of
    so many bytes.
    """
    parameters, moments, points = map(int, sizes)
    fits = parameters == len(run.model.mlp.parameters()) and moments == moment_count(run.settings)
    if not fits or points < 0 or size != 8 * (parameters * (1 + moments) + 2 * points):
        raise ValueError(messages.OTHER_RUN)
    return parameters, moments, points


def _cursor(run: Run, epoch: int, position: int) -> Cursor:
    """Return the cursor, if it stands in the training data."""
    if epoch < 0 or not 0 <= position < len(run.samples.train):
        raise ValueError(messages.OTHER_RUN)
    return Cursor(epoch, position)


def _at_command(run: Run, logged: int) -> Run:
    """Return the run with the settings and data after the first `logged` commands of its log."""
    if logged == len(run.log):
        return run
    if not 0 <= logged < len(run.log):
        raise ValueError(messages.OTHER_RUN)
    start = replace(run, now=run.settings, log=(), undo=())
    if run.data is not run.first_data:
        start = start.with_data(run.first_data)
    return with_commands(start, run.log[:logged])


def state_at(run: Run, body: bytes | None, step: int) -> Run:
    """Return the run as it was at a step, from the snapshot before it, or from the beginning."""
    *_, state = states_from(run, body, step)
    return state


def states_from(
    run: Run, body: bytes | None, step: int, further: Callable[[Run, int], Run] = advance
) -> Iterator[Run]:
    """Yield the same, and states on the way to it.

    `further(run, steps)` advances a run by at least 1 step and at most `steps`.
    """
    if body:
        start = restore(run, body)
    else:
        start = replace(begin(run.settings, run.backend, run.first_data), curve=run.curve.up_to(0))
    yield from states_until(start, run.log, step, further)


@dataclass(frozen=True)
class History:
    """The steps of the snapshots, ascending, each at least `spacing` after the one before."""

    steps: tuple[int, ...] = ()
    spacing: int = 1

    @classmethod
    def from_steps(cls, steps: Sequence[int]) -> History:
        """Return the history of a run that has snapshots at these steps."""
        return cls(tuple(steps), max(1, steps[-1] // len(steps)) if steps else 1)

    def add(self, step: int, maximum: int) -> History:
        """Return it with a snapshot at this step, if one is due, thinned to the maximum.

        Step 0 needs none: the settings give it.
        """
        if maximum < 2 or step < (self.steps[-1] if self.steps else 0) + self.spacing:
            return self
        steps, spacing = (*self.steps, step), self.spacing
        if len(steps) > maximum:
            spacing = max(2 * spacing, -(-2 * step // maximum))
            steps = _thin(steps, spacing)
        return History(steps, spacing)

    def last_before(self, step: int) -> int | None:
        """Return the last step with a snapshot that is not after this one."""
        index = bisect_right(self.steps, step)
        return self.steps[index - 1] if index else None

    def up_to(self, step: int) -> History:
        """Return the part that a branch from this step has."""
        return replace(self, steps=self.steps[: bisect_right(self.steps, step)])


def _thin(steps: Sequence[int], spacing: int) -> tuple[int, ...]:
    remaining: list[int] = []
    for step in steps:
        if step >= (remaining[-1] if remaining else 0) + spacing:
            remaining.append(step)
    return tuple(remaining)


def max_snapshots(run: Run, size: int) -> int:
    """Return how many snapshots of a run fit in `size` bytes, at most MAX_SNAPSHOTS."""
    return min(MAX_SNAPSHOTS, size // (8 * len(run.parameters) * (1 + len(run.moments)) + 200))
