"""Every key of the table does what it says, in a real browser, and none does while one types."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from playground.expression.state import Lab
from playground.expression.stories import NEURON
from playground.keys import KEYS, Key, keys_of
from tests.e2e.conftest import Visit
from tests.e2e.test_network import drawn, press
from tests.waiting import until

PRESSED = {item.name: "Space" if item.key == " " else item.key for item in KEYS}
SPAN = "(({range}) => range[1] - range[0])(document.getElementById('graph')._fullLayout.xaxis)"


def expression(visit: Visit, **state: object) -> Page:
    page = visit(f"/expression?{Lab(code=NEURON, **state).query()}")  # type: ignore[arg-type]
    until(page, "document.getElementById('graph')?.data")
    return page


def network(visit: Visit) -> Page:
    page = visit("/network")
    drawn(page)
    return page


def key(page: Page, name: str) -> None:
    page.keyboard.press(PRESSED[name])


def at(page: Page, place: int) -> None:
    expect(page.get_by_role("slider", name="Step of the walk")).to_have_value(str(place))


def walks(visit: Visit) -> None:
    page = expression(visit, step=2, speed="slow")
    key(page, "play")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    key(page, "play")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def moves(name: str, place: int) -> Callable[[Visit], None]:
    def check(visit: Visit) -> None:
        page = expression(visit, step=3)
        key(page, name)
        at(page, place)

    return check


def zooms(name: str) -> Callable[[Visit], None]:
    def check(visit: Visit) -> None:
        page = expression(visit)
        press(page, "Fit")
        fitted = page.evaluate(SPAN)
        key(page, "in")
        near = page.evaluate(SPAN)
        assert near < fitted * 0.8
        if name != "in":
            key(page, name)
            assert abs(page.evaluate(SPAN) - fitted) < 1

    return check


def finds(visit: Visit) -> None:
    page = expression(visit)
    key(page, "find")
    expect(page.get_by_role("combobox", name="Find a node")).to_be_focused()


def trains(visit: Visit) -> None:
    page = network(visit)
    key(page, "play")
    until(page, "+document.getElementById('step-out').textContent > 5")
    key(page, "play")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def steps(visit: Visit) -> None:
    page = network(visit)
    for count in ("1", "2"):
        key(page, "forward")
        expect(page.locator("#step-out")).to_have_text(count)


def resets(visit: Visit) -> None:
    page = network(visit)
    key(page, "forward")
    expect(page.locator("#step-out")).to_have_text("1")
    expect(page.get_by_role("button", name="Reset")).to_be_enabled()
    key(page, "reset")
    expect(page.locator("#step-out")).to_have_text("0")


def looks_back(visit: Visit) -> None:
    page = network(visit)
    key(page, "forward")
    expect(page.locator("#step-out")).to_have_text("1")
    key(page, "back")
    expect(page.locator("#step-out")).to_have_text("0")
    expect(page.get_by_text("step 0 of 1")).to_be_visible()


def folds(open_lab: Callable[[Visit], Page], what: str) -> Callable[[Visit], None]:
    def check(visit: Visit) -> None:
        page = open_lab(visit)
        expect(page.locator(what)).to_be_visible()
        key(page, "controls")
        expect(page.locator(what)).to_be_hidden()
        key(page, "controls")
        expect(page.locator(what)).to_be_visible()

    return check


def everywhere(name: str) -> Callable[[Page], None]:
    def fills(page: Page) -> None:
        key(page, "fullscreen")
        until(page, "document.fullscreenElement?.id === 'main'")
        assert page.evaluate("document.getElementById('main').offsetWidth === innerWidth")
        key(page, "fullscreen")
        until(page, "document.fullscreenElement === null")

    def points(page: Page) -> None:
        page.mouse.move(300, 300)
        key(page, "laser")
        expect(page.locator(".laser.own")).to_be_visible()
        key(page, "laser")
        expect(page.locator(".laser.own")).to_be_hidden()

    def changes(page: Page) -> None:
        page.emulate_media(color_scheme="light")
        for theme in ("dark", "projector", "light"):
            key(page, "theme")
            expect(page.locator("html")).to_have_attribute("data-theme", theme)

    def helps(page: Page) -> None:
        key(page, "keys")
        expect(page.get_by_role("dialog")).to_be_visible()
        key(page, "theme")  # means nothing there
        key(page, "keys")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("html")).to_have_attribute("data-theme", "")

    def closes(page: Page) -> None:
        page.get_by_role("button", name="Keys").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        key(page, "close")
        expect(page.get_by_role("dialog")).to_be_hidden()

    return {
        "fullscreen": fills, "laser": points, "theme": changes, "keys": helps, "close": closes,
    }[name]  # fmt: skip


LABS: dict[tuple[str, str], Callable[[Visit], None]] = {
    ("expression", "play"): walks,
    ("expression", "forward"): moves("forward", 4),
    ("expression", "back"): moves("back", 2),
    ("expression", "first"): moves("first", 0),
    ("expression", "last"): moves("last", 15),
    ("expression", "reset"): moves("reset", 0),
    ("expression", "fit"): zooms("fit"),
    ("expression", "in"): zooms("in"),
    ("expression", "out"): zooms("out"),
    ("expression", "find"): finds,
    ("expression", "controls"): folds(expression, "#editor-panel"),
    ("network", "play"): trains,
    ("network", "forward"): steps,
    ("network", "back"): looks_back,
    ("network", "reset"): resets,
    ("network", "controls"): folds(network, "#settings"),
}
"""What a lab's own key does; those of every page are tried on every page."""

OWN = [(page, item) for page in ("expression", "network") for item in keys_of(page)
       if "" not in item.does]  # fmt: skip
COMMON = [(path, item) for path in ("/", "/expression", "/network") for item in keys_of("")]


@pytest.mark.parametrize(("lab", "item"), OWN, ids=lambda item: getattr(item, "name", item))
def test_every_key_of_a_lab_does_what_it_says(visit: Visit, lab: str, item: Key) -> None:
    LABS[lab, item.name](visit)


@pytest.mark.parametrize(("path", "item"), COMMON, ids=lambda item: getattr(item, "name", item))
def test_every_key_of_all_pages_does_what_it_says(visit: Visit, path: str, item: Key) -> None:
    page = visit(path)
    expect(page.locator(".laser")).to_have_count(3)
    everywhere(item.name)(page)


@pytest.mark.parametrize("path", ["/", "/expression", "/network"])
def test_the_help_lists_exactly_the_table(visit: Visit, path: str) -> None:
    page = visit(path)
    page.keyboard.press("?")
    rows = page.get_by_role("dialog").locator("tbody tr")
    expected = [f"{item.label}\t{item.on(path.strip('/'))}" for item in keys_of(path.strip("/"))]
    assert [text.strip() for text in rows.all_inner_texts()] == expected
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    page.mouse.click(5, 5)  # beside it
    expect(page.get_by_role("dialog")).to_be_hidden()


def untouched(page: Page) -> None:
    """Nothing that a key does has been done."""
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "")
    expect(page.locator("html")).to_have_attribute("data-controls", "")
    expect(page.locator("#laser")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.fullscreenElement === null")


def test_a_key_that_is_typed_into_a_text_is_text(visit: Visit) -> None:
    page = expression(visit, step=3)
    text = page.get_by_role("textbox", name="Expression")
    text.press("Control+End")
    text.press_sequentially("# hflrt? 0+-/ ")
    assert text.input_value().endswith("# hflrt? 0+-/ ")
    find = page.get_by_role("combobox", name="Find a node")
    find.press_sequentially("rt lf?h0")
    expect(find).to_have_value("rt lf?h0")
    untouched(page)
    at(page, 3)


def test_a_key_that_is_typed_into_a_setting_is_text(visit: Visit) -> None:
    page = network(visit)
    samples = page.get_by_role("textbox", name="Samples")
    samples.press("End")
    samples.press_sequentially("t l?hr")
    expect(samples).to_have_value("200t l?hr")
    samples.press("ArrowRight")
    untouched(page)
    expect(page.locator("#step-out")).to_have_text("0")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_key_with_ctrl_alt_or_meta_is_the_browsers(visit: Visit) -> None:
    page = network(visit)
    page.locator("main h2").first.click()
    for modifier in ("Control", "Alt", "Meta"):
        for item in ("l", "h", "?", " "):
            page.evaluate(
                """([key, held]) => document.body.dispatchEvent(new KeyboardEvent('keydown',
                {key, bubbles: true, cancelable: true, [`${held}Key`]: true}))""",
                [item, "ctrl" if modifier == "Control" else modifier.lower()],
            )
    untouched(page)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_the_plane_keeps_its_arrows(visit: Visit) -> None:
    page = network(visit)
    page.locator("#plane").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#cursor")).to_contain_text("x1")
    expect(page.locator("#crosshair")).to_be_visible()
    page.keyboard.press("l")  # which is no arrow
    expect(page.locator("#laser")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#step-out")).to_have_text("0")


def test_a_slider_keeps_its_arrows_and_the_walk_its_space(visit: Visit) -> None:
    page = expression(visit, step=3, speed="slow")
    page.get_by_role("slider", name="Step of the walk").focus()
    page.keyboard.press("ArrowRight")
    at(page, 4)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
