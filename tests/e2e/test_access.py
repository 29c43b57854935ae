"""The expression lab for those who do not use a mouse or do not see it."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from playground.expression.state import Lab
from playground.expression.stories import NEURON, PRESETS
from tests.e2e.conftest import Visit
from tests.e2e.looking import CONTRASTS, themed, violations
from tests.waiting import until

STORIES = {preset.key: preset.lab for preset in PRESETS}
STATES: dict[str, Lab] = {
    "end": Lab(code=NEURON),
    "start": Lab(code=NEURON, step=0),
    "playing": Lab(code=NEURON, step=2, playing=True, speed="slow"),
    "asks": Lab(code=NEURON, step=8, predict=True),
    "wrong": Lab(code=NEURON, step=8, predict=True, answers=("8~9",), asked=1),
    "error": Lab(code="x = 2\ny = tahn(x)"),
    "empty": Lab(code=""),
    "constants": Lab(code="2 * 3"),
    "apart": STORIES["apart"].with_(node="o"),
    "map": STORIES["squares"].with_(format="numpy"),
    "left over": STORIES["forgotten"],
    "folded": Lab(code=NEURON, folded=("*",), leaf="x1", bare=True),
}


def test_axe_finds_nothing_in_any_state(visit: Visit) -> None:
    page = visit("/expression")
    for name, lab in STATES.items():
        page.goto(f"/expression?{lab.query()}")
        if lab.code.strip() and name != "error":
            until(page, "document.getElementById('graph')?.data")
        for theme in CONTRASTS:
            themed(page, theme)
            assert (name, theme, violations(page, theme)) == (name, theme, [])


def tab_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until the control with this name has the focus."""
    expected = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    expect(expected).to_have_count(1)
    for _ in range(150):
        page.keyboard.press("Tab")
        if expected.evaluate("(each) => each === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {name}")


def test_the_whole_story_of_the_neuron_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit("/")
    status = page.get_by_role("status")
    tab_to(page, "Expression", "link")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Graph").wait_for()
    page.locator("summary", has_text="Stories").wait_for()
    while page.evaluate("document.activeElement.textContent.trim()") != "Stories":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    while "A neuron with tanh" not in page.evaluate("document.activeElement.textContent"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#story")).to_contain_text("A neuron with tanh")

    until(page, "document.getElementById('graph')?.data")

    page.keyboard.press("Home")  # the walk
    expect(status).to_contain_text("Given: x1 = 2")
    for place in range(1, 16):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("slider", name="Step of the walk")).to_have_value(str(place))
    expect(status).to_have_text(
        "v1 = x1 · w1, so ∂v1/∂w1 = x1 = 2. "
        "w1.grad += ∂v1/∂w1 · v1.grad = 2 · 0.5 = 1, so w1.grad = 0 + 1 = 1."
    )

    tab_to(page, "Predict first")  # predictions
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Predict first")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("What is o.grad")
    tab_to(page, "Your prediction", "textbox")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("Correct.")
    expect(page.locator("#score")).to_have_text("1 of 1 correct")
    tab_to(page, "Predict first")
    page.keyboard.press("Enter")
    expect(page.locator("#score")).to_have_count(0)

    tab_to(page, "x2, slider", "slider")  # a number
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("textbox", name="x2", exact=True)).to_have_value("0.25")
    page.wait_for_url(re.compile("x2\\+%3D\\+0\\.25"))  # the slider was let go
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("slider", name="x2, slider")).to_have_value("0")

    tab_to(page, "Open o")  # tanh in its parts
    page.keyboard.press("Enter")
    expect(page.locator("#apart")).to_contain_text("The gradients of the other 10 are the same")
    tab_to(page, "Close o")
    page.keyboard.press("Enter")
    expect(page.locator("#apart")).to_have_count(0)

    tab_to(page, "One step up")  # gradient steps
    page.keyboard.press("Enter")
    expect(page.locator("#descent-summary")).to_contain_text(
        "1 gradient step: o went from 0.7071 to"
    )
    assert urlencode({"moves": "-0.05*1"}) in page.url
