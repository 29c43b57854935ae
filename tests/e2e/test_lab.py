"""The expression lab beyond walking: predict, take apart, descend, fold, leave."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from playground.expression.state import Lab
from playground.expression.stories import NEURON, PRESETS
from tests.e2e.conftest import Visit
from tests.waiting import until

STORIES = {preset.key: preset.lab for preset in PRESETS}
SQUARES = "x = 2\nw = 3\nb = -1\nr = w*x + b\nloss = r * r"


def open_lab(visit: Visit, lab: Lab) -> Page:
    page = visit(f"/expression?{lab.query()}")
    until(page, "document.getElementById('graph')?.data")
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def row(page: Page, label: str) -> Locator:
    header = page.get_by_role("rowheader", name=label, exact=True)
    return page.get_by_role("table", name="Nodes").get_by_role("row").filter(has=header)


def grad(page: Page, label: str) -> Locator:
    return row(page, label).get_by_role("cell").last


def drawn(page: Page, labels: str) -> None:
    """The graph shows these nodes and no others, constants not counted."""
    until(
        page,
        "(labels) => labels === "
        "trace('graph', 'values')?.customdata.filter(Boolean).sort().join(' ')",
        arg=" ".join(sorted(labels.split())),
    )


# --- predict first -------------------------------------------------------------------------------


def test_predictions_are_judged_with_the_sentence_and_counted(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="a = 2\nb = -3\nc = a * b"))
    press(page, "Predict first")
    expect(grad(page, "a")).to_have_text("")
    press(page, "Forward")
    expect(page.get_by_role("status")).to_contain_text("c is the output. What is c.grad")
    page.get_by_label("Your prediction").fill("1")
    press(page, "Check")
    expect(page.get_by_role("status")).to_contain_text("✓ Correct. c is the output")
    press(page, "Forward")
    expect(page.get_by_role("status")).to_contain_text("What is a.grad after this step?")
    expect(page.locator(".formulas math")).to_have_count(0)
    page.get_by_label("Your prediction").fill("many")
    press(page, "Check")
    expect(page.get_by_role("alert")).to_contain_text("Write a number")
    page.get_by_label("Your prediction").fill("2")
    press(page, "Check")
    expect(page.locator("#slip")).to_contain_text("✗ Not 2. For a product")
    expect(page.get_by_label("Your prediction")).to_be_focused()
    expect(grad(page, "a")).to_have_text("?")
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    expect(page.locator("#sentence")).to_contain_text("✓ Correct. c = a · b")
    expect(page.get_by_role("button", name="Forward")).to_be_focused()
    expect(grad(page, "a")).to_have_text("−3")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your prediction")).to_be_focused()
    press(page, "Show the answer")
    expect(page.get_by_role("status")).to_contain_text("b.grad = 0 + 2 = 2.")
    expect(page.locator("#score")).to_have_text("2 of 3 correct")
    press(page, "Predict first")
    expect(grad(page, "b")).to_have_text("2")


def test_a_covered_gradient_is_nowhere_on_the_page(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="a = 2\nb = 1234.5\nc = a * b", predict=True, leaf="a"))
    expect(row(page, "a").get_by_role("button", name="Predict the gradient of a")).to_be_visible()
    texts = page.evaluate(
        "trace('graph', 'values').text.join() + trace('graph', 'values').hovertext"
    )
    assert "grad 1" not in texts
    assert "The gradient is" not in page.locator("#nudge").inner_text()
    assert page.locator("#nudges").count() == 0


# --- taken apart ---------------------------------------------------------------------------------


def test_tanh_is_taken_apart_in_place_and_put_together_again(visit: Visit) -> None:
    page = open_lab(visit, Lab(code=NEURON))
    before = {label: grad(page, label).inner_text() for label in ("x1", "w1", "x2", "w2", "b", "n")}
    press(page, "Open o")
    drawn(page, "x1 x2 w1 w2 b v1 v2 v3 n o o.1 o.e o.2 o.3")
    expect(page.locator("#apart")).to_contain_text(
        "4 new nodes. The gradients of the other 10 are the same"
    )
    assert {label: grad(page, label).inner_text() for label in before} == before
    press(page, "Close o")
    drawn(page, "x1 x2 w1 w2 b v1 v2 v3 n o")
    page.go_back()
    drawn(page, "x1 x2 w1 w2 b v1 v2 v3 n o o.1 o.e o.2 o.3")


def test_what_cannot_be_taken_apart_here_says_why(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="x = 400\ny = tanh(x)"))
    press(page, "Open y")
    expect(page.get_by_role("alert")).to_contain_text("y cannot be opened for these numbers")
    drawn(page, "x y")


# --- one number alone, two, and descending -------------------------------------------------------


def test_one_number_alone_has_a_curve_a_tangent_and_a_nudge(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="x = 3\ny = x**2"))
    page.get_by_role("combobox", name="Number", exact=True).select_option("x")
    expect(page.locator("#nudge")).to_have_text(
        "If x changes by h = 0.001, y changes by 0.006001. Δy/h = 6.001. The gradient is 6. The "
        "difference is 0.001."
    )
    until(page, "trace('function', 'output')?.y.includes(9)")
    tangent = page.evaluate(
        "(({x, y}) => (y[1] - y[0]) / (x[1] - x[0]))(trace('function', 'tangent'))"
    )
    assert abs(tangent - 6) < 1e-9
    page.get_by_label("Nudge x by h =").select_option("-12")
    expect(page.locator("#nudge")).to_contain_text("The gradient is 6. The difference is 0.00")
    errors = page.evaluate("trace('nudges', 'one-sided').y")
    assert min(item for item in errors if item) < 1e-6 < 1e-4 < max(errors[0], errors[-1])


def test_a_second_number_gives_a_map_with_the_gradient_as_an_arrow(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="x = 1\ny = 2\nz = x**2 + y**2", leaf="x"))
    page.get_by_label("Second number").select_option("y")
    until(page, "trace('map', 'output')?.z.length === 61")
    arrow = page.evaluate("document.getElementById('map').layout.annotations[0]")
    assert abs((arrow["x"] - 1) / (arrow["y"] - 2) - 2 / 4) < 1e-9
    assert arrow["x"] > 1
    centre = page.evaluate("trace('map', 'output').z[30][30]")
    assert abs(centre - 5) < 1e-9


def test_gradient_steps_go_down_up_back_and_leave_a_path(visit: Visit) -> None:
    page = open_lab(visit, Lab(code=SQUARES, inputs=("x",), leaf="w", second="b", rate=0.05))
    expect(row(page, "loss")).to_contain_text("25")
    press(page, "One step down")
    expect(page.locator("#descent-summary")).to_have_text(
        "1 gradient step: loss went from 25 to 6.25."
    )
    box = page.get_by_role("textbox", name="Expression", exact=True)
    expect(box).to_have_value("x = 2\nw = 2\nb = -1.5\nr = w*x + b\nloss = r * r")
    press(page, "Ten steps down")
    expect(page.locator("#descent-summary")).to_contain_text("11 gradient steps")
    until(page, "trace('map', 'path')?.x.length === 12")
    until(page, "trace('history', 'output')?.y.length === 12")
    history = page.evaluate("trace('history', 'output').y")
    assert all(after < before for before, after in pairwise(history))
    press(page, "One step up")
    expect(page.locator("#descent-summary")).to_contain_text("12 gradient steps")
    until(page, "(({y}) => y[12] > y[11])(trace('history', 'output'))")
    page.go_back()
    expect(page.locator("#descent-summary")).to_contain_text("11 gradient steps")
    press(page, "Undo all steps")
    expect(row(page, "loss")).to_contain_text("25")
    expect(page.locator("#history")).to_have_count(0)
    page.get_by_label("Rate").fill("1e300")
    press(page, "Ten steps down")
    expect(page.get_by_role("alert")).to_contain_text("Rate cannot be 1e300")
    page.get_by_label("Rate").fill("900")
    for steps in (10, 20, 30):
        press(page, "Ten steps down")
        expect(page.locator("#descent-summary")).to_contain_text(f"{steps} gradient steps")
    press(page, "Ten steps down")
    expect(page.get_by_role("alert")).to_contain_text("Try a smaller rate.")
    expect(page.locator("#descent-summary")).to_contain_text("30 gradient steps")


def test_a_forgotten_zero_grad_leaves_gradients_that_the_walk_shows(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="w = 1\nloss = w * w", rate=0.1))
    press(page, "Forget zero_grad()")
    press(page, "One step down")
    expect(page.locator("#descent-summary")).to_contain_text("1 to 0.64")
    press(page, "First")
    expect(page.get_by_role("status")).to_contain_text("these gradients remain")
    expect(page.get_by_role("status")).to_contain_text("w.grad = 2")
    press(page, "Last")
    expect(grad(page, "w")).to_have_text("3.6")
    press(page, "One step down")
    expect(page.locator("#descent-summary")).to_contain_text("1 to 0.1936")


def test_the_browsers_back_undoes_a_number_that_was_dragged(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="a = 2\nb = a * a"))
    slider = page.get_by_role("slider", name="a, slider")
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    page.mouse.down()
    for i in range(5):
        page.mouse.move(box["x"] + box["width"] * (0.6 + 0.05 * i), box["y"] + box["height"] / 2)
    page.mouse.up()
    page.wait_for_url(re.compile(r"code=a\+%3D\+(?!2%0A)"))
    page.go_back()
    expect(row(page, "b")).to_contain_text("4")


def test_steps_asked_for_at_once_are_all_taken(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="w = 1\nloss = w * w", rate=0.1))
    page.evaluate("for (let i = 0; i < 5; i++) document.getElementById('descend-1').click()")
    expect(page.locator("#descent-summary")).to_contain_text(
        "5 gradient steps: loss went from 1 to"
    )


# --- folds, finding, looking ---------------------------------------------------------------------


def test_a_statement_is_folded_with_all_that_serves_it_alone_and_unfolded(visit: Visit) -> None:
    page = open_lab(visit, Lab(code=f"{NEURON}p = o * x1"))
    places = """() => (({customdata, x, y}) => customdata.map((label, i) => [label, x[i], y[i]])
        .filter(([label]) => label))(trace('graph', 'values'))"""
    before = page.evaluate(places)
    row(page, "n").get_by_role("button", name="n", exact=True).click()
    expect(page.get_by_role("group", name="Selected node")).to_contain_text(
        "n = v3 + b: data 0.8814"
    )
    press(page, "Fold")
    drawn(page, "x1 n o p")
    expect(row(page, "n")).to_contain_text("x1 · w1 + x2 · w2 + b")
    expect(row(page, "x1")).to_be_visible()
    press(page, "Unfold n")
    drawn(page, "x1 x2 w1 w2 b v1 v2 v3 n o p")
    assert page.evaluate(places) == before
    press(page, "Fold all")
    drawn(page, "x1 n o p")
    expect(page.get_by_role("button", name="Fold all", exact=True)).to_have_attribute(
        "aria-disabled", "true"
    )
    press(page, "Unfold all")
    drawn(page, "x1 x2 w1 w2 b v1 v2 v3 n o p")


def test_the_walk_steps_over_what_is_folded(visit: Visit) -> None:
    page = open_lab(visit, Lab(code=f"{NEURON}p = o * x1", folded=("n",), step=0))
    press(page, "Forward")
    expect(page.get_by_role("status")).to_contain_text("n = v3 + b")
    press(page, "Forward")
    expect(page.get_by_role("status")).to_contain_text("o = tanh(n)")
    press(page, "Last")
    expect(page.get_by_role("status")).to_contain_text("w1.grad +=")
    press(page, "Back")
    expect(page.get_by_role("status")).to_contain_text("x1.grad +=")


def test_a_node_is_found_by_its_label_even_where_it_is_folded_away(visit: Visit) -> None:
    page = open_lab(visit, Lab(code=NEURON, folded=("*",)))
    drawn(page, "n o")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Find a node")).to_be_focused()
    page.keyboard.type("w9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is no node called w9.")
    page.get_by_role("combobox", name="Find a node").fill("w2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Selected node")).to_contain_text("w2: data 1, grad 0")
    until(page, "trace('graph', 'selected')?.x.length === 6")
    press(page, "Deselect")
    expect(page.get_by_role("group", name="Selected node")).to_contain_text("Click a node")


def test_a_click_on_a_node_chooses_it(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="a = 2\nb = -3\ne = a * b"))
    place = page.evaluate(
        """() => { const plot = document.getElementById('graph');
        const {x, y, customdata} = trace('graph', 'values'), i = customdata.indexOf('e');
        const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect(); return [box.x +
        xaxis._offset + xaxis.d2p(x[i]), box.y + yaxis._offset + yaxis.d2p(y[i])]; }
        """
    )
    page.mouse.click(*place)
    expect(page.get_by_role("group", name="Selected node")).to_contain_text("e = a · b: data −6")


def test_constants_can_be_hidden(visit: Visit) -> None:
    page = open_lab(visit, Lab(code="x = 3\ny = 2*x + 1"))
    until(page, "trace('graph', 'values').x.length === 5")
    press(page, "Hide constants")
    until(page, "trace('graph', 'values').x.length === 3")
    expect(row(page, "constant")).to_have_count(0)
    press(page, "Hide constants")
    until(page, "trace('graph', 'values').x.length === 5")


def test_the_graph_is_zoomed_and_fitted_by_buttons_and_keys(visit: Visit) -> None:
    page = open_lab(visit, STORIES["vanishing"])
    span = "(({range}) => range[1] - range[0])(document.getElementById('graph')._fullLayout.xaxis)"
    opened = page.evaluate(span)
    press(page, "Fit")
    fitted = page.evaluate(span)
    assert fitted > opened * 1.5
    page.keyboard.press("+")
    assert page.evaluate(span) < fitted * 0.8
    page.keyboard.press("0")
    assert abs(page.evaluate(span) - fitted) < 1
    press(page, "Back")  # a step keeps the view
    page.wait_for_url(re.compile("step="))
    page.wait_for_timeout(100)
    assert abs(page.evaluate(span) - fitted) < 1


# --- take it with you ----------------------------------------------------------------------------


def test_a_program_is_shown_copied_and_put_away(visit: Visit) -> None:
    page = open_lab(visit, Lab(code=NEURON))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, "PyTorch")
    program = page.get_by_role("textbox", name="PyTorch")
    expect(program).to_have_value(re.compile(r"o = torch\.tanh\(n\)"))
    press(page, "Copy PyTorch")
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == program.input_value()
    press(page, "LaTeX")
    expect(page.get_by_role("textbox", name="LaTeX")).to_have_value(re.compile("begin{align"))
    press(page, "LaTeX")
    expect(page.locator("#export-text")).to_have_count(0)


def test_without_a_clipboard_the_link_stands_selected(visit: Visit) -> None:
    page = open_lab(visit, Lab(code=NEURON, step=7))
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    press(page, "Copy link")
    expect(page.get_by_text("Selected: copy it")).to_be_visible()
    link = page.get_by_role("textbox", name="Link to this step").input_value()
    assert page.evaluate("document.getSelection().toString()") == link
    text = page.get_by_role("status").inner_text()
    page.goto(link)
    expect(page.get_by_role("status")).to_have_text(text)


def test_the_picture_is_saved_whole(visit: Visit, tmp_path: Path) -> None:
    page = open_lab(visit, STORIES["vanishing"])
    for format, head in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as saved:
            press(page, f"Save picture as {format}")
        target = tmp_path / saved.value.suggested_filename
        saved.value.save_as(target)
        assert target.read_bytes().startswith(head)
    svg = (tmp_path / "expression.svg").read_text()
    assert all(f">s{i}<" in svg for i in range(1, 11))


# --- stories -------------------------------------------------------------------------------------


def test_a_story_says_what_to_look_for_until_another_expression_is_written(visit: Visit) -> None:
    page = visit("/expression")
    page.get_by_text("Stories", exact=True).click()
    page.get_by_role("link", name="A dead relu").click()
    expect(page.locator("#story")).to_contain_text("No gradient passes through")
    expect(grad(page, "w1")).to_have_text("0")
    page.get_by_role("textbox", name="b", exact=True).fill("8")
    page.keyboard.press("Enter")
    expect(grad(page, "w1")).not_to_have_text("0")
    expect(page.locator("#story")).to_be_visible()
    page.get_by_role("textbox", name="Expression", exact=True).fill("a = 1\nb = a + a")
    expect(page.locator("#story")).to_have_count(0)
