"""Runs last: time is turned back, a server dies, a disk is full, a moment is given away."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.looking import THEMES, themed, violations
from tests.e2e.test_network import drawn, press, steps
from tests.server import serving
from tests.visitor import Visitor
from tests.waiting import until


def beyond(page: Page, step: int) -> None:
    """Waits until the page shows a later step."""
    until(page, f"+document.getElementById('step-out').textContent.replaceAll(',', '') > {step}")


def played(page: Page, step: int) -> None:
    """Plays beyond a step, and pauses."""
    press(page, "Play")
    beyond(page, step)
    press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def seek(page: Page, step: int) -> None:
    page.get_by_label("Time", exact=True).fill(str(step))
    until(page, f"document.getElementById('step-out').textContent === '{step}'")


SEEN = """() => [document.getElementById('loss-out').textContent,
    document.getElementById('surface').data[0].z.bdata,
    JSON.stringify(document.getElementById('loss').data[0].y)]"""
"""What a moment looks like: losses, surface, curve."""


def test_time_is_turned_back_and_everything_is_as_it_was(visit: Visit) -> None:
    page = visit("/network?samples=60")
    drawn(page)
    for _ in range(3):
        before = steps(page)
        press(page, "Step")
        until(page, f"document.getElementById('step-out').textContent > {before}")
    until(page, "document.getElementById('loss').data[0].x.shape === '4'")
    then = page.evaluate(SEEN)
    played(page, 30)
    assert page.evaluate(SEEN) != then
    seek(page, 3)
    until(page, "document.getElementById('loss').data[0].x.shape === '4'")
    assert page.evaluate(SEEN) == then
    page.keyboard.press("ArrowLeft")
    until(page, "document.getElementById('step-out').textContent === '2'")
    expect(page.get_by_text("Play and Step start a branch from here")).to_be_visible()
    page.get_by_role("button", name="Back to the latest step").click()
    beyond(page, 30)
    expect(page.get_by_text("Play and Step start a branch from here")).to_have_count(0)


def test_playing_on_from_an_earlier_moment_is_a_branch_that_is_compared(visit: Visit) -> None:
    page = visit("/network?samples=60&panel=compare")
    drawn(page)
    played(page, 20)
    first, last = page.url, steps(page)
    place = page.locator("#loss").bounding_box()
    seek(page, 10)
    until(page, "trace('loss', 'training, later')?.x.bdata.length > 0")
    assert page.locator("#loss").bounding_box() == place, "seeking moves nothing"
    press(page, "Step")
    until(page, "document.getElementById('step-out').textContent === '11'")
    assert page.url != first
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_role("group", name="Branches")).to_contain_text("branched off at step 10")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("img", name="Surface of the pinned run")).to_be_visible()
    page.go_back()
    until(page, f"document.getElementById('step-out').textContent == '{last}'")
    expect(page.get_by_role("group", name="Branches")).to_contain_text("branched off at step 10")


def test_an_answer_about_the_run_that_was_left_for_a_branch_is_not_shown(visit: Visit) -> None:
    page = visit("/network?samples=60")
    drawn(page)
    played(page, 20)
    seek(page, 10)
    routes: list[tuple[Route, APIResponse]] = []
    page.route("**/seek", lambda route: routes.append((route, route.fetch())))
    page.get_by_role("button", name="One step back").click()
    until(page, "document.getElementById('step-out').textContent === '9'")  # by the stream
    press(page, "Step")
    until(page, "document.getElementById('step-out').textContent === '10'")
    branch = page.url
    [(route, late)] = routes
    with page.expect_response("**/seek"):
        route.fulfill(response=late)
    for step in range(11, 14):
        press(page, "Step")
        until(page, f"document.getElementById('step-out').textContent === '{step}'")
    assert page.url == branch


def test_a_killed_server_comes_back_and_the_page_says_so_and_offers_to_go_on(
    visit: Visit, tmp_path: Path
) -> None:
    with serving(tmp_path) as server:
        page = visit("/network?samples=60", base_url=server.url, loses_network=True)
        drawn(page)
        press(page, "Play")
        beyond(page, 100)
        os.kill(server.pid, signal.SIGKILL)
        expect(page.get_by_text("Connection lost")).to_be_visible()
        visible = steps(page)
    with serving(tmp_path, port=server.port):
        message = page.get_by_text("The server restarted")
        expect(message).to_be_visible(timeout=5_000)
        expect(page.get_by_text("Connection lost")).to_have_count(0)
        run = page.url.partition("run=")[2].partition("&")[0]
        answer = page.request.get(f"runs/{run}", headers={"Accept": "application/json"})
        saved = answer.json()["step"]
        assert saved > visible - 110  # at 100 steps a second
        expect(page.locator("#step-out")).to_have_text(f"{saved:,}")
        page.get_by_role("button", name="Continue").click()
        beyond(page, saved + 10)
        expect(message).to_have_count(0)


def test_a_locked_database_is_told_and_training_goes_on(visit: Visit, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        page = visit("/network?samples=60", base_url=server.url)
        drawn(page)
        press(page, "Play")
        beyond(page, 20)
        with sqlite3.connect(tmp_path / "playground.db", isolation_level=None) as database:
            database.execute("BEGIN IMMEDIATE")
            message = page.get_by_text("Changes are not saved at the moment (database is locked)")
            expect(message).to_be_visible()
            beyond(page, steps(page) + 30)
            database.execute("ROLLBACK")
        expect(message).to_have_count(0)
        page.goto("about:blank")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_a_full_disk_is_told_and_training_goes_on(visit: Visit, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        page = visit("/network?samples=60", base_url=server.url)
        drawn(page)
        press(page, "Play")
        beyond(page, 20)
        unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))
        message = page.get_by_text("Changes are not saved at the moment")
        expect(message).to_be_visible()
        beyond(page, steps(page) + 30)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
        expect(message).to_have_count(0)
        where = page.url
        press(page, "Pause")
        last = steps(page)
        page.goto("about:blank")
    with serving(tmp_path) as again:
        page.goto(where.replace(server.url, again.url))
        assert steps(page) >= last
        page.goto("about:blank")


def test_a_moment_is_given_away_and_whoever_opens_it_has_a_copy(visit: Visit) -> None:
    page = visit("/network?samples=60&panel=export")
    drawn(page)
    played(page, 20)
    at, loss = steps(page), page.locator("#loss-out").text_content()
    page.get_by_role("button", name="Share this state").click()
    link = page.get_by_label("Link to this state").input_value()
    page.get_by_role("group", name="Shared state").get_by_text("QR code").click()
    expect(page.get_by_role("img", name=link)).to_be_visible()
    other = visit(link)
    drawn(other)
    assert (steps(other), other.locator("#loss-out").text_content()) == (at, loss)
    played(other, at + 5)
    seek(other, 10)
    assert steps(page) == at
    mine = other.url
    other.goto(link)
    assert other.url != mine
    assert steps(other) == at
    assert "no longer shared" in visit("/shared/nothing").locator("main").inner_text().lower()


def test_my_runs_are_named_copied_and_deleted(visit: Visit) -> None:
    page = visit("/runs", has_handlers=True)
    expect(page.get_by_text("No runs yet")).to_be_visible()
    page.goto("/network?samples=60")
    drawn(page)
    played(page, 5)
    at = steps(page)
    page.get_by_role("link", name="My runs").click()
    name = page.get_by_label("Name", exact=True)
    name.fill("The first")
    name.press("Tab")
    first = page.get_by_role("region", name="The first")
    expect(first).to_contain_text(f"step {at}, just now")
    first.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("region")).to_have_count(2)
    expect(page.get_by_role("region", name="Run without a name")).to_contain_text(
        f"from step {at} of The first"
    )
    page.reload()
    page.on("dialog", lambda dialog: dialog.accept())
    first.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("region")).to_have_count(1)
    page.get_by_role("link", name="Open", exact=True).click()
    drawn(page)
    assert steps(page) == at


def test_nobody_else_moves_shares_names_or_deletes_a_run(visitor: Visitor) -> None:
    run = visitor.begin()
    stranger = Visitor(visitor.server)
    stranger.ask("GET", "/")
    for path, form in (
        ("seek", "step=0"), ("share", ""), ("name", "name=x"), ("copy", ""), ("delete", ""),
    ):  # fmt: skip
        assert stranger.ask("POST", f"{run}/{path}", form)[0] == 404
    assert visitor.state(run)["id"]


def test_a_step_that_is_none_is_refused_in_words(visitor: Visitor) -> None:
    run = visitor.begin()
    for step in ("", "-1", "1.5", "many", "9" * 30):
        status, _, body = visitor.ask("POST", f"{run}/seek", f"step={step}")
        assert status == 422
        assert b"whole number" in body


def test_axe_finds_nothing_on_the_pages_around_the_labs(visit: Visit) -> None:
    page = visit("/network?samples=60", 1280, 720)
    drawn(page)
    played(page, 5)
    for path in ("/runs", "/rooms", "/rooms?code=none", "/", "/nowhere"):
        page.goto(path)
        for theme in THEMES:
            themed(page, theme)
            assert (path, theme, violations(page, theme)) == (path, theme, [])
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
