"""Sweeps in a browser: from the lab to the map, to one run's curve, and into that run."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.looking import SIZES, THEMES, themed, violations
from tests.e2e.test_access import tab_to
from tests.e2e.test_network import drawn, press, steps
from tests.waiting import until

FORM = "samples=40&hidden=3&first=rate&first_values=0.01,0.1&second=l2&second_values=0,0.1,1"
LARGE = FORM.replace("samples=40&hidden=3", "samples=200&hidden=16,16")
MAPPED = "document.getElementById('heatmap')?.data?.[0].z.flat().filter((z) => z !== null).length"


def started(visit: Visit, query: str, width: int = 1400, height: int = 900) -> Page:
    page = visit(f"/sweeps/new?{query}", width, height)
    press(page, "Start")
    page.wait_for_url(re.compile("/sweeps/[^/]+$"))
    return page


def test_a_sweep_is_started_from_the_lab_and_a_click_on_its_map_opens_that_run(
    visit: Visit,
) -> None:
    page = visit("/network?samples=40&hidden=3")
    drawn(page)
    page.get_by_role("link", name="Sweep settings").click()
    count = page.locator("#count")
    expect(count).to_have_text("35 runs of 500 steps each")
    page.get_by_label("Second setting", exact=True).select_option(label="Optimizer")
    values = page.get_by_label("Values of the second setting")
    expect(values).to_have_value(re.compile("sgd, momentum"))
    values.fill("sgd, adagrad")
    expect(page.get_by_role("alert")).to_contain_text("adagrad: There is no optimizer")
    values.fill("sgd, adam")
    expect(count).to_have_text("14 runs of 500 steps each")
    page.get_by_label("Steps").fill("30")
    expect(count).to_have_text("14 runs of 30 steps each")
    press(page, "Start")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sweep: Learning rate × Optimizer")
    expect(page.get_by_text("14 of 14 done")).to_be_visible()
    until(page, f"{MAPPED} === 14")
    expect(page.locator("#poll")).to_have_count(0)
    box = page.locator("#heatmap .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 4.5 / 7, box["y"] + box["height"] * 0.25)
    chosen = page.get_by_role("region", name="Learning rate 0.1, Optimizer Adam", exact=False)
    expect(chosen).to_be_visible()
    train, test = chosen.locator(".losses b").all_inner_texts()
    page.reload()
    expect(chosen).to_be_visible()
    press(page, "Open this run")
    drawn(page)
    assert steps(page) == 30
    expect(page.locator("#loss-out")).to_have_text(re.compile(rf"{train}\s+test {test}"))
    expect(page.get_by_label("Learning rate")).to_have_value("0.1")


def test_partial_results_are_seen_by_keys_and_the_rest_is_cancelled(visit: Visit) -> None:
    page = started(visit, f"{LARGE}&steps=10000&second=seed&second_values=0..99")
    until(page, f"{MAPPED} >= 1")
    tab_to(page, "Run 1", "link")
    page.keyboard.press("Enter")
    expect(page.locator("tr[aria-current]")).to_contain_text("0.01")
    expect(page.get_by_role("link", name="Run 1", exact=True)).to_be_focused()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    page.get_by_role("link", name="My runs").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete Learning rate × Seed").click()
    expect(page.get_by_role("heading", name="Sweeps")).to_be_hidden()


def test_sweeps_are_in_order_in_every_theme_and_size(visit: Visit) -> None:
    page = started(visit, f"{FORM}&steps=20&activation=linear&output=linear")
    expect(page.get_by_text("Finished.")).to_be_visible()
    sweep = page.url
    for path in (sweep, f"/sweeps/new?{FORM}", "/sweeps/new?first_values=x", "/runs"):
        page.goto(path)
        if path == sweep:
            until(page, "document.getElementById('curve')?.data")
        for theme in THEMES:
            themed(page, theme)
            assert (path, theme, violations(page, theme)) == (path, theme, [])
            if theme not in SIZES:
                continue
            for width, height in ((1280, 800), (1920, 1080), (390, 844), (1400, 900)):
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
