"""A server and a browser for all tests, a fresh visitor for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize, sync_playwright

from tests.browser import arguments, chromium
from tests.server import Server, serving
from tests.visitor import Visitor

EXPECTED = (
    "the server responded with a status of 422",
    "the server responded with a status of 404",
    "the server responded with a status of 413",
)
"""What a browser writes to its console when the server refuses a request."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium(playwright), args=arguments()
        )
        yield launched
        launched.close()


PLOTTED = """window.trace = (plot, name) =>
    document.getElementById(plot)?.data?.find((each) => each.name === name);
window.plotted = (plot, trace, name) => {
    const values = document.getElementById(plot)?.data?.[trace]?.[name];
    return values && JSON.stringify(values.bdata ?? Array.from(values));
}"""
"""A plot's trace by its name, and the numbers that it shows, as text."""

MODULE = "((name) => import(document.querySelector(`link[href$='/js/${name}.js']`).href))"
"""A module of the page by its name, as a promise: the one that the page itself runs."""

Visit = Callable[..., Page]

WIDTH, HEIGHT = 1400, 900


class SharedPages:
    """Pages that tests use one after the other, each time as a new visitor.

    They keep the browser's caches: a page in a new context costs three times the work, most of it
    to fetch and compile Plotly again.
    """

    def __init__(self, browser: Browser, server: Server, complaints: list[str]) -> None:
        self._browser, self._server, self._complaints = browser, server, complaints
        self._idle: list[Page] = []
        self._busy: list[Page] = []

    def take(self, width: int, height: int) -> Page:
        """Return a page of a new visitor."""
        page = self._idle.pop() if self._idle else self._new_page()
        self._busy.append(page)
        page.set_viewport_size({"width": width, "height": height})
        return page

    def _new_page(self) -> Page:
        context = self._browser.new_context(base_url=self._server.url)
        return watch(context, self._complaints, loses_network=False)

    def give_back(self) -> None:
        """Let go of every page; one that cannot be cleared is closed."""
        for page in self._busy:
            try:
                self._clear(page)
                self._idle.append(page)
            except Error:
                page.context.close()
        self._busy.clear()

    def _clear(self, page: Page) -> None:
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        if page.url.startswith(self._server.url):
            page.evaluate("sessionStorage.clear(); localStorage.clear()")
        page.mouse.move(0, 0)
        page.emulate_media(color_scheme="null", reduced_motion="null")
        page.goto("about:blank")
        page.context.clear_cookies()
        page.context.clear_permissions()


def watch(context: BrowserContext, complaints: list[str], loses_network: bool) -> Page:
    """Open a page that notes what is written to its console, unless it loses its network."""
    context.add_init_script(PLOTTED)
    page = context.new_page()
    if not loses_network:
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.set_default_timeout(10_000)
    return page


@pytest.fixture(scope="session")
def complaints() -> list[str]:
    """What the pages of the current test have written to their consoles."""
    return []


@pytest.fixture(scope="session")
def shared_pages(browser: Browser, server: Server, complaints: list[str]) -> SharedPages:
    return SharedPages(browser, server, complaints)


@pytest.fixture
def visit(
    browser: Browser, server: Server, shared_pages: SharedPages, complaints: list[str]
) -> Iterator[Visit]:
    """Open a path as a new visitor; the test fails where a page complains in its console.

    `has_handlers` says that the test hangs something on its page or context that cannot be taken
    off again, `loses_network` that the page will lose its connection, which a browser reports.
    These pages, and those with options of Playwright, have a context of their own.
    """
    contexts: list[BrowserContext] = []

    def open_page(
        path: str = "/",
        width: int = WIDTH,
        height: int = HEIGHT,
        *,
        has_handlers: bool = False,
        loses_network: bool = False,
        **options: Any,
    ) -> Page:
        if has_handlers or loses_network or options:
            options = {"base_url": server.url} | options
            viewport: ViewportSize = {"width": width, "height": height}
            contexts.append(browser.new_context(viewport=viewport, **options))
            page = watch(contexts[-1], complaints, loses_network)
        else:
            page = shared_pages.take(width, height)
        page.goto(path)
        return page

    complaints.clear()
    yield open_page
    for context in contexts:
        context.close()
    shared_pages.give_back()
    assert [text for text in complaints if not any(pattern in text for pattern in EXPECTED)] == []


@pytest.fixture
def visitor(server: Server) -> Visitor:
    """Somebody who asks the shared server without a browser."""
    return Visitor(server)
