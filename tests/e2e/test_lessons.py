"""The whole lesson, as a learner does it; its steps take turns with the themes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from playground.lessons import LESSONS
from tests.e2e.conftest import Visit
from tests.e2e.looking import THEMES, themed, violations
from tests.e2e.test_lasting import beyond
from tests.e2e.test_network import drawn, press
from tests.waiting import until

OUTPUT = "trace('graph', 'values').text.at(-1).match(/data (\\S+)/)[1]"
"""The number in the box of the last statement."""


def pressed(page: Page, name: str, times: int = 1) -> None:
    """Presses a button of the lab, and waits until each press was answered."""
    for _ in range(times):
        state = page.locator("#state").input_value()
        page.locator("#lab").get_by_role("button", name=name, exact=True).click()
        until(page, "(before) => document.getElementById('state').value !== before", arg=state)


def nudges(page: Page, power: int) -> None:
    """Nudges by another power of ten."""
    page.locator("#h").select_option(value=str(power))
    expect(page.locator("#nudge")).to_contain_text("= 14")


def predicts(page: Page, numbers: list[float]) -> None:
    """Goes backward and says what each gradient will be."""
    for number in numbers:
        pressed(page, "Forward")
        page.get_by_label("Your prediction").fill(str(number))
        pressed(page, "Check")


def answers(page: Page, typed: str) -> None:
    page.locator("#lesson-answer").fill(typed)


def controls(page: Page) -> None:
    """Sees to it that controls are in view, which the projector has folded away."""
    button = page.locator("#controls")
    if button.is_visible() and button.get_attribute("aria-pressed") == "false":
        button.click()


def trains(page: Page, steps: int) -> None:
    page.get_by_label("Speed").select_option(label="as fast as possible")
    press(page, "Play")
    beyond(page, steps)


def does(page: Page, number: int) -> None:
    """Do the task of a step."""
    match number:
        case 1:
            nudges(page, -5)
            answers(page, "14")
        case 2:
            answers(page, "-3, 2, 1")
        case 3:
            pressed(page, "Forward", 3)
            answers(page, "−8")
        case 4:
            predicts(page, [1, 4, -2, -2, -2, 6, -4])
        case 5:
            before = page.evaluate(OUTPUT)
            pressed(page, "One step down")
            until(page, f"(before) => {OUTPUT} !== before", before)  # it is drawn after the swap
            answers(page, page.evaluate(OUTPUT))
        case 6:
            pressed(page, "Forward", 5)
            answers(page, "0.7071")
        case 7:
            predicts(page, [1, 0.5, 0.5, 0.5, 0.5, 0.5])
        case 8:
            pressed(page, "Last")
            answers(page, "0")
        case 9:
            pressed(page, "Last")
            page.get_by_label("A part of its gradient that arrives later would be missing").check()
        case 10:
            answers(page, "2")
        case 11:
            pressed(page, "Open o")
            answers(page, "-1.5")
        case 12:
            pressed(page, "PyTorch")
            answers(page, "1.0")
        case 13:
            page.get_by_role("button", name="Add a neuron to layer 2").click()
            expect(page.locator("#lab")).to_contain_text("47 parameters")
            answers(page, "47")
        case 14:
            loss = page.locator("#loss-out").text_content()
            press(page, "Step")
            beyond(page, 0)
            answers(page, str(loss))
        case 15:
            trains(page, 60)
        case 16:
            pressed(page, "Forget zero_grad()")
            pressed(page, "One step down", 6)
            until(page, "document.getElementById('history')?.data?.[0].y.length >= 7")
            outputs = page.evaluate("[...document.getElementById('history').data[0].y]")
            rises = next(i for i in range(1, 7) if outputs[i] > outputs[i - 1])
            answers(page, str(rises))
        case 17:
            trains(page, 1500)


def test_the_whole_lesson_is_passed(visit: Visit) -> None:
    """Every step is examined in every theme; its task is done in one of them."""
    page = visit("/", 1280, 720)
    page.get_by_role("link", name="Start with step 1: A derivative by nudging").click()
    for number, step in enumerate(LESSONS["lecture"].steps, start=1):
        expect(page.locator("#lesson summary")).to_contain_text(f"{number} of 17: {step.title}")
        drawn(page) if "network" in page.url else until(
            page, "document.getElementById('graph')?.data"
        )
        check = page.locator("#lesson").get_by_role("button", name="Check", exact=True)
        check.click()
        result = page.locator("#lesson-result")
        expect(result).to_contain_text("Not yet.")
        for theme in THEMES:
            themed(page, theme)
            assert (number, theme, violations(page, theme)) == (number, theme, [])
        themed(page, list(THEMES)[number % len(THEMES)])
        controls(page)
        does(page, number)
        check.click()
        expect(result).to_contain_text("✓")
        if number < 17:
            page.get_by_role("link", name="Next", exact=True).click()
    page.get_by_role("link", name="You finished the lesson").click()
    expect(page.get_by_text("You have passed all steps.")).to_be_visible()


def test_a_lesson_can_be_left_and_continued(visit: Visit) -> None:
    page = visit("/lessons/lecture/3")
    page.get_by_role("link", name="Network", exact=True).click()
    page.get_by_role("link", name="Continue with step 3: The graph of L").click()
    page.reload()
    expect(page.locator("#lesson summary")).to_contain_text("3 of 17")
    page.locator("#lesson summary").click()
    expect(page.locator("#lesson-answer")).to_be_hidden()
    page.locator("#lesson summary").click()
    page.get_by_role("button", name="Leave the lesson").click()
    expect(page.locator("#lesson")).to_have_count(0)
    page.reload()
    expect(page.locator("#lesson")).to_have_count(0)


def test_the_band_leaves_the_lab_in_sight(visit: Visit) -> None:
    for number in (1, 5, 15):
        page = visit(f"/lessons/lecture/{number}")
        until(page, "document.getElementById('lab')")
        assert page.locator("#lesson").bounding_box()["height"] <= 120  # type: ignore[index]
        phone = visit(f"/lessons/lecture/{number}", 390, 844)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
