"""Viewers come and go: what they leave behind, and what does not disturb a run."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from engine.compiler import native_backend, processor
from playground.settings import Deployment
from tests.e2e.conftest import Visit
from tests.server import Server, serving
from tests.visitor import Visitor
from tests.waiting import until


def soon(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_the_last_viewers_leaving_pauses_the_run_within_three_seconds(visitor: Visitor) -> None:
    run = visitor.begin()
    first, second = visitor.watch(run), visitor.watch(run)
    first.close()
    assert not soon(lambda: not visitor.state(run)["playing"], 3.0), "one viewer was still there"
    second.close()
    assert visitor.state(run)["playing"]
    assert soon(lambda: not visitor.state(run)["playing"], 3.0)
    assert visitor.state(run)["step"] > 0


def test_a_run_that_plays_without_a_viewer_is_paused_too(visitor: Visitor) -> None:
    run = visitor.begin()
    assert soon(lambda: not visitor.state(run)["playing"], 3.0)


@pytest.mark.measurement
def test_two_hundred_streams_leave_nothing_behind(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_STREAMS_PER_VISITOR="300") as server:
        visitor = Visitor(server)
        run = visitor.begin()
        process = psutil.Process(server.pid)
        visitor.watch(run).close()
        assert soon(lambda: not visitor.state(run)["playing"], 4.0)
        sockets, threads = process.num_fds(), process.num_threads()
        visitor.ask("POST", f"{run}/play")
        streams = [visitor.watch(run) for _ in range(200)]
        assert health(visitor)["viewers"] == 200
        assert process.num_fds() >= 200
        for stream in streams:
            stream.close()
        assert soon(lambda: health(visitor)["viewers"] == 0, 3.0)
        assert soon(lambda: not visitor.state(run)["playing"], 3.0)
        assert soon(lambda: process.num_fds() <= sockets, 3.0), "sockets are left"
        started_late = Deployment().threads  # a pool starts its threads when they are first needed
        assert process.num_threads() <= threads + started_late
        assert health(visitor)["playing"] == 0


def health(visitor: Visitor) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(visitor.ask("GET", "/healthz")[2])
    return results


def test_a_reload_does_not_stop_the_run(visit: Visit) -> None:
    page = visit("/network?hidden=3&samples=20")
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "+document.getElementById('step-out').textContent > 5")
    page.wait_for_url(re.compile("run="))
    page.reload()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.wait_for_timeout(2500)
    before = int(page.locator("#step-out").inner_text().replace(",", ""))
    until(
        page,
        "(seen) => +document.getElementById('step-out').textContent.replace(',', '') > seen",
        arg=before,
    )


RUN = "/network?hidden=3&samples=20"
HIDE = """(hidden) => {
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
    document.dispatchEvent(new Event('visibilitychange'));
}"""
"""What a browser does with a page whose tab another covers, or with one that is shown again."""
ANSWER = """async () => {
    const began = performance.now();
    await fetch('/healthz', {cache: 'no-store'});
    return (performance.now() - began) / 1000;
}"""
"""After how many seconds a page has an answer of the server."""


def plays(page: Page) -> int:
    """Let the page play, and return a step that it has shown."""
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "+document.getElementById('step-out').textContent > 5")
    return step_of(page)


def step_of(page: Page) -> int:
    return int(page.locator("#step-out").inner_text().replace(",", ""))


def state_of(page: Page) -> dict[str, Any]:
    """What the server says of the run that a page shows."""
    run = page.url.rpartition("run=")[2]
    answer = page.request.get(f"/runs/{run}", headers={"Accept": "application/json"})
    state: dict[str, Any] = answer.json()
    return state


def test_eight_tabs_that_play_leave_room_for_a_ninth(visit: Visit) -> None:
    tabs = [visit(RUN)]
    for _ in range(7):
        tabs.append(tabs[0].context.new_page())
        tabs[-1].goto(RUN)
    for tab in tabs:
        plays(tab)
    ninth = tabs[0].context.new_page()
    ninth.goto("/expression")
    expect(ninth.get_by_role("button", name="Forward")).to_be_visible()
    for page in (*tabs, ninth):
        assert min(page.evaluate(ANSWER) for _ in range(3)) < 1.0
    for tab in tabs:  # all are in view, and more than the streams of a browser
        before = step_of(tab)
        until(
            tab,
            "(old) => +document.getElementById('step-out').textContent.replace(',', '') > old",
            arg=before,
        )
    for tab in tabs:
        tab.evaluate(HIDE, True)
    until(ninth, "async () => (await (await fetch('/healthz')).json()).viewers === 0")
    before = step_of(tabs[0])
    assert soon(lambda: state_of(tabs[0])["step"] > before + 250, 20.0)  # a reload is shorter
    assert step_of(tabs[0]) == before
    tabs[0].evaluate(HIDE, False)
    until(
        tabs[0],
        "(old) => +document.getElementById('step-out').textContent.replace(',', '') > old",
        arg=before + 250,
    )


def test_a_run_that_stands_still_is_shown_without_a_stream(visit: Visit, server: Server) -> None:
    page = visit(RUN)
    plays(page)
    page.get_by_role("button", name="Pause", exact=True).click()
    has_stream = "document.querySelector('#lab [id^=stream-]')._htmx.sse"
    until(page, f"!{has_stream}")
    surface = page.evaluate("plotted('surface', 0, 'z')")
    before = step_of(page)
    page.get_by_role("button", name="Step", exact=True).click()
    until(page, "(before) => plotted('surface', 0, 'z') !== before", arg=surface)
    assert step_of(page) == before + 1
    until(page, f"!{has_stream}")
    run = page.url.rpartition("run=")[2]
    page.request.post(f"/runs/{run}/step")  # as another window of this browser does
    page.evaluate("dispatchEvent(new Event('focus'))")
    until(page, f"document.getElementById('step-out').textContent === '{before + 2:,}'")


def test_a_page_that_is_left_says_so_and_comes_back_as_it_is(visit: Visit) -> None:
    page = visit(RUN)
    plays(page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert soon(lambda: not state_of(page)["playing"], 4.0)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert step_of(page) == state_of(page)["step"]
    plays(page)
    other = page.context.new_page()
    other.goto("/manual")
    address = page.url
    page.evaluate(HIDE, True)
    page.close()  # a hidden tab
    run = address.rpartition("run=")[2]
    ask = {"Accept": "application/json"}
    assert soon(lambda: not other.request.get(f"/runs/{run}", headers=ask).json()["playing"], 4.0)


@contextmanager
def wire(port: int) -> Iterator[tuple[int, threading.Event]]:
    """A connection between browser and server that can be cut: yields its port and the knife."""
    cut, over = threading.Event(), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)

    def carry(source: socket.socket, target: socket.socket) -> None:
        source.settimeout(0.1)
        while not (cut.is_set() or over.is_set()):
            try:
                data = source.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not data:
                break
            try:
                target.sendall(data)
            except OSError:
                break
        source.close()
        target.close()

    def accept() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                near, _ = listener.accept()
                if cut.is_set():
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", port))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1], cut
    finally:
        over.set()
        thread.join()
        listener.close()


def test_a_lost_second_of_network_does_not_stop_the_run(visit: Visit, server: Server) -> None:
    with wire(server.port) as (port, cut):
        page = visit(
            "/network?hidden=3&samples=20", base_url=f"http://127.0.0.1:{port}", loses_network=True
        )
        page.get_by_role("button", name="Play", exact=True).click()
        until(page, "+document.getElementById('step-out').textContent > 5")
        cut.set()
        page.wait_for_timeout(1000)
        cut.clear()
        before = int(page.locator("#step-out").inner_text().replace(",", ""))
        until(
            page,
            "(seen) => +document.getElementById('step-out').textContent.replace(',', '') > seen",
            arg=before + 20,
        )
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


@pytest.mark.alone
def test_the_server_answers_at_once_while_two_runs_train_at_full_speed(tmp_path: Path) -> None:
    def slow_answer() -> float:
        """The 99th percentile of the seconds that 300 requests lasted."""
        lasted = []
        for _ in range(300):
            began = time.perf_counter()
            assert health(visitor)["playing"] == 2
            lasted.append(time.perf_counter() - began)
            time.sleep(0.005)
        return sorted(lasted)[296]

    with serving(tmp_path) as server:
        visitor = Visitor(server)
        assert processor.unsupported() or soon(
            lambda: health(visitor)["backend"] != native_backend.NUMPY, 60
        )
        streams = []
        for _ in range(2):
            run = visitor.begin("hidden=16,16&speed=max&then=play")
            streams.append(visitor.watch(run))
        assert any(slow_answer() < 0.05 for _ in range(3))
        for stream in streams:
            stream.close()
