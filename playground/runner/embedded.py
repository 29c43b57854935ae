"""Runs advanced by this very process: a greenlet for each that plays, slices in native threads.

Everything here happens on gevent's loop, one thing at a time, except `advance` and `frame`, which
work on plain values in a thread of the pool. A viewer is told that there is something new and
fetches the newest when it is ready to: a slow one skips what it missed, and nothing ever queues.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import gevent
from gevent.event import Event
from gevent.lock import RLock
from gevent.threadpool import ThreadPool

from engine.changes import Command, PlayOn, command
from engine.frames import Frame, View, frame
from engine.training import Run, advance, begin
from playground.runner.pace import DEFAULT_SPEED, Pace
from playground.runner.warming import Warming

LEAVE_SECONDS = 2.0
"""How long a run plays on after its last viewer has left: a reload must not stop it."""

ARRIVE_SECONDS = 10.0
"""How long a run waits for a page that has been sent to open its stream, on however slow a
machine.
"""

Result = TypeVar("Result")


@dataclass(eq=False)
class Live:
    """A run in this process: the present value, whether it plays, and who looks at it."""

    id: str
    visitor: str
    run: Run
    speed: str = DEFAULT_SPEED
    playing: bool = False
    version: int = 0
    """Counts every change that a viewer should see."""
    viewers: set[Viewer] = field(default_factory=set)
    views: OrderedDict[str, View] = field(default_factory=OrderedDict)
    """What each page has chosen to see, by the page's token."""
    changing: RLock = field(default_factory=RLock)
    drawing: RLock = field(default_factory=RLock)
    halt: Event = field(default_factory=Event)
    player: gevent.Greenlet | None = None
    leaving: gevent.Greenlet | None = None
    expected_until: float = 0.0
    """Until when a page that was sent may still open its stream, on the monotonic clock."""
    frames: dict[View, tuple[int, Frame]] = field(default_factory=dict)

    def changed(self) -> None:
        """Tell every viewer that there is something new."""
        self.version += 1
        for viewer in self.viewers:
            viewer.news.set()


@dataclass(eq=False)
class Viewer:
    """One open page that receives frames of a run."""

    live: Live
    token: str
    news: Event = field(default_factory=Event)
    seen: int = -1

    def wait(self, seconds: float) -> bool:
        """Whether something new came within the time; it then counts as seen."""
        if self.seen == self.live.version and not self.news.wait(seconds):
            return False
        self.news.clear()
        self.seen = self.live.version
        return True

    @property
    def view(self) -> View:
        """What this page has chosen to see."""
        return self.live.views.get(self.token, View())


class EmbeddedRunner:
    """Keeps runs and plays them. Unknown ids, and other visitors' runs, raise KeyError."""

    VIEWS = 200

    def __init__(self, runs: int, runs_per_visitor: int, threads: int) -> None:
        self._most, self._most_each = runs, runs_per_visitor
        self._runs: OrderedDict[str, Live] = OrderedDict()
        self._pool = ThreadPool(threads)
        self._warming = Warming()

    def warm(self) -> None:
        """Make the native backend ready while the server already answers."""
        gevent.get_hub().threadpool.spawn(self._warming.work)

    @property
    def backend(self) -> str:
        """What a run that begins now, or is reset, is computed with."""
        return self._warming.backend

    def create(self, visitor: str, run: Run, speed: str = DEFAULT_SPEED) -> Live:
        """A run that has begun, as one of this visitor's, paused."""
        live = Live(secrets.token_urlsafe(9), visitor, run, speed)
        self._runs[live.id] = live
        self._make_room(visitor)
        return live

    def get(self, id: str, visitor: str) -> Live:
        """The visitor's run with this id."""
        live = self._runs[id]
        if live.visitor != visitor:
            raise KeyError(id)
        self._runs.move_to_end(id)
        return live

    def play(self, live: Live) -> None:
        """Let it play until it is paused, diverges, its stop rule ends it, or nobody looks any
        more; beyond the stop rule that has ended it.
        """
        if live.playing or live.run.diverged:
            return
        if live.run.stopped:
            self.command(live, PlayOn())
        live.playing = True
        live.halt.clear()
        live.player = gevent.spawn(self._play, live)
        if not live.viewers:
            self._expect_viewers(live)

    def pause(self, live: Live) -> None:
        """Stop playing; when this returns the run stands still."""
        live.playing = False
        live.halt.set()
        player, live.player = live.player, None
        if player is not None and player is not gevent.getcurrent():
            player.join()
        live.changed()

    def step(self, live: Live) -> None:
        """Pause, and take one step."""
        self.pause(live)
        if live.run.stopped:
            self.command(live, PlayOn())
        self._change(live, lambda run: advance(run, 1))

    def reset(self, live: Live) -> None:
        """Pause, and return to step 0, without what was changed since."""
        self.pause(live)
        self._change(live, lambda run: begin(run.settings, self.backend, run.first))

    def command(self, live: Live, change: Command) -> None:
        """Change the run, whether it plays or not. Raises ValueError for what cannot be."""
        self._change(live, lambda run: command(run, change))

    def set_speed(self, live: Live, speed: str) -> None:
        """Play at another speed from now on."""
        live.speed = speed
        if live.playing:
            self.pause(live)
            self.play(live)

    def look(self, live: Live, token: str, view: View) -> None:
        """Change what the page with this token sees."""
        live.views[token] = view
        live.views.move_to_end(token)
        while len(live.views) > self.VIEWS:
            live.views.popitem(last=False)
        live.changed()

    def expect(self, live: Live) -> None:
        """A page that shows the run has been sent: it plays on until that page had time to open."""
        live.expected_until = time.monotonic() + ARRIVE_SECONDS
        if live.leaving is not None:
            self._stop_leaving(live)
            self._expect_viewers(live)

    def frame(self, live: Live, view: View) -> Frame:
        """The present frame; viewers who see the same share it."""
        with live.drawing:
            version, run = live.version, live.run
            kept = live.frames.get(view)
            if kept is None or kept[0] != version:
                kept = version, self.work(frame, run, view)
                live.frames = {v: k for v, k in live.frames.items() if k[0] == version}
                live.frames[view] = kept
            return kept[1]

    @contextmanager
    def watch(self, live: Live, token: str) -> Iterator[Viewer]:
        """A viewer for as long as the context lasts; the last one's leaving pauses the run soon."""
        viewer = Viewer(live, token)
        live.viewers.add(viewer)
        live.expected_until = 0.0
        self._stop_leaving(live)
        try:
            yield viewer
        finally:
            live.viewers.discard(viewer)
            if not live.viewers and live.playing:
                self._expect_viewers(live)

    @property
    def counts(self) -> dict[str, int]:
        """How many runs are kept, how many play, and how many viewers there are."""
        lives = self._runs.values()
        return {
            "runs": len(lives),
            "playing": sum(live.playing for live in lives),
            "viewers": sum(len(live.viewers) for live in lives),
        }

    def stop(self) -> None:
        """Pause everything and let the threads go."""
        for live in self._runs.values():
            self.pause(live)
        self._pool.kill()

    def _play(self, live: Live) -> None:
        pace, before = Pace(), time.perf_counter()
        due = before
        while live.playing:
            started = time.perf_counter()
            with live.changing:
                steps = pace.slice(live.speed, started - before)
                live.run = self.work(pace.advance, live.run, steps)
            before = started
            if live.run.diverged or live.run.stopped:
                live.playing = False
            live.changed()
            now = time.perf_counter()
            rest = pace.rest(live.speed, now - due)
            due = now + rest
            live.halt.wait(rest)

    def _change(self, live: Live, function: Callable[[Run], Run]) -> None:
        with live.changing:
            live.run = self.work(function, live.run)
            live.changed()

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

    def _make_room(self, visitor: str) -> None:
        own = [live for live in self._runs.values() if live.visitor == visitor]
        for live in own[: -self._most_each]:
            self._forget(live)
        while len(self._runs) > self._most:
            self._forget(next(iter(self._runs.values())))

    def _forget(self, live: Live) -> None:
        self.pause(live)
        self._runs.pop(live.id, None)

    def work(self, function: Callable[..., Result], *arguments: object) -> Result:
        """The result of a pure function, computed in a thread while the loop goes on."""
        result: Result = self._pool.apply(function, arguments)
        return result
