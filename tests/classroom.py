"""A class in one room: how long after the leader every follower shows a step, and how soon all are
back after the server was killed.

    python -m tests.classroom [--followers 60] [--steps 40]

Three of the followers are browsers, in which a step counts when it is painted; the others read the
stream. Times are from the leader's request until that step, or a later one, is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import arguments, chromium
from tests.machine import slowness
from tests.server import Server, serving
from tests.visitor import Visitor
from tests.waiting import until

BROWSERS = 3
WITHIN_SECONDS = 0.3
BACK_SECONDS = 5.0
"""Bounds of the reference machine; `bounds()` scales them for this one."""
STEP_SECONDS = 0.25

WATCH = """() => {
    window.seen = {};
    const look = () => {
        const step = document.getElementById('step-out')?.textContent;
        if (step !== undefined && !(step in seen))
            requestAnimationFrame(() => setTimeout(() => { seen[step] ??= Date.now() / 1000; }));
    };
    new MutationObserver(look).observe(
        document.body, { subtree: true, childList: true, characterData: true });
    look();
}"""
"""Notes when each step was first on the screen."""


@dataclass
class Reader:
    """A follower without a browser: when each step first reached it."""

    visitor: Visitor
    code: str
    seen_at: dict[int, float] = field(default_factory=dict)
    ended: bool = False

    def read(self) -> None:
        """Follow until told to end, coming back when the server was away."""
        while not self.ended:
            for name, data in self.visitor.events(f"/rooms/{self.code}"):
                if name == "frame":
                    step = json.loads(data)["step"]
                elif match := re.search(r'id="step-out"[^>]*>([\d,]+)<', data):
                    step = int(match[1].replace(",", ""))
                else:
                    continue
                self.seen_at.setdefault(step, time.time())
                if self.ended:
                    return
            time.sleep(0.1)


@dataclass(frozen=True)
class Measured:
    """Seconds from the leader's request: of every step at every follower, and until the last was
    back.
    """

    late: list[float]
    back: float

    @property
    def p99(self) -> float:
        """The 99th percentile of all steps at all followers."""
        return float(np.percentile(self.late, 99))


def bounds() -> tuple[float, float]:
    """Seconds in which followers see a step, and are back after a kill, on this machine."""
    return WITHIN_SECONDS * slowness(), BACK_SECONDS * slowness()


def measure(browser: Browser, data: Path, followers: int, steps: int) -> Measured:
    """One leader on a run, and so many followers."""
    with ExitStack() as stack:
        server = stack.enter_context(serving(data))
        leader, run, code = led(server)
        readers = [Reader(Visitor(server), code) for _ in range(followers - BROWSERS)]
        stack.enter_context(reading(readers))
        pages = [followed(browser, server, code) for _ in range(BROWSERS)]
        soon(lambda: all(0 in reader.seen_at for reader in readers))
        starts = [take_step(leader, run, step) for step in range(1, steps + 1)]
        soon(lambda: all(steps in reader.seen_at for reader in readers))
        for page in pages:
            until(page, f"window.seen[{steps}]")
        first_seen = [page.evaluate("window.seen") for page in pages]
        followed_by = [reader.seen_at for reader in readers]
        followed_by += [{int(step): at for step, at in reader.items()} for reader in first_seen]
        late = [
            min(at for later, at in times.items() if later >= step) - starts[step - 1]
            for step in range(1, steps + 1)
            for times in followed_by
        ]
        for reader in readers:
            reader.seen_at.clear()
        for page in pages:
            page.evaluate("window.seen = {}")
        os.kill(server.pid, signal.SIGKILL)
        killed = time.time()
        again = stack.enter_context(serving(data, port=server.port))
        up = time.time()
        soon(lambda: all(steps in reader.seen_at for reader in readers))
        for page in pages:
            until(page, "document.getElementById('notice').textContent === ''")
            assert page.locator("#step-out").text_content() == str(steps)
        back = time.time() - up
        assert leader.state(run) | {"playing": False, "step": steps} == leader.state(run)
        print(f"the server was away for {up - killed:.1f} s", again.url)
        for page in pages:
            page.goto("about:blank")
    return Measured(late, back)


def led(server: Server) -> tuple[Visitor, str, str]:
    """A leader, the run that the room shows, and the room's code."""
    leader = Visitor(server)
    run = leader.begin("hidden=8,8&samples=100")
    current = f"{server.url}network?hidden=8,8&samples=100&run={run.rpartition('/')[2]}"
    leader.ask("POST", "/rooms", "", {"HX-Request": "true", "HX-Current-URL": current})
    page = leader.ask("GET", run, headers={"Accept": "text/html"})[2].decode()
    match = re.search(r'class="roomcode">(\w+)<', page)
    assert match
    return leader, run, match[1]


def take_step(leader: Visitor, run: str, step: int) -> float:
    """The leader takes a step, and leaves it standing a moment; returns when it was asked for."""
    start = time.time()
    leader.ask("POST", f"{run}/step")
    time.sleep(max(0.0, start + STEP_SECONDS - time.time()))
    return start


def followed(browser: Browser, server: Server, code: str) -> Page:
    """A follower's page, which notes what it shows."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{server.url}rooms/{code}")
    until(page, "document.getElementById('surface')?.data")
    page.evaluate(WATCH)
    return page


@contextmanager
def reading(readers: list[Reader]) -> Iterator[None]:
    """All of them follow, each in a thread."""
    threads = [threading.Thread(target=reader.read, daemon=True) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for reader in readers:
            reader.ended = True


def soon(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until it comes true. Raises AssertionError where it does not within the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "followers did not see what the leader showed"
        time.sleep(0.01)


def main() -> int:
    """Prints the figures; 1 where a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.classroom", description=__doc__)
    parser.add_argument("--followers", type=int, default=60)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=arguments())
        result = measure(browser, Path(folder), options.followers, options.steps)
        browser.close()
    within, back = bounds()
    print(
        f"{options.followers} followers, {options.steps} steps: "
        f"median {np.median(result.late):.3f} s,"
    )
    print(
        f"99th percentile {result.p99:.3f} s (bound {within:.2f}), longest {max(result.late):.3f} s"
    )
    print(f"all back {result.back:.2f} s after the server (bound {back:.1f})")
    return int(result.p99 > within or result.back > back)


if __name__ == "__main__":
    sys.exit(main())
