"""Runs advanced by this very process: a greenlet for each that plays, slices in native threads.

Threads take the slices of all runs in turn, and a slice is the shorter the more runs play: a heavy
network cannot starve a small one; and where a single step takes longer than that, such runs leave
one of the threads to the others. Where the loop has more frames to hand out than it can, all of
them come less often.
"""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext

import gevent
from gevent.lock import BoundedSemaphore

from engine.training.commands import PlayOn
from playground import metrics
from playground.runner.cpu_budget import timed
from playground.runner.fair_share import works_for
from playground.runner.gc_control import Collecting
from playground.runner.live_run import Live
from playground.runner.load import LEAST_SECONDS, SHORTEST, Load, fair
from playground.runner.notices import idled, overspent
from playground.runner.pace import Pace
from playground.runner.runner import Runner
from playground.settings import Deployment
from playground.storage.store import Store

LEAVE_SECONDS = 2.0
"""How long a run plays on after its last viewer has left: a reload must not stop it."""

QUICK_SLICE_SECONDS = 0.008
"""A slice that takes less is done on the loop: to hand it to a thread holds that up as long."""

SWITCH_SECONDS = 0.0005
"""For so long a thread may keep the interpreter from the loop, which has many to serve."""

ARRIVE_SECONDS = 10.0
"""How long a run waits for a page that has been sent to open its stream, on however slow a
machine.
"""


class EmbeddedRunner(Runner):
    """Plays the runs that it keeps."""

    def __init__(self, store: Store, deployment: Deployment) -> None:
        super().__init__(store, deployment)
        sys.setswitchinterval(SWITCH_SECONDS)
        self._heavy = BoundedSemaphore(max(1, deployment.threads - 1))
        self._pressure = Load(lambda: self.shares.worked, self._lately)
        self._collecting = Collecting(lambda: self._playing)

    @property
    def reading_seconds(self) -> float:  # type: ignore[override]
        """The longer, the busier the loop is."""
        return self._pressure.reading

    def play(self, live: Live) -> None:
        """Let it play on in a greenlet of its own."""
        if live.playing or live.tip.diverged:
            return
        live.past = None
        if live.tip.stopped:
            self.command(live, PlayOn())
        live.playing, live.notice = True, ""
        live.halt.clear()
        live.player = gevent.spawn(self._play, live)
        if not live.viewers:
            self._expect_viewers(live)

    def pause(self, live: Live) -> None:
        """Stop playing; when this returns the run stands still."""
        stood = not live.playing and live.player is None
        live.playing = False
        live.halt.set()
        player, live.player = live.player, None
        if player is not None and player is not gevent.getcurrent():
            player.join()
        if not stood:
            live.changed()

    def _play(self, live: Live) -> None:
        works_for(share := self.shares.of(live.account))
        pace, before = Pace(), time.perf_counter()
        due = before
        while live.playing:
            share.wait()
            interval = self._interval(live)
            started = time.perf_counter()
            with live.changing:
                pace.seconds = fair(interval, self._playing, self._limits.threads)
                steps = pace.slice(live.speed, started - before)
                quick = LEAST_SECONDS if share.crowded else QUICK_SLICE_SECONDS
                if pace.takes(steps) < quick:
                    run, seconds = timed(pace.advance, live.tip, steps)
                else:
                    with self._heavy if pace.heavy else nullcontext():
                        run, seconds = self.work(timed, pace.advance, live.tip, steps)
                live.come_to(run, self._limits.snapshot_bytes)
            before = started
            metrics.SLICE_SECONDS.observe(seconds)
            over = self.budget.spend(live.account, seconds)
            live.notice = overspent(self._limits) if over else ""
            if live.tip.diverged or live.tip.stopped:
                live.playing = False
            elif time.monotonic() - live.touched > 60 * self._limits.idle_minutes:
                live.playing, live.notice = False, idled(self._limits)
            live.changed()
            if not live.playing:
                return
            now = time.perf_counter()
            rest = max(over, pace.rest(live.speed, now - due, interval))
            due = now + rest
            live.halt.wait(rest)

    def _lately(self) -> float:
        waited, self.waited = self.waited, 0.0
        return waited

    @property
    def _playing(self) -> int:
        return sum(live.playing for live in self._runs.values())

    def _interval(self, live: Live) -> float:
        """Seconds between the frames of a run: where the loop is too busy the longer, the more its
        visitor plays.
        """
        theirs = sum(each.playing and each.visitor == live.visitor for each in self._runs.values())
        return SHORTEST + theirs * (self._pressure.interval - SHORTEST)

    def expect(self, live: Live) -> None:
        """A page that shows the run has been sent: it plays on until that page had time to open."""
        live.expected_until = time.monotonic() + ARRIVE_SECONDS
        if live.leaving is not None:
            self._stop_leaving(live)
            self._expect_viewers(live)

    def stop(self) -> None:
        """Pause everything, save it, and let the threads go."""
        self._pressure.stop()
        self._collecting.stop()
        super().stop()

    def _came(self, live: Live) -> None:
        live.expected_until = 0.0
        self._stop_leaving(live)

    def _left(self, live: Live) -> None:
        if live.playing:
            self._expect_viewers(live)

    def _expect_viewers(self, live: Live) -> None:
        if live.leaving is None:
            patience = max(LEAVE_SECONDS, live.expected_until - time.monotonic())
            live.leaving = gevent.spawn_later(patience, self._nobody_came, live)

    def _stop_leaving(self, live: Live) -> None:
        leaving, live.leaving = live.leaving, None
        if leaving is not None:
            leaving.kill(block=False)

    def _nobody_came(self, live: Live) -> None:
        live.leaving = None
        if not live.viewers:
            self.pause(live)
