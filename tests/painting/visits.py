"""What a visit costs: bytes over the wire, and the time to the first frame that moves."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page

from tests.painting.page import WATCHING

PLAY = """new Promise((resolve) => {
    const look = () => {
        const moved = watched.painted.find(({ step }) => step > 0);
        if (moved) return resolve(moved.when - performance.timeOrigin);
        const button = document.getElementById("play");
        if (!watched.pressed.length && button?._htmx && window.Plotly) button.click();
        requestAnimationFrame(look);
    };
    look();
})"""
"""Presses Play as soon as that works; milliseconds from the beginning of the visit to the first
picture of a run that has moved.
"""


def visits(browser: Browser, url: str) -> tuple[float, float, float]:
    """Bytes of a first visit, seconds to its first moving frame, bytes of a second visit."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        context.add_init_script(WATCHING)
        first, moving = _visit(context, url, play=True)
        second, _ = _visit(context, url, play=False)
        return first, moving, second
    finally:
        context.close()


def _visit(context: BrowserContext, url: str, play: bool) -> tuple[float, float]:
    page = context.new_page()
    wire = _Wire(page)
    page.goto(f"{url}network", wait_until="commit")
    moving = float(page.evaluate(PLAY)) / 1000 if play else float("nan")
    page.wait_for_selector("#surface image", state="attached")
    page.wait_for_timeout(300)
    page.close()
    return wire.bytes, moving


class _Wire:
    """Counts what comes to a page, headers and all, streams aside."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0.0
        client = page.context.new_cdp_session(page)
        client.on("Network.loadingFinished", self._finished)
        client.send("Network.enable")

    def _finished(self, event: dict[str, float]) -> None:
        self.bytes += event["encodedDataLength"]
