"""Shows runs and changes them: play, step, go back in time, branch, draw frames.

Everything here happens on gevent's loop, one thing at a time. Only pure functions of plain values,
such as `advance` and `frame`, are computed in threads.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import gevent

from engine.inspection.frames import Frame, ViewOptions, frame
from engine.training.apply_command import apply_command
from engine.training.commands import NewWeights, PlayOn, RunCommand
from engine.training.run import Run, advance, begin
from playground.clock import LoopClock, RealLoopClock
from playground.messages import runs as messages
from playground.runner.audience import Viewer
from playground.runner.embedded_runs import EmbeddedRuns
from playground.runner.live_run import LiveRun
from playground.runner.local_player import LocalPlayers
from playground.runner.player import Player
from playground.runner.record_store import RecordStore
from playground.runner.registry import RunRegistry
from playground.runner.saver import Saver
from playground.runner.scheduling.cpu_budget import timed
from playground.runner.scheduling.fair_share import FairShares
from playground.runner.scheduling.process_tuning import tuned_process
from playground.runner.scheduling.resources import Resources
from playground.runner.sweep_trainer import LocalSweepTrainer
from playground.runner.sweeps import Sweeps
from playground.settings import Deployment
from playground.storage.store import Store, StoreError
from playground.storage.sweep_rows import SweepStore
from playground.storage.texts import TextStore

MAX_COMMANDS, MAX_NUMBERS = 5_000, 1_000_000
"""Upper limits of the log of one run: the number of commands, and of numbers in commands that set
all weights.
"""
QUICK_SECONDS = 0.003
"""What takes less time than this, in seconds, is computed on the loop: to hand it to a thread
holds the loop up just as long.
"""
EXPIRY_SECONDS = 3600.0
"""Seconds between two deletions of unused runs and sweeps."""

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Players(Protocol):
    """Creates the players of runs."""

    def player(self, live: LiveRun) -> Player:
        """Return a player for a run."""

    def not_ready(self) -> str:
        """Return why runs cannot be played yet; the empty string if they can."""

    def forget(self, id: str) -> None:
        """Delete what is kept of a run that was deleted."""

    def stop(self) -> None:
        """Let go of all runs."""


class Runner:
    """Shows runs and changes them. `runs` keeps them, `sweeps` trains many at once; `embedded` has
    the runs of embedded panels.
    """

    def __init__(
        self,
        resources: Resources,
        records: RecordStore,
        saver: Saver,
        runs: RunRegistry,
        sweeps: Sweeps,
        players: Players,
        local_players: LocalPlayers,
        boot_id: str,
    ) -> None:
        self.resources, self.runs, self.sweeps = resources, runs, sweeps
        self.boot_id = boot_id
        """Changes with every start; so a page knows that the server was restarted."""
        self._records, self._saver, self._deployment = records, saver, resources.deployment
        self._players, self._local_players = players, local_players
        self.embedded = EmbeddedRuns(
            local_players.player, resources.clock, self._deployment.embedded_runs
        )
        saver.on_error = runs.notify_all
        self._expiring = gevent.spawn(self._delete_unused)

    @property
    def backend(self) -> str:
        """The backend of a run that begins now, or is reset."""
        return self.resources.backend

    @property
    def shares(self) -> FairShares:
        """How the loop's time is shared between visitors."""
        return self.resources.shares

    @property
    def save_error(self) -> str:
        """Why runs cannot be saved, in words; empty while they can."""
        return self._saver.error

    @property
    def text_interval(self) -> float:
        """Minimum seconds between two updates of the text beside the frames."""
        return self._local_players.text_interval

    @property
    def counts(self) -> dict[str, int]:
        """How many runs are in memory, how many play, how many viewers there are, and how many
        functions wait for a thread.
        """
        runs = self.runs.in_memory()
        return {
            "runs": len(runs),
            "playing": self.runs.playing,
            "viewers": sum(len(live.audience.viewers) for live in runs),
            "queue": self.resources.pool.queue_length,
        }

    def warm_up(self) -> None:
        """Make the native backend ready while the server already answers."""
        self.resources.warmup.start()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Tune the process for serving, until the context ends."""
        playing = lambda: self.runs.playing  # noqa: E731
        with tuned_process(self.resources.shares, playing, self.resources.clock):
            yield

    def not_ready(self) -> str:
        """Return what the server still waits for, in words; the empty string if it is ready."""
        if self.resources.warmup.is_running:
            return messages.COMPILING
        try:
            self.runs.count()
        except StoreError as error:
            return messages.DATABASE_DOWN.format(reason=error)
        return self._players.not_ready()

    def compute(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return the result of a pure function, computed in a thread while the loop goes on."""
        return self.resources.pool.compute(function, *arguments)

    def play(self, live: LiveRun) -> None:
        """Let a run play from its newest state; if its stop rule has ended it, beyond that."""
        if live.playing or live.tip.diverged:
            return
        if live.tip.stopped:
            self.command(live, PlayOn())
        live.player.play()

    def pause(self, live: LiveRun) -> None:
        """Stop playing. When this returns, the run stands still."""
        live.player.pause()

    def step(self, live: LiveRun) -> None:
        """Pause, and take one step."""
        self.pause(live)
        if live.tip.stopped:
            self.command(live, PlayOn())
        self._change(live, lambda run: advance(run, 1))

    def reset(self, live: LiveRun) -> None:
        """Pause, and return to step 0, without the changes made since."""
        self.pause(live)
        self._change(live, lambda run: begin(run.settings, self.backend, run.first_data))

    def seek(self, live: LiveRun, step: int) -> None:
        """Pause, and show the run as it was at a step, recomputed exactly. At its last step the run
        itself is shown. Raises ValueError, in words, if that takes too long.
        """
        self.pause(live)
        with live.lock:
            live.player.refresh()
            past = self._records.state_at(live.record, step) if step < live.tip.step else None

            def edit() -> None:
                live.past = past

            live.player.change(edit)

    def branch(self, live: LiveRun) -> LiveRun:
        """Add a run that begins at the state that is shown of this one. This one is shown at its
        newest state again.
        """
        branch = self.runs.copy(live, live.record.owner)

        def edit() -> None:
            live.past = None

        live.player.change(edit)
        return branch

    def command(self, live: LiveRun, change: RunCommand) -> None:
        """Change a run, whether it plays or not. Raises ValueError, in words, if it cannot be
        changed like that.
        """
        log = live.tip.log
        numbers = sum(len(entry.values) for _, entry in log if isinstance(entry, NewWeights))
        is_full = len(log) >= MAX_COMMANDS or numbers >= MAX_NUMBERS
        if is_full and not isinstance(change, PlayOn):  # the other commands make that one rare
            raise ValueError(messages.TOO_MANY_CHANGES.format(changes=len(log)))
        self._change(live, lambda run: apply_command(run, change))

    def set_speed(self, live: LiveRun, speed: str) -> None:
        """Play at another speed from now on."""
        was_playing = live.playing
        if was_playing:
            live.player.pause()

        def edit() -> None:
            live.record.speed = speed

        live.player.change(edit)
        if was_playing:
            live.player.play()

    def look(self, live: LiveRun, token: str, view: ViewOptions) -> None:
        """Show this view on the page with this token."""
        live.player.look(token, view)

    def expect(self, live: LiveRun) -> None:
        """Let a run play on until the page that has just been sent had time to open."""
        live.player.expect()

    def frame(self, live: LiveRun, view: ViewOptions) -> Frame:
        """Return the present frame of a run. Viewers with the same view share it."""
        return live.audience.frame(view, lambda: self.show(live, frame, live.run, view))

    def show(self, live: LiveRun, function: Callable[..., Result], *arguments: object) -> Result:
        """Return the result of a pure function that shows something of a run; computed in a thread,
        unless it was quick lately.
        """
        costs = live.audience.costs
        usual = costs.get(function)
        if usual is not None and usual < QUICK_SECONDS:
            result, seconds = timed(function, *arguments)
        else:
            result, seconds = self.compute(timed, function, *arguments)
        if usual is not None and seconds > usual:  # one slow call may be an accident
            seconds = usual + 0.3 * (seconds - usual)
        costs[function] = seconds
        return result

    @contextmanager
    def watch(self, live: LiveRun, token: str) -> Iterator[Viewer]:
        """Add a viewer until the context ends. When the last one leaves, the run pauses soon,
        unless a page is hidden.
        """
        audience = live.audience
        viewer = Viewer(audience, token)
        audience.viewers.add(viewer)
        try:
            live.player.came(token)
            yield viewer
        finally:
            self._let_go(live, {viewer})

    def hide(self, live: LiveRun, token: str) -> None:
        """Let a run play on for some time for the page with this token, which its browser hides."""
        live.player.hide(token, 60 * self._deployment.hidden_minutes)

    def leave(self, live: LiveRun, token: str) -> None:
        """End the streams of the page with this token, which has closed."""
        viewers = {viewer for viewer in live.audience.viewers if viewer.token == token}
        for viewer in viewers:
            viewer.leave()
        live.player.unhide(token)
        self._let_go(live, viewers)

    def _let_go(self, live: LiveRun, viewers: set[Viewer]) -> None:
        live.audience.viewers -= viewers
        if not live.audience.viewers:
            live.player.left()

    def delete_visitor(self, number: str) -> int:
        """Delete all runs, shared runs and sweeps of the visitor with this number; return how many
        runs there were.
        """
        self.sweeps.delete_visitor(number)
        return self.runs.delete_visitor(number)

    def stop(self) -> None:
        """Stop playing, save everything, and end the threads."""
        self._expiring.kill()
        self.sweeps.stop()
        self._local_players.stop()
        self._players.stop()
        self._saver.stop()
        self.resources.pool.stop()
        self._records.store.close()

    def _change(self, live: LiveRun, function: Callable[[Run], Run]) -> None:
        def edit() -> None:
            run = self.compute(function, live.tip)
            live.record.advance_to(run, self._deployment.snapshot_bytes)
            live.past = None

        live.player.change(edit)

    def _delete_unused(self) -> None:
        """Delete unused runs and sweeps from time to time."""
        clock = self.resources.clock
        while True:
            before = clock.time() - self._deployment.run_days * 86_400
            try:
                self.runs.delete_unused(before)
                self.sweeps.delete_unused(before)
            except StoreError:
                logger.exception("Unused runs and sweeps could not be deleted.")
            clock.sleep(EXPIRY_SECONDS)


def local_runner(store: Store, deployment: Deployment, clock: LoopClock | None = None) -> Runner:
    """Return a runner that plays all runs in this process."""
    clock = clock or RealLoopClock()
    resources = Resources.create(deployment, clock)
    saver = Saver(store, clock)
    players = LocalPlayers(resources, saver.save_soon)
    records = RecordStore(store, resources)
    runs = RunRegistry(records, saver, resources, players.player, players.forget)
    tables = TextStore(store, "table", deployment.tables)
    trainer = LocalSweepTrainer(SweepStore(store), tables, resources, lambda: runs.playing)
    sweeps = Sweeps(SweepStore(store), tables, resources, runs, trainer)
    boot_id = secrets.token_urlsafe(6)
    return Runner(resources, records, saver, runs, sweeps, players, players, boot_id)
