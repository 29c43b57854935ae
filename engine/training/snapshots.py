"""Moments of a run, kept as bytes: from one of them, with the run's settings, data and log, every
later step is computed again exactly.

A snapshot holds what training changes, and how much of the log had happened; what commands made of
settings and data follows from the log. `History` says at which steps one is worth keeping: evenly
spread, however long the run is, and never more than so many.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.compiler.training_options import Cursor
from engine.training.commands import Command
from engine.training.run import Curve, Run, advance, begin, on_the_way

MOST = 400
"""Snapshots of a run."""


def pack(run: Run, curve: bool = False) -> bytes:
    """The run's present state, its curve only if that is asked for."""
    kept = run.curve if curve else Curve()
    told = {
        "step": run.step,
        "logged": len(run.log),
        "cursor": [run.cursor.epoch, run.cursor.position],
        "best": run.best,
        "stopped": run.stopped,
        "diverged": run.diverged,
        "stride": kept.stride,
        "sizes": [len(run.parameters), len(run.moments), len(kept.train)],
    }
    arrays = [run.parameters, *run.moments, kept.train, kept.test]
    numbers = np.concatenate(arrays).astype("<f8").tobytes()
    return json.dumps(told, separators=(",", ":")).encode() + b"\n" + numbers


def restore(whole: Run, body: bytes) -> Run:
    """The run at a moment that `pack` kept, `whole` being the same run later or at its beginning.

    A curve that was not kept is what `whole`'s was until then. Raises ValueError for bytes that
    are not of this run.
    """
    head, _, numbers = body.partition(b"\n")
    told = json.loads(head)
    parameters, moments, points = told["sizes"]
    if parameters != len(whole.parameters) or moments != len(whole.moments):
        raise ValueError("These bytes are of another run.")
    cuts = np.cumsum([parameters] * (1 + moments) + [points])
    values = np.frombuffer(numbers, "<f8").astype(np.float64)
    *states, train, test = (part.copy() for part in np.split(values, cuts))
    step = int(told["step"])
    curve = Curve(told["stride"], train, test) if points else whole.curve.until(step)
    best = told["best"]
    return replace(
        _commanded(whole, told["logged"]),
        parameters=states[0],
        moments=tuple(states[1:]),
        cursor=Cursor(*told["cursor"]),
        curve=curve,
        step=step,
        best=(best[0], best[1]) if best else None,
        stopped=told["stopped"],
        diverged=told["diverged"],
    )


def _commanded(whole: Run, logged: int) -> Run:
    """The run with the settings and data that so many commands of its log made."""
    if logged == len(whole.log):
        return whole
    unchanged = replace(whole.with_data(whole.first), now=whole.settings, log=(), undo=())
    return commanded(unchanged, whole.log[:logged])


def commanded(run: Run, log: Sequence[tuple[int, Command]]) -> Run:
    """A run to whose settings and data all this happened; what training makes is left as it is."""
    for at, change in log:
        run = replace(change.apply(run), log=(*run.log, (at, change)))
    return run


def moment(whole: Run, body: bytes | None, step: int) -> Run:
    """The run as it was at a step, computed from the snapshot before it, or from its beginning."""
    *_, found = until(whole, body, step)
    return found


def until(
    whole: Run, body: bytes | None, step: int, further: Callable[[Run, int], Run] = advance
) -> Iterator[Run]:
    """The same, and moments on the way to it; `further` takes a run at least one step on, and at
    most so many.
    """
    start = restore(whole, body) if body else begin(whole.settings, whole.backend, whole.first)
    if not body:
        start = replace(start, curve=whole.curve.until(0))
    yield from on_the_way(start, whole.log, step, further)


@dataclass(frozen=True)
class History:
    """The steps at which snapshots are kept, ascending, each at least `spacing` after the last."""

    steps: tuple[int, ...] = ()
    spacing: int = 1

    @classmethod
    def of(cls, steps: Sequence[int]) -> History:
        """That of a run of which there are snapshots at these steps."""
        return cls(tuple(steps), max(1, steps[-1] // len(steps)) if steps else 1)

    def then(self, step: int, most: int) -> History:
        """With a snapshot at this step, if one is due; thinned where there would be over `most`.

        Step 0 needs none: the settings give it.
        """
        if most < 2 or step < (self.steps[-1] if self.steps else 0) + self.spacing:
            return self
        steps, spacing = (*self.steps, step), self.spacing
        if len(steps) > most:
            spacing = max(2 * spacing, -(-2 * step // most))
            steps = _thinned(steps, spacing)
        return History(steps, spacing)

    def before(self, step: int) -> int | None:
        """The last step that is kept and not after this one."""
        place = bisect_right(self.steps, step)
        return self.steps[place - 1] if place else None

    def until(self, step: int) -> History:
        """What a branch from this step has of it."""
        return replace(self, steps=self.steps[: bisect_right(self.steps, step)])


def _thinned(steps: Sequence[int], spacing: int) -> tuple[int, ...]:
    kept: list[int] = []
    for step in steps:
        if step >= (kept[-1] if kept else 0) + spacing:
            kept.append(step)
    return tuple(kept)


def most_snapshots(run: Run, room: int) -> int:
    """As many snapshots of a run as fit in so many bytes, and never more than MOST."""
    return min(MOST, room // (8 * len(run.parameters) * (1 + len(run.moments)) + 200))
