"""What a person types in the expression lab is kept, and every pause is one step of undo."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_expression import box, open_lab, press, row
from tests.waiting import until

FIRST = "a = 2\nb = a * 3"
BROKEN = FIRST + "\nq = b * (a +"
NEXT_GESTURE = 1_600
"""Milliseconds after which a change is another step of undo."""


def entries(page: Page) -> int:
    return int(page.evaluate("history.length"))


def test_a_draft_outlives_reload_and_back_and_gives_way_to_the_address(visit: Visit) -> None:
    page = open_lab(visit, FIRST)
    box(page).fill(BROKEN)
    expect(page.get_by_role("alert")).to_contain_text("Line 3")
    page.reload()
    expect(box(page)).to_have_value(BROKEN)
    expect(page.get_by_role("alert")).to_contain_text("Line 3")
    expect(page.get_by_text("You see the text as you left it")).to_be_visible()
    page.get_by_role("link", name="Network").click()
    expect(page.get_by_role("heading", name="Network lab")).to_be_attached()
    page.go_back()
    expect(box(page)).to_have_value(BROKEN)
    expect(page.get_by_role("alert")).to_contain_text("Line 3")
    press(page, "Show the text of the address")
    expect(box(page)).to_have_value(FIRST)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.go_back()  # undoes this too
    expect(box(page)).to_have_value(BROKEN)
    page.go_back()
    expect(box(page)).to_have_value(FIRST)
    expect(row(page, "b")).to_contain_text("6")
    # A later visit to another address offers the draft.
    box(page).fill(BROKEN)
    expect(page.get_by_role("alert")).to_contain_text("Line 3")
    page.goto("/expression?code=z+%3D+1")
    expect(box(page)).to_have_value("z = 1")
    press(page, "Open it")
    expect(box(page)).to_have_value(BROKEN)


def test_back_undoes_one_pause_of_typing_and_one_gesture_of_a_slider(visit: Visit) -> None:
    page = open_lab(visit, FIRST)
    expect(row(page, "b")).to_contain_text("6")
    before = entries(page)
    box(page).press("Control+End")
    box(page).press_sequentially("1", delay=20)
    page.wait_for_url(re.compile("31$"))
    box(page).press_sequentially("2", delay=20)
    page.wait_for_url(re.compile("312$"))
    assert entries(page) == before + 1
    page.wait_for_timeout(NEXT_GESTURE)
    slider = page.get_by_role("slider", name="a, slider")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    page.wait_for_url(re.compile(r"code=a\+%3D\+2\.2%0A"))
    assert entries(page) == before + 2
    page.go_back()
    expect(box(page)).to_have_value("a = 2\nb = a * 312")
    page.go_back()
    expect(box(page)).to_have_value(FIRST)


def test_a_refused_number_returns_and_a_typed_one_stays_as_it_is(visit: Visit) -> None:
    page = open_lab(visit, "x = 0.5\ny = 1/x + log(x)")
    slider = page.get_by_role("slider", name="x, slider")
    slider.fill("-10")
    expect(page.get_by_role("alert")).to_contain_text("x cannot be −10")
    expect(slider).to_have_value("0.5")
    number = page.get_by_role("textbox", name="x", exact=True)
    expect(number).to_have_value("0.5")
    expect(box(page)).to_have_value(re.compile("^x = 0.5\n"))
    number.fill("-3")
    number.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("x cannot be −3")
    expect(number).to_have_value("0.5")
    number.fill("1e6")
    number.press("Enter")
    expect(box(page)).to_have_value(re.compile("^x = 1e6\n"))
    expect(number).to_have_value("1e6")
    page.get_by_label("Learning rate").fill("1000")
    page.get_by_label("Learning rate").press("Enter")
    page.wait_for_url(re.compile("rate=1000"))
    expect(page.locator("#descent-summary")).to_contain_text("A step down")


def test_a_menu_closes_by_choosing_by_a_press_elsewhere_and_by_escape(visit: Visit) -> None:
    page = visit("/network")
    gallery = page.locator("details.gallery")
    summary = gallery.locator("summary")
    for close in ("choose", "elsewhere", "Escape"):
        summary.click()
        expect(gallery).to_have_attribute("open", "")
        if close == "choose":
            page.get_by_role("button", name="Circles").click()
        elif close == "elsewhere":
            page.locator("#surface").click(position={"x": 60, "y": 60})
        else:
            page.keyboard.press("Escape")
            expect(summary).to_be_focused()
        until(page, "!document.querySelector('details.gallery').open")
    page.goto("/network?panel=scores")
    expect(page.get_by_role("group", name="Pictures of this panel")).to_be_hidden()


def test_a_table_that_was_typed_outlives_another_tab_of_the_lab_and_a_reload(visit: Visit) -> None:
    page = visit("/network?panel=data")
    rows = page.get_by_role("textbox", name="Rows as CSV")
    page.get_by_text("Bring your own data").click()
    rows.fill("1, 2, yes\n3")
    page.get_by_role("tab", name="Scores").click()
    expect(rows).to_have_count(0)
    page.get_by_role("tab", name="Data").click()
    expect(rows).to_have_value("1, 2, yes\n3")
    page.reload()
    expect(rows).to_be_visible()
    expect(rows).to_have_value("1, 2, yes\n3")
