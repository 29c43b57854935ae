"""Runs that workers advance and web processes show.

A live run here is a mirror: what it shows comes from Redis, and what is done to it happens under
the run's lease, which a worker gives away between two slices. So any web process answers for any
run, and a web process that ends takes nothing with it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import gevent
from celery import Celery

from engine.inspection.frames import ViewOptions
from engine.training.commands import RunCommand
from engine.training.run import Run
from playground.messages import runs as messages
from playground.network.view import parse_view, view_query
from playground.nicknames import number_of
from playground.runner.cluster.celery_app import TRAIN
from playground.runner.cluster.listener import RedisListener
from playground.runner.cluster.messages import (
    Progress,
    RunDefinition,
    UnknownMessageError,
    state_of,
)
from playground.runner.cluster.redis_bus import LoopBus
from playground.runner.cluster.run_bus import CHANNEL, WATCHED_MS, Lease, LeaseLostError, RunBus
from playground.runner.errors import UnreachableError
from playground.runner.live_run import LiveRun
from playground.runner.local_player import ARRIVE_SECONDS
from playground.runner.record import SavedPart
from playground.runner.record_store import RecordStore
from playground.runner.saver import Saver
from playground.runner.scheduling.resources import Resources
from playground.storage.run_rows import samples_as_bytes
from playground.storage.store import digest_of

LOOK_SECONDS = 0.4
"""Seconds between two looks whether every run that should play is trained."""
ARRIVE_MS = int(1000 * ARRIVE_SECONDS)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mirror:
    """What this process knows of a run's place in Redis."""

    edition: str
    order: tuple[int, int]
    log: tuple[tuple[int, RunCommand], ...]
    backend: str

    def defines(self, run: Run) -> bool:
        """Whether the definition in Redis is that of this run."""
        return self.log is run.log and self.backend == run.backend


class ClusterPlayers:
    """Creates cluster players, listens for what is published of watched runs, and sees to it that
    every run that should play is trained.
    """

    def __init__(
        self,
        resources: Resources,
        records: RecordStore,
        saver: Saver,
        bus: LoopBus,
        run_bus: RunBus,
        celery: Celery,
    ) -> None:
        self.resources, self.records, self.saver = resources, records, saver
        self.bus, self.run_bus, self._celery = bus, run_bus, celery
        self._watched: dict[str, ClusterPlayer] = {}
        self._listener = RedisListener(bus.bus, CHANNEL, self._on_message, self._on_gap)
        self._greenlet = gevent.spawn(self._look_after)

    def player(self, live: LiveRun) -> ClusterPlayer:
        """Return a player for a run."""
        return ClusterPlayer(live, self)

    def not_ready(self) -> str:
        """Return why runs cannot be played, in words; the empty string if they can."""
        try:
            self.bus.run(self.bus.bus.boot_id)
        except UnreachableError as error:
            return str(error)
        return ""

    def forget(self, id: str) -> None:
        """Delete what Redis has of a run that was deleted."""
        self.bus.run(self.run_bus.forget, id)

    def watch(self, player: ClusterPlayer) -> None:
        """Listen for what is published of a run."""
        self._watched[player.live.id] = player
        self._listener.subscribe(player.live.id)

    def unwatch(self, id: str) -> None:
        """Listen no longer."""
        self._watched.pop(id, None)
        self._listener.unsubscribe(id)

    def send(self, task: str, id: str) -> None:
        """Put a task into the queue, which is Redis' too. Raises UnreachableError."""
        self.bus.call(lambda _: self._celery.send_task(task, [id]))

    def stop(self) -> None:
        """Let go of all runs. What plays plays on; other web processes show it."""
        self._greenlet.kill()
        self._listener.stop()
        self.bus.stop()

    def _on_message(self, id: str, body: bytes) -> None:
        player = self._watched.get(id)
        if player is not None:
            gevent.spawn(player.receive, body)

    def _on_gap(self) -> None:
        for player in list(self._watched.values()):
            gevent.spawn(player.catch_up)

    def _look_after(self) -> None:
        while True:
            self.resources.clock.sleep(LOOK_SECONDS)
            self.look_after_runs()

    def look_after_runs(self) -> None:
        """Ask for a worker for each watched run that should play and that nobody trains."""
        playing = {id: player for id, player in self._watched.items() if player.live.playing}
        try:
            idle = self.bus.run(self.run_bus.keep_watching, playing)
            for id in idle.paused:
                playing[id].catch_up()
            for id in idle.lost:
                playing[id].restart()
            for id in idle.untrained:
                self.send(TRAIN, id)
        except UnreachableError as error:
            logger.warning("%s", error)


class ClusterPlayer:
    """Lets workers advance one run."""

    def __init__(self, live: LiveRun, players: ClusterPlayers) -> None:
        self.live, self._players = live, players
        self._run_bus, self._call = players.run_bus, players.bus.run
        self._mirror: Mirror | None = None
        """None before this process has published the run, or taken it from Redis."""
        self._snapshot_steps: tuple[int, ...] = ()
        """The steps of the snapshots that Redis says the store has."""
        self._is_fresh = True
        """Whether the record has just come from the store."""

    def play(self) -> None:
        """Let workers train the run."""
        live = self.live

        def edit() -> None:
            live.past, live.playing, live.notice = None, True, ""

        self.change(edit)
        self._call(self._run_bus.play, live.id, live.record.speed, ARRIVE_MS)
        self._call(self._run_bus.queue, live.id)
        self._players.send(TRAIN, live.id)

    def pause(self) -> None:
        """Stop playing. When this returns, the run stands still."""
        live = self.live
        if not live.playing:
            return
        self._call(self._run_bus.pause, live.id)

        def edit() -> None:
            live.playing = False

        self.change(edit)

    def change(self, edit: Callable[[], None]) -> None:
        """Edit the live run under its lease, publish it, and save it before the lease ends: the
        next holder relies on the store.
        """
        live = self.live
        self._is_fresh = False
        with live.lock, self._lease() as lease:
            edit()
            self._publish(lease)
            live.audience.notify()
            self._save()

    def look(self, token: str, view: ViewOptions) -> None:
        """Show this view on the page with this token, whichever process serves it."""
        self.live.audience.views[token] = view
        self.live.audience.notify()
        body = json.dumps(view_query(view)).encode()
        self._call(self._run_bus.look, self.live.id, token, body)

    def expect(self) -> None:
        """Play on until a page that has just been sent had time to open its stream."""
        if self.live.playing:
            self._call(self._run_bus.expect, self.live.id, ARRIVE_MS)

    def came(self, token: str) -> None:
        """Listen for what is published of the run, and let it play on."""
        self._players.watch(self)
        self._call(self._run_bus.expect, self.live.id, WATCHED_MS)
        self.unhide(token)

    def hide(self, token: str, seconds: float) -> None:
        """Let workers play the run for this long, unless the page is closed meanwhile."""
        self._call(self._run_bus.hide, self.live.id, token, int(1000 * seconds))

    def unhide(self, token: str) -> None:
        """Let workers play the run for a page no longer: it is closed."""
        self._call(self._run_bus.unhide, self.live.id, token)

    def left(self) -> None:
        """Listen no longer. If no process watches the run and no page is hidden, its worker pauses
        it.
        """
        self._players.unwatch(self.live.id)

    def refresh(self) -> None:
        """Bring the live run up to what other processes have made of it. Raises KeyError if it was
        deleted.
        """
        live, was_fresh = self.live, self._is_fresh
        self._is_fresh = False
        state = self._call(self._run_bus.touch, live.id)
        if state.progress is not None:
            try:
                self._take_in(Progress.unpack(state.progress))
            except UnknownMessageError as error:
                logger.warning("Run %s: %s", live.id, error)
                raise UnreachableError(messages.OTHER_VERSION) from error
            live.playing = bool(state.speed)
            self._use_snapshots(state.snapshot_steps)
        elif not was_fresh:  # Redis has forgotten it; was it changed, or deleted?
            self._reload()
        for token, view in (state.views or {}).items():
            live.audience.views[token] = parse_view(json.loads(view), live.tip)

    def release(self) -> None:
        """Let go of the run."""
        self._players.unwatch(self.live.id)
        self._mirror = None

    def receive(self, body: bytes) -> None:
        """Show what another process has published of the run."""
        live = self.live
        try:
            if body[:1] == b"p":
                self._take_in(Progress.unpack(body[1:]))
            elif body[:1] == b"v":
                token, _, view = body[1:].partition(b"\n")
                live.audience.views[token.decode()] = parse_view(json.loads(view), live.tip)
                live.audience.notify()
            else:
                raise UnknownMessageError(f"kind {body[:1]!r}")
        except (UnknownMessageError, UnreachableError, ValueError) as error:
            logger.warning("A message about run %s was ignored: %s", live.id, error)

    def catch_up(self) -> None:
        """Refresh the run after messages may have been missed."""
        try:
            self.refresh()
        except (UnreachableError, KeyError) as error:
            logger.warning("Run %s: %r", self.live.id, error)

    def restart(self) -> None:
        """Play again a run that Redis has lost."""
        self._mirror, self.live.playing = None, False
        self.play()

    @contextmanager
    def _lease(self) -> Iterator[Lease]:
        """Hold the run's lease, with the run as its last holder left it."""
        record, context = self.live.record, self._run_bus.lease(self.live.id)
        lease = self._call(context.__enter__)
        try:
            state = self._call(self._run_bus.state, self.live.id)
            if state.progress is not None:
                with suppress(UnknownMessageError):  # this process overwrites it
                    self._take_in(Progress.unpack(state.progress))
                self._use_snapshots(state.snapshot_steps)
            record.lease = lease.number
            yield lease
        finally:
            self._call(context.__exit__, None, None, None)

    def _save(self) -> None:
        """Save the run, and tell all processes which snapshots the store has now."""
        record = self.live.record
        self._players.saver.save([record])
        if record.saved is not None and record.saved.steps != self._snapshot_steps:
            self._snapshot_steps = record.saved.steps
            self._call(self._run_bus.put_snapshot_steps, record.id, record.saved.steps)

    def _publish(self, lease: Lease) -> None:
        live, run, mirror = self.live, self.live.tip, self._mirror
        count = mirror.order[1] + 1 if mirror else 0
        if mirror is not None and mirror.defines(run):
            edition = mirror.edition
        else:
            edition = self._publish_definition(is_new=mirror is None)
        self._mirror = Mirror(edition, (lease.number, count), run.log, run.backend)
        progress = Progress(
            edition,
            (lease.number, count),
            live.playing,
            live.record.speed,
            live.notice,
            live.past.step if live.past else None,
            state_of(run),
        )
        try:
            self._call(self._run_bus.publish, lease, progress.pack())
        except LeaseLostError as error:
            raise UnreachableError(messages.BUSY_ELSEWHERE) from error

    def _publish_definition(self, is_new: bool) -> str:
        """Publish how the run began and its log; return the edition."""
        record = self.live.record
        if is_new or not record.data_hash:
            samples = samples_as_bytes(record.tip.first_data)
            record.data_hash = digest_of(samples)
            self._call(self._run_bus.put_data, record.data_hash, samples)
        definition = RunDefinition.of(record.tip, number_of(record.owner), record.data_hash)
        self._call(self._run_bus.put_definition, record.id, definition.pack())
        return definition.edition

    def _take_in(self, progress: Progress) -> None:
        """Show what was published of the run, unless this process knows of something newer."""
        live, record = self.live, self.live.record
        if self._mirror and progress.order <= self._mirror.order:
            return
        if self._mirror and self._mirror.edition == progress.edition:
            run = progress.advance(record.tip)
            if run.step < record.tip.step and progress.playing:
                return  # Redis has lost the last steps; they are computed again, unseen
        else:
            definition = self._definition(progress.edition)
            if definition is None:
                return
            compute = self._players.resources.pool.compute
            run = self._players.resources.usable(
                compute(definition.run, progress.state, record.tip.first_data)
            )
            if self._mirror and progress.order <= self._mirror.order:
                return  # something newer came in the meantime
        self._mirror = Mirror(progress.edition, progress.order, run.log, run.backend)
        record.tip, record.speed = run, progress.speed
        if record.saved is not None:  # its publisher has saved it, or will
            record.saved = SavedPart(run, run.log, record.saved.steps)
        live.playing, live.notice = progress.playing, progress.notice
        self._show_past(progress.past)
        live.audience.notify()

    def _show_past(self, step: int | None) -> None:
        """Show the run as it was at a step, as another process does; None for its newest state."""
        live, record = self.live, self.live.record
        if step is None:
            live.past = None
        elif live.past is None or live.past.step != step:
            with suppress(ValueError):  # it takes too long: the newest state is shown
                live.past = self._players.records.state_at(record, step)

    def _definition(self, edition: str) -> RunDefinition | None:
        body = self._call(self._run_bus.definition, self.live.id)
        definition = RunDefinition.unpack(body) if body else None
        return definition if definition and definition.edition == edition else None

    def _use_snapshots(self, steps: tuple[int, ...] | None) -> None:
        if steps is not None:
            self._snapshot_steps = steps
            self.live.record.use_saved_steps(steps)

    def _reload(self) -> None:
        """Take the run from the store; pages may look at it. Raises KeyError if it was deleted."""
        live, record = self.live, self.live.record
        stored = self._players.records.load(record.id, record.owner)
        self._mirror = None
        record.tip, record.saved, record.history = stored.tip, stored.saved, stored.history
        record.snapshots = {}
        live.past, live.playing = None, False
        live.audience.notify()
