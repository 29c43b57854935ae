"""A run in this process, and who looks at it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.event import Event
from gevent.lock import RLock

from engine.inspection.frames import Frame, ViewOptions
from engine.training.commands import RunCommand
from engine.training.run import Run
from engine.training.snapshots import History, max_snapshots, pack
from playground.runner.pace import DEFAULT_SPEED

MOST_VIEWS = 200
"""Of one run."""


@dataclass(eq=False)
class Live:
    """A run in this process: how far it has come, whether it plays, and who looks at it."""

    id: str
    visitor: str
    tip: Run
    """The run as far as it has come."""
    speed: str = DEFAULT_SPEED
    name: str = ""
    parent: str = ""
    parent_step: int = 0
    made: float = field(default_factory=time.time)
    used: float = field(default_factory=time.time)
    past: Run | None = None
    """An earlier moment of it, where one is looked at."""
    history: History = History()
    snapshots: dict[int, bytes] = field(default_factory=dict)
    """Those that are not saved yet, by step."""
    saved: Run | None = None
    """The run as it was saved last."""
    stored: bool = False
    """Whether it was ever saved: a run that was, and is not in the store, was deleted."""
    saved_steps: tuple[int, ...] = ()
    """Of the snapshots that are saved."""
    saved_log: tuple[tuple[int, RunCommand], ...] = ()
    data: str = ""
    """Under which hash its samples are kept."""
    playing: bool = False
    lease: int = 0
    """The number of the lease under which it was changed last, where several processes share it."""
    notice: str = ""
    """Why it plays slowly, or no more, in words."""
    touched: float = field(default_factory=time.monotonic)
    """When somebody did something with it last, on the monotonic clock."""
    version: int = 0
    """Counts every change that a viewer should see."""
    viewers: set[Viewer] = field(default_factory=set)
    views: OrderedDict[str, ViewOptions] = field(default_factory=OrderedDict)
    """What each page has chosen to see, by the page's token."""
    changing: RLock = field(default_factory=RLock)
    drawing: RLock = field(default_factory=RLock)
    halt: Event = field(default_factory=Event)
    player: gevent.Greenlet | None = None
    leaving: gevent.Greenlet | None = None
    expected_until: float = 0.0
    """Until when a page that was sent may still open its stream, on the monotonic clock."""
    costs: dict[Callable[..., Any], float] = field(default_factory=dict)
    """Processor seconds that what shows it took of late."""
    frames: dict[ViewOptions, tuple[int, Frame]] = field(default_factory=dict)
    payer: str = ""
    """Whose computing a run of nobody's takes."""

    @property
    def account(self) -> str:
        """Whose computing it takes."""
        return self.visitor or self.payer or self.id

    @property
    def run(self) -> Run:
        """The moment of it that is looked at."""
        return self.tip if self.past is None else self.past

    def see(self, token: str, view: ViewOptions) -> None:
        """The page with this token sees this; of too many pages the longest unused is forgotten."""
        self.views[token] = view
        self.views.move_to_end(token)
        while len(self.views) > MOST_VIEWS:
            self.views.popitem(last=False)

    def changed(self) -> None:
        """Tell every viewer that there is something new."""
        self.version += 1
        for viewer in self.viewers:
            viewer.news.set()

    def come_to(self, run: Run, room: int) -> None:
        """It has come so far; a snapshot is taken if one is due, in so many bytes for all."""
        if run.step < self.tip.step or len(run.log) < len(self.tip.log):  # it was reset
            self.history, self.snapshots = History(), {}
        self.tip = run
        history = self.history.add(run.step, max_snapshots(run, room))
        if history is self.history:
            return
        self.history = history
        if history.steps[-1:] == (run.step,):
            self.snapshots[run.step] = pack(run)
        kept = set(history.steps)
        self.snapshots = {step: body for step, body in self.snapshots.items() if step in kept}


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
    def view(self) -> ViewOptions:
        """What this page has chosen to see."""
        return self.live.views.get(self.token, ViewOptions())
