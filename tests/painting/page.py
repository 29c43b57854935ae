"""The network lab in a browser that is watched from outside: what it paints, and how old that is.

The server writes into each frame when it was made, and both sides read the same machine's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlparse

from playwright.sync_api import Browser, BrowserContext, Page

from tests.waiting import until

WATCHING = Path(__file__).with_name("watching.js").read_text()
FASTEST = "max"
PRESSES = 20
SETTLED = 400
"""Milliseconds after which a pressed Pause has nothing more to be painted."""

SPIRAL = {"dataset": "spiral", "optimizer": "adam", "rate": "0.01"}
DEEP = SPIRAL | {"hidden": "8,8,8"}
SIX = SPIRAL | {"hidden": "8,8,8,8,8,8"}
SMALL = {"dataset": "moons", "hidden": "4,2", "samples": "250", "test": "0", "batch": "10"}


@dataclass(frozen=True, slots=True)
class Played:
    """Some seconds of play: rates a second, ages in milliseconds, bytes a frame."""

    painted: float
    received: float
    age: float
    """The 99th percentile over time of the age of the frame on screen."""
    usual_age: float
    bytes: float
    others: dict[str, float]
    """Updates a second of each other plot that shows."""
    epochs: float


def opened(context: BrowserContext, url: str, settings: dict[str, str]) -> Page:
    """The lab with these settings at full speed, its first picture drawn."""
    context.add_init_script(WATCHING)
    page = context.new_page()
    page.goto(f"{url}network?{urlencode(settings | {'speed': FASTEST})}")
    page.wait_for_selector("#surface image", state="attached")
    return page


@contextmanager
def playing(browser: Browser, url: str, settings: dict[str, str]) -> Iterator[Page]:
    """A new visitor's lab that plays for as long as the context lasts."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        page = opened(context, url, settings)
        press(page, "Play")
        until(page, "watched.painted.length > 5")
        yield page
    finally:
        context.close()


def press(page: Page, name: str) -> None:
    """Press a button of the transport and wait until it has become the other one."""
    other = {"Play": "Pause", "Pause": "Play"}[name]
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name=other, exact=True).wait_for()


def epochs(page: Page) -> float:
    """The epochs that the run has behind it, as its resource tells."""
    run = parse_qs(urlparse(page.url).query)["run"][0]
    message = page.request.get(
        urljoin(page.url, f"/runs/{run}"), headers={"Accept": "application/json"}
    )
    document = message.json()
    settings = document["settings"]
    test = round(float(settings["test"]) * int(settings["samples"]))
    training = int(settings["samples"]) - test
    batch = int(settings["batch"]) or training
    return float(document["step"] / -(-training // batch))


def watched(page: Page, seconds: float) -> Played:
    """Watch a page that plays, for some seconds."""
    page.wait_for_url("**run=*")
    start, epochs_before = _now(page), epochs(page)
    page.wait_for_timeout(1000 * seconds)
    epochs_after, ended = epochs(page), _now(page)
    before: dict[str, Any] = page.evaluate("watched")
    lasted = (ended - start) / 1000

    def within(events: list[Any], when: Any = lambda event: event["when"]) -> list[Any]:
        return [event for event in events if start <= when(event) <= ended]

    painted, received = within(before["painted"]), within(before["received"])
    ages = _ages(painted)
    others = {name: len(within(times, float)) / lasted for name, times in before["changed"].items()}
    return Played(
        painted=len(painted) / lasted,
        received=len(received) / lasted,
        age=_percentile(ages, 0.99),
        usual_age=_percentile(ages, 0.5),
        bytes=median([event["bytes"] for event in received] or [float("nan")]),
        others=others,
        epochs=(epochs_after - epochs_before) / lasted,
    )


def presses(page: Page, times: int = PRESSES) -> float:
    """The median of the milliseconds from Play to a painted frame that had moved on."""
    waited = []
    for _ in range(times):
        press(page, "Pause")
        page.wait_for_timeout(SETTLED)
        page.evaluate("watched.pressed.length = watched.painted.length = 0")
        press(page, "Play")
        until(page, "watched.painted.some(({ step }) => step > watched.pressed[0].step)")
        waited.append(
            page.evaluate(
                "watched.painted.find(({ step }) => step > watched.pressed[0].step).when"
                " - watched.pressed[0].when"
            )
        )
    return float(median(waited))


def _now(page: Page) -> float:
    return float(page.evaluate("performance.timeOrigin + performance.now()"))


def _ages(painted: list[dict[str, float]]) -> list[float]:
    """How old the frame on screen was, once a millisecond."""
    return [
        at - visible["made"]
        for visible, following in pairwise(painted)
        for at in range(round(visible["when"]), round(following["when"]))
    ]


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))] if values else float("nan")
