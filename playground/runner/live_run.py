"""A run in this process: a record, a player and an audience, and what is shown of it now."""

from __future__ import annotations

from collections.abc import Callable

from gevent.lock import RLock

from engine.training.run import Run
from playground.clock import LoopClock
from playground.runner.audience import Audience
from playground.runner.player import Player
from playground.runner.record import RunRecord


class LiveRun:
    """One run while it is in memory."""

    def __init__(self, record: RunRecord, make_player: PlayerMaker, clock: LoopClock) -> None:
        self.record, self.audience = record, Audience()
        self.past: Run | None = None
        """An earlier state, if that is shown instead of the newest."""
        self.playing = False
        self.notice = ""
        """Why it plays slowly or has stopped, in words."""
        self.before_reset = ("", 0)
        """The run that keeps what this one was before its last reset: its id, and the number of
        its commands then.
        """
        self.lock = RLock()
        """Hold it while you change the run."""
        self._clock, self._touched_at = clock, clock.now()
        self.player: Player = make_player(self)

    @property
    def id(self) -> str:
        """The id of the run."""
        return self.record.id

    @property
    def tip(self) -> Run:
        """The run as far as it has come."""
        return self.record.tip

    @property
    def run(self) -> Run:
        """The state that is shown."""
        return self.record.tip if self.past is None else self.past

    @property
    def is_watched(self) -> bool:
        """Whether any page receives its frames, or is hidden and may come back."""
        return bool(self.audience.viewers) or self.hidden_until > self._clock.now()

    @property
    def hidden_until(self) -> float:
        """Until when the run plays on for hidden pages, on the clock."""
        return max(self.audience.hidden.values(), default=0.0)

    def touch(self) -> None:
        """Note that a person did something with it just now."""
        self._touched_at = self._clock.now()

    @property
    def idle_seconds(self) -> float:
        """Seconds since a person did something with it."""
        return self._clock.now() - self._touched_at


PlayerMaker = Callable[[LiveRun], Player]
