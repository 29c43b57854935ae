"""A panel alone, in another site's frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.looking import SETTLED
from tests.e2e.test_lasting import beyond
from tests.server import Server, serving
from tests.visitor import Visitor
from tests.waiting import until


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of its requests."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Another site: its address, and the folder of its pages."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()


@pytest.mark.parametrize("panel", ["surface", "picture", "loss"])
def test_a_panel_stands_alone_and_plays_when_it_is_pressed(visit: Visit, panel: str) -> None:
    page = visit(f"/network?samples=60&embed={panel}", 500, 420)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    expect(page.locator(".bar")).to_have_count(0)
    expect(page.locator(".panel")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not any("events" in item for item in requests)
    page.get_by_role("button", name="Play").click()
    beyond(page, 20)
    assert page.context.cookies() == []
    expect(page.get_by_role("link", name="Open in Backprop Playground")).to_be_visible()


SIZES = ((320, 240), (400, 240), (400, 300), (500, 400), (600, 300), (640, 480))
"""Widths and heights of frames, in pixels."""
OVERLAPS_ALONE = """() => {
    const visible = (element) => { // what its panel lets show
        const { left, top, right, bottom } = element.getBoundingClientRect();
        const panel = element.closest(".panel")?.getBoundingClientRect();
        return { left, top: Math.max(top, panel?.top ?? top),
                 right, bottom: Math.min(bottom, panel?.bottom ?? bottom) };
    };
    const texts = "h2, p, button, a, output, label, .legend, .plot, .plotbox, #picture, .scroll";
    const boxes = [...document.querySelectorAll(`main :is(${texts})`)]
        .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden"))
        .map((element) => [element, visible(element)])
        .filter(([, box]) => box.right - box.left > 2 && box.bottom - box.top > 2);
    const faults = [];
    for (const [one, a] of boxes) {
        if (a.right > innerWidth + 1 || a.left < -1) faults.push(`cut off: ${one.outerHTML}`);
        for (const [other, b] of boxes)
            if (one !== other && !one.contains(other) && !other.contains(one)
                && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
                faults.push(`${one.outerHTML.slice(0, 90)} ~ ${other.outerHTML.slice(0, 90)}`);
    }
    const { scrollWidth, scrollHeight } = document.documentElement;
    if (scrollWidth > innerWidth || scrollHeight > innerHeight)
        faults.push(`it scrolls: ${scrollWidth} x ${scrollHeight}`);
    return faults;
}"""


@pytest.mark.parametrize(
    "address",
    [
        *(f"/network?samples=60&embed={panel}" for panel in ("surface", "picture", "loss")),
        *(
            f"/expression?code=a%3D2%0Ab%3Da*3&embed={panel}"
            for panel in ("graph", "sentence", "nodes")
        ),
    ],
)
def test_nothing_of_a_small_frame_lies_over_another_part(visit: Visit, address: str) -> None:
    page = visit(address, *SIZES[0])
    expect(page.locator(".panel")).to_have_count(1)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(SETTLED)
        assert (width, height, page.evaluate(OVERLAPS_ALONE)) == (width, height, [])


@pytest.mark.parametrize("panel", ["graph", "sentence", "nodes"])
def test_a_part_of_the_expression_lab_stands_alone(visit: Visit, panel: str) -> None:
    page = visit(f"/expression?code=a+%3D+2%0Ab+%3D+a+*+3&embed={panel}", 500, 420)
    expect(page.locator(".panel")).to_have_count(1)
    expect(page.locator("#lab")).to_contain_text("b")


def test_a_shared_moment_stands_alone_and_stays_as_it_was(visit: Visit, visitor: Visitor) -> None:
    run = visitor.begin("hidden=3&samples=20&then=step")
    link = visitor.ask("POST", f"{run}/share")[1]["Location"]
    for _ in range(2):
        page = visit(f"{link}?embed=surface", 500, 420)
        expect(page.locator("#step-out")).to_have_text("1")
        page.get_by_role("button", name="Play").click()
        beyond(page, 20)


def test_only_the_sites_that_the_deployment_names_may_frame_it(
    visit: Visit, site: tuple[str, Path], tmp_path: Path, server: Server
) -> None:
    there, folder = site
    with serving(tmp_path / "data", PLAYGROUND_EMBED_ANCESTORS=there) as allowing:
        frames = {
            "allowed": f"{allowing.url}network?embed=surface",
            "whole": f"{allowing.url}network",
            "refused": f"{server.url}network?embed=surface",
        }
        (folder / "index.html").write_text(
            "<!doctype html><title>A course</title>"
            + "".join(
                f'<iframe name="{n}" src="{u}" width="500" height="400"></iframe>'
                for n, u in frames.items()
            )
        )
        page = visit(f"{there}/index.html", loses_network=True)
        expect(page.frame_locator("[name=allowed]").locator("#surface-panel")).to_be_visible()
        page.frame_locator("[name=allowed]").get_by_role("button", name="Play").click()
        frame = page.frame("allowed")
        assert frame
        until(frame, "+document.getElementById('step-out').textContent > 5")
        for name in ("whole", "refused"):
            expect(page.frame_locator(f"[name={name}]").locator("#surface-panel")).to_have_count(0)
        page.goto("about:blank")


def test_twelve_frames_on_one_page_play_and_pause(
    visit: Visit, site: tuple[str, Path], tmp_path: Path
) -> None:
    there, folder = site
    with serving(tmp_path / "data", PLAYGROUND_EMBED_ANCESTORS=there) as allowing:
        source = f"{allowing.url}network?hidden=2&amp;samples=20&amp;embed=surface"
        frame = '<iframe name="{0}" src="{1}" width="320" height="240"></iframe>'
        (folder / "index.html").write_text(
            "<!doctype html><title>A course</title>"
            + "".join(frame.format(i, source) for i in range(12))
        )
        page = visit(f"{there}/index.html", loses_network=True)
        frames = [page.frame(str(i)) for i in range(12)]
        press = """(name) => {
            const button = document.querySelector('#playing button');
            return button.textContent === name && (button.click(), true);
        }"""
        for name in ("Play", "Pause"):
            for one in frames:
                assert one
                until(one, press, arg=name)
            for one in frames:
                assert one
                step = one.locator("#step-out").inner_text()
                if name == "Play":
                    until(one, f"document.getElementById('step-out').textContent !== '{step}'")
        for one in frames:
            assert one
            until(one, "document.querySelector('#playing button').textContent === 'Play'")
        paused = frames[0]
        assert paused
        step = paused.locator("#step-out").inner_text()
        until(paused, press, arg="Play")
        until(paused, f"+document.getElementById('step-out').textContent > {step}")
        page.goto("about:blank")


def test_what_cannot_stand_alone_is_said(visitor: Visitor) -> None:
    for path in (
        "/network?embed=nothing",
        "/expression?embed=x",
        "/shared/none?embed=surface",
    ):
        assert visitor.ask("GET", path)[0] == 404


def test_a_page_that_is_no_panel_alone_is_never_framed(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_EMBED_ANCESTORS="https://course.example") as server:
        visitor = Visitor(server)
        for path in ("/", "/runs", "/rooms", "/lessons/lecture/1", "/nowhere", "/network"):
            query = "?embed=surface" if path != "/network" else ""
            policy = visitor.ask("GET", path + query)[1]["Content-Security-Policy"]
            assert policy.endswith("frame-ancestors 'none'")
        policy = visitor.ask("GET", "/network?embed=surface")[1]["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors https://course.example")
