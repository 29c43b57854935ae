"""Fields, buttons and messages for everyone: arrow keys, states, what a screen reader hears."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from playground.expression.state import Lab
from playground.expression.stories import NEURON
from tests.e2e.conftest import MODULE, Visit
from tests.e2e.looking import themed
from tests.e2e.test_network import drawn
from tests.waiting import until

NUDGE = f"""async ([value, sign, rules]) =>
    (await {MODULE}("number_fields")).nudge(value, sign, rules)"""

LISTEN = """() => {
    window.heard = [];
    const regions = "[role=status], [role=alert], [role=log], output, [aria-live]";
    for (const region of document.querySelectorAll(regions)) {
        if (region.getAttribute("aria-live") === "off") continue;
        let text = region.textContent.trim();
        new MutationObserver(() => {
            const now = region.textContent.trim();
            if (now !== text) window.heard.push(now);
            text = now;
        }).observe(region, {subtree: true, childList: true, characterData: true});
    }
}"""
"""Note what a screen reader says: every change of the text in a live region."""

LOOKS = """(button) => {
    const look = getComputedStyle(button);
    return [look.backgroundColor, look.backgroundImage, look.borderStyle, look.borderColor,
            look.boxShadow, look.outlineStyle, look.animationName, look.color].join(" ");
}"""


def test_the_arrows_change_a_number(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    rate = page.get_by_role("textbox", name="Learning rate")
    rate.focus()
    for key, text in (("ArrowUp", "0.13"), ("ArrowUp", "0.169"), ("ArrowDown", "0.13")):
        page.keyboard.press(key)
        expect(rate).to_have_value(text)
    page.wait_for_url("**rate=0.13&**")
    expect(rate).to_be_focused()
    rate.fill("0,2")
    page.keyboard.press("ArrowDown")
    expect(rate).to_have_value("0.154")
    batch = page.get_by_role("textbox", name="Batch size")
    batch.focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(batch).to_have_value("20")

    penalty = {"factor": 1.3, "low": 0, "high": 1, "least": 0.0001}
    period = {"step": 1, "factor": 1.3, "low": 1, "high": 1_000_000, "least": 1}
    for arguments, expected in (
        ([0, 1, penalty], 0.0001), ([0.0001, -1, penalty], 0), ([0, -1, penalty], 0),
        ([0.9, 1, penalty], 1), ([1, 1, period], 2), ([1, -1, period], 1), ([100, 1, period], 130),
        ([0.1, 1, {"step": 0.2}], 0.3), ([1e-300, -1, {"factor": 1.3, "high": 100}], 7.69e-301),
    ):  # fmt: skip
        assert page.evaluate(NUDGE, arguments) == expected, arguments


def test_the_arrows_change_a_leaf_whose_slider_is_wide(visit: Visit) -> None:
    page = visit(f"/expression?{Lab(code=NEURON).query()}")
    until(page, "document.getElementById('graph')?.data")
    box = page.get_by_role("textbox", name="x1", exact=True)
    box.focus()
    page.keyboard.press("ArrowUp")
    expect(box).to_have_value("2.1")
    expect(page.get_by_role("slider", name="x1, slider")).to_have_value("2.1")
    for slider in page.locator(".leaf input[type=range]").all():
        shape = slider.bounding_box()
        assert shape is not None
        assert shape["width"] >= 200


def test_single_keys_can_be_switched_off(visit: Visit) -> None:
    page = visit("/expression?code=a=2;b=a*a&step=0")
    laser = page.locator("#laser")
    for is_on in (False, True):
        page.keyboard.press("?" if not is_on else "Escape")
        if is_on:
            page.get_by_role("button", name="Keys").click()
        page.get_by_role("checkbox", name="Use keys that are a single letter").set_checked(is_on)
        page.keyboard.press("Escape")
        page.reload()
        expect(page.get_by_role("slider", name="Step of the walk")).to_be_visible()
        expect(page.locator(".laser")).to_have_count(3)
        for key in ("l", "?"):
            page.keyboard.press(key)
        expect(laser).to_have_attribute("aria-pressed", "true" if is_on else "false")
        expect(page.get_by_role("dialog")).to_be_visible(visible=is_on)
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")  # which is no character
    expect(page.get_by_role("slider", name="Step of the walk")).to_have_value("1")


def test_a_screen_reader_says_where_training_stands_and_no_more(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    expect(page.locator("#summary")).to_contain_text("Step 0: loss")
    page.evaluate(LISTEN)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "+document.getElementById('step-out').textContent.replace(',', '') > 60")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("#summary")).to_contain_text(", accuracy")
    heard = page.evaluate("heard.filter((text) => text !== 'Working…')")
    assert heard[0] == "The run plays."
    assert len(heard) == 2, heard
    page.get_by_role("button", name="Step", exact=True).click()
    until(page, "heard.length === 3")


def test_every_step_of_a_walk_is_said_once(visit: Visit) -> None:
    page = visit(f"/expression?{Lab(code=NEURON, step=3).query()}")
    until(page, "document.getElementById('graph')?.data")
    page.evaluate(LISTEN)
    for step in ("4", "5", "6"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("slider", name="Step of the walk")).to_have_value(step)
    assert len(page.evaluate("heard")) == 3


def test_play_is_a_few_tabs_away(visit: Visit) -> None:
    for path in ("/network", "/expression?code=a=2;b=a*a"):
        page = visit(path)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()


def looks(page: Page) -> dict[str, str]:
    """How a button looks in each of its states."""
    button = page.get_by_role("button", name="Predict first")
    states = {"plain": button.evaluate(LOOKS)}
    button.hover()
    states["hover"] = button.evaluate(LOOKS)
    page.mouse.down()
    states["held"] = button.evaluate(LOOKS)
    page.mouse.move(0, 0)
    page.mouse.up()
    page.keyboard.press("Tab")
    button.focus()
    states["focus"] = button.evaluate(LOOKS)
    button.blur()
    changes = {
        "chosen": "button.setAttribute('aria-pressed', 'true')",
        "busy": "button.className = 'htmx-request'",
        "disabled": "button.disabled = true",
    }
    for name, change in changes.items():
        copy = "(old) => {const button = old.cloneNode(true); old.after(button); "
        button.evaluate(f"{copy}{change}; button.id = 'copy'}}")
        states[name] = page.locator("#copy").evaluate(LOOKS)
        page.locator("#copy").evaluate("(copy) => copy.remove()")
    return states


def test_every_state_of_a_button_has_a_look_of_its_own(visit: Visit) -> None:
    page = visit(f"/expression?{Lab(code=NEURON, step=3).query()}")
    for theme in ("light", "dark", "projector"):
        themed(page, theme)
        states = looks(page)
        assert len(set(states.values())) == len(states), (theme, states)
