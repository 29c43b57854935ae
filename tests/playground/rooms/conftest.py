"""Rooms in memory, with a clock that the test moves."""

from __future__ import annotations

import pytest

from playground.rooms.registry import Rooms
from tests.manual_clock import ManualClock
from tests.playground.rooms.storage import Storage


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def rooms(storage: Storage, clock: ManualClock) -> Rooms:
    return Rooms(2, storage, clock=clock)
