"""Runs that several web processes show and workers train, by way of Redis.

A run here is a mirror: what it shows comes from the exchange, and what is done to it happens under
the run's lease, which a worker that trains it gives away between two slices. So any web process
answers for any run, and one that ends takes nothing with it. Runs of nobody's, those of panels
alone, play here.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import gevent
from gevent.threadpool import ThreadPool

from engine.inspection.frames import ViewOptions
from engine.training.commands import PlayOn
from engine.training.run import Run
from engine.training.snapshots import History
from playground.network.view import parse_view, view_query
from playground.nicknames import number_of
from playground.runner.cluster.celery_app import queue
from playground.runner.cluster.listener import Ears
from playground.runner.cluster.messages import Tip, Whole, moved, state_of, whole_of
from playground.runner.cluster.redis_bus import CHANNEL, WATCHED_MS, Exchange, Lease, LostError
from playground.runner.cluster.sweeps import SharedSweeping
from playground.runner.embedded import ARRIVE_SECONDS, EmbeddedRunner
from playground.runner.errors import UnreachableError
from playground.runner.live_run import Live
from playground.runner.pace import DEFAULT_SPEED
from playground.runner.registry import NOBODY, Result
from playground.runner.sweeps import Sweeping
from playground.settings import Deployment
from playground.storage.run_rows import samples_as_bytes
from playground.storage.store import Store, StoreError
from playground.threads import call_catching

LOOK_SECONDS = 0.4
"""So often it is looked whether somebody trains what plays."""
THREADS = 8

logger = logging.getLogger(__name__)


@dataclass
class Mirror:
    """What is known of a run's place in the exchange."""

    edition: str
    order: tuple[int, int]


class SharedRunner(EmbeddedRunner):
    """Shows runs that workers train."""

    def __init__(self, store: Store, deployment: Deployment) -> None:
        self.exchange = Exchange(deployment.redis_url, 60 * deployment.idle_minutes)
        self._calls = ThreadPool(THREADS)
        self.celery = queue(deployment.redis_url)
        super().__init__(store, deployment)
        self._mirrors: dict[str, Mirror] = {}
        self.boot = self.call(self.exchange.boot)
        self._ears = Ears(self.exchange, CHANNEL, self._heard, self._deaf)
        self._looking = gevent.spawn(self._look_after)

    def create(self, visitor: str, run: Run, speed: str = DEFAULT_SPEED) -> Live:
        """A run that has begun, as one of this visitor's, paused. Raises FullError."""
        live = super().create(visitor, run, speed)
        self._announce(live)
        return live

    def get(self, id: str, visitor: str) -> Live:
        """The visitor's run with this id, as it stands in the exchange."""
        known = id in self._runs
        live = super().get(id, visitor)
        tip, speed, seen = self.call(self.exchange.touch, id)
        if tip is not None:
            self._take_in(live, Tip.unpack(tip))
            live.playing = bool(speed)
        elif known:  # long unused, or gone
            self._mirrors.pop(id, None)
            self._fetch(live)
        for token, view in seen.items():
            live.see(token, parse_view(json.loads(view), live.tip))
        return live

    def _fetch(self, live: Live) -> None:
        """The run as the store has it, in place of what is here, which pages may look at. Raises
        KeyError where it was deleted.
        """
        try:
            kept = self._loaded(live.id, live.visitor)
        except KeyError:
            self._let_go(live.id)
            raise
        live.tip, live.past, live.playing = kept.tip, None, False
        live.saved, live.saved_log, live.saved_steps = kept.saved, kept.saved_log, kept.saved_steps
        live.history, live.snapshots = kept.history, {}
        live.changed()

    def play(self, live: Live) -> None:
        """Let workers train it."""
        if live.visitor == NOBODY:
            return super().play(live)
        if live.playing or live.tip.diverged:
            return None
        if live.tip.stopped:
            self.command(live, PlayOn())
        live.past, live.playing, live.notice = None, True, ""
        self._announce(live)
        milliseconds = int(1000 * ARRIVE_SECONDS)
        self.call(self.exchange.play, live.id, live.speed, milliseconds)
        self._ask_for(live.id)
        return live.changed()

    def pause(self, live: Live) -> None:
        """Stop playing; when this returns the run stands still."""
        if live.visitor == NOBODY:
            return super().pause(live)
        if not live.playing:
            return None
        self.call(self.exchange.stand, live.id)
        live.playing = False
        self._announce(live)
        return live.changed()

    def seek(self, live: Live, step: int) -> None:
        """Pause, and look at the run as it was at a step; everywhere."""
        super().seek(live, step)
        self._announce(live)

    def set_speed(self, live: Live, speed: str) -> None:
        """Play at another speed from now on."""
        live.speed = speed
        if live.playing:
            self.call(self.exchange.play, live.id, speed, int(1000 * ARRIVE_SECONDS))
        else:
            self._announce(live)

    def look(self, live: Live, token: str, view: ViewOptions) -> None:
        """Change what the page with this token sees, whichever process its stream comes from."""
        super().look(live, token, view)
        if live.visitor != NOBODY:
            body = json.dumps(view_query(view)).encode()
            self.call(self.exchange.look, live.id, token, body)

    def expect(self, live: Live) -> None:
        """A page that shows the run has been sent: it plays on until that page had time to open."""
        if live.playing:
            self.call(self.exchange.expect, live.id, int(1000 * ARRIVE_SECONDS))

    def branch(self, live: Live) -> Live:
        """A run of its own from the moment of this one that is looked at; everywhere."""
        branch = super().branch(live)
        self._announce(live)
        return branch

    def waits(self) -> str:
        """What is not ready yet, in words; empty when all is."""
        try:
            self.call(self.exchange.boot)
        except UnreachableError as error:
            return str(error)
        return super().waits()

    def stop(self) -> None:
        """Let go of everything; what plays plays on, shown by others."""
        self._looking.kill()
        self._ears.stop()
        self._pressure.stop()
        self._collecting.stop()
        self._release()
        self._calls.kill()

    def _sweeping(self, store: Store, deployment: Deployment) -> Sweeping:
        return SharedSweeping(store, deployment, self)

    def _came(self, live: Live) -> None:
        if live.visitor == NOBODY:
            return super()._came(live)
        self._ears.hear(live.id)
        return self.call(self.exchange.expect, live.id, WATCHED_MS)

    def _left(self, live: Live) -> None:
        if live.visitor == NOBODY:
            return super()._left(live)
        return self._ears.ignore(live.id)

    def _change(self, live: Live, function: Callable[[Run], Run]) -> None:
        if live.visitor == NOBODY:
            return super()._change(live, function)
        with live.changing, self._held(live) as lease:
            self._see_snapshots(live)
            live.come_to(self.work(function, live.tip), self._limits.snapshot_bytes)
            live.past = None
            self._publish(live, lease)
            live.changed()
        return self._saver.soon()

    def _see_snapshots(self, live: Live) -> None:
        """Those that workers have saved of it."""
        body = self.call(self.exchange.whole, live.id)
        if body:
            live.saved_steps = Whole.unpack(body).steps
            live.history = History.from_steps(live.saved_steps)

    def _announce(self, live: Live) -> None:
        """Tell all how a run stands."""
        with live.changing, self._held(live) as lease:
            self._publish(live, lease)

    @contextmanager
    def _held(self, live: Live) -> Iterator[Lease]:
        """The run's lease, and the run as whoever had it before left it."""
        holding = self.exchange.lease(live.id)
        lease = self.call(holding.__enter__)
        try:
            tip, _ = self.call(self.exchange.state, live.id)
            if tip is not None:
                before = live.past, live.playing, live.notice, live.speed
                self._take_in(live, Tip.unpack(tip))
                live.past, live.playing, live.notice, live.speed = before
            live.lease = lease.number
            yield lease
        finally:
            self.call(holding.__exit__, None, None, None)

    def _publish(self, live: Live, lease: Lease) -> None:
        run, mirror = live.tip, self._mirrors.get(live.id)
        if mirror is None or live.saved_log is not run.log:
            if mirror is None:
                self.call(self.exchange.put_data, live.data, samples_as_bytes(run.first_data))
            whole = whole_of(run, number_of(live.visitor), live.data, live.history.steps)
            self.call(self.exchange.put, live.id, whole.pack())
            edition = whole.edition
        else:
            edition = mirror.edition
        count = mirror.order[1] + 1 if mirror else 0
        self._mirrors[live.id] = Mirror(edition, (lease.number, count))
        past = live.past.step if live.past else None
        tip = Tip(
            edition, (lease.number, count), live.playing, live.speed, live.notice, past,
            state_of(run),
        )  # fmt: skip
        try:
            self.call(self.exchange.publish, lease, tip.pack())
        except LostError as error:
            raise UnreachableError("the run was taken by another process; try again") from error

    def _take_in(self, live: Live, tip: Tip) -> None:
        """What was published of a run, unless it is older than what is known."""
        mirror = self._mirrors.get(live.id)
        if mirror and tip.order <= mirror.order:
            return
        if mirror and mirror.edition == tip.edition:
            run = moved(live.tip, tip)
            if run.step < live.tip.step and tip.playing:
                return  # what was lost with Redis is computed again, unseen
        else:
            body = self.call(self.exchange.whole, live.id)
            whole = Whole.unpack(body) if body else None
            if whole is None or whole.edition != tip.edition:
                return
            run = self._usable(self.work(whole.run, tip.state, live.tip.first_data))
        self._mirrors[live.id] = Mirror(tip.edition, tip.order)
        live.tip, live.saved, live.saved_log = run, run, run.log
        live.playing, live.speed, live.notice = tip.playing, tip.speed, tip.notice
        if tip.past is None:
            live.past = None
        elif live.past is None or live.past.step != tip.past:
            with suppress(ValueError):
                live.past = self._moment(live, run, tip.past)
        live.changed()

    def _heard(self, id: str, body: bytes) -> None:
        """Something was published of a run that is looked at here."""
        live = self._runs.get(id)
        if live is None:
            return
        if body[:1] == b"t":
            gevent.spawn(self._take_in, live, Tip.unpack(body[1:]))
        else:
            token, _, view = body[1:].partition(b"\n")
            super().look(live, token.decode(), parse_view(json.loads(view), live.tip))

    def _deaf(self) -> None:
        """What was published for a while was not heard."""
        for live in list(self._runs.values()):
            if live.viewers:
                gevent.spawn(self._catch_up, live)

    def _catch_up(self, live: Live) -> None:
        try:
            self.get(live.id, live.visitor)
        except (UnreachableError, KeyError) as error:
            logger.warning("%s", error)

    def _look_after(self) -> None:
        """See to it that what plays and is looked at is trained."""
        while True:
            gevent.sleep(LOOK_SECONDS)
            ids = [
                live.id for live in list(self._runs.values())
                if live.viewers and live.playing and live.visitor != NOBODY
            ]  # fmt: skip
            try:
                free, stand, lost = self.call(self.exchange.idle, ids)
                for id in stand:
                    self._catch_up(self._runs[id])
                for id in lost:
                    self._mirrors.pop(id, None)
                    self._runs[id].playing = False
                    self.play(self._runs[id])
                for id in free:
                    self.call(self.send, "train", id)
            except (UnreachableError, KeyError) as error:
                logger.warning("%s", error)

    def _ask_for(self, id: str) -> None:
        self.call(self.exchange.queue, id)
        self.call(self.send, "train", id)

    def send(self, task: str, id: str) -> None:
        """Put a task into the queue, which is Redis'. Raises UnreachableError."""
        self.exchange.call(lambda _: self.celery.send_task(task, [id]))

    def _add(self, live: Live) -> None:
        super()._add(live)
        self._saver.save([live])  # another process may be asked for it next

    def _unload(self, live: Live) -> None:
        if live.viewers:
            return
        self._saver.save([live])
        self._runs.pop(live.id, None)
        self._mirrors.pop(live.id, None)

    def _delete(self, id: str) -> None:
        super()._delete(id)
        self._mirrors.pop(id, None)
        self.call(self.exchange.forget, id)

    def _load(self, id: str, visitor: str) -> Live:
        live = super()._load(id, visitor)
        with suppress(StoreError):  # a row that workers saved is theirs to write
            self._store.change(id, used=time.time())
        return live

    def _copied(self, live: Live, visitor: str) -> Live:
        steps = sorted(self._store.snapshots(live.id, live.run.step))
        live.history = History.from_steps(steps)
        return super()._copied(live, visitor)

    def _kept(self, live: Live, step: int) -> bytes | None:
        return self._store.snapshot_before(live.id, step)

    def call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """What the exchange answers, while the loop goes on."""
        result, error, _ = self._calls.apply(call_catching, (function, arguments))
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]
