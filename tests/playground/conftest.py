"""The application and a client of it, as a new visitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
from playground.runner.embedded import EmbeddedRunner
from playground.settings import Deployment
from playground.storage.store import Store


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = create_app(Deployment(data=tmp_path))
    yield made
    made.extensions["runner"].stop()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[EmbeddedRunner]:
    deployment = Deployment(data=tmp_path, runs=50, runs_per_visitor=3)
    made = EmbeddedRunner(Store(deployment.store_url()), deployment)
    yield made
    made.stop()
