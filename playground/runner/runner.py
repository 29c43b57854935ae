"""Runs, looked at and changed: seen through views, turned back in time, branched. Who plays them is
another module's, one a way of running: `embedded` in this very process, `shared` in workers.

Everything here happens on gevent's loop, one thing at a time, except `advance` and `frame`, which
work on plain values in a thread of the pool. A viewer is told that there is something new and
fetches the newest when it is ready to: a slow one skips what it missed, and nothing ever queues.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.inspection.frames import Frame, ViewOptions, frame
from engine.training.apply_command import apply_command
from engine.training.commands import NewWeights, PlayOn, RunCommand
from engine.training.run import Run, advance, begin
from engine.training.snapshots import states_from
from playground.runner.cpu_budget import Budget, timed
from playground.runner.live_run import Live, Viewer
from playground.runner.pace import Pace
from playground.runner.registry import Result, Shelf
from playground.runner.sweeps import Sweeping
from playground.settings import Deployment
from playground.storage.store import Store

READING_SECONDS = 0.2
MOST_COMMANDS, MOST_NUMBERS = 5_000, 1_000_000
"""In the log of one run: how many commands, and how many numbers those of all weights hold."""
MOST_FRAMES = 8
"""Of one run, as many views of the same moment are kept."""
QUICK_SECONDS = 0.003
"""What takes less is done on the loop: to hand it to a thread holds that up as long."""


class Runner(Shelf):
    """Keeps runs and shows them."""

    reading_seconds = READING_SECONDS
    """From one text beside the frames to the next, at least."""
    boot: str
    """Another one after every start, by which a page knows that the server was restarted."""

    def __init__(self, store: Store, deployment: Deployment) -> None:
        super().__init__(store, deployment)
        self.boot = secrets.token_urlsafe(6)
        self.budget = Budget(deployment.cpu_seconds)
        self.sweeping = self._sweeping(store, deployment)

    def _sweeping(self, store: Store, deployment: Deployment) -> Sweeping:
        return Sweeping(store, deployment, self)

    def step(self, live: Live) -> None:
        """Pause, and take one step."""
        self.pause(live)
        if live.tip.stopped:
            self.command(live, PlayOn())
        self._change(live, lambda run: advance(run, 1))

    def reset(self, live: Live) -> None:
        """Pause, and return to step 0, without what was changed since."""
        self.pause(live)
        self._change(live, lambda run: begin(run.settings, self.backend, run.first_data))

    def seek(self, live: Live, step: int) -> None:
        """Pause, and look at the run as it was at a step, computed exactly; at its last one, at
        the run itself. Raises ValueError, in words, where that takes too long.
        """
        self.pause(live)
        with live.changing:
            tip, past = live.tip, None
            if step < tip.step:
                past = self._moment(live, tip, step)
            live.past = past
            live.changed()

    def _moment(self, live: Live, tip: Run, step: int) -> Run:
        """The run as it was at a step, computed in slices. Raises ValueError after too long."""
        most = self._limits.replay_seconds
        end = time.monotonic() + most
        told = states_from(tip, self._kept(live, step), step, Pace().further)
        found = tip
        while True:
            later, seconds = self.work(timed, next, told, None)
            self.budget.spend(live.account, seconds)
            if later is None:
                return found
            found = later
            if time.monotonic() > end:
                raise ValueError(
                    f"To compute step {step:,} again takes longer than the {most:g} seconds that "
                    f"it may take; from where it began it came to step {found.step:,}."
                )

    def branch(self, live: Live) -> Live:
        """A run of its own from the moment of this one that is looked at; of this one its tip is
        seen again.
        """
        branch = self.copy(live, live.visitor)
        live.past = None
        live.changed()
        self._saver.soon()
        return branch

    def play(self, live: Live) -> None:
        """Let it play from its tip until it is paused, diverges, its stop rule ends it, or nobody
        looks any more; beyond the stop rule that has ended it.
        """
        raise NotImplementedError

    def expect(self, live: Live) -> None:
        """A page that shows the run has been sent: it plays on until that page had time to open."""
        raise NotImplementedError

    def command(self, live: Live, change: RunCommand) -> None:
        """Change the run, whether it plays or not. Raises ValueError for what cannot be."""
        log = live.tip.log
        numbers = [len(each.values) for _, each in log if isinstance(each, NewWeights)]
        full = len(log) >= MOST_COMMANDS or sum(numbers) >= MOST_NUMBERS
        if full and not isinstance(change, PlayOn):  # which the others make rare
            raise ValueError(
                f"This run was changed {len(log):,} times, and remembers no more. Reset it, or "
                "begin another."
            )
        self._change(live, lambda run: apply_command(run, change))

    def set_speed(self, live: Live, speed: str) -> None:
        """Play at another speed from now on."""
        live.speed = speed
        if live.playing:
            self.pause(live)
            self.play(live)

    def look(self, live: Live, token: str, view: ViewOptions) -> None:
        """Change what the page with this token sees."""
        live.see(token, view)
        live.changed()

    def frame(self, live: Live, view: ViewOptions) -> Frame:
        """The present frame; viewers who see the same share it."""
        with live.drawing:
            version, run = live.version, live.run
            kept = live.frames.get(view)
            if kept is None or kept[0] != version:
                kept = version, self.show(live, frame, run, view)
                others = [(v, k) for v, k in live.frames.items() if k[0] == version and v != view]
                live.frames = dict([*others[1 - MOST_FRAMES :], (view, kept)])
            return kept[1]

    def show(self, live: Live, function: Callable[..., Result], *arguments: object) -> Result:
        """The result of a pure function that shows something of a run: computed in a thread, unless
        it was quick of late.
        """
        known = live.costs.get(function)
        if known is not None and known < QUICK_SECONDS:
            made, seconds = timed(function, *arguments)
        else:
            made, seconds = self.work(timed, function, *arguments)
        if known is not None and seconds > known:  # once is no habit
            seconds = known + 0.3 * (seconds - known)
        live.costs[function] = seconds
        return made

    @contextmanager
    def watch(self, live: Live, token: str) -> Iterator[Viewer]:
        """A viewer for as long as the context lasts; the last one's leaving pauses the run soon."""
        viewer = Viewer(live, token)
        live.viewers.add(viewer)
        try:
            self._came(live)
            yield viewer
        finally:
            live.viewers.discard(viewer)
            if not live.viewers:
                self._left(live)

    @property
    def counts(self) -> dict[str, int]:
        """How many runs are kept, how many play, and how many viewers there are."""
        lives = self._runs.values()
        return {
            "runs": len(lives),
            "playing": sum(live.playing for live in lives),
            "viewers": sum(len(live.viewers) for live in lives),
            "queue": self._pool.task_queue.qsize(),
        }

    def stop(self) -> None:
        """Pause everything, save it, and let the threads go."""
        for live in list(self._runs.values()):
            self.pause(live)
        self._release()

    def _release(self) -> None:
        """Save what is left, and let the threads go."""
        self._expiring.kill()
        self.sweeping.stop()
        self._saver.stop()
        self._pool.kill()
        self._store.close()

    def _came(self, live: Live) -> None:
        """Somebody looks."""
        raise NotImplementedError

    def _left(self, live: Live) -> None:
        """Nobody looks any more."""
        raise NotImplementedError

    def _change(self, live: Live, function: Callable[[Run], Run]) -> None:
        with live.changing:
            live.come_to(self.work(function, live.tip), self._limits.snapshot_bytes)
            live.past = None
            live.changed()
        self._saver.soon()

    def _kept(self, live: Live, step: int) -> bytes | None:
        """The last snapshot of a run that is not after a step."""
        before = live.history.last_before(step)
        if before is None:
            return None
        return live.snapshots.get(before) or self._store.snapshot(live.id, before)
