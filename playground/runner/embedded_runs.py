"""The runs of embedded panels. They belong to nobody, are never saved, and always play in this
process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from engine.training.run import Run
from playground.clock import LoopClock
from playground.messages import runs as messages
from playground.runner.errors import FullError
from playground.runner.live_run import LiveRun, PlayerMaker
from playground.runner.record import RunRecord, new_id


class EmbeddedRuns:
    """At most `limit` runs, each by the random token of the page that shows it."""

    def __init__(self, make_player: PlayerMaker, clock: LoopClock, limit: int) -> None:
        self._make_player, self._clock, self._limit = make_player, clock, limit
        self._live: OrderedDict[str, LiveRun] = OrderedDict()

    def find(self, token: str) -> LiveRun | None:
        """Return the run of a page, or None if it never played or was deleted."""
        live = self._live.get(token)
        if live is not None:
            self._live.move_to_end(token)
            live.touch()
        return live

    def open(self, token: str, begin: Callable[[], Run], owner: str) -> LiveRun:
        """Return the run of a page; if there is none, the one that `begin` returns. `owner` is
        whose computing time it takes. Raises FullError if every run is watched.
        """
        live = self.find(token)
        if live is None:
            run = begin()
            self._make_space()
            live = LiveRun(RunRecord(new_id(), owner, run), self._make_player, self._clock)
            live = self._live.setdefault(token, live)
        return live

    def _make_space(self) -> None:
        """Delete the longest unused run that nobody watches, if there are too many."""
        if len(self._live) < self._limit:
            return
        unwatched = [token for token, live in self._live.items() if not live.is_watched]
        if not unwatched:
            raise FullError(messages.EMBEDDED_FULL.format(limit=self._limit))
        self._live.pop(unwatched[0]).player.release()
