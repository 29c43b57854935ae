"""The application and a client of it, as a new visitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
from playground.http.services import services_of
from playground.runner.runner import Runner, local_runner
from playground.settings import Deployment
from playground.storage.store import Store
from tests.cluster import program
from tests.redis_server import fake_redis_url, redis_server


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(Deployment(data=tmp_path))
    yield app
    services_of(app).runner.stop()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    deployment = Deployment(data=tmp_path, runs=50, runs_per_visitor=3)
    runner = local_runner(Store(deployment.store_url()), deployment)
    yield runner
    runner.stop()


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if program("redis-server"):
        with redis_server(tmp_path_factory.mktemp("redis")) as server:
            yield server.url
    else:
        with fake_redis_url() as url:
            yield url


@pytest.fixture
def redis_url(shared_redis: str) -> str:
    """The address of a Redis that is empty when the test begins."""
    redis.Redis.from_url(shared_redis).flushall()
    return shared_redis
