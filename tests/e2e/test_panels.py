"""The tabs beside the run, and the network picture: each opened, used, and seen to change."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_network import drawn, press
from tests.waiting import until

SPIRAL = "/network?dataset=spiral&suggest=1"


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute(
        "aria-selected", "true"
    )


def playing(page: Page) -> None:
    page.get_by_label("Speed").select_option(label="100 steps a second")
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 5")


def test_the_confusion_matrix_follows_the_run(visit: Visit) -> None:
    page = visit(SPIRAL)
    tab(page, "Scores")
    table = page.locator("#panel-numbers table").first
    expect(table).to_contain_text("class 1")
    first = table.inner_text()
    playing(page)
    until(
        page,
        "(first) => document.querySelector('#panel-numbers table').innerText !== first",
        arg=first,
    )
    page.wait_for_url(re.compile("panel=scores"))


def test_numbers_are_held_against_what_was_wanted(visit: Visit) -> None:
    page = visit("/network?dataset=plane&suggest=1&panel=scores")
    until(page, "document.getElementById('scores')?.data?.length === 3")
    first = page.evaluate("plotted('scores', 1, 'y')")
    playing(page)
    until(page, "(first) => plotted('scores', 1, 'y') !== first", arg=first)
    expect(page.get_by_label("RMSE")).to_be_visible()


def test_layers_show_gradients_and_weights_and_name_dead_units(visit: Visit) -> None:
    page = visit("/network?hidden=6,6&activation=relu&init=he&seed=3")
    tab(page, "Layers")
    until(page, "document.getElementById('gradients')?.data?.length === 1")
    first = page.evaluate("plotted('weights', 0, 'y')")
    page.get_by_role("button", name="output", exact=True).click()
    until(page, "(first) => plotted('weights', 0, 'y') !== first", arg=first)
    page.get_by_role("button", name="layer 1, neuron 4: choose").click()
    page.get_by_label("Value of the bias of layer 1, neuron 4").fill("-1000")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#panel-numbers")).to_contain_text("Neuron 4 of layer 1 is dead")
    playing(page)
    until(page, "(first) => plotted('gradients', 0, 'y') !== first", arg=first)


@pytest.mark.parametrize(("hidden", "axis"), [("2", "neuron 1"), ("8,8", "component 1")])
def test_space_bends_as_the_run_learns(visit: Visit, hidden: str, axis: str) -> None:
    page = visit(f"/network?hidden={hidden}&rate=0.5")
    tab(page, "Space")
    until(page, "document.getElementById('space')?.data?.length > 2")
    title = "document.getElementById('space').layout.xaxis.title.text"
    assert page.evaluate(title).startswith(axis)
    first = page.evaluate("plotted('space', 0, 'x')")
    playing(page)
    until(page, "(first) => plotted('space', 0, 'x') !== first", arg=first)
    page.get_by_role("group", name="Layer", exact=True).get_by_role("button", name="output").click()
    until(page, f"{title} === 'neuron 1'")


def test_the_optimizers_numbers_for_a_chosen_weight(visit: Visit) -> None:
    page = visit("/network?optimizer=adam&rate=0.01&batch=0")
    tab(page, "Weight")
    expect(page.locator("#panel-numbers")).to_contain_text("Weight from x1 to layer 1, neuron 1")
    press(page, "Step")
    expect(page.locator("#panel-numbers")).to_contain_text("in step 2")
    message = page.locator("#panel-numbers .rule").last.inner_text()
    following = float(message.rpartition("= ")[2].replace("−", "-"))
    press(page, "Step")
    expect(page.locator("#panel-numbers")).to_contain_text("in step 3")
    value = page.locator("#panel-numbers td").first.get_attribute("title")
    assert float(value or "nan") == pytest.approx(following, rel=1e-3)
    page.get_by_role("button", name="layer 2, neuron 3: choose").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-numbers")).to_contain_text("Bias of layer 2, neuron 3")


def test_a_pinned_run_is_laid_beside_a_later_one(visit: Visit) -> None:
    page = visit("/network?hidden=3&panel=compare")
    expect(page.get_by_text("There is no run to pin yet")).to_be_visible()
    press(page, "Step")
    page.get_by_role("button", name="Pin this run").click()
    expect(page.get_by_text("This run is pinned.")).to_be_visible()
    page.wait_for_url(re.compile("pin="))
    page.get_by_label("Hidden layers").fill("5")
    page.get_by_label("Hidden layers").press("Tab")
    expect(page.locator("#panel-numbers")).to_contain_text("Hidden layers")
    press(page, "Play")
    until(page, "document.getElementById('that')?.data?.length === 1")
    until(page, "document.getElementById('loss').data.length === 4")
    first = page.evaluate("plotted('this', 0, 'z')")
    until(page, "(first) => plotted('this', 0, 'z') !== first", arg=first)
    page.get_by_role("button", name="Unpin").click()
    until(page, "document.getElementById('loss').data.length === 2")


def test_the_loss_is_shown_linear_or_logarithmic(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    page.get_by_role("button", name="Log", exact=True).click()
    until(page, "document.getElementById('loss').layout.yaxis.type === 'log'")
    playing(page)
    until(page, "document.getElementById('loss').layout.yaxis.type === 'log'")
    page.get_by_role("button", name="Log", exact=True).click()
    until(page, "document.getElementById('loss').layout.yaxis.type !== 'log'")
    expect(page.get_by_role("button", name="Log", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )


# --- the network picture -------------------------------------------------------------------------


def test_neurons_and_layers_come_and_go_in_the_picture(visit: Visit) -> None:
    page = visit("/network")
    shape = page.locator("#shape")
    page.get_by_role("button", name="Add a neuron to layer 2").click()
    expect(shape).to_contain_text("2 – 8 – 9 – 1")
    expect(page.get_by_label("Hidden layers")).to_have_value("8,9")
    page.get_by_label("Activation of layer 2").select_option(label="relu")
    expect(page.get_by_label("Activation", exact=True)).to_have_value("tanh,relu")
    page.get_by_role("button", name="Remove a neuron from layer 1").click()
    expect(shape).to_contain_text("2 – 7 – 9 – 1")
    page.get_by_role("button", name="Add a layer").click()
    expect(shape).to_contain_text("2 – 7 – 9 – 9 – 1")
    expect(page.get_by_label("Activation", exact=True)).to_have_value("tanh,relu,relu")
    page.get_by_role("button", name="Remove layer 1").click()
    expect(shape).to_contain_text("2 – 9 – 9 – 1")
    page.go_back()
    expect(shape).to_contain_text("2 – 7 – 9 – 9 – 1")
    full = visit("/network?hidden=64,1,1,1,1,1,1,1,1,1")
    more = full.get_by_role("button", name="Add a neuron to layer 1", exact=True)
    expect(more).to_be_disabled()
    expect(full.get_by_role("button", name="Add a layer")).to_be_disabled()
    full.get_by_role("button", name="Remove a neuron from layer 10").click()
    expect(full.locator("#shape")).to_contain_text("2 – 64 – 1 – 1 – 1 – 1 – 1 – 1 – 1 – 1 – 1,")


HALFWAY = """() => {
    const line = [...document.querySelectorAll('#lines .weight')].at(-1);
    const { x, y } = line.getPointAtLength(line.getTotalLength() / 2);
    const { a, d, e, f } = line.getScreenCTM();
    return [a * x + e, d * y + f];
}"""


def halfway(page: Page) -> tuple[float, float]:
    """The middle of the thickest line on the screen."""
    x, y = page.evaluate(HALFWAY)
    return x, y


def test_biases_are_bars_that_can_be_read_and_set(visit: Visit) -> None:
    page = visit("/network?hidden=3&init=uniform&seed=1")
    drawn(page)
    bar = page.locator("#lines .bias")
    expect(bar).to_have_count(4)
    bar.first.hover(force=True)
    expect(page.locator("#weight-readout")).to_contain_text("bias of layer 1, neuron 1: ")
    bar.first.click(force=True)
    expect(page.get_by_label("Value of the bias of layer 1, neuron 1")).to_be_visible()


def test_the_tab_that_was_pressed_last_is_shown_whatever_is_answered_last(visit: Visit) -> None:
    page = visit("/network?panel=layers", has_handlers=True)
    drawn(page)
    waiting: list[Route] = []
    page.route("**/network?*panel=data*", lambda route: waiting.append(route))
    with page.expect_request("**/network?*panel=data*"):
        page.locator("#tab-data").click()
    page.locator("#tab-scores").click()
    expect(page.locator("#tab-scores")).to_have_attribute("aria-selected", "true")
    with suppress(Error):  # the page may have given it up
        waiting[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#tab-scores")).to_have_attribute("aria-selected", "true")


def test_a_weight_is_read_by_hovering_and_set_by_a_click(visit: Visit) -> None:
    page = visit("/network?hidden=3&seed=1")
    drawn(page)
    line = page.locator("#lines .weight").last
    text = line.locator("title").text_content() or ""
    assert text.startswith("weight from")
    page.mouse.move(*halfway(page))
    expect(page.locator("#weight-readout")).to_have_text(text)
    page.mouse.click(*halfway(page))
    field = page.locator("#weight-form [name=value]")
    expect(field).to_have_attribute("aria-label", re.compile("Value of the weight from"))
    page.get_by_role("button", name="output: choose").click()
    chosen = page.locator("#weight-choice")
    chosen.select_option(label="weight from layer 1, neuron 2 to output")
    expect(field).to_have_attribute("aria-label", re.compile("neuron 2 to output"))
    chosen.select_option(label="bias of output")
    expect(field).to_have_attribute("aria-label", "Value of the bias of output")
    before = page.evaluate("plotted('surface', 0, 'z')")
    field.fill("3")
    page.get_by_role("button", name="Set", exact=True).click()
    page.wait_for_url(re.compile("run="))
    until(page, "(before) => plotted('surface', 0, 'z') !== before", arg=before)
    expect(page.locator("#step-out")).to_have_text("0")
    expect(field).to_have_value("3")


def test_a_neurons_map_is_enlarged_under_the_mouse_and_under_the_focus(visit: Visit) -> None:
    page = visit(SPIRAL)
    drawn(page)
    large = page.locator("#large-map")
    expect(large).to_be_hidden()
    page.locator("#neurons .neuron").first.hover()
    expect(large).to_contain_text("layer 1, neuron 1")
    page.mouse.move(5, 5)
    expect(large).to_be_hidden()
    page.locator("#neurons .neuron").last.focus()
    expect(large).to_contain_text("output")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()


def test_settings_change_while_it_runs_and_stop_rules_end_it(visit: Visit) -> None:
    page = visit("/network")
    playing(page)
    page.wait_for_url(re.compile("run="))
    address = page.url
    rate = page.get_by_label("Learning rate")
    rate.fill("0.02")
    with page.expect_response(re.compile("/change$")):
        rate.press("Tab")
    assert page.url == address
    page.locator("details.more summary").click()
    stop = page.get_by_label("Stop at step")
    at = 100 + int(page.locator("#step-out").inner_text().replace(",", ""))
    stop.fill(str(at))
    stop.press("Tab")
    expect(page.get_by_text(f"Stopped at step {at:,}.")).to_be_visible()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_label("Learning rate")).to_have_value("0.02")
    press(page, "Play")
    until(page, f"+document.getElementById('step-out').textContent.replace(',', '') > {at}")
    rate = page.get_by_label("Learning rate")
    rate.fill("-1")
    rate.press("Tab")
    expect(page.locator("#error-rate")).to_have_text("Must be greater than 0.")


def test_the_graph_inside_opens_from_layers_to_neurons_to_operations(visit: Visit) -> None:
    page = visit("/network?hidden=3,3&seed=2")
    tab(page, "Graph inside")
    texts = "document.getElementById('graph')?.data?.find((t) => t.name === 'values')?.customdata"
    until(page, f"{texts}?.includes('l1') && {texts}.includes('l2')")
    page.get_by_role("button", name="Open layer 1").click()
    until(page, f"{texts}?.includes('l1.n2') && !{texts}.includes('l1.n2.w1')")
    page.get_by_role("button", name="Open l1.n2").click()
    until(page, f"{texts}?.includes('l1.n2.w1')")
    page.wait_for_url(re.compile(r"opened=l1%2Cl1\.n2|opened=l1,l1\.n2"))
    visible = "document.getElementById('graph').data.find((t) => t.name === 'values').text.join()"
    first = page.evaluate(visible)
    playing(page)
    until(page, f"(first) => {visible} !== first", arg=first)
    page.get_by_role("button", name="Close layer 1").click()
    until(page, f"{texts}?.includes('l1') && !{texts}.includes('l1.n2')")
    page.get_by_label("Training sample").fill("7")
    page.get_by_label("Training sample").press("Tab")
    page.wait_for_url(re.compile("sample=7"))
    page.get_by_role("link", name="Open in the expression lab").click()
    page.get_by_role("heading", name="Graph").wait_for()
    assert "/expression" in page.url


def test_a_refused_change_is_said_beside_its_field_and_the_run_goes_on(visit: Visit) -> None:
    page = visit("/network")
    playing(page)
    page.wait_for_url(re.compile("run="))
    address = page.url
    rate = page.get_by_label("Learning rate")
    rate.fill("-1")
    rate.press("Tab")
    expect(page.locator("#settings")).to_contain_text("Must be greater than 0.")
    expect(page.locator("#lab-error")).to_be_empty()
    rate.fill("0.05")
    with page.expect_response(re.compile("/change$")):
        rate.press("Tab")
    expect(page.get_by_text("Must be greater than 0.")).to_have_count(0)
    page.locator("details.more summary").click()
    page.get_by_label("Schedule", exact=True).select_option("step")
    expect(page.get_by_label("Period", exact=True)).to_be_visible()
    assert page.url == address
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_play_with_a_wrong_setting_says_so_beside_it(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    page.get_by_label("Samples", exact=True).evaluate("(field) => { field.value = 'many' }")
    press(page, "Play")
    expect(page.locator("#settings")).to_contain_text("Write a whole number.")
    expect(page.locator("#lab-error")).to_be_empty()
    expect(page.locator("#step-out")).to_have_text("0")
