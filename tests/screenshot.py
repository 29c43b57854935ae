"""The README's picture: `python -m tests.screenshot` makes static/screenshot.png again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import arguments, chromium
from tests.server import serving
from tests.waiting import until

TARGET = Path(__file__).parent.parent / "static" / "screenshot.png"


def take(page: Page) -> bytes:
    """The network lab in the middle of learning the two moons, as PNG."""
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "+document.getElementById('step-out').textContent >= 250")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    return page.screenshot()


def main() -> None:
    """Start a server and a browser, and write the picture."""
    with (
        tempfile.TemporaryDirectory() as data,
        serving(Path(data)) as server,
        sync_playwright() as p,
    ):
        browser = p.chromium.launch(executable_path=chromium(p), args=arguments())
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(server.url + "network?seed=3")
        TARGET.write_bytes(take(page))
        browser.close()
    print(f"Wrote {TARGET}")


if __name__ == "__main__":
    main()
