"""The expression lab, by typing into it."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Visit
from tests.waiting import until

PLACES = "JSON.stringify([trace('graph', 'values').x, trace('graph', 'values').y])"
NEURON = (
    "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\nn = x1*w1 + x2*w2 + b\no = tanh(n)\n"
)


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
    until(page, "trace('graph', 'values')?.text[0].includes('grad 10')")


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
    page.get_by_text("Stories").click()
    page.get_by_role("link", name="A neuron with tanh").click()
    expect(row(page, "o")).to_contain_text("0.7071")
    page.get_by_text("Stories").click()
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
    expect(page.get_by_role("alert")).to_contain_text("no longer stored")
    box(page).fill("a = 2")
    expect(row(page, "a")).to_be_visible()


def test_hovering_an_operation_shows_the_local_derivatives(visit: Visit) -> None:
    page = visit("/expression")
    box(page).fill("a = 2\nb = -3\ne = a * b")
    expect(row(page, "e")).to_be_visible()
    until(page, "trace('graph', 'operations')?.text.length === 1")
    place = page.evaluate(
        """() => { const plot = document.getElementById('graph');
        const {x, y} = trace('graph', 'operations');
        const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect(); return [box.x +
        xaxis._offset + xaxis.d2p(x[0]), box.y + yaxis._offset + yaxis.d2p(y[0])]; }
        """
    )
    page.mouse.move(place[0], place[1])
    expect(page.locator("#graph .hovertext")).to_contain_text("∂e/∂a = b = −3")
    expect(page.locator("#graph .hovertext")).to_contain_text("∂e/∂b = a = 2")


def test_the_graph_keeps_its_nodes_in_place_when_only_numbers_change(visit: Visit) -> None:
    page = visit("/expression")
    box(page).fill("a = 2\nb = a * a")
    until(page, "trace('graph', 'values')?.text[1]?.includes('data 4')")
    before = page.evaluate(PLACES)
    box(page).fill("a = 5\nb = a * a")
    until(page, "trace('graph', 'values')?.text[1]?.includes('data 25')")
    assert page.evaluate(PLACES) == before


# --- the walk ------------------------------------------------------------------------------------

SENTENCES = (
    "o is the output: its derivative with respect to itself is 1. "
    "o.grad += 1, so o.grad = 0 + 1 = 1.",
    "o = tanh(n), so ∂o/∂n = 1 − o² = 0.5. "
    "n.grad += ∂o/∂n · o.grad = 0.5 · 1 = 0.5, so n.grad = 0 + 0.5 = 0.5.",
    "n = v3 + b, so ∂n/∂v3 = 1. "
    "v3.grad += ∂n/∂v3 · n.grad = 1 · 0.5 = 0.5, so v3.grad = 0 + 0.5 = 0.5.",
    "n = v3 + b, so ∂n/∂b = 1. "
    "b.grad += ∂n/∂b · n.grad = 1 · 0.5 = 0.5, so b.grad = 0 + 0.5 = 0.5.",
    "v3 = v1 + v2, so ∂v3/∂v1 = 1. "
    "v1.grad += ∂v3/∂v1 · v3.grad = 1 · 0.5 = 0.5, so v1.grad = 0 + 0.5 = 0.5.",
    "v3 = v1 + v2, so ∂v3/∂v2 = 1. "
    "v2.grad += ∂v3/∂v2 · v3.grad = 1 · 0.5 = 0.5, so v2.grad = 0 + 0.5 = 0.5.",
    "v2 = x2 · w2, so ∂v2/∂x2 = w2 = 1. "
    "x2.grad += ∂v2/∂x2 · v2.grad = 1 · 0.5 = 0.5, so x2.grad = 0 + 0.5 = 0.5.",
    "v2 = x2 · w2, so ∂v2/∂w2 = x2 = 0. "
    "w2.grad += ∂v2/∂w2 · v2.grad = 0 · 0.5 = 0, so w2.grad = 0 + 0 = 0.",
    "v1 = x1 · w1, so ∂v1/∂x1 = w1 = −3. "
    "x1.grad += ∂v1/∂x1 · v1.grad = (−3) · 0.5 = −1.5, so x1.grad = 0 + (−1.5) = −1.5.",
    "v1 = x1 · w1, so ∂v1/∂w1 = x1 = 2. "
    "w1.grad += ∂v1/∂w1 · v1.grad = 2 · 0.5 = 1, so w1.grad = 0 + 1 = 1.",
)
PYTORCH = {"x1": "−1.5", "w1": "1", "x2": "0.5", "w2": "0", "b": "0.5", "o": "1"}


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def open_lab(visit: Visit, code: str, more: str = "") -> Page:
    return visit(f"/expression?{urlencode({'code': code})}{more}")


def test_the_neurons_backward_walk_says_every_step_and_ends_at_pytorchs_numbers(
    visit: Visit,
) -> None:
    page = open_lab(visit, NEURON, "&step=5")
    expect(status(page)).to_have_text("o = tanh(n) = tanh(0.8814) = 0.7071.")
    expect(row(page, "o").get_by_role("cell").nth(2)).to_have_text("")
    for message in SENTENCES:
        press(page, "Forward")
        expect(status(page)).to_have_text(message)
    for label, grad in PYTORCH.items():
        expect(row(page, label).get_by_role("cell").last).to_have_text(grad)
    expect(page.locator(".formulas math").first).to_be_visible()


def test_the_forward_walk_shows_what_is_known_and_nothing_more(visit: Visit) -> None:
    page = open_lab(visit, "a = 2\nb = a * a\nc = b + a", "&step=0")
    expect(status(page)).to_have_text("Given: a = 2.")
    expect(row(page, "b")).not_to_contain_text("4")
    until(page, "trace('graph', 'values')?.text[1] === '<b>b</b><br>data<br>grad'")
    press(page, "Forward")
    expect(status(page)).to_have_text("b = a · a = 2 · 2 = 4.")
    expect(row(page, "b")).to_have_attribute("aria-current", "step")
    expect(row(page, "c")).not_to_contain_text("6")
    until(page, "trace('graph', 'carrying').x.filter((x) => x === null).length === 2")
    press(page, "Last")
    expect(status(page)).to_contain_text("contributions add up")
    expect(row(page, "a")).to_contain_text("5")
    press(page, "Back")
    press(page, "First")
    expect(status(page)).to_have_text("Given: a = 2.")


def test_play_walks_by_itself_and_pause_stops_it(visit: Visit) -> None:
    page = open_lab(visit, NEURON, "&step=0")
    page.get_by_role("combobox", name="Speed").select_option("fast")
    press(page, "Play")
    scrubber = page.get_by_role("slider", name="Step of the walk")
    until(page, "+document.getElementById('scrubber').value >= 4")
    press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    stopped = scrubber.input_value()
    page.wait_for_timeout(600)
    assert scrubber.input_value() == stopped
    press(page, "Play")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(scrubber).to_have_value("15")


def test_the_whole_walk_is_done_with_the_keyboard_alone(visit: Visit) -> None:
    page = open_lab(visit, NEURON)
    page.keyboard.press("Home")
    expect(status(page)).to_contain_text("Given: x1 = 2")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(status(page)).to_have_text(SENTENCES[0])
    page.keyboard.press("ArrowLeft")
    expect(status(page)).to_contain_text("tanh(0.8814)")
    page.keyboard.press("End")
    expect(status(page)).to_have_text(SENTENCES[-1])
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_link_reopens_the_step(visit: Visit) -> None:
    page = open_lab(visit, NEURON)
    press(page, "Back")
    page.wait_for_url(re.compile("step=14"))
    message = status(page).inner_text()
    page.reload()
    expect(status(page)).to_have_text(message)


def test_backward_called_twice_adds_to_the_leaves(visit: Visit) -> None:
    page = open_lab(visit, "a = 3\nb = a * a")
    page.get_by_label("Call backward()").select_option("twice")
    expect(row(page, "a").get_by_role("cell").last).to_have_text("12")
    expect(status(page)).to_contain_text("so a.grad = 9 + 3 = 12")


# --- numbers -------------------------------------------------------------------------------------


def test_a_typed_number_changes_the_text_and_everything_else(visit: Visit) -> None:
    page = open_lab(visit, "a = 2  # the first\nb = -3\ne = a * b")
    page.get_by_role("textbox", name="b", exact=True).fill("−4.5")
    page.keyboard.press("Enter")
    expect(row(page, "e")).to_contain_text("−9")
    expect(box(page)).to_have_value("a = 2  # the first\nb = -4.5\ne = a * b")
    page.get_by_role("textbox", name="b", exact=True).fill("much")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("b: Write a number")
    expect(row(page, "e")).to_contain_text("−9")


def test_a_slider_that_leaves_the_domain_says_so_and_the_graph_stays(visit: Visit) -> None:
    page = open_lab(visit, "a = 1\nb = log(a)")
    slider = page.get_by_role("slider", name="a, slider")
    slider.fill("-2")
    expect(page.get_by_role("alert")).to_contain_text("above 0")
    slider.fill("4")
    expect(row(page, "b")).to_contain_text("1.386")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_of_an_input_no_gradient_is_wanted(visit: Visit) -> None:
    page = open_lab(visit, "x = 2\nw = 3\ny = w * x")
    mark = page.get_by_role("group", name="x", exact=True).get_by_role("button", name="input")
    mark.click()
    expect(row(page, "x").get_by_role("cell").last).to_have_text("")
    expect(row(page, "w").get_by_role("cell").last).to_have_text("2")
    page.wait_for_url(re.compile("inputs=x"))
    mark.click()
    expect(row(page, "x").get_by_role("cell").last).to_have_text("3")


DRAG = """async () => {
    const slider = document.getElementById('slider-a'), begun = performance.now();
    const texts = () => document.querySelector('#graph .scatterlayer').textContent;
    let seen = texts(), redraws = 0, dragging = true;
    const look = () => {
        if (seen !== texts()) redraws++;
        seen = texts();
        if (dragging) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    for (let i = 0; i < 60; i++) {
        slider.value = 1 + i / 20;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve, 33));
    }
    dragging = false;
    return redraws / ((performance.now() - begun) / 1000);
}"""
"""Moves the slider 60 times; how many times a second the graph shows other numbers."""


@pytest.mark.alone
def test_dragging_redraws_fifteen_times_a_second_and_moves_no_node(visit: Visit) -> None:
    lines = ["a = 1", *(f"b{i} = tanh({f'b{i - 1}' if i else 'a'} * 0.9) + a" for i in range(12))]
    page = open_lab(visit, "\n".join(lines))
    until(page, "trace('graph', 'values')?.text.length >= 49")
    before = page.evaluate(PLACES)
    rates: list[float] = []
    while len(rates) < 10 and max(rates, default=0.0) < 15:  # the machine may be shared
        rates.append(page.evaluate(DRAG))
    assert max(rates) >= 15, f"redraws a second: {rates}"
    assert page.evaluate(PLACES) == before
