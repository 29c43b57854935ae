"""Runs advanced by this process: one greenlet for each run that plays, slices in native threads.

The threads take slices of all runs in turn. The more runs play, the shorter a slice is, so a heavy
network cannot starve a small one. If a single step of a run takes longer than a slice, such
runs leave one thread to the others. If the loop cannot send all frames, all frames come less often.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from engine.inspection.frames import ViewOptions
from playground import metrics
from playground.messages import runs as messages
from playground.runner.live_run import LiveRun
from playground.runner.scheduling.cpu_budget import timed
from playground.runner.scheduling.fair_share import work_for
from playground.runner.scheduling.frame_rate import (
    MIN_INTERVAL,
    MIN_SLICE_SECONDS,
    FrameRate,
    fair_slice_seconds,
)
from playground.runner.scheduling.pace import Pace
from playground.runner.scheduling.resources import Resources

LEAVE_SECONDS = 2.0
"""Seconds that a run plays on after its last viewer has left: a reload must not stop it."""
ARRIVE_SECONDS = 10.0
"""Seconds that a run waits for a page that has been sent to open its stream, even on a slow
machine.
"""
QUICK_SLICE_SECONDS = 0.008
"""A slice shorter than this, in seconds, is computed on the loop: to hand it to a thread holds the
loop up just as long.
"""


class LocalPlayers:
    """Creates local players, and shares the threads among those that play."""

    def __init__(self, resources: Resources, save_soon: Callable[[], None]) -> None:
        self.resources, self.save_soon = resources, save_soon
        self.heavy_runs = BoundedSemaphore(max(1, resources.deployment.threads - 1))
        self._frame_rate = FrameRate(
            lambda: resources.shares.worked, resources.pool.pop_longest_wait, resources.clock
        )
        self._playing: dict[LiveRun, LocalPlayer] = {}

    def player(self, live: LiveRun) -> LocalPlayer:
        """Return a player for a run."""
        return LocalPlayer(live, self)

    @property
    def text_interval(self) -> float:
        """Minimum seconds between two updates of the text beside the frames."""
        return self._frame_rate.text_interval

    @property
    def playing(self) -> int:
        """How many runs play here."""
        return len(self._playing)

    def frame_interval(self, owner: str) -> float:
        """Return the seconds between two frames of a run of this visitor: if the loop is too busy,
        more for those who play more runs.
        """
        same_owner = sum(live.record.owner == owner for live in self._playing)
        return MIN_INTERVAL + same_owner * (self._frame_rate.interval - MIN_INTERVAL)

    def started(self, live: LiveRun, player: LocalPlayer) -> None:
        """Count this run as playing."""
        self._playing[live] = player

    def ended(self, live: LiveRun) -> None:
        """Count this run as playing no longer."""
        self._playing.pop(live, None)

    def not_ready(self) -> str:
        """Return why runs cannot be played yet; the empty string if they can."""
        return ""

    def forget(self, id: str) -> None:
        """Nothing is kept of a run outside its player."""

    def stop(self) -> None:
        """Pause all runs that play here."""
        self._frame_rate.stop()
        for player in list(self._playing.values()):
            player.pause()


class LocalPlayer:
    """Advances one run in this process."""

    def __init__(self, live: LiveRun, players: LocalPlayers) -> None:
        self._live, self._players = live, players
        self._resources, self._clock = players.resources, players.resources.clock
        self._halt = Event()
        self._greenlet: gevent.Greenlet | None = None
        self._leaving: gevent.Greenlet | None = None
        """Waits for viewers to come back, and pauses the run if none does."""
        self._expected_until = 0.0
        """Until when a page that was sent may still open its stream, on the clock."""

    def play(self) -> None:
        """Let the run play on in a greenlet of its own."""
        live = self._live
        live.past = None
        live.playing, live.notice = True, ""
        self._halt.clear()
        self._players.started(live, self)
        self._greenlet = gevent.spawn(self._play)
        if not live.audience.viewers:
            self._expect_viewers()

    def pause(self) -> None:
        """Stop playing. When this returns, the run stands still."""
        live = self._live
        was_still = not live.playing and self._greenlet is None
        live.playing = False
        self._halt.set()
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None and greenlet is not gevent.getcurrent():
            greenlet.join()
        if not was_still:
            live.audience.notify()

    def change(self, edit: Callable[[], None]) -> None:
        """Edit the live run between two slices, and notify its viewers."""
        with self._live.lock:
            edit()
            self._live.audience.notify()
        self._players.save_soon()

    def look(self, token: str, view: ViewOptions) -> None:
        """Show this view on the page with this token."""
        self._live.audience.views[token] = view
        self._live.audience.notify()

    def expect(self) -> None:
        """Play on until a page that has just been sent had time to open its stream."""
        self._expected_until = self._clock.now() + ARRIVE_SECONDS
        if self._leaving is not None:
            self._stop_leaving()
            self._expect_viewers()

    def came(self, token: str) -> None:
        """Play on: a viewer is here."""
        self._expected_until = 0.0
        self.unhide(token)
        self._stop_leaving()

    def hide(self, token: str, seconds: float) -> None:
        """Play on for this long, unless the page is closed meanwhile."""
        self._live.audience.hidden[token] = self._clock.now() + seconds

    def unhide(self, token: str) -> None:
        """Play on for a page no longer: it is closed."""
        self._live.audience.hidden.pop(token, None)

    def left(self) -> None:
        """Pause soon, unless a viewer comes back; later, if a page is hidden."""
        self._stop_leaving()
        if self._live.playing:
            self._expect_viewers()

    def refresh(self) -> None:
        """Do nothing: no other process changes the run."""

    def release(self) -> None:
        """Stop playing."""
        self.pause()

    def _play(self) -> None:
        live, clock = self._live, self._clock
        work_for(share := self._resources.shares.of(live.record.owner))
        pace = Pace()
        started_before = due = clock.now()
        while live.playing:
            share.wait()
            interval = self._players.frame_interval(live.record.owner)
            started = clock.now()
            with live.lock:
                seconds = self._take_slice(pace, started - started_before, interval)
            started_before = started
            metrics.SLICE_SECONDS.observe(seconds)
            over_budget = self._check(seconds)
            live.audience.notify()
            if not live.playing:
                break
            now = clock.now()
            rest = max(over_budget, pace.rest_seconds(live.record.speed, now - due, interval))
            due = now + rest
            clock.wait(self._halt, rest)
        self._players.ended(live)

    def _take_slice(self, pace: Pace, elapsed: float, interval: float) -> float:
        """Advance the run by one slice; return the processor seconds that it took."""
        record, resources = self._live.record, self._resources
        deployment = resources.deployment
        pace.slice_seconds = fair_slice_seconds(interval, self._players.playing, deployment.threads)
        steps = pace.next_slice(record.speed, elapsed)
        crowded = resources.shares.of(record.owner).is_crowded
        if pace.estimated_seconds(steps) < (MIN_SLICE_SECONDS if crowded else QUICK_SLICE_SECONDS):
            run, seconds = timed(pace.advance, record.tip, steps)
        else:
            with self._players.heavy_runs if pace.is_heavy else nullcontext():
                run, seconds = resources.pool.compute(timed, pace.advance, record.tip, steps)
        record.advance_to(run, deployment.snapshot_bytes)
        return seconds

    def _check(self, seconds: float) -> float:
        """Pay for a slice, and stop if the run has ended or nobody uses it; return how many
        seconds to wait for computing time.
        """
        live, deployment = self._live, self._resources.deployment
        over_budget = self._resources.budget.spend(live.record.owner, seconds)
        live.notice = (
            messages.OVER_BUDGET.format(seconds=deployment.cpu_seconds) if over_budget else ""
        )
        if live.tip.diverged or live.tip.stopped:
            live.playing = False
        elif live.idle_seconds > 60 * deployment.idle_minutes:
            live.playing = False
            live.notice = messages.IDLE.format(minutes=deployment.idle_minutes)
        return over_budget

    def _expect_viewers(self) -> None:
        if self._leaving is None:
            self._leaving = gevent.spawn(self._pause_if_unwatched)

    def _stop_leaving(self) -> None:
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            leaving.kill(block=False)

    def _pause_if_unwatched(self) -> None:
        live, clock = self._live, self._clock
        seconds = max(LEAVE_SECONDS, self._expected_until - clock.now())
        while seconds > 0.0:
            clock.sleep(seconds)
            seconds = max(self._expected_until, live.hidden_until) - clock.now()
        self._leaving = None
        if not live.is_watched:
            self.pause()
