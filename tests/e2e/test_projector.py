"""The page on a projector: read from the last row, pointed at, and nothing in the way."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from playground.panels import PANELS
from tests.e2e.conftest import MODULE, Visit
from tests.e2e.looking import SETTLED, examined
from tests.e2e.test_access import STATES
from tests.e2e.test_layout import CUT_OFF, OVERLAPS, opened
from tests.e2e.test_network import drawn, press
from tests.waiting import until

ENHANCED = {
    "runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}
"""WCAG 2.2, 1.4.6 Contrast (Enhanced); axe asks 4.5:1 of large type, this file 7:1 of all."""

ENABLE = """() => {
    for (const each of document.querySelectorAll(':disabled, [aria-disabled=true]')) {
        const {color, backgroundColor} = getComputedStyle(each);
        Object.assign(each.style, {color, backgroundColor});
        each.disabled = false;
        each.removeAttribute('aria-disabled');
    }
}"""

SMALL = """([text, plot]) => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const each = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !each.checkVisibility()) continue;
        if (each.closest('script, style, option, .visually-hidden, .skip, #picture')) continue;
        if (each.closest('tspan[dy]')) continue; // an exponent
        const size = parseFloat(getComputedStyle(each).fontSize);
        if (size < (each.closest('.plot') ? plot : text))
            found.push(`${size} ${each.outerHTML.slice(0, 100)}`);
    }
    return found;
}"""


SEEN = "#graph, #walk-play, #sentence, #picture, #surface, #loss, #play, #accuracy-out"
BELOW = """(seen) => [...document.querySelectorAll(seen)].filter((each) =>
    each.getBoundingClientRect().bottom > innerHeight).map(({id}) => id)"""
"""What must be in view, and what of it is not."""


def projected(visit: Visit, path: str, width: int = 1280, height: int = 720) -> Page:
    page = visit(path, width, height)
    press(page, "Projector")
    expect(page.locator("html")).to_have_attribute("data-theme", "projector")
    return page


def faint(page: Page) -> list[str]:
    """Texts below 7:1, as axe measures it: its rule asks less of large type, so the ratio counts.

    What is disabled is measured like everything else, in the colours that it has.
    """
    page.evaluate(ENABLE)
    values = examined(page, ENHANCED)
    results = [item for kind in ("violations", "passes") for item in values[kind]]
    ratios = [
        (check["data"].get("contrastRatio"), node["html"][:120])
        for result in results for node in result["nodes"] for check in node["any"]
        if check["id"] == "color-contrast-enhanced" and check["data"]
    ]  # fmt: skip
    assert ratios, "axe measured nothing"
    return [f"{ratio} {text}" for ratio, text in ratios if ratio and ratio < 7]


def test_every_text_of_the_first_page_is_at_seven_to_one(visit: Visit) -> None:
    page = projected(visit, "/")
    assert faint(page) == []
    assert page.evaluate(SMALL, [22, 18]) == []


def test_every_text_of_the_expression_lab_is_at_seven_to_one(visit: Visit) -> None:
    page = projected(visit, "/expression")
    for name, lab in STATES.items():
        page.goto(f"/expression?{lab.query()}")
        if lab.code.strip() and name != "error":
            until(page, "document.getElementById('graph')?.data")
        for visible in (False, True):
            assert (name, visible, page.evaluate(SMALL, [22, 18])) == (name, visible, [])
            if visible:  # then every text is there
                assert (name, faint(page)) == (name, [])
            page.keyboard.press("h")


def test_what_stands_beside_a_mistake_is_as_readable(visit: Visit) -> None:
    page = projected(visit, "/expression")
    until(page, "document.getElementById('graph')?.data")
    page.keyboard.press("h")
    page.get_by_role("textbox", name="Expression").fill("x = 2\ny = tahn(x)")
    expect(page.get_by_role("alert")).to_contain_text("Line 2")
    assert faint(page) == []


def test_every_text_of_the_network_lab_is_at_seven_to_one(visit: Visit) -> None:
    page = projected(visit, "/network")
    drawn(page)
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    for panel in PANELS:
        opened(page, panel)
        for visible in (False, True):  # as it stands, and with the controls
            assert (panel, page.evaluate(SMALL, [22, 18])) == (panel, [])
            if visible:  # then every text is there
                assert (panel, faint(page)) == (panel, [])
            page.keyboard.press("h")
    page.keyboard.press("?")
    assert page.evaluate(SMALL, [22, 18]) == []
    assert faint(page) == []


def test_controls_are_away_until_they_are_wanted(visit: Visit) -> None:
    page = projected(visit, "/network")
    button = page.get_by_role("button", name="Controls")
    settings = page.get_by_role("form", name="Settings")
    drawn(page)
    expect(settings).to_be_hidden()
    wide = page.locator("#surface").bounding_box()
    button.click()
    expect(settings).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    narrow = page.locator("#surface").bounding_box()
    assert wide
    assert narrow
    assert wide["width"] > narrow["width"] * 1.3
    page.reload()  # they stay as they were left
    expect(settings).to_be_visible()
    page.keyboard.press("h")
    expect(settings).to_be_hidden()
    expect(button).to_have_attribute("aria-pressed", "false")
    press(page, "Light")  # where they are there again, and can go
    expect(settings).to_be_visible()
    expect(button).to_be_hidden()
    page.keyboard.press("h")
    expect(settings).to_be_hidden()
    button.click()
    expect(settings).to_be_visible()


def test_what_needs_a_control_brings_it(visit: Visit) -> None:
    page = projected(visit, "/network")
    drawn(page)
    value = page.get_by_role("textbox", name="Value of the")
    expect(value).to_be_hidden()
    page.locator("#neurons .neuron").first.click()  # its bias can be set now
    expect(value).to_be_visible()
    page.keyboard.press("h")
    page.goto("/network?rate=much")
    expect(page.get_by_text("Learning rate: this page opens with 0.1")).to_be_visible()
    page.goto("/expression")
    text = page.get_by_role("textbox", name="Expression")
    expect(text).to_be_hidden()
    page.goto("/expression?code=x+%3D")
    expect(text).to_be_visible()


@pytest.mark.parametrize("path", ["/network?", "/network?dataset=points&suggest=1&", "/expression"])
def test_nothing_overlaps_or_scrolls_aside(visit: Visit, path: str) -> None:
    page = projected(visit, path)
    until(page, "document.querySelector('.js-plotly-plot')?.data")
    for width, height in ((1280, 720), (1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(SETTLED)
        for visible in (False, True):
            if not visible:  # of the network all that matters, of the expression all but the rest
                assert (width, page.evaluate(BELOW, SEEN)) == (width, [])
            for panel in PANELS if path == "/network?" else [""]:
                if panel:
                    opened(page, panel)
                at = width, height, visible, panel
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), at
                assert (at, page.evaluate(CUT_OFF)) == (at, [])
                assert (at, page.evaluate(OVERLAPS)) == (at, [])
            page.keyboard.press("h")


@pytest.mark.parametrize(("theme", "rows"), [("Light", 2), ("Projector", 4)])
def test_the_bar_takes_few_rows_of_a_phone(visit: Visit, theme: str, rows: int) -> None:
    """Every control of the bar is there; the projector's large type needs more room."""
    page = visit("/network", 390, 844)
    press(page, theme)
    until(page, "document.documentElement.dataset.theme")
    middles = page.evaluate(
        """[...document.querySelectorAll('.bar nav a, .bar button')]
        .filter((each) => each.checkVisibility() && each.offsetWidth > 2)
        .map((each) => each.getBoundingClientRect()).map(({top, bottom}) => (top + bottom) / 2)
        .sort((a, b) => a - b)"""
    )
    assert 1 + sum(b - a > 10 for a, b in itertools.pairwise(middles)) == rows
    for name in ("Lead a class", "Laser pointer", "Full screen", "Keys"):
        expect(page.get_by_role("button", name=name)).to_be_visible()


LASER = "document.querySelector('.laser.own')"
MIDDLE = f"""(() => {{ const {{x, y, width, height}} = {LASER}.getBoundingClientRect();
    return [Math.round(x + width / 2), Math.round(y + height / 2)]; }})()"""


@pytest.mark.parametrize("path", ["/", "/expression", "/network"])
def test_the_laser_pointer_follows_the_mouse_and_hides_without_it(visit: Visit, path: str) -> None:
    page = projected(visit, path)
    mark = page.locator(".laser.own")
    page.mouse.move(300, 400)
    expect(mark).to_be_hidden()
    page.keyboard.press("l")
    expect(mark).to_be_visible()
    assert page.evaluate(MIDDLE) == [300, 400]
    page.mouse.move(700, 350)
    assert page.evaluate(MIDDLE) == [700, 350]
    box = mark.bounding_box()
    assert box
    assert box["width"] >= 30
    page.keyboard.press("?")  # over a dialog too
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(mark).to_be_visible()
    page.keyboard.press("Escape")
    page.evaluate("document.documentElement.dispatchEvent(new PointerEvent('pointerleave'))")
    expect(mark).to_be_hidden()
    page.mouse.move(400, 300)
    expect(mark).to_be_visible()
    page.get_by_role("button", name="Laser pointer").click()
    expect(mark).to_be_hidden()


def test_where_the_laser_points_is_told_at_most_twelve_times_a_second(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    page.evaluate(
        """window.told = []; document.addEventListener('laser',
        ({detail}) => told.push([performance.now(), detail]))"""
    )
    box = page.locator("#surface").bounding_box()
    assert box
    page.keyboard.press("l")
    for share in range(40):
        page.mouse.move(box["x"] + box["width"] * share / 80, box["y"] + box["height"] / 4)
    x, y = box["x"] + box["width"] * 39 / 80, box["y"] + box["height"] / 4
    under = page.evaluate(
        """([x, y]) => { const plot = document.getElementById('surface');
            const area = plot.querySelector('.nsewdrag').getBoundingClientRect();
            const { xaxis, yaxis } = plot._fullLayout;
            return [xaxis.p2d(x - area.left), yaxis.p2d(y - area.top)]; }""",
        [x, y],
    )
    until(page, "(x) => Math.abs(told.at(-1)?.[1]?.x - x) < 0.02", under[0])
    message = page.evaluate("told")
    assert message[-1][1]["id"] == "surface"
    assert message[-1][1]["part"] == "data"
    assert abs(message[-1][1]["y"] - under[1]) < 0.02
    times = [time for time, _ in message]
    assert all(after - before > 75 for before, after in itertools.pairwise(times))
    page.keyboard.press("l")
    until(page, "told.at(-1)[1] === null")


def test_anothers_laser_is_shown_in_the_same_place_of_another_screen(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    mark = page.locator(".laser.other")
    page.evaluate(f"{MODULE}('laser_pointer').then((module) => Object.assign(window, module))")
    page.evaluate("showAnother({id: 'surface', part: 'share', x: 0.25, y: 0.5})")
    expect(mark).to_be_visible()
    off = """() => { const plot = document.getElementById('surface').getBoundingClientRect();
        const dot = document.querySelector('.laser.other').getBoundingClientRect();
        return Math.hypot(dot.x + dot.width / 2 - plot.x - plot.width / 4,
            dot.y + dot.height / 2 - plot.y - plot.height / 2) < 1; }"""
    until(page, off)
    page.set_viewport_size({"width": 1000, "height": 700})
    until(page, off)
    page.evaluate("showAnother({id: 'nowhere', part: 'share', x: 0.25, y: 0.5})")
    expect(mark).to_be_hidden()
    page.evaluate("showAnother({id: 'main', part: 'share', x: 0.5, y: 0.5})")
    expect(mark).to_be_visible()
    page.evaluate("showAnother(null)")
    expect(mark).to_be_hidden()


def test_with_reduced_motion_the_laser_has_no_trail(visit: Visit) -> None:
    page = visit("/", reduced_motion="reduce")
    page.mouse.move(300, 400)
    page.keyboard.press("l")
    expect(page.locator(".laser.own")).to_be_visible()
    expect(page.locator(".laser.trail")).to_be_hidden()
    page.emulate_media(reduced_motion="no-preference")
    expect(page.locator(".laser.trail")).to_be_visible()
