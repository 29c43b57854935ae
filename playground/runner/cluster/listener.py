"""Listens to channels of Redis in a thread of its own, and hands each message to gevent's loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import gevent
import redis

from playground.runner.cluster.redis_bus import RedisBus

POLL_SECONDS = 0.02
"""Maximum delay of a message, or of a new channel, in seconds."""
RETRY_SECONDS = 0.2
"""Seconds until the connection is tried again."""


class RedisListener:
    """Calls `on_message` on the loop with the name of a channel, without the prefix, and what was
    published there; and `on_gap` after messages may have been missed.
    """

    def __init__(
        self,
        bus: RedisBus,
        prefix: str,
        on_message: Callable[[str, bytes], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._bus, self._prefix = bus, prefix
        self._on_message, self._on_gap = on_message, on_gap
        self._names: frozenset[str] = frozenset()
        self._loop = gevent.get_hub().loop
        self._is_stopping = False
        self._thread = threading.Thread(target=self._listen, name="redis-listener", daemon=True)
        self._thread.start()

    def subscribe(self, name: str) -> None:
        """Listen to this channel from now on."""
        self._names |= {name}

    def unsubscribe(self, name: str) -> None:
        """Listen to this channel no longer."""
        self._names -= {name}

    def stop(self) -> None:
        """Stop listening."""
        self._is_stopping = True
        self._thread.join()

    def _listen(self) -> None:
        has_gap = False
        while not self._is_stopping:
            try:
                with self._bus.subscription() as subscription:
                    self._receive(subscription, has_gap)
            except (redis.RedisError, OSError):
                has_gap = True
                time.sleep(RETRY_SECONDS)

    def _receive(self, subscription: Any, has_gap: bool) -> None:
        subscribed: frozenset[str] = frozenset()
        while not self._is_stopping:
            names = self._names
            if new := names - subscribed:
                subscription.subscribe(*(self._prefix + name for name in new))
            if old := subscribed - names:
                subscription.unsubscribe(*(self._prefix + name for name in old))
            subscribed = names
            if has_gap and names:
                has_gap = False
                self._loop.run_callback_threadsafe(self._on_gap)
            if not names:
                time.sleep(POLL_SECONDS)
                continue
            message = subscription.get_message(timeout=POLL_SECONDS)
            if message and message["type"] == "message":
                name = message["channel"].decode().removeprefix(self._prefix)
                self._loop.run_callback_threadsafe(self._on_message, name, message["data"])
