"""What a page says and does while requests fail, and when the server is back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_expression import box, press, row
from tests.server import serving

SOON = 2_000
"""How soon a page says that the server does not answer, in milliseconds."""


def test_a_text_that_is_typed_while_the_server_is_away_is_computed_on_its_return(
    visit: Visit, tmp_path: Path
) -> None:
    with serving(tmp_path) as server:
        page = visit("/expression", base_url=server.url, loses_network=True)
        box(page).fill("a = 2\nb = a * 3")
        expect(row(page, "b")).to_contain_text("6")
        os.kill(server.pid, signal.SIGSTOP)
        press(page, "First")
        expect(page.get_by_text("Connection lost")).to_be_visible(timeout=SOON + 500)
        os.kill(server.pid, signal.SIGCONT)
        expect(page.get_by_text("Given: a = 2")).to_be_visible()
        expect(page.get_by_text("Connection lost")).to_have_count(0)
        press(page, "Last")
        expect(row(page, "b")).to_contain_text("6")
        os.kill(server.pid, signal.SIGKILL)
        box(page).fill("a = 2\nb = a * 4")
        expect(page.get_by_text("Connection lost")).to_be_visible(timeout=SOON)
        box(page).fill("a = 2\nb = a * 5")
    with serving(tmp_path, port=server.port):
        expect(row(page, "b")).to_contain_text("10")
        expect(page.locator("#failure")).to_contain_text("The server answers again.")
        expect(box(page)).to_have_value("a = 2\nb = a * 5")
        press(page, "First")
        expect(page.locator("#failure")).to_be_empty()


PAGES = (
    "/",
    "/expression",
    "/network",
    "/mine",
    "/sweeps/new",
    "/manual",
)


def test_every_page_says_that_a_press_may_not_have_worked_and_which(visit: Visit) -> None:
    page = visit("/", loses_network=True)
    page.route("**/theme", lambda route: route.abort())
    for path in PAGES:
        page.goto(path)
        page.get_by_role("button", name="Dark", exact=True).click()
        expect(page.locator("#failure")).to_contain_text("“Dark” may not have worked")
        assert page.locator("#failure").bounding_box() is not None


def test_an_answer_of_an_error_is_said_and_changes_nothing_else(visit: Visit) -> None:
    page = visit("/expression", loses_network=True)
    expect(row(page, "L")).to_be_visible()

    def refuse(route: Route) -> None:
        route.fulfill(status=500, body="Something went wrong on the server.")

    page.route("**/expression", refuse)
    press(page, "First")
    expect(page.locator("#failure")).to_contain_text("Something went wrong on the server.")
    expect(row(page, "L")).to_be_visible()
    page.unroute("**/expression")
    press(page, "First")
    expect(page.locator("#failure")).to_be_empty()
    page.route("**/expression", lambda route: route.fulfill(status=502, body="<html>Bad gateway"))
    page.route("**/healthz", lambda route: route.fulfill(status=502))
    press(page, "Last")
    expect(page.locator("#failure")).to_contain_text("Connection lost")
    page.unroute("**/expression")
    page.unroute("**/healthz")
    expect(row(page, "L")).to_contain_text("1")
    expect(page.get_by_text("Connection lost")).to_have_count(0)


def test_a_server_without_time_is_asked_again_when_it_says(visit: Visit) -> None:
    page = visit("/expression", loses_network=True)
    answers = iter([{"Retry-After": "1"}, None])

    def limit(route: Route) -> None:
        headers = next(answers)
        if headers is None:
            route.continue_()
        else:
            route.fulfill(status=429, headers=headers, body="Too many requests. Wait a moment.")

    page.route("**/expression", limit)
    press(page, "First")
    expect(page.locator("#failure")).to_contain_text("Too many requests")
    expect(page.get_by_text("Given: a = 2")).to_be_visible()
    expect(page.locator("#failure")).to_be_empty()
