"""A server and a browser for all tests, a fresh visitor for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import arguments, chromium
from tests.server import Server, serving
from tests.visitor import Visitor

EXPECTED = (
    "the server responded with a status of 422",
    "the server responded with a status of 404",
    "the server responded with a status of 413",
)
"""What a browser writes to its console when a page is told of a mistake."""


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


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Opens a path as a new visitor; fails the test where a page complains in its console.

    `loses_network` says that this page will lose its connection, which a browser complains of.
    """
    contexts, complaints = [], []

    def open_page(path: str = "/", width: int = 1400, height: int = 900, **options: Any) -> Page:
        loses_network = options.pop("loses_network", False)
        context = browser.new_context(
            base_url=options.pop("base_url", server.url),
            viewport={"width": width, "height": height},
            **options,
        )
        contexts.append(context)
        context.add_init_script(PLOTTED)
        page = context.new_page()
        if not loses_network:
            page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.set_default_timeout(10_000)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [each for each in complaints if not any(known in each for known in EXPECTED)] == []


@pytest.fixture
def visitor(server: Server) -> Visitor:
    """Somebody who asks the shared server without a browser."""
    return Visitor(server)
