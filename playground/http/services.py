"""What every request may use: the settings of this deployment, and the parts that do its work.

There is one `Services` for each application, made by `create_app`. Code that handles a request asks
`services()` for it. All other code is given what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app

from playground.http.open_streams import OpenStreams
from playground.runner.runner import Runner
from playground.settings import Deployment
from playground.storage.store import Store
from playground.storage.texts import TextStore


class LedRoom(Protocol):
    """A room, as far as requests are counted."""

    @property
    def code(self) -> str:
        """The code that people type."""

    @property
    def leader(self) -> str:
        """The visitor who leads it."""


class RoomFinder(Protocol):
    """The rooms, as far as this folder needs them. `rooms.leader.rooms` gives all of them."""

    def find(self, code: str) -> LedRoom | None:
        """The room with this code, or None."""

    def stop(self) -> None:
        """Store what is not yet stored."""


@dataclass(frozen=True)
class Services:
    """The parts of one application."""

    deployment: Deployment
    store: Store
    runner: Runner
    """Advances the runs."""
    texts: TextStore
    """Long texts of the expression lab, by their hash."""
    tables: TextStore
    """Tables that people uploaded, as CSV, by their hash."""
    rooms: RoomFinder
    streams: OpenStreams


def init_services(app: Flask, services: Services) -> None:
    """Give an application its services."""
    app.extensions["services"] = services


def services_of(app: Flask) -> Services:
    """The services of an application."""
    services: Services = app.extensions["services"]
    return services


def services() -> Services:
    """The services of the application that handles this request."""
    return services_of(current_app)


def runner() -> Runner:
    """What advances this application's runs."""
    return services().runner
