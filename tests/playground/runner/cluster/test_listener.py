"""Messages from Redis reach the loop."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
import redis

from playground.runner.cluster.listener import RedisListener
from playground.runner.cluster.redis_bus import RedisBus
from tests.cluster import program
from tests.playground.runner.conftest import wait_until
from tests.redis_server import redis_server

Messages = list[tuple[str, bytes]]


@pytest.fixture
def messages() -> Messages:
    return []


@pytest.fixture
def gaps() -> list[str]:
    return []


@pytest.fixture
def listener(bus: RedisBus, messages: Messages, gaps: list[str]) -> Iterator[RedisListener]:
    listener = RedisListener(
        bus, "test:", lambda name, body: messages.append((name, body)), lambda: gaps.append("gap")
    )
    yield listener
    listener.stop()


def publish(url: str, channel: str, body: str) -> int:
    return int(redis.Redis.from_url(url).publish(channel, body))


def test_only_subscribed_channels_are_heard(
    listener: RedisListener, messages: Messages, redis_url: str
) -> None:
    listener.subscribe("one")
    listener.subscribe("two")
    wait_until(lambda: publish(redis_url, "test:one", "a"))
    wait_until(lambda: publish(redis_url, "test:two", "b"))
    wait_until(lambda: ("one", b"a") in messages and ("two", b"b") in messages)
    listener.unsubscribe("one")
    wait_until(lambda: not publish(redis_url, "test:one", "c"))
    assert publish(redis_url, "test:three", "d") == 0
    gevent.sleep(0.05)
    assert {body for _, body in messages} <= {b"a", b"b", b"c"}


@pytest.mark.skipif(not program("redis-server"), reason="needs a Redis that can be stopped")
def test_after_redis_was_away_the_gap_is_reported(
    tmp_path_factory: pytest.TempPathFactory, messages: Messages, gaps: list[str]
) -> None:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        listener = RedisListener(
            RedisBus(server.url),
            "test:",
            lambda name, body: messages.append((name, body)),
            lambda: gaps.append("gap"),
        )
        listener.subscribe("one")
        wait_until(lambda: publish(server.url, "test:one", "a"))
        assert not gaps
        server.stop()
        gevent.sleep(0.05)
        server.start()
        wait_until(lambda: gaps == ["gap"])
        wait_until(lambda: publish(server.url, "test:one", "b"))
        wait_until(lambda: ("one", b"b") in messages)
        listener.stop()
