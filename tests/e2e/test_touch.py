"""Fingers and zoom: what a phone and a large type need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import orjson
import pytest
from playwright.sync_api import CDPSession, Page

from engine.training.run import Curve
from playground.figures import loss
from tests.e2e.conftest import MODULE, Visit
from tests.e2e.looking import SIZES, themed
from tests.e2e.test_network import drawn
from tests.waiting import until

Point = tuple[float, float]


class Fingers:
    """Fingers on the screen of a page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)

    def middle(self, selector: str) -> Point:
        """Bring an element into view, and return its middle."""
        element = self._page.locator(selector)
        element.evaluate("(element) => element.scrollIntoView({block: 'center'})")
        box = element.bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def slide(self, starts: Sequence[Point], ends: Sequence[Point]) -> None:
        """Move the fingers from some places to others."""
        self._send("touchStart", starts[:1])
        if len(starts) > 1:
            self._send("touchStart", starts)
        for part in range(1, 11):
            share = part / 10
            points = [
                (a + share * (c - a), b + share * (d - b))
                for (a, b), (c, d) in zip(starts, ends, strict=True)
            ]
            self._send("touchMove", points)
        self._send("touchEnd", [])

    def _send(self, kind: str, points: Sequence[Point]) -> None:
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


RESTS = """async () => {
    const before = scrollY;
    await new Promise((done) => setTimeout(done, 100));
    return scrollY === before;
}"""
"""Whether a page that a finger has pushed has come to rest."""
RANGES = """(id) => {
    const {xaxis, yaxis} = document.getElementById(id)._fullLayout;
    return [...xaxis.range, ...yaxis.range];
}"""


@pytest.mark.parametrize(
    ("path", "plots"),
    [
        ("/network?samples=60", ("surface", "loss")),
        ("/expression?code=a+%3D+2%0Ab+%3D+a+*+3%0Ac+%3D+b+*+a", ("graph",)),
    ],
)
def test_one_finger_scrolls_the_page_over_a_plot_and_two_zoom_it(
    visit: Visit, path: str, plots: Sequence[str]
) -> None:
    page = visit(path, 390, 844, has_touch=True, is_mobile=True)
    fingers = Fingers(page)
    for plot in plots:
        until(page, f"document.getElementById('{plot}')?._fullLayout?.xaxis")
        x, y = fingers.middle(f"#{plot}")
        top, whole = page.evaluate("scrollY"), page.evaluate(RANGES, plot)
        fingers.slide([(x, y)], [(x, y - 90)])
        until(page, "(top) => scrollY > top + 40", arg=top)
        until(page, RESTS)
        assert page.evaluate(RANGES, plot) == whole
        x, y = fingers.middle(f"#{plot}")
        top = page.evaluate("scrollY")
        fingers.slide([(x - 30, y), (x + 30, y)], [(x - 80, y), (x + 80, y)])
        narrow = page.evaluate(RANGES, plot)
        assert narrow[1] - narrow[0] < 0.6 * (whole[1] - whole[0]), plot
        fingers.slide([(x - 30, y), (x + 30, y)], [(x, y), (x + 60, y)])
        aside = page.evaluate(RANGES, plot)
        assert aside[0] < narrow[0], plot
        assert page.evaluate("scrollY") == pytest.approx(top, abs=3)
        for _ in range(2):
            fingers.slide([(x - 80, y), (x + 80, y)], [(x - 20, y), (x + 20, y)])
        if plot != "graph":
            assert page.evaluate(RANGES, plot) == pytest.approx(whole)


SMALL_TARGETS = """() => [...document.querySelectorAll('button, summary, select')]
    .filter((element) => element.checkVisibility() && !element.closest('dialog'))
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, {width, height}]) => width > 1 && (width < 43.5 || height < 43.5))
    .map(([element]) => element.outerHTML.slice(0, 90))"""


def test_a_finger_can_hit_every_button(visit: Visit) -> None:
    page = visit("/network?samples=60", 390, 844, has_touch=True, is_mobile=True)
    drawn(page)
    for path in ("/network?samples=60&panel=export", "/expression", "/runs"):
        page.goto(path)
        assert (path, page.evaluate(SMALL_TARGETS)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


CONTROLS = """() => [
    ...document.querySelectorAll('button, a[href], input, select, textarea, summary')]
    .filter((each) => each.checkVisibility({visibilityProperty: true})
        && !each.closest('dialog, [hidden]') && each.getBoundingClientRect().width > 1)
    .map((each) => each.ariaLabel || each.textContent.trim() || each.name)"""


def test_no_control_disappears_when_the_page_is_zoomed(visit: Visit) -> None:
    page = visit("/")
    for path in ("/", "/expression", "/network?samples=60"):
        page.goto(path)
        for theme in SIZES:
            page.set_viewport_size({"width": 1400, "height": 900})
            themed(page, theme)
            controls = set(page.evaluate(CONTROLS))
            assert {"Laser pointer", "Full screen", "Keys"} <= controls
            for width, height in ((700, 450), (390, 844)):
                page.set_viewport_size({"width": width, "height": height})
                missing = controls - set(page.evaluate(CONTROLS))
                assert (path, theme, width, missing) == (path, theme, width, set())
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_fingers_zoom_a_plot_of_huge_numbers_whose_ticks_stay_readable(visit: Visit) -> None:
    page = visit("/network?samples=60", 390, 844, has_touch=True, is_mobile=True)
    drawn(page)
    figure = loss.figure(Curve(1, np.linspace(1e300, 9e300, 20), np.full(20, np.nan)))
    page.evaluate(
        f"""async (text) => {{
            const {{ show }} = await {MODULE}('figures');
            show(document.getElementById('loss'), JSON.parse(text));
        }}""",
        orjson.dumps(figure).decode(),
    )
    whole = page.evaluate(RANGES, "loss")
    fingers = Fingers(page)
    x, y = fingers.middle("#loss .nsewdrag")
    fingers.slide([(x - 20, y), (x + 20, y)], [(x - 60, y), (x + 60, y)])
    until(page, f"(whole) => ({RANGES})('loss')[3] < whole[3]", arg=whole)
    left, right, low, high = page.evaluate(RANGES, "loss")
    assert whole[0] < left < right < whole[1]
    assert whole[2] < low < high < whole[3]
    texts = page.evaluate("document.getElementById('loss').layout.yaxis.ticktext")
    assert 3 <= len(texts) <= 8
    assert all("·10³⁰⁰" in text for text in texts)
