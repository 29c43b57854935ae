"""A run of the measurement: the real server, a real browser, and every promise beside its bound."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, sync_playwright

from engine import native
from tests.browser import arguments, chromium
from tests.painting.cost import NETWORKS, cost
from tests.painting.page import DEEP, SIX, SMALL, Played, playing, presses, watched
from tests.painting.soak import soak
from tests.painting.table import Measure
from tests.painting.visits import visits
from tests.server import Server, serving

Group = tuple[str, list[Measure]]
NAMES = ("cost", "visits", "deep", "six", "small")


@contextmanager
def machine() -> Iterator[tuple[Server, Browser]]:
    """A server whose native backend is ready, and a browser."""
    with (
        tempfile.TemporaryDirectory() as data,
        serving(Path(data)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium(playwright), args=arguments()
        )
        request = playwright.request.new_context(base_url=server.url)
        while request.get("/healthz").json()["backend"] == native.NUMPY:
            time.sleep(0.1)
        yield server, browser
        browser.close()


def groups(chosen: tuple[str, ...], seconds: float, minutes: float, rounds: int) -> Iterator[Group]:
    """Each group of measures as soon as it is there; `rounds` are presses of Play."""
    if "cost" in chosen:
        yield _costs()
    with machine() as (server, browser):
        if "visits" in chosen:
            yield _visits(browser, server)
        for name, title, settings, least in (
            ("deep", "2-8-8-8-1 on the spiral", DEEP, 25.0),
            ("six", "six layers of 8", SIX, 20.0),
            ("small", "2-4-2-1 on 250 points", SMALL, 25.0),
        ):
            if name not in chosen:
                continue
            with playing(browser, server.url, settings) as page:
                measures = _played(watched(page, seconds), least, name == "small")
                if name == "deep":
                    waited = presses(page, rounds)
                    measures.append(Measure("Play to the next frame", waited, "ms", most=60.0))
            yield title, measures
        if minutes:
            with playing(browser, server.url, DEEP) as page:
                grown = soak(page, server.pid, minutes)
            yield (
                f"After {minutes:g} minutes of play",
                [
                    _growth("the tab's heap", grown.heap),
                    _growth("the server's memory", grown.server),
                ],
            )


def _costs() -> Group:
    measures = []
    for name, hidden in NETWORKS.items():
        milliseconds, size = cost(hidden)
        promised = name == "2-8-8-8-1"
        measures += [
            Measure(name, milliseconds, "ms", most=0.4 if promised else None),
            Measure(name, size / 1000, "KB", most=25.0 if promised else None),
        ]
    return "A frame on the server", measures


def _visits(browser: Browser, server: Server) -> Group:
    first, moving, second = visits(browser, server.url)
    return (
        "Visits",
        [
            Measure("first, over the wire", first / 1000, "KB", most=750.0),
            Measure("to the first moving frame", moving, "s", most=2.0),
            Measure("second, over the wire", second / 1000, "KB", most=20.0),
        ],
    )


def _played(seen: Played, least: float, fast: bool) -> list[Measure]:
    return [
        Measure("frames painted", seen.painted, "a second", least=least),
        Measure("frames received", seen.received, "a second"),
        Measure("age of the frame on screen, 99 %", seen.age, "ms", most=150.0),
        Measure("age of the frame on screen, median", seen.usual_age, "ms"),
        Measure("a frame", seen.bytes / 1000, "KB", most=25.0),
        *(Measure(f"updates of {name}", rate, "a second") for name, rate in seen.others.items()),
        Measure("epochs", seen.epochs, "a second", least=10_000.0 if fast else None),
    ]


def _growth(what: str, sizes: tuple[float, float]) -> Measure:
    before, after = sizes
    return Measure(
        f"{what}, {before / 1e6:.1f} → {after / 1e6:.1f} MB", 100 * (after / before - 1), "%", most=10.0
    )


def load() -> float:
    """Per cent of the machine's processors that others use now."""
    return psutil.cpu_percent(interval=1.0)
