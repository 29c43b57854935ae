"""Runs advanced by this very process: a greenlet for each that plays, slices in native threads.

Everything here happens on gevent's loop, one thing at a time, except `advance` and `frame`, which
work on plain values in a thread of the pool. A viewer is told that there is something new and
fetches the newest when it is ready to: a slow one skips what it missed, and nothing ever queues.
Runs are saved as they go, and one that is asked for and not here comes from the store, paused.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import gevent
from gevent.threadpool import ThreadPool

from engine.changes import Command, PlayOn, command
from engine.frames import Frame, View, frame
from engine.native import NUMPY
from engine.snapshots import History, moment
from engine.training import Run, advance, begin
from playground.keeping import run_of
from playground.runner.live import Live, Viewer
from playground.runner.pace import DEFAULT_SPEED, Pace
from playground.runner.saving import Saver
from playground.runner.sweeping import Sweeping
from playground.runner.warming import Warming
from playground.settings import Deployment
from playground.store import Store, StoreError

LEAVE_SECONDS = 2.0
"""How long a run plays on after its last viewer has left: a reload must not stop it."""

ARRIVE_SECONDS = 10.0
"""How long a run waits for a page that has been sent to open its stream, on however slow a
machine.
"""

NOBODY = ""
"""Whose shared moments are."""

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class EmbeddedRunner:
    """Keeps runs and plays them. Unknown ids, and other visitors' runs, raise KeyError."""

    VIEWS = 200
    boot: str
    """Another one after every start, by which a page knows that the server was restarted."""

    def __init__(self, store: Store, deployment: Deployment) -> None:
        self._store = store
        self.boot = secrets.token_urlsafe(6)
        self._most, self._most_each = deployment.runs, deployment.runs_per_visitor
        self._room, self.days = deployment.snapshot_bytes, deployment.run_days
        self._runs: OrderedDict[str, Live] = OrderedDict()
        self._pool = ThreadPool(deployment.threads)
        self._warming = Warming()
        self._saver = Saver(store, lambda: list(self._runs.values()), self._tell_all)
        self.sweeping = Sweeping(store, deployment, self)
        self._expiring = gevent.spawn(self._expire)

    def warm(self) -> None:
        """Make the native backend ready while the server already answers."""
        self._warming.under_way = True
        gevent.get_hub().threadpool.spawn(self._warming.work)

    @property
    def backend(self) -> str:
        """What a run that begins now, or is reset, is computed with."""
        return self._warming.backend

    def ready_backend(self) -> str:
        """The same, after it has been made ready."""
        while self._warming.under_way:
            gevent.sleep(0.02)
        return self.backend

    @property
    def trouble(self) -> str:
        """Why runs cannot be saved, in words; empty while they can."""
        return self._saver.trouble

    def create(self, visitor: str, run: Run, speed: str = DEFAULT_SPEED) -> Live:
        """A run that has begun, as one of this visitor's, paused."""
        live = Live(secrets.token_urlsafe(9), visitor, run, speed)
        self._add(live)
        self._saver.soon()
        return live

    def get(self, id: str, visitor: str) -> Live:
        """The visitor's run with this id, from the store if it is not here."""
        live = self._runs.get(id) or self._load(id, visitor)
        if live.visitor != visitor:
            raise KeyError(id)
        self._runs.move_to_end(id)
        return live

    def play(self, live: Live) -> None:
        """Let it play from its tip until it is paused, diverges, its stop rule ends it, or nobody
        looks any more; beyond the stop rule that has ended it.
        """
        if live.playing or live.tip.diverged:
            return
        live.past = None
        if live.tip.stopped:
            self.command(live, PlayOn())
        live.playing = True
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

    def step(self, live: Live) -> None:
        """Pause, and take one step."""
        self.pause(live)
        if live.tip.stopped:
            self.command(live, PlayOn())
        self._change(live, lambda run: advance(run, 1))

    def reset(self, live: Live) -> None:
        """Pause, and return to step 0, without what was changed since."""
        self.pause(live)
        self._change(live, lambda run: begin(run.settings, self.backend, run.first))

    def seek(self, live: Live, step: int) -> None:
        """Pause, and look at the run as it was at a step, computed exactly; at its last one, at
        the run itself.
        """
        self.pause(live)
        with live.changing:
            tip = live.tip
            live.past = None
            if step < tip.step:
                live.past = self.work(moment, tip, self._kept(live, step), step)
            live.changed()

    def branch(self, live: Live) -> Live:
        """A run of its own from the moment of this one that is looked at; of this one its tip is
        seen again.
        """
        branch = self.copy(live, live.visitor)
        live.past = None
        live.changed()
        self._saver.soon()
        return branch

    def copy(self, live: Live, visitor: str) -> Live:
        """A run of a visitor's own that stands where this one is looked at."""
        copied = self._copied(live, visitor)
        self._add(copied)
        return copied

    def share(self, live: Live) -> str:
        """Keep the moment that is looked at for everyone who has the id, which is returned.

        Raises StoreError where it cannot be kept.
        """
        shared = self._copied(live, NOBODY)
        shared.name = live.name or "shared moment"
        if not self._saver.save([shared]):
            raise StoreError(self.trouble)
        return shared.id

    def shared(self, id: str) -> Run:
        """A shared moment, to be looked at."""
        return self._loaded(id, NOBODY).tip

    def nobodys(self, run: Run) -> Live:
        """A run that is nobody's and is not kept, for as long as it is watched."""
        return Live(secrets.token_urlsafe(9), NOBODY, run)

    def open_shared(self, id: str, visitor: str) -> Live:
        """The visitor's own copy of a shared moment; the one that they have, where it has not
        moved.
        """
        for copy in self.mine(
            visitor, lambda row: row["parent"] == id and row["step"] == row["parent_step"]
        ):
            return copy
        copy = self._copied(self._loaded(id, NOBODY), visitor)
        self._add(copy)
        self._saver.save([copy])
        return copy

    def forget(self, live: Live) -> None:
        """Delete a run."""
        self._runs.pop(live.id, None)
        self.pause(live)
        self._saver.forget([live.id])

    def mine(
        self, visitor: str, wanted: Callable[[Mapping[str, Any]], bool] = lambda row: True
    ) -> list[Live]:
        """The visitor's runs whose rows are wanted, the last used first."""
        own = [live for live in self._runs.values() if live.visitor == visitor]
        self._saver.save(own)
        rows = filter(wanted, self._store.runs_of(visitor))
        return [self._runs.get(row["id"]) or self._loaded(row["id"], visitor) for row in rows]

    def family(self, live: Live) -> list[Live]:
        """The run that this one branched from, its other branches, and this one's own."""

        def related(row: Mapping[str, Any]) -> bool:
            beside = live.parent and live.parent in (row["id"], row["parent"])
            return row["id"] != live.id and bool(row["parent"] == live.id or beside)

        return self.mine(live.visitor, related)

    def rename(self, live: Live, name: str) -> None:
        """Another name; a run that has one never expires."""
        live.name = name
        self._saver.save([live])
        self._store.change(live.id, name=name, stays=bool(name))

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
        """Pause everything, save it, and let the threads go."""
        for live in list(self._runs.values()):
            self.pause(live)
        self._expiring.kill()
        self.sweeping.stop()
        self._saver.stop()
        self._pool.kill()
        self._store.close()

    def _play(self, live: Live) -> None:
        pace, before = Pace(), time.perf_counter()
        due = before
        while live.playing:
            started = time.perf_counter()
            with live.changing:
                steps = pace.slice(live.speed, started - before)
                live.come_to(self.work(pace.advance, live.tip, steps), self._room)
            before = started
            if live.tip.diverged or live.tip.stopped:
                live.playing = False
            live.changed()
            now = time.perf_counter()
            rest = pace.rest(live.speed, now - due)
            due = now + rest
            live.halt.wait(rest)

    def _change(self, live: Live, function: Callable[[Run], Run]) -> None:
        with live.changing:
            live.come_to(self.work(function, live.tip), self._room)
            live.past = None
            live.changed()
        self._saver.soon()

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

    def _add(self, live: Live) -> None:
        self._runs[live.id] = live
        for old in list(self._runs.values())[: max(0, len(self._runs) - self._most)]:
            self._unload(old)
        gevent.spawn(self._make_room, live)

    def _unload(self, live: Live) -> None:
        """Let go of a run, once the store has it as it stands."""
        self.pause(live)
        self._saver.save([live])
        if live.saved is live.tip:
            self._runs.pop(live.id, None)

    def _make_room(self, live: Live) -> None:
        """Of a visitor with too many runs, the longest unused go that have no name."""
        if not self._saver.save([live]):
            return
        rows = [row for row in self._store.runs_of(live.visitor) if not row["stays"]]
        for row in rows[self._most_each :]:
            old = self._runs.pop(row["id"], None)
            if old is not None:
                self.pause(old)
            self._saver.forget([row["id"]])

    def _expire(self) -> None:
        while True:
            try:
                for id in self._store.expire(time.time() - self.days * 86_400):
                    self._runs.pop(id, None)
                self.sweeping.expire(time.time() - self.days * 86_400)
            except StoreError:
                logger.exception("Unused runs and sweeps could not be deleted.")
            gevent.sleep(3600)

    def _load(self, id: str, visitor: str) -> Live:
        live = self._loaded(id, visitor)
        live.saved = None  # it is used, which its row is told with the next save
        if id not in self._runs:  # it may have been loaded meanwhile
            self._add(live)
        return self._runs[id]

    def _loaded(self, id: str, visitor: str) -> Live:
        kept = self._store.find(id)
        if kept is None or kept.row["visitor"] != visitor:
            raise KeyError(id)
        run, row = self._usable(self.work(run_of, kept)), kept.row
        return Live(
            id, visitor, run, row["speed"], row["name"], row["parent"], row["parent_step"],
            row["made"], history=History.of(kept.steps), saved=run, saved_log=run.log,
            data=row["data"], used=row["used"],
        )  # fmt: skip

    def _usable(self, run: Run) -> Run:
        """The run on a backend that there is here, its own if that is one."""
        if run.backend == NUMPY or run.backend == self.ready_backend():
            return run
        return replace(run, backend=self.backend)

    def _copied(self, live: Live, visitor: str) -> Live:
        """The moment that is looked at as a run of its own, with the snapshots that led to it."""
        run = live.run
        history = live.history.until(run.step)
        snapshots = self._store.snapshots(live.id, run.step) | {
            step: body for step, body in live.snapshots.items() if step <= run.step
        }
        kept = tuple(step for step in history.steps if step in snapshots)
        return Live(
            secrets.token_urlsafe(18), visitor, run, live.speed, parent=live.id,
            parent_step=run.step, history=replace(history, steps=kept), snapshots=snapshots,
        )  # fmt: skip

    def _kept(self, live: Live, step: int) -> bytes | None:
        """The last snapshot of a run that is not after a step."""
        before = live.history.before(step)
        if before is None:
            return None
        return live.snapshots.get(before) or self._store.snapshot(live.id, before)

    def _tell_all(self) -> None:
        for live in self._runs.values():
            live.changed()

    def work(self, function: Callable[..., Result], *arguments: object) -> Result:
        """The result of a pure function, computed in a thread while the loop goes on."""
        result: Result = self._pool.apply(function, arguments)
        return result
