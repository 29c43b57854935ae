"""Data in the page: chosen, typed, drawn while it trains, brought and taken along."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_network import drawn, press, steps
from tests.waiting import until

POINTS = """document.getElementById('surface')._fullData.filter((trace) => trace.customdata)
    .reduce((sum, trace) => sum + trace.x.length, 0)"""
PIXEL = """([x, y]) => {
    const { xaxis, yaxis } = document.getElementById('surface')._fullLayout;
    const area = document.querySelector('#surface .nsewdrag').getBoundingClientRect();
    return [area.left + xaxis.d2p(x), area.top + yaxis.d2p(y)];
}"""
NEAREST = """([x, y]) => Math.min(...document.getElementById('surface')._fullData
    .filter((trace) => trace.customdata)
    .flatMap((trace) => [...trace.x].map((each, i) => Math.hypot(each - x, trace.y[i] - y))))"""


AWAY = """async ([x, y]) => {
    await new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
    const plot = document.getElementById('surface');
    const { xaxis, yaxis } = plot._fullLayout;
    return Math.min(...[...plot.querySelectorAll('path.point')].map((mark) => {
        const [left, top] = mark.getAttribute('transform').match(/[-.0-9]+/g);
        return Math.hypot(left - xaxis.d2p(x), top - yaxis.d2p(y));
    }));
}"""
"""How many pixels the nearest mark is from a place, two pictures later."""


CROSSHAIR = """(() => {
    const { xaxis, yaxis } = document.getElementById('surface')._fullLayout;
    const area = document.querySelector('#surface .nsewdrag').getBoundingClientRect();
    const { style, parentElement } = document.getElementById('crosshair');
    const box = parentElement.getBoundingClientRect();
    return [xaxis.p2d(parseFloat(style.left) + box.left - area.left),
        yaxis.p2d(parseFloat(style.top) + box.top - area.top)];
})()"""
"""Where the cursor of the keys stands on the plane."""

TRACES = """() => document.getElementById('surface')._fullData
    .filter((trace) => trace.customdata)
    .map((trace) => [trace.name, [...trace.x], [...trace.y]])"""
"""Every trace of samples: its name and its points."""


def pixel(page: Page, x: float, y: float) -> tuple[float, float]:
    left, top = page.evaluate(PIXEL, [x, y])
    return left, top


def click(page: Page, x: float, y: float) -> None:
    page.mouse.click(*pixel(page, x, y))


def tool(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).check()


def choose(page: Page, name: str) -> None:
    page.locator(".gallery summary").click()
    page.get_by_role("button", name=name, exact=True).click()


def test_the_gallery_chooses_a_dataset_and_regenerate_draws_it_anew(visit: Visit) -> None:
    page = visit("/network")
    choose(page, "Spiral")
    page.wait_for_url(re.compile("dataset=spiral.*"))
    expect(page.get_by_label("Dataset: Spiral")).to_be_visible()
    expect(page.get_by_label("Optimizer", exact=True)).to_have_value("adam")
    drawn(page)
    before = page.evaluate("plotted('surface', 2, 'x')")
    page.get_by_role("button", name="Regenerate").click()
    page.wait_for_url(re.compile("seed=1"))
    until(page, "(before) => plotted('surface', 2, 'x') !== before", arg=before)


def test_a_typed_function_is_learnt_and_a_wrong_one_is_said_beside_it(visit: Visit) -> None:
    page = visit("/network")
    choose(page, "Function of x1, x2")
    formula = page.get_by_label("Formula", exact=True)
    expect(formula).to_have_value("x1 * x2")
    formula.fill("log(x1)")
    formula.press("Tab")
    expect(page.locator("#error-formula")).to_contain_text("The formula is not defined at x1 =")
    formula.fill("x1 ** 2 - x2 ** 2")
    formula.press("Tab")
    expect(page.get_by_text("The formula is not defined")).to_have_count(0)
    page.get_by_label("Speed").select_option(label="as fast as possible")
    press(page, "Play")
    until(page, "parseFloat(document.querySelector('#r2-out b').textContent) > 0.9", seconds=20)


def test_features_are_read_by_the_network_and_none_is_refused(visit: Visit) -> None:
    page = visit("/network")
    page.get_by_role("checkbox", name="x1·x2").check()
    expect(page.locator("#shape")).to_contain_text("3 – 8 – 8 – 1")
    page.get_by_role("checkbox", name="own").check()
    own = page.get_by_label("Own feature")
    expect(own).to_have_value("x1**2 + x2**2")
    expect(page.locator("#shape")).to_contain_text("4 – 8 – 8 – 1")
    expect(page.locator(".field.invalid")).to_have_count(0)
    own.fill("x1 - x2")
    own.press("Tab")
    expect(page.locator("#shape")).to_contain_text("4 – 8 – 8 – 1")
    for name in ("own", "x1·x2", "x2"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    expect(page.locator("#shape")).to_contain_text("1 – 8 – 8 – 1")
    page.get_by_role("checkbox", name="x1", exact=True).uncheck()
    expect(page.locator("#error-features")).to_contain_text("Choose at least one feature")
    page.get_by_role("checkbox", name="x2", exact=True).check()
    expect(page.locator("#shape")).to_contain_text("1 – 8 – 8 – 1")
    page.get_by_label("Standardise").click()
    page.wait_for_url(re.compile("standardise=1"))


def test_boxes_that_are_pressed_before_the_first_is_answered_all_count(visit: Visit) -> None:
    page = visit("/network", has_handlers=True)
    drawn(page)
    page.route("**/network?*", lambda route: (page.wait_for_timeout(150), route.continue_()))
    for name in ("x1·x2", "sin πx1", "x1²"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("checkbox", name="x1·x2", exact=True).uncheck()
    expect(page.locator("#shape")).to_contain_text("4 – 8 – 8 – 1")
    page.unroute_all()


def test_points_are_added_moved_and_erased_while_it_trains_and_undone(visit: Visit) -> None:
    page = visit("/network?panel=data&samples=40")
    drawn(page)
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 5")
    tool(page, "Add")
    page.get_by_label("Class of new points").select_option(label="class 2")
    click(page, -1.2, -0.6)
    until(page, f"{POINTS} === 41")
    click(page, -1.0, -0.5)
    until(page, f"{POINTS} === 42")
    tool(page, "Move")
    page.mouse.move(*pixel(page, -1.0, -0.5))
    page.mouse.down()
    page.mouse.move(*pixel(page, 0.5, -0.2), steps=4)
    page.mouse.move(*pixel(page, 1.0, 1.0), steps=4)
    page.mouse.up()
    until(page, f"({NEAREST})([1.0, 1.0]) < 0.02")
    tool(page, "Erase")
    click(page, 1.0, 1.0)
    until(page, f"{POINTS} === 41")
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    until(page, f"({NEAREST})([1.0, 1.0]) < 0.02")
    page.locator("#plane").focus()
    page.keyboard.press("Control+z")
    until(page, f"({NEAREST})([-1.0, -0.5]) < 0.02")
    undo.click()
    undo.click()
    until(page, f"{POINTS} === 40")
    expect(undo).to_be_disabled()
    assert steps(page) > 5


def test_a_dragged_point_follows_at_once_and_stays_while_it_trains(visit: Visit) -> None:
    page = visit("/network?panel=data&samples=40")
    drawn(page)
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 5")
    tool(page, "Move")
    x, y = page.evaluate(
        """(({ x, y }) => [x[0], y[0]])(document.getElementById('surface')._fullData
            .find(({ customdata }) => customdata))"""
    )
    page.mouse.move(*pixel(page, x, y))
    page.mouse.down()
    for _ in range(30):
        x, y = x + 0.01, y + 0.015
        page.mouse.move(*pixel(page, x, y))
        assert page.evaluate(AWAY, [x, y]) < 1.0
    page.mouse.up()
    until(page, f"({NEAREST})([{x}, {y}]) < 0.02")
    for _ in range(30):
        assert page.evaluate(AWAY, [x, y]) < 1.0
    assert page.evaluate("document.getElementById('surface').data[0].z.bdata.length") > 1000
    expect(page.locator("#panel-numbers")).to_contain_text("1 edit to undo")
    page.keyboard.press("Control+z")
    until(page, f"({NEAREST})([{x}, {y}]) > 0.02")


def test_a_finger_draws_and_drags_where_it_would_scroll(visit: Visit) -> None:
    page = visit("/network?panel=data&samples=40", width=390, height=844, has_touch=True)
    drawn(page)
    tool(page, "Add")
    page.locator("#plane").scroll_into_view_if_needed()
    page.touchscreen.tap(*pixel(page, -1.0, -0.6))
    until(page, f"{POINTS} === 41")
    assert page.evaluate("document.getElementById('plane').clientHeight") >= 340
    tool(page, "Move")
    page.locator("#plane").scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": left, "y": top} for left, top in places]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    (left, top), (right, bottom) = pixel(page, -1.0, -0.6), pixel(page, 1.0, 1.0)
    touch("touchStart", (left, top))
    for share in (0.25, 0.5, 0.75, 1.0):
        touch("touchMove", (left + share * (right - left), top + share * (bottom - top)))
    touch("touchEnd")
    until(page, f"({NEAREST})([1.0, 1.0]) < 0.03")
    assert page.evaluate("scrollY") == scrolled


def test_points_drawn_fast_all_arrive_though_the_first_begins_the_run(visit: Visit) -> None:
    page = visit("/network?panel=data&samples=40")
    drawn(page)
    tool(page, "Add")
    page.get_by_label("Class of new points").select_option(label="class 2")
    requests: list[Route] = []
    page.route("**/runs", lambda route: requests.append(route))
    for x in (-1.2, -1.0, -0.8):
        click(page, x, -0.6)
    for route in requests:
        route.continue_()
    until(page, f"{POINTS} === 43")
    expect(page.get_by_role("radio", name="Add", exact=True)).to_be_checked()
    expect(page.get_by_label("Class of new points")).to_have_value("1")
    page.keyboard.press("Control+z")
    until(page, f"{POINTS} === 42")


def test_points_of_three_inputs_are_drawn_at_the_slice_that_is_shown(visit: Visit) -> None:
    page = visit(
        "/network?dataset=points&hidden=4,4&loss=squares&batch=0&test=0&panel=data&slice=0.5"
    )
    drawn(page)
    tool(page, "Add")
    click(page, -1.0, -1.0)
    until(page, f"{POINTS} === 5")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert Path(download.value.path()).read_text().splitlines()[-1].split(",")[2] == "0.5"
    tool(page, "Move")
    page.mouse.move(*pixel(page, 2.0, 3.0))
    page.mouse.down()
    page.mouse.move(*pixel(page, 0.0, 0.0), steps=3)
    page.mouse.up()
    until(page, f"({NEAREST})([0.0, 0.0]) < 0.05")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    moved = Path(download.value.path()).read_text().splitlines()[1]
    assert moved.split(",")[2] == "-1.0"


def test_an_edit_that_cannot_be_is_said_and_drawing_goes_on(visit: Visit) -> None:
    page = visit("/network?dataset=points&hidden=4,4&loss=squares&batch=0&test=0&panel=data")
    drawn(page)
    nearest = page.get_by_role("button", name="Erase the nearest point")
    for left in (3, 2):
        nearest.click()
        until(page, f"{POINTS} === {left}")
    nearest.click()
    expect(page.get_by_text("Keep at least two training points.")).to_be_visible()
    page.get_by_role("button", name="Add this point").click()
    until(page, f"{POINTS} === 3")
    expect(page.get_by_text("Keep at least two training points")).to_have_count(0)


def test_the_first_point_that_is_drawn_begins_a_run(visit: Visit) -> None:
    page = visit("/network?panel=data&samples=40")
    drawn(page)
    form = page.get_by_role("form", name="Draw points")
    form.get_by_label("x1").fill("0.25")
    form.get_by_label("x2").fill("-0.75")
    form.get_by_label("for testing").check()
    form.get_by_role("button", name="Add this point").click()
    page.wait_for_url(re.compile("run="))
    until(page, f"{POINTS} === 41")
    until(page, f"({NEAREST})([0.25, -0.75]) < 0.001")
    form.get_by_role("button", name="Erase the nearest point").click()
    until(page, f"{POINTS} === 40")


def test_the_plane_is_read_and_drawn_on_by_keys(visit: Visit) -> None:
    page = visit("/network?panel=data&samples=40")
    drawn(page)
    tool(page, "Add")
    page.locator("#plane").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator("#cursor")).to_contain_text("output")
    expect(page.locator("#crosshair")).to_be_visible()
    page.keyboard.press("Enter")
    until(page, f"{POINTS} === 41")
    tool(page, "Move")
    page.locator("#plane").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cursor")).to_contain_text("carrying a point")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    place = page.evaluate(CROSSHAIR)
    assert page.evaluate(AWAY, place) < 1.0
    page.keyboard.press("Enter")
    expect(page.locator("#cursor")).not_to_contain_text("carrying")
    until(page, f"({NEAREST})([{place[0]}, {place[1]}]) < 0.001")
    tool(page, "Erase")
    page.locator("#plane").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(page, f"{POINTS} === 40")


def test_the_cursor_reads_out_the_prediction(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    page.mouse.move(*pixel(page, 0.5, 0.5))
    expect(page.locator("#cursor")).to_have_text(
        re.compile(r"x1 0\.(5|49).*, x2 0\.(5|49).*: output −?[\d.e-]+, class [12]")
    )
    before = page.locator("#cursor").inner_text()
    press(page, "Play")
    page.mouse.move(*pixel(page, 0.5, 0.5))
    expect(page.locator("#cursor")).not_to_have_text(before)
    step_before = page.locator("#cursor").inner_text()
    expect(page.locator("#cursor")).not_to_have_text(step_before)
    page.get_by_role("button", name="Discrete").click()
    page.mouse.move(*pixel(page, 0.5, 0.5))
    expect(page.locator("#cursor")).to_have_text(re.compile(r": class [12]$"))


def test_the_cursor_reads_out_the_winner_of_several_classes_and_its_share(visit: Visit) -> None:
    page = visit("/network?dataset=blobs&classes=3&loss=ce&rate=0.5&samples=60")
    drawn(page)

    def share() -> float:
        page.mouse.move(*pixel(page, 0.7, 0.7))
        text = page.locator("#cursor").inner_text()
        results = re.search(r": output ([\d.]+), class [123]$", text)
        assert results, text
        return float(results[1])

    assert 1 / 3 <= share() < 0.9
    page.get_by_label("Speed").select_option(label="as fast as possible")
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent.replace(',', '') > 500")
    press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert share() > 0.95


CSV = "width,height,kind\n" + "".join(
    f"{100 + i},{5 - i / 10},{'oak' if i % 2 else 'elm'}\n" for i in range(20)
)


def test_ones_own_table_is_pasted_uploaded_and_taken_along(visit: Visit, tmp_path: Path) -> None:
    page = visit("/network?panel=data")
    page.get_by_text("Bring your own data").click()
    box = page.get_by_label("Rows as CSV")
    box.fill("1,2,a\nthree,4,b\n5,6\n")
    page.get_by_role("button", name="Use this data").click()
    expect(page.get_by_text("Row 2: 'three' is not a number.")).to_be_visible()
    expect(page.get_by_text("Row 3: 2 cells")).to_be_visible()
    expect(box).to_have_value("1,2,a\nthree,4,b\n5,6\n")
    box.fill(CSV)
    page.get_by_role("button", name="Use this data").click()
    page.wait_for_url(re.compile("dataset=own"))
    expect(page.get_by_text("oak").first).to_be_visible()
    until(page, f"{POINTS} === 20")
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 5")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    mine = page.evaluate(f"({TRACES})()")
    file = tmp_path / "mine.csv"
    download.value.save_as(file)
    assert file.read_text().startswith("x1,x2,target,split\n100.0,5.0,elm,train\n")
    page.reload()
    until(page, f"{POINTS} === 20")
    page.get_by_text("Bring your own data").click()
    page.get_by_label("or a file").set_input_files(file)
    page.get_by_role("button", name="Use this data").click()
    expect(page.locator("#step-out")).to_have_text("0")
    until(page, f"{POINTS} === 20")
    assert page.evaluate(f"({TRACES})()") == mine


def test_an_example_is_put_in_by_one_click_and_too_much_is_refused(visit: Visit) -> None:
    page = visit("/network?panel=data")
    page.get_by_text("Bring your own data").click()
    box = page.get_by_label("Rows as CSV")
    page.get_by_role("button", name="Insert an example").click()
    expect(box).to_have_value(re.compile("^x1,x2,label\n"))
    page.evaluate("document.getElementById('own-data-text').value += '1,2,a\\n'.repeat(100000)")
    page.get_by_role("button", name="Use this data").click()
    expect(page.get_by_text("The limit is 512 KB.")).to_be_visible()
    expect(box).to_have_value(re.compile("^x1,x2,label\n"))
    page.get_by_role("button", name="Insert an example").click()
    page.get_by_role("button", name="Use this data").click()
    until(page, f"{POINTS} === 4")


def test_data_that_are_not_kept_any_more_are_said(visit: Visit) -> None:
    page = visit(f"/network?dataset=own&data={'0' * 32}")
    expect(page.get_by_text("These data are no longer stored here.")).to_be_visible()


def test_the_surface_is_continuous_or_discrete_and_tests_can_be_hidden(visit: Visit) -> None:
    page = visit("/network?samples=40&test=0.5")
    drawn(page)
    levels = "new Set(atob(document.getElementById('surface').data[0].z.bdata)).size"
    assert page.evaluate(levels) > 10
    page.get_by_role("button", name="Discrete").click()
    until(page, f"{levels} <= 2")
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    expect(page.get_by_role("button", name="Discrete")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Discrete").click()
    until(page, f"{levels} > 10")
    page.get_by_role("button", name="Hide test samples").click()
    until(page, f"{POINTS} === 20")


def test_figures_that_come_before_the_last_were_painted_are_all_painted(visit: Visit) -> None:
    page = visit("/network?samples=40")
    drawn(page)
    page.evaluate(
        """() => {
            const plot = document.getElementById('surface');
            const [map, rings, ...samples] = plot.data;
            const erased = { data: [map, rings], layout: plot.layout, config: {} };
            for (const data of [{ surface: erased }, { unknown: erased }])
                document.dispatchEvent(
                    new CustomEvent('figures', { detail: { data: JSON.stringify(data) } }));
        }"""
    )
    until(page, f"{POINTS} === 0")
