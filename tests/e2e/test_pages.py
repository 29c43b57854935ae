"""What holds for every page: no other host, themes, sizes, the first page, what is not there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.e2e.conftest import Visit
from tests.e2e.looking import SIZES, themed
from tests.screenshot import take
from tests.server import Server
from tests.waiting import until

IN_VIEW = """([places, width, height]) => places.every((place) => {
    const box = document.querySelector(place)?.getBoundingClientRect();
    return box && box.left >= 0 && box.right <= width + 1
        && box.top >= 0 && box.bottom <= height + 1 && Math.min(box.width, box.height) > 10;
})"""

PAGES = ("/", "/expression", "/network", "/network?dataset=points&suggest=1", "/runs/nothing")


def test_nothing_is_requested_from_another_host(server: Server, browser: Browser) -> None:
    """Every other host is behind a proxy that does not exist, so the page must do without."""
    context = browser.new_context(
        base_url=server.url, proxy={"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
    )
    requests: list[str] = []
    failed: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))

    def missed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before it had come
            failed.append(request.url)

    page.on("requestfailed", missed)
    try:
        for path in PAGES:
            page.goto(path, wait_until="networkidle")
        page.goto("/network")
        page.get_by_role("button", name="Play", exact=True).click()
        until(page, "+document.getElementById('step-out').textContent > 10")
        with page.expect_response("**/pause"):
            page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
        page.goto("/expression")
        page.get_by_role("textbox", name="Expression").fill("a = 3\nb = a * a")
        expect(page.get_by_role("table", name="Nodes")).to_contain_text("9")
        assert len(requests) > 20
        assert [url for url in requests if not url.startswith((server.url, "data:", "blob:"))] == []
        assert [url for url in failed if "/events" not in url] == []
    finally:
        context.close()


def test_the_first_page_leads_on(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("main").get_by_role("link", name="Network Two moons").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Expression").click()
    expect(page.get_by_role("textbox", name="Expression")).to_be_visible()


def test_the_system_chooses_between_light_and_dark_until_a_person_does(visit: Visit) -> None:
    page = visit("/network", color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()"
    assert page.evaluate(paper) == "#14171a"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == "#f7f7f4"
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(paper) == "#14171a"
    page.reload()
    assert page.evaluate(paper) == "#14171a"
    colour = page.evaluate("document.getElementById('surface').layout.font.color")
    page.get_by_role("button", name="Projector").click()
    until(
        page,
        "(colour) => document.getElementById('surface').layout.font.color !== colour",
        arg=colour,
    )
    assert page.evaluate("document.getElementById('surface').layout.font.size") == 18


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1400, 900), (1920, 1080), (390, 844)])
def test_nothing_scrolls_sideways(visit: Visit, width: int, height: int) -> None:
    page = visit("/", width, height)
    for path in ("/", "/expression", "/network", "/network?dataset=points&suggest=1"):
        page.goto(path)
        for theme in SIZES:
            themed(page, theme)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} pixels wide in the theme {theme}"


@pytest.mark.parametrize(
    ("theme", "width", "height"), [("Light", 1400, 900), ("Projector", 1280, 720)]
)
@pytest.mark.parametrize("path", ["/network", "/network?dataset=points&suggest=1"])
def test_the_whole_run_is_in_view_without_scrolling(
    visit: Visit, path: str, theme: str, width: int, height: int
) -> None:
    page = visit(path, width, height)
    page.get_by_role("button", name=theme).click()
    before = [
        "#surface .xy",
        "#loss .xy",
        "#step-out",
        "#loss-out",
        "#accuracy-out",
        "#play",
        "#step",
        "#reset",
    ]
    before += ["#bars .xy"] if "points" in path else []
    until(page, IN_VIEW, arg=[before, width, height])


def test_what_is_not_there_is_said_in_words(visit: Visit) -> None:
    page = visit("/runs/nothing")
    expect(page.get_by_role("heading", name="Not Found")).to_be_visible()
    page.get_by_role("link", name="Go to the home page").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_screenshot_of_the_readme_can_be_made_again(visit: Visit) -> None:
    page = visit("/network")
    picture = take(page)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 30_000


def received(page: Page, path: str) -> int:
    """Bytes over the wire until a page and its plots stand."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(path)
    until(page, "document.querySelector('.plot').data")
    session.detach()
    return int(sum(sizes))


@pytest.mark.parametrize("path", ["/network", "/expression"])
def test_a_first_visit_is_light_and_a_second_one_lighter(visit: Visit, path: str) -> None:
    page = visit("/healthz", has_handlers=True)
    assert received(page, path) < 750_000
    page.goto("about:blank")
    assert received(page, path) < 20_000
