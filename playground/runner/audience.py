"""The people who look at a run: viewers, the view that each page has chosen, and drawn frames.

A viewer is notified that there is something new, and fetches the newest when it is ready. So a slow
viewer skips what it missed, and nothing queues. A page that its browser hides is no viewer, but it
is remembered: the run plays on for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cachetools import LRUCache
from gevent.event import Event
from gevent.lock import RLock

from engine.inspection.frames import Frame, ViewOptions
from engine.training.data import Data

MAX_VIEWS = 200
"""Number of pages of one run whose view is remembered."""
MAX_FRAMES = 8
"""Number of views for which the present frame of one run is kept."""


class Audience:
    """Everyone who looks at one run."""

    def __init__(self) -> None:
        self.version = 0
        """Counts the changes that viewers should see."""
        self.viewers: set[Viewer] = set()
        self.views: LRUCache[str, ViewOptions] = LRUCache(MAX_VIEWS)
        """What each page has chosen to see, by the page's token."""
        self.surfaces: LRUCache[str, tuple[ViewOptions, Data]] = LRUCache(MAX_VIEWS)
        """The view and the data of the surface that each page shows, by the page's token."""
        self.commanded: LRUCache[str, tuple[object, ...] | None] = LRUCache(MAX_VIEWS)
        """What commands made of the run, as each page shows it, by the page's token."""
        self.hidden: LRUCache[str, float] = LRUCache(MAX_VIEWS)
        """Until when the run plays on for each hidden page, on the clock, by the page's token."""
        self.costs: dict[Callable[..., Any], float] = {}
        """Processor seconds that each function that shows the run took lately."""
        self.drawing = RLock()
        self._frames: LRUCache[ViewOptions, Frame] = LRUCache(MAX_FRAMES)
        self._frames_version = 0

    def notify(self) -> None:
        """Tell every viewer that there is something new."""
        self.version += 1
        for viewer in self.viewers:
            viewer.news.set()

    def frame(self, view: ViewOptions, draw: Callable[[], Frame]) -> Frame:
        """Return the present frame for a view. Viewers with the same view share one frame."""
        with self.drawing:
            if self._frames_version != self.version:
                self._frames.clear()
                self._frames_version = self.version
            frame = self._frames.get(view)
            if frame is None:
                version, frame = self.version, draw()
                if version == self.version:
                    self._frames[view] = frame
            return frame


class Viewer:
    """One open page that receives frames."""

    def __init__(self, audience: Audience, token: str) -> None:
        self._audience, self.token = audience, token
        self.news = Event()
        self.has_left = False
        """Whether its page has said that it closes."""
        self._version = -1
        """The version that this page has."""

    def wait(self, seconds: float) -> bool:
        """Wait for something new, but no longer than this; return whether it came. It then counts
        as fetched.
        """
        if self._version == self._audience.version and not self.news.wait(seconds):
            return False
        self.news.clear()
        self._version = self._audience.version
        return True

    def leave(self) -> None:
        """End this viewer's stream: its page has closed."""
        self.has_left = True
        self.news.set()

    @property
    def view(self) -> ViewOptions:
        """What this page has chosen to see."""
        return self._audience.views.get(self.token, ViewOptions())
