"""The manual in a browser: every page in every theme, on a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from playground.manual.contents import CONTENTS
from tests.e2e.conftest import Visit
from tests.e2e.looking import THEMES, themed, violations

WIDTH = "document.documentElement.scrollWidth"


SAMPLES = ("/manual", "/manual/network", "/manual/python")
"""Pages that together hold every kind of element: their colours are those of all pages."""


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
def test_every_page_of_the_manual_can_be_read_in_every_theme(
    visit: Visit, width: int, height: int
) -> None:
    page = visit("/manual", width, height)
    for path in ("/manual", *(f"/manual/{page.slug}" for page in CONTENTS)):
        page.goto(path)
        for theme in THEMES if path in SAMPLES else ("light", "projector"):
            themed(page, theme)
            assert page.evaluate(WIDTH) <= width, (path, theme)
            if theme == "light" or (path in SAMPLES and width > 1000):
                assert (path, theme, violations(page, theme)) == (path, theme, [])


def test_the_manual_leads_from_the_bar_to_a_section_and_to_the_next_page(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Manual").click()
    page.get_by_role("main").get_by_role("link", name="Hosting and operating").click()
    page.get_by_role("link", name="Limits").first.click()
    page.wait_for_url("**/manual/hosting#limits")
    expect(page.get_by_role("heading", name="Limits")).to_be_in_viewport()
    page.get_by_role("link", name="Python interface →").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Python interface")
    expect(page.get_by_role("link", name="Manual", exact=True).first).to_have_attribute(
        "aria-current", "page"
    )
