"""Hears what is published in Redis' channels, in a thread of its own, and brings it to the loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import gevent
import redis

from playground.runner.cluster.redis_bus import Exchange

LISTEN_SECONDS = 0.02
"""How long what is to be heard may wait until it is."""
AGAIN_SECONDS = 0.2


class Ears:
    """`heard` is called on the loop with a name and what was published in the channel of this name
    behind the prefix; `deaf` after something may have been missed.
    """

    def __init__(
        self,
        exchange: Exchange,
        prefix: str,
        heard: Callable[[str, bytes], None],
        deaf: Callable[[], None],
    ) -> None:
        self._prefix = prefix
        self._exchange, self._heard, self._deaf = exchange, heard, deaf
        self._wanted: set[str] = set()
        self._loop = gevent.get_hub().loop
        self._ends = False
        self._thread = threading.Thread(target=self._listen, name="ears", daemon=True)
        self._thread.start()

    def hear(self, name: str) -> None:
        """Hear this channel from now on."""
        self._wanted = self._wanted | {name}

    def ignore(self, name: str) -> None:
        """Hear it no more."""
        self._wanted = self._wanted - {name}

    def stop(self) -> None:
        """Hear nothing more."""
        self._ends = True
        self._thread.join()

    def _listen(self) -> None:
        missed = False
        while not self._ends:
            try:
                self._listen_once(missed)
            except (redis.RedisError, OSError):
                missed = True
                time.sleep(AGAIN_SECONDS)

    def _listen_once(self, missed: bool) -> None:
        hearing: set[str] = set()
        with self._exchange.listen() as heard:
            while not self._ends:
                wanted = self._wanted
                if new := wanted - hearing:
                    heard.subscribe(*(self._prefix + name for name in new))
                if old := hearing - wanted:
                    heard.unsubscribe(*(self._prefix + name for name in old))
                hearing = wanted
                if missed and hearing:
                    missed = False
                    self._loop.run_callback_threadsafe(self._deaf)
                if not hearing:
                    time.sleep(LISTEN_SECONDS)
                    continue
                message = heard.get_message(timeout=LISTEN_SECONDS)
                if message and message["type"] == "message":
                    name = message["channel"].decode().removeprefix(self._prefix)
                    self._loop.run_callback_threadsafe(self._heard, name, message["data"])
