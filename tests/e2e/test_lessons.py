"""The first lesson, as a learner does it, and what a learner meets on the way."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from playground.lessons.library import own_library
from tests.e2e.conftest import Visit
from tests.e2e.looking import themed, violations
from tests.e2e.test_lasting import beyond
from tests.e2e.test_network import drawn, press
from tests.waiting import until

OUTPUT = "trace('graph', 'values').text.at(-1).match(/data (\\S+)/)[1]"
"""The number in the box of the last statement."""
IN_SIGHT = """(id) => {
    const place = document.getElementById(id).getBoundingClientRect();
    const band = document.getElementById('lesson').getBoundingClientRect();
    const [top, bottom] = [Math.max(band.bottom, 0), innerHeight];
    return place.top >= top - 1 && place.top < bottom - 60 && band.top >= -1;
}"""
"""Whether a part of the page begins in the window, below the band."""


def pressed(page: Page, name: str, times: int = 1, part: str = "#lab") -> None:
    """Presses a button of the lab, or of a part of it, and waits until each press was answered."""
    for _ in range(times):
        state = page.locator("#state").input_value()
        page.locator(part).get_by_role("button", name=name, exact=True).click()
        until(page, "(before) => document.getElementById('state').value !== before", arg=state)


def chosen(page: Page, field: str, value: str, done: int) -> None:
    """Chooses a value, and waits until the lesson has seen so many tasks done."""
    page.locator(field).select_option(value=value)
    expect(page.locator("#lesson-todo .done")).to_have_count(done)


def predicts(page: Page, numbers: list[float]) -> None:
    """Goes backward and says what each gradient will be. The focus is where one goes on."""
    for number in numbers:
        pressed(page, "Forward")
        expect(page.locator("#answer")).to_be_focused()
        state = page.locator("#state").input_value()
        page.keyboard.type(str(number))
        page.keyboard.press("Enter")
        until(page, "(before) => document.getElementById('state').value !== before", arg=state)


def answers(page: Page, typed: str) -> None:
    page.locator("#lesson-answer").fill(typed)


def trains(page: Page, steps: int) -> None:
    page.get_by_label("Speed").select_option(label="as fast as possible")
    press(page, "Play")
    beyond(page, steps)


def descends(page: Page) -> str:
    """Takes a step down, and returns the number in the last box when it is drawn."""
    before = page.evaluate(OUTPUT)
    pressed(page, "One step down")
    until(page, f"(before) => {OUTPUT} !== before", before)
    return str(page.evaluate(OUTPUT))


def does(page: Page, number: int) -> None:
    """Do the task of a step."""
    match number:
        case 1:
            chosen(page, "#h", "-5", done=1)
            answers(page, "14")
        case 2:
            for done, leaf in enumerate("abc", 1):
                chosen(page, "#leaf", leaf, done)
            answers(page, "-3, 2, 1")
        case 3:
            pressed(page, "Forward", 3)
            answers(page, "−8, because 4 · −2")
        case 4:
            predicts(page, [1, -2, 4, -2, -2])
        case 5:
            answers(page, descends(page))
        case 6:
            pressed(page, "Forward", 5)
            answers(page, "0,7071")
        case 7:
            predicts(page, [1, 0.5, 0.5, 0.5, 0.5, 0.5])
        case 8:
            pressed(page, "Last")
            answers(page, "0, because x2 is 0")
        case 9:
            for name in ("L", "b", "c"):
                pressed(page, name, part="#order")
            expect(page.locator("#order-title")).to_contain_text(
                "b passed its gradient on before c"
            )
            expect(page.locator("#choose-a").locator("xpath=../../td[3]")).to_have_text("14")
            for name in ("Choose again", "L", "c", "b"):
                pressed(page, name, part="#order")
            answers(page, "26")
        case 10:
            predicts(page, [1, 1, 2])
        case 11:
            pressed(page, "Open o")
            answers(page, "-3/2")
        case 12:
            pressed(page, "PyTorch")
            page.locator("#number-x2").fill("1")
            page.locator("#number-x2").press("Enter")
            expect(page.locator("#lesson-todo .done")).to_have_count(2)
            answers(page, "0.0888")
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
            trains(page, 300)
            expect(page.locator("#lesson-todo .done")).to_have_count(1)
            page.get_by_label("Hidden layers").fill("8, 8")
            page.get_by_label("Hidden layers").press("Enter")
            expect(page.locator("#lab")).to_contain_text("105 parameters")
            trains(page, 1500)


def test_the_whole_lesson_is_passed(visit: Visit) -> None:
    """What a step asks for first is in sight. axe looks once at each step, and at its result."""
    page = visit("/", 1280, 800)
    page.get_by_role("link", name="Start with step 1: A derivative by nudging").click()
    for number, step in enumerate(own_library()["lecture"].steps, start=1):
        expect(page.locator("#lesson summary")).to_contain_text(f"{number} of 17: {step.title}")
        drawn(page) if step.lab == "network" else until(
            page, "document.getElementById('graph')?.data"
        )
        assert (number, page.evaluate(IN_SIGHT, step.place)) == (number, True)
        check = page.locator("#lesson").get_by_role("button", name="Check", exact=True)
        result = page.locator("#lesson-result")
        does(page, number)
        check.click()
        expect(result).to_contain_text("✓ Correct")
        if number in (2, 9, 14):  # what else the band can show
            assert (number, violations(page)) == (number, [])
        if number < 17:
            expect(page.get_by_role("link", name="Next", exact=True)).to_be_focused()
            page.keyboard.press("Enter")
    page.get_by_role("link", name="You finished the lesson").click()
    expect(page.get_by_text("You have passed all steps.")).to_be_visible()


def test_help_comes_step_by_step_and_a_missed_step_comes_back(visit: Visit) -> None:
    page = visit("/lessons/pitfalls/5", 390, 844)
    until(page, "document.getElementById('graph')?.data")
    until(page, IN_SIGHT, "alone-panel")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#leaf").select_option("x")
    expect(page.locator("#lesson-todo .done")).to_have_count(1)
    page.locator("#number-x").fill("5")
    page.locator("#number-x").press("Enter")
    expect(page.locator("#lesson-todo .done")).to_have_count(2)
    field, result = page.locator("#lesson-answer"), page.locator("#lesson-result")
    answers(page, "30")
    field.press("Enter")
    expect(result).to_contain_text("Not 30. The slope of a straight line is the same everywhere.")
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString() || document.activeElement.value") == "30"
    page.keyboard.type("-6")  # typed over the selected answer
    field.press("Enter")
    expect(result).to_contain_text("Check the sign. Hint: It is w1 · w2")
    for theme in ("light", "dark", "projector"):
        themed(page, theme)
        assert (theme, violations(page, theme)) == (theme, [])
    field.press("Enter")
    page.get_by_role("button", name="Show it").click()
    expect(result).to_contain_text("x.grad = w1 · w2 = 6")
    page.goto("/")
    page.get_by_role("link", name="Try the missed ones (1)").click()
    expect(page.locator("#lesson summary")).to_contain_text("5 of 8")


def test_the_band_belongs_to_its_step_and_can_be_left(visit: Visit) -> None:
    page = visit("/lessons/lecture/3")
    page.locator("#code").fill("a = 3\nb = a + a")
    expect(page.locator("#lesson")).to_contain_text("This is not the page of your lesson.")
    page.get_by_role("link", name="Network", exact=True).click()
    page.get_by_role("link", name="Back to 3, The graph of L").click()
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
    for number in (1, 2, 16):
        phone = visit(f"/lessons/lecture/{number}", 390, 844)
        until(phone, IN_SIGHT, "alone-panel")
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert phone.locator("#lesson").bounding_box()["height"] <= 380  # type: ignore[index]
