"""The expression lab, by typing into it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Visit


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Expression")


def row(page: Page, label: str) -> Locator:
    table = page.get_by_role("table", name="Nodes")
    return table.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name=label, exact=True)
    )


def graph_text(page: Page) -> str:
    return str(page.evaluate("document.getElementById('graph').data.map(t => t.text ?? []).join()"))


def test_a_typed_expression_shows_its_gradient(visit: Visit) -> None:
    page = visit("/expression")
    box(page).fill("x = 3\ny = x**2 + 4*x\n")
    expect(row(page, "x")).to_contain_text("10")
    expect(row(page, "y")).to_contain_text("21")
    page.wait_for_function("document.getElementById('graph').data[4].text[0].includes('grad 10')")


def test_an_error_is_shown_with_its_place_and_can_be_corrected(visit: Visit) -> None:
    page = visit("/expression")
    box(page).fill("x = 0.5\ny = tahn(x)")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Line 2, column 5")
    expect(alert).to_contain_text("Did you mean tanh?")
    expect(page.get_by_role("table", name="Nodes")).to_be_visible()
    box(page).fill("x = 0.5\ny = tanh(x)")
    expect(row(page, "y")).to_contain_text("0.4621")
    expect(row(page, "x")).to_contain_text("0.7864")
    expect(alert).to_have_count(0)


def test_typing_keeps_the_focus_and_the_caret(visit: Visit) -> None:
    page = visit("/expression")
    box(page).fill("")
    box(page).press_sequentially("a = 2", delay=20)
    expect(row(page, "a")).to_contain_text("2")
    box(page).press_sequentially("5", delay=20)
    expect(row(page, "a")).to_contain_text("25")
    expect(box(page)).to_be_focused()


def test_the_address_holds_the_expression_and_reload_shows_it_again(visit: Visit) -> None:
    page = visit("/expression")
    box(page).fill("p = 7\nq = p * p  # a square, 100%\n")
    expect(row(page, "q")).to_contain_text("49")
    page.wait_for_url(re.compile("p\\+%3D\\+7"))
    page.reload()
    expect(box(page)).to_have_value("p = 7\nq = p * p  # a square, 100%\n")
    expect(row(page, "p")).to_contain_text("14")


def test_back_returns_to_the_expression_before(visit: Visit) -> None:
    page = visit("/expression")
    page.get_by_text("Presets").click()
    page.get_by_role("link", name="A neuron with tanh").click()
    expect(row(page, "o")).to_contain_text("0.7071")
    page.get_by_text("Presets").click()
    page.get_by_role("link", name="A value used twice").click()
    expect(row(page, "b")).to_contain_text("a + a")
    page.go_back()
    expect(row(page, "o")).to_contain_text("0.7071")
    expect(box(page)).to_have_value(re.compile("tanh"))


def test_a_long_expression_has_a_short_address(visit: Visit) -> None:
    page = visit("/expression")
    text = "a = 1 # " + "=" * 3_900 + "\nb = a + a"
    box(page).fill(text)
    expect(row(page, "b")).to_contain_text("a + a")
    page.wait_for_url(re.compile("code=~[0-9a-f]{32}$"))
    page.reload()
    expect(box(page)).to_have_value(text)


def test_a_short_address_that_is_no_longer_kept_says_so(visit: Visit) -> None:
    page = visit("/expression?code=~" + "0" * 32)
    expect(page.get_by_role("alert")).to_contain_text("no longer kept")
    box(page).fill("a = 2")
    expect(row(page, "a")).to_be_visible()


def test_hovering_an_operation_shows_the_local_derivatives(visit: Visit) -> None:
    page = visit("/expression")
    box(page).fill("a = 2\nb = -3\ne = a * b")
    expect(row(page, "e")).to_be_visible()
    page.wait_for_function("document.getElementById('graph').data[3].text.length === 1")
    place = page.evaluate(
        """() => { const plot = document.getElementById('graph'), {x, y} = plot.data[3]; const
        {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect(); return [box.x +
        xaxis._offset + xaxis.d2p(x[0]), box.y + yaxis._offset + yaxis.d2p(y[0])]; }
        """
    )
    page.mouse.move(place[0], place[1])
    expect(page.locator("#graph .hovertext")).to_contain_text("∂e/∂a = b = −3")
    expect(page.locator("#graph .hovertext")).to_contain_text("∂e/∂b = a = 2")


def test_the_graph_keeps_its_nodes_in_place_when_only_numbers_change(visit: Visit) -> None:
    page = visit("/expression")
    places = "[plotted('graph', 4, 'x'), plotted('graph', 4, 'y')]"
    box(page).fill("a = 2\nb = a * a")
    page.wait_for_function("document.getElementById('graph').data[4].text[1]?.includes('data 4')")
    before = page.evaluate(places)
    box(page).fill("a = 5\nb = a * a")
    page.wait_for_function("document.getElementById('graph').data[4].text[1]?.includes('data 25')")
    assert page.evaluate(places) == before
