"""A run of the measurement: the real server, a real browser, and every promise beside its bound."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil
from playwright.sync_api import Browser, sync_playwright

from engine.compiler import native_backend, processor
from tests.browser import arguments, chromium
from tests.machine import slowness
from tests.painting.cost import NETWORKS, cost
from tests.painting.page import DEEP, SIX, SMALL, playing, presses, watched
from tests.painting.soak import soak
from tests.painting.table import Measure
from tests.painting.visits import visits
from tests.server import Server, serving

Group = tuple[str, list[Measure]]


@dataclass(frozen=True, slots=True)
class Job:
    """A network to be watched, and what is promised of it a second."""

    title: str
    settings: dict[str, str]
    painted: float
    epochs: float | None = None
    pressed: bool = False


JOBS = {
    "deep": Job("2-8-8-8-1 on the spiral", DEEP, 25.0, pressed=True),
    "six": Job("six layers of 8", SIX, 20.0),
    "small": Job("2-4-2-1 on 250 points", SMALL, 25.0, 10_000.0),
}
NAMES = ("cost", "visits", *JOBS)


def main(chosen: Sequence[str], seconds: float, minutes: float, times: int) -> list[Group]:
    """What is asked for, measured with a server and a browser of its own."""
    measured = [costs()] if "cost" in chosen else []
    with (
        tempfile.TemporaryDirectory() as data,
        serving(Path(data)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=arguments())
        ready(server)
        if "visits" in chosen:
            measured.append(visited(browser, server))
        measured += [play(browser, server, name, seconds, times) for name in JOBS if name in chosen]
        if minutes:
            measured.append(soaked(browser, server, minutes))
        browser.close()
    return measured


def ready(server: Server) -> None:
    """Wait until runs that begin are trained natively."""
    while not processor.unsupported():
        with urlopen(f"{server.url}healthz") as answer:
            if json.load(answer)["backend"] != native_backend.NUMPY:
                return
        time.sleep(0.1)


def costs() -> Group:
    """A frame's milliseconds and bytes."""
    measures, slow = [], slowness()
    for name, hidden in NETWORKS.items():
        milliseconds, size = cost(hidden)
        promised = name == "2-8-8-8-1"
        measures += [
            Measure(name, milliseconds, "ms", maximum=0.4 * slow if promised else None),
            Measure(name, size / 1000, "KB", maximum=25.0 if promised else None),
        ]
    return "A frame on the server", measures


def visited(browser: Browser, server: Server) -> Group:
    """Bytes over the wire, and how soon something moves."""
    first, moving, second = visits(browser, server.url)
    return (
        "Visits",
        [
            Measure("first, over the wire", first / 1000, "KB", maximum=750.0),
            Measure("to the first moving frame", moving, "s", maximum=2.0 * slowness()),
            Measure("second, over the wire", second / 1000, "KB", maximum=20.0),
        ],
    )


def play(browser: Browser, server: Server, name: str, seconds: float, times: int) -> Group:
    """Some seconds of play at full speed, and for the job that promises it so many presses."""
    job, slow = JOBS[name], slowness()
    with playing(browser, server.url, job.settings) as page:
        step_before = watched(page, seconds)
        measures = [
            Measure("frames painted", step_before.painted, "a second", minimum=job.painted / slow),
            Measure("frames received", step_before.received, "a second"),
            Measure(
                "age of the frame on screen, 99 %", step_before.age, "ms", maximum=150.0 * slow
            ),
            Measure("age of the frame on screen, median", step_before.usual_age, "ms"),
            Measure("a frame", step_before.bytes / 1000, "KB", maximum=25.0),
            *(
                Measure(f"updates of {plot}", rate, "a second", minimum=4.0 / slow)
                for plot, rate in step_before.others.items()
            ),
            Measure(
                "epochs", step_before.epochs, "a second", minimum=job.epochs and job.epochs / slow
            ),
        ]
        if job.pressed:
            waited = presses(page, times)
            measures.append(
                Measure("Play to the next painted frame", waited, "ms", maximum=60.0 * slow)
            )
    return job.title, measures


def soaked(browser: Browser, server: Server, minutes: float) -> Group:
    """How much minutes of play have added."""
    with playing(browser, server.url, DEEP) as page:
        grown = soak(page, server.pid, minutes)
    return (
        f"After {minutes:g} minutes of play",
        [_growth("the tab's heap", grown.heap), _growth("the server's memory", grown.server)],
    )


def _growth(what: str, sizes: tuple[float, float]) -> Measure:
    before, after = sizes
    message = f"{what}, {before / 1e6:.1f} → {after / 1e6:.1f} MB"
    return Measure(message, 100 * (after / before - 1), "%", maximum=10.0)


def load() -> float:
    """Per cent of the machine's processors that others use now."""
    return psutil.cpu_percent(interval=1.0)
