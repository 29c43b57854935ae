"""Runs that play on a hosted instance whose parts fail one after the other: a web process and a
worker are killed, Redis is started again, PostgreSQL is away for a while.

Every run has a viewer who goes on at another web process when theirs is gone, as a proxy would have
it. What they were shown says how long nothing moved and whether anything went back in time; the
losses that they were shown are held against the same settings trained here, so that nobody can have
been shown another's run.
"""

from __future__ import annotations

import itertools
import json
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from engine.inspection.frames import ViewOptions, frame
from engine.training.run import advance, begin
from engine.training.settings_parser import parse_settings
from playground.storage.schema import RUNS
from tests.cluster import Cluster, Process, cluster
from tests.visitor import Visitor

RUNS_PLAYING = 20
LONGEST_SECONDS = 5.0
AWAY_SECONDS = 10.0
CALM_SECONDS = 3.0


@dataclass
class Watched:
    """A run, and what its viewer was shown: when, the step, the loss."""

    settings: dict[str, str]
    visitor: Visitor
    path: str
    web: int
    frames: list[tuple[float, int, float]] = field(default_factory=list)
    notices: list[tuple[float, bool]] = field(default_factory=list)
    """When the page said, and said no more, that nothing can be saved."""
    ends: bool = False

    def watch(self, instance: Cluster) -> None:
        """Watches until it is to end, wherever there is a web process."""
        while not self.ends:
            self.visitor.server = instance.server(self.web)
            try:
                for name, data in self.visitor.events(self.path):
                    self._see(name, data)
                    if self.ends:
                        return
            except (OSError, ValueError):
                pass
            self.web = 1 - self.web
            time.sleep(0.1)

    def _see(self, name: str, data: str) -> None:
        now = time.monotonic()
        if name == "frame":
            frame = json.loads(data)
            self.frames.append((now, frame["step"], frame["loss"]["train"]))
        elif not name:
            troubled = "Changes are not saved" in data
            if troubled != (self.notices[-1][1] if self.notices else False):
                self.notices.append((now, troubled))

    def still(self, since: float, until: float) -> float:
        """The longest time in seconds in which no later step was shown."""
        times, last = [since], -1
        for at, step, _ in self.frames:
            if since <= at <= until and step > last:
                times.append(at)
                last = step
        return max(b - a for a, b in itertools.pairwise([*times, until]))


def failing(
    folder: Path,
    say: Callable[[str], object] = lambda line: None,
    runs: int = RUNS_PLAYING,
    only: Collection[str] = (),
) -> float:
    """The longest time in seconds in which a run did not move. Raises AssertionError where one is
    shown standing still for longer than LONGEST_SECONDS, going back, or another's.
    """
    with cluster(folder) as instance:
        watched = [_begun(instance, number) for number in range(runs)]
        threads = [threading.Thread(target=watcher.watch, args=(instance,)) for watcher in watched]
        for thread in threads:
            thread.start()
        worst = 0.0
        try:
            _wait(lambda: all(watcher.frames for watcher in watched), 20, "not every run plays")
            for name, failure in FAILURES.items():
                if only and name not in only:
                    continue
                began = time.monotonic()
                with failure(instance, watched):
                    time.sleep(CALM_SECONDS)
                time.sleep(CALM_SECONDS)
                end = time.monotonic()
                longest = max(watcher.still(began, end) for watcher in watched)
                say(f"{name}: nothing moved for {longest:.2f} s at most")
                assert longest <= LONGEST_SECONDS, name
                worst = max(worst, longest)
        finally:
            for watcher in watched:
                watcher.ends = True
            for thread in threads:
                thread.join(20)
        for watcher in watched:
            _right(watcher)
        say(f"{sum(len(watcher.frames) for watcher in watched):,} frames, none of them another's")
        return worst


def _begun(instance: Cluster, number: int) -> Watched:
    visitor = Visitor(instance.server(number % 2))
    settings = {
        "dataset": ("moons", "circles", "spiral", "xor")[number % 4], "samples": "80",
        "hidden": ("4", "8", "8,8", "6,4")[number // 4 % 4], "seed": str(number),
        "speed": ("100", "1000")[number % 2],
    }  # fmt: skip
    path = visitor.begin(urlencode(settings | {"then": "play"})).partition("?")[0]
    return Watched(settings, visitor, path, number % 2)


@contextmanager
def _killed(process: Process) -> Iterator[None]:
    process.end(signal.SIGKILL)
    yield
    process.start()


@contextmanager
def _one_web(instance: Cluster, watched: list[Watched]) -> Iterator[None]:
    with _saved(instance, watched), _killed(instance.webs[0]):
        yield
    instance.ready(0)


@contextmanager
def _one_worker(instance: Cluster, watched: list[Watched]) -> Iterator[None]:
    with _saved(instance, watched), _killed(instance.workers[0]):
        yield


@contextmanager
def _other_worker(instance: Cluster, watched: list[Watched]) -> Iterator[None]:
    time.sleep(CALM_SECONDS)  # the first is there again
    with _saved(instance, watched), _killed(instance.workers[1]):
        yield


@contextmanager
def _redis_again(instance: Cluster, watched: list[Watched]) -> Iterator[None]:
    with _saved(instance, watched):
        instance.redis.end()
        instance.redis.start()
        yield


@contextmanager
def _postgres_away(instance: Cluster, watched: list[Watched]) -> Iterator[None]:
    with _saved(instance, watched):
        instance.postgres.end(signal.SIGINT)
        time.sleep(AWAY_SECONDS)
        last = [watcher.notices[-1:] for watcher in watched]
        assert all(notices and notices[0][1] for notices in last), "not every page said so"
        instance.postgres.start()
        back = time.monotonic()
        _wait(
            lambda: all(not watcher.notices[-1][1] for watcher in watched), 5,
            "not every run is saved again within 5 s",
        )  # fmt: skip
        assert time.monotonic() - back <= 5
        yield


FAILURES = {
    "a web process is killed": _one_web,
    "a worker is killed": _one_worker,
    "the other worker is killed": _other_worker,
    "Redis is started again": _redis_again,
    "PostgreSQL is away for 10 s": _postgres_away,
}


@contextmanager
def _saved(instance: Cluster, watched: list[Watched]) -> Iterator[None]:
    """What the database said before is not taken back after."""
    before = _steps(instance)
    assert len(before) == len(watched)
    yield
    after = _steps(instance)
    lost = {run: (step, after.get(run)) for run, step in before.items() if after[run] < step}
    assert not lost, f"saved steps are gone: {lost}"


def _steps(instance: Cluster) -> dict[str, int]:
    engine = sa.create_engine(instance.database_url)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(RUNS.c.id, RUNS.c.step)).all()
    engine.dispose()
    return {row.id: row.step for row in rows}


def _right(watcher: Watched) -> None:
    """What was shown never went back, and is what these settings give."""
    steps = [step for _, step, _ in watcher.frames]
    back = [(a, b) for a, b in itertools.pairwise(steps) if b < a]
    assert not back, f"{watcher.path} went back: {back[:3]}"
    settings, errors = parse_settings(watcher.settings)
    assert settings is not None, errors
    backend = str(json.loads(watcher.visitor.ask("GET", "/healthz")[2])["backend"])
    run = begin(settings, backend)
    for _, step, loss in watcher.frames[:: max(1, len(watcher.frames) // 5)]:
        run = advance(run, step - run.step)
        assert abs(frame(run, ViewOptions()).loss[0] - loss) <= 1e-9 * max(1.0, abs(loss)), (
            watcher.path
        )


def _wait(true: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.02)
