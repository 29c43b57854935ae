"""Runs that play and are edited on a server that is killed with -9 at random moments.

What a viewer was shown says how old the state is that comes back: every frame carries its step and
the time at which it was made. What comes back is held against a replay of the run's own settings
and log, so that nothing can be corrupted unnoticed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from engine.training.replay import advance_to
from engine.training.run import Run, begin
from engine.training.snapshots import state_at
from playground.storage.run_rows import run_of
from playground.storage.store import Store
from tests.server import Server, serving
from tests.visitor import Visitor

OLDEST_SECONDS = 1.0
SETTINGS = (
    {"dataset": "moons", "hidden": "8,8", "samples": "100", "speed": "max"},
    {"dataset": "spiral", "hidden": "8,8", "optimizer": "adam", "speed": "1000"},
    {"dataset": "circles", "hidden": "4", "speed": "100", "dropout": "0.1"},
    {"dataset": "moons", "hidden": "16,16", "speed": "100", "batch": "32", "clip": "1"},
)


@dataclass
class Watched:
    """A run, and what its viewer was shown: the time in seconds and the step of every frame."""

    path: str
    visitor: Visitor
    frames: list[tuple[float, int]] = field(default_factory=list)
    edits: int = 0
    """Edits that the server answered, less those that a kill took back."""
    last_run: Run | None = None
    """The run after the last kill; the next is computed from it."""


def killed_again_and_again(
    folder: Path, kills: int, seed: int, say: Callable[[str], object] = lambda line: None
) -> float:
    """The age in seconds of the oldest state that came back. Raises AssertionError where a run is
    gone, older than OLDEST_SECONDS, or not what its settings and log give.
    """
    chance, worst = random.Random(seed), 0.0
    watched: list[Watched] = []
    for number in range(kills):
        with serving(folder) as server:
            for watcher in watched:
                watcher.frames.clear()
                watcher.visitor.server = server
                assert watcher.visitor.state(watcher.path)["playing"] is False
            if not watched:
                watched = [begin_run(server, settings) for settings in SETTINGS]
            killed = plays_until_killed(server, watched, chance)
        age = max(age_of_state(folder, watcher, killed) for watcher in watched)
        worst = max(worst, age)
        say(f"kill {number + 1}: {age:.2f} s")
        assert age <= OLDEST_SECONDS, f"a run came back {age:.2f} s old"
    return worst


def begin_run(server: Server, settings: dict[str, str]) -> Watched:
    """A run of a new visitor."""
    visitor = Visitor(server)
    return Watched(visitor.begin(urlencode(settings)), visitor)


def plays_until_killed(server: Server, watched: list[Watched], chance: random.Random) -> float:
    """Lets all play, edits some, and kills the server; returns when."""
    threads = [threading.Thread(target=watch, args=(watcher,)) for watcher in watched]
    for thread in threads:
        thread.start()
    for watcher in watched:
        watcher.visitor.ask("POST", f"{watcher.path}/play")
    while not all(watcher.frames for watcher in watched):
        time.sleep(0.01)
    end = time.time() + chance.uniform(0.2, 3.0)
    while time.time() < end:
        edit(chance.choice(watched), chance)
        time.sleep(chance.uniform(0.0, 0.1))
    os.kill(server.pid, signal.SIGKILL)
    killed = time.time()
    for thread in threads:
        thread.join(20)
    return killed


def edit(watcher: Watched, chance: random.Random) -> None:
    """A point added or moved, a weight set, or another rate."""
    at = f"{chance.uniform(-1, 1)},{chance.uniform(-1, 1)}"
    path, form = chance.choice(
        [
            ("data", {"how": "add", "at": at, "target": "1"}),
            ("data", {"how": "move", "index": "0", "at": at}),
            ("weight", {"place": "1", "value": str(chance.uniform(-1, 1))}),
            ("change", {"name": "rate", "rate": str(chance.choice([0.03, 0.1, 0.05]))}),
        ]
    )
    status, _, content = watcher.visitor.ask("POST", f"{watcher.path}/{path}", urlencode(form))
    assert status == 303, content[:200]
    watcher.edits += 1


def watch(watcher: Watched) -> None:
    """Keeps what the run's stream shows until the server is gone."""
    for name, data in watcher.visitor.events(watcher.path):
        if name == "frame":
            frame = json.loads(data)
            watcher.frames.append((frame["at"] / 1000.0, frame["step"]))


def age_of_state(folder: Path, watcher: Watched, killed: float) -> float:
    """The age of the state that was kept, which is exactly what its settings and log give, from
    the beginning and from a snapshot.
    """
    with sqlite3.connect(folder / "playground.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store = Store(f"sqlite:///{folder / 'playground.db'}")
    try:
        row = store.find(watcher.path.rpartition("/")[2])
        assert row is not None, "a run is gone"
        run = run_of(row)
        start = watcher.last_run or begin(run.settings, run.backend, run.first_data)
        again = advance_to(start, run.log, run.step)
        assert (again.parameters == run.parameters).all(), "a run is not what its log gives"
        if row.steps:
            step = row.steps[len(row.steps) // 2]
            middle = state_at(run, store.snapshot(row.row["id"], step), run.step)
            assert (middle.parameters == run.parameters).all(), "a snapshot is not what it was"
        assert len(run.log) >= watcher.edits - 5, "edits are gone"
        watcher.last_run, watcher.edits = again, len(run.log)
    finally:
        store.close()
    beyond = [at for at, step in watcher.frames if step > run.step]
    return max(0.0, killed - min(beyond)) if beyond else 0.0
