"""The connection to Redis, for worker threads and for gevent's loop."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from gevent.threadpool import ThreadPool
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from playground.messages import runs as messages
from playground.runner.errors import UnreachableError
from playground.threads import call_catching

SOCKET_SECONDS = 2.0
"""Seconds to wait for an answer of Redis."""
CONNECT_SECONDS = 1.0
THREADS = 8
"""Number of threads of a web process that wait for Redis."""

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class RedisBus:
    """One Redis. Calls block their thread, and raise UnreachableError if Redis does not answer."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            url,
            socket_timeout=SOCKET_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )

    def call(self, function: Callable[[Any], Result]) -> Result:
        """Return what a function does with the Redis client."""
        try:
            result: Result = function(self._redis)
            return result
        except (redis.RedisError, OperationalError, OSError) as error:
            logger.warning("Redis: %s", error)
            raise UnreachableError(messages.REDIS_DOWN) from error

    def boot_id(self) -> str:
        """Return an id that all processes share for as long as Redis keeps its data."""

        def work(client: Any) -> str:
            client.set("playground:boot", secrets.token_urlsafe(6), nx=True)
            return str(client.get("playground:boot").decode())

        return self.call(work)

    def script(self, source: str) -> Any:
        """Return a Lua script, to be called with keys and arguments inside `call`."""
        return self._redis.register_script(source)

    def subscription(self) -> Any:
        """Return a new subscription, without channels."""
        return self._redis.pubsub(ignore_subscribe_messages=True)


class LoopBus:
    """Calls to Redis from gevent's loop: they block threads of their own while the loop goes on."""

    def __init__(self, bus: RedisBus) -> None:
        self.bus = bus
        self._threads = ThreadPool(THREADS)

    def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return the result of a function that blocks."""
        result, error, _ = self._threads.apply(call_catching, (function, arguments))
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def call(self, function: Callable[[Any], Result]) -> Result:
        """Return what a function does with the Redis client."""
        result: Result = self.run(self.bus.call, function)
        return result

    def stop(self) -> None:
        """End the threads."""
        self._threads.kill()
