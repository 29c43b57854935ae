"""The network lab, by pressing its buttons."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.waiting import until

SURFACE = "plotted('surface', 0, 'z')"
CURVE = "plotted('loss', 0, 'y')"
BARS = "plotted('bars', 1, 'y')"


def steps(page: Page) -> int:
    return int(
        page.get_by_label("Step", exact=True)
        .and_(page.locator("output"))
        .inner_text()
        .replace(",", "")
    )


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def surface(page: Page) -> str:
    return str(page.evaluate(SURFACE))


def drawn(page: Page) -> None:
    until(page, "document.getElementById('surface')?.data?.length > 1")


def test_play_moves_the_step_count_and_the_surface_within_three_seconds(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    before = surface(page)
    started = time.monotonic()
    press(page, "Play")
    until(
        page,
        f"(before) => {SURFACE} !== before",
        arg=before,
    )
    assert time.monotonic() - started < 3.0
    until(page, "+document.getElementById('step-out').textContent > 20")


def test_pause_stops_the_run(visit: Visit) -> None:
    page = visit("/network")
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 5")
    with page.expect_response(re.compile("/pause$")):
        press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    stopped = steps(page)
    run = page.url.rpartition("run=")[2]
    page.wait_for_timeout(1000)
    answer = page.request.get(f"/runs/{run}", headers={"Accept": "application/json"}).json()
    assert (answer["step"], answer["playing"]) == (stopped, False)
    assert steps(page) == stopped


def test_step_adds_one(visit: Visit) -> None:
    page = visit("/network")
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("2")


def test_reset_restores_the_first_frame(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    first, loss = surface(page), page.locator("#loss-out").inner_text()
    curve = page.evaluate(CURVE)
    expect(page.get_by_role("button", name="Reset", exact=True)).to_be_disabled()
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 20")
    assert surface(page) != first
    press(page, "Reset")
    expect(page.locator("#step-out")).to_have_text("0")
    expect(page.locator("#loss-out")).to_have_text(loss)
    until(page, f"(first) => {SURFACE} === first", arg=first)
    until(page, f"(curve) => {CURVE} === curve", arg=curve)


def test_a_pasted_address_gives_the_same_run_to_the_last_digit(visit: Visit) -> None:
    mine = visit("/network?dataset=circles&samples=60&hidden=5,3&rate=0.3&seed=7")
    for number in range(1, 4):
        press(mine, "Step")
        expect(mine.locator("#step-out")).to_have_text(str(number))
    theirs = visit(mine.url)
    expect(theirs.locator("#step-out")).to_have_text("0")
    for number in range(1, 4):
        press(theirs, "Step")
        expect(theirs.locator("#step-out")).to_have_text(str(number))
    answers = []
    for page in (mine, theirs):
        run = page.url.rpartition("run=")[2]
        answers.append(
            page.request.get(f"/runs/{run}", headers={"Accept": "application/json"}).json()
        )
    assert answers[0]["id"] != answers[1]["id"]
    assert answers[0]["loss"] == answers[1]["loss"]
    assert answers[0]["settings"] == answers[1]["settings"]


def test_a_reload_shows_the_run_where_it_was(visit: Visit) -> None:
    page = visit("/network")
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    page.wait_for_url(re.compile("run="))
    page.reload()
    expect(page.locator("#step-out")).to_have_text("1")
    address = page.url
    page.get_by_role("link", name="Expression", exact=True).click()
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.locator("#step-out")).to_have_text("1")
    assert page.url == address
    page.locator("body").press("r")
    expect(page.locator("#step-out")).to_have_text("0")
    page.locator("#former").get_by_role("button", name="Undo").click()
    expect(page.locator("#step-out")).to_have_text("1")
    rate = page.get_by_label("Learning rate", exact=True)
    rate.fill("0.2")
    rate.press("Enter")
    expect(rate).to_have_value("0.2")
    expect(page.locator("#step-out")).to_have_text("1")


def test_anothers_run_does_not_exist(visit: Visit) -> None:
    mine, theirs = visit("/network"), visit("/network")
    press(mine, "Step")
    mine.wait_for_url(re.compile("run="))
    run = mine.url.rpartition("run=")[2]
    assert mine.request.get(f"/runs/{run}").status == 200
    for method, path in (
        ("get", ""), ("get", "/events"), ("post", "/play"), ("post", "/pause"),
        ("post", "/step"), ("post", "/reset"), ("post", "/speed"), ("post", "/view"),
    ):  # fmt: skip
        answer = getattr(theirs.request, method)(f"/runs/{run}{path}")
        assert answer.status == 404, path


def test_rare_settings_stay_unfolded_while_others_change(visit: Visit) -> None:
    page = visit("/network")
    more = page.locator("details.more")
    expect(page.get_by_label("Dropout", exact=True)).to_be_hidden()
    more.locator("summary").click()
    page.get_by_label("Optimizer", exact=True).select_option("adamw")
    expect(page.get_by_label("Weight decay", exact=True)).to_be_visible()
    expect(page.get_by_label("Dropout", exact=True)).to_be_visible()
    page.get_by_label("Schedule", exact=True).select_option("cosine")
    expect(page.get_by_label("Period", exact=True)).to_have_value("1000")
    page.wait_for_url(re.compile("optimizer=adamw.*schedule=cosine"))
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    more.locator("summary").click()
    page.get_by_label("Seed", exact=True).fill("4")
    page.get_by_label("Seed", exact=True).press("Tab")
    page.wait_for_url(re.compile("seed=4"))
    expect(page.get_by_label("Dropout", exact=True)).to_be_hidden()


def test_cross_entropy_trains_a_network_of_two_outputs(visit: Visit) -> None:
    page = visit("/network?loss=ce&optimizer=adam&rate=0.01&dropout=0.1")
    drawn(page)
    expect(page.get_by_text("2 – 8 – 8 – 2, 114 parameters")).to_be_visible()
    before = surface(page)
    press(page, "Play")
    until(page, f"(before) => {SURFACE} !== before", arg=before)
    until(page, "+document.getElementById('step-out').textContent > 20")


def test_a_bad_setting_is_said_beside_its_field_and_changes_nothing_else(visit: Visit) -> None:
    page = visit("/network")
    drawn(page)
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    page.wait_for_url(re.compile("run="))
    address, visible = page.url, surface(page)
    samples = page.get_by_label("Samples", exact=True)
    samples.fill("many")
    samples.press("Tab")
    expect(page.locator("#error-samples")).to_be_visible()
    expect(page.locator("#refused")).to_contain_text("Samples: Write a whole number")
    expect(samples).to_have_value("many")
    expect(samples).to_have_attribute("aria-invalid", "true")
    assert (page.url, surface(page)) == (address, visible)
    expect(page.locator("#step-out")).to_have_text("1")
    samples.fill("80")
    expect(page.locator("#error-samples")).to_have_count(0)
    expect(page.locator("#refused")).to_be_empty()
    samples.press("Tab")
    expect(page.locator("#former")).to_contain_text("The run at step 1 is kept in My runs.")
    expect(page.locator("#step-out")).to_have_text("0")
    page.wait_for_url(re.compile("samples=80"))
    page.go_back()
    expect(page.get_by_label("Samples", exact=True)).to_have_value("200")
    expect(page.locator("#step-out")).to_have_text("1")


def test_a_pasted_address_opens_with_the_nearest_allowed_values_and_says_so(visit: Visit) -> None:
    page = visit("/network?rate=-3&hidden=8,900&samples=50")
    expect(page.get_by_text("this page opens with 0.001 instead of -3.")).to_be_visible()
    expect(page.get_by_text("A layer has 1 to 64 neurons; one here has 900.")).to_be_visible()
    expect(page.get_by_label("Learning rate")).to_have_value("0.001")
    expect(page.get_by_label("Hidden layers")).to_have_value("8,64")
    expect(page.get_by_label("Samples", exact=True)).to_have_value("50")


def test_choosing_a_dataset_brings_what_suits_it(visit: Visit) -> None:
    page = visit("/network")
    page.locator(".gallery summary").click()
    page.get_by_role("button", name="Four points", exact=True).click()
    expect(page.get_by_label("Hidden layers")).to_have_value("4,4")
    expect(page.get_by_label("Loss", exact=True).and_(page.locator("select"))).to_have_value(
        "squares"
    )
    page.wait_for_url(re.compile("dataset=points"))
    page.go_back()
    expect(page.get_by_label("Dataset: Two moons")).to_be_visible()


def test_the_four_points_show_bars_that_move_and_a_slice_through_the_third_input(
    visit: Visit,
) -> None:
    page = visit("/network?dataset=points&hidden=4,4&loss=squares&batch=0&test=0&init=uniform")
    drawn(page)
    expect(page.get_by_label("Target and prediction of every sample")).to_be_visible()
    first = page.evaluate(BARS)
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 50")
    press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert page.evaluate(BARS) != first
    visible = surface(page)
    page.get_by_label("x3").fill("0.9")
    until(page, f"(shown) => {SURFACE} !== shown", arg=visible)
    page.wait_for_url(re.compile("slice=0.9"))
    page.reload()
    expect(page.get_by_label("x3")).to_have_value("0.9")


def test_several_classes_are_learnt(visit: Visit) -> None:
    page = visit("/network?dataset=blobs&classes=4&noise=0.15&samples=80&rate=0.3")
    expect(page.locator(".surface .legend").get_by_text("class 4")).to_be_visible()
    page.get_by_label("Speed").select_option(label="as fast as possible")
    press(page, "Play")
    until(
        page, "parseFloat(document.querySelector('#accuracy-out b').textContent) > 95", seconds=20
    )


def test_a_run_that_explodes_says_so_and_offers_ways_on(visit: Visit) -> None:
    page = visit("/network?loss=squares&output=linear&rate=5&activation=relu")
    press(page, "Play")
    ways = page.get_by_role("group", name="Ways on")
    expect(ways.get_by_role("button", name="Start again with a smaller rate")).to_be_visible()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_disabled()
    press(page, "Reset")
    expect(page.locator("#step-out")).to_have_text("0")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()
    page.locator("#former").get_by_role("button", name="Undo").click()
    ways.get_by_role("button", name="Start again with a smaller rate").click()
    expect(page.locator("#former")).to_contain_text("A new run plays with learning rate")
    until(page, "+document.getElementById('step-out').textContent > 20")
    expect(ways).to_have_count(0)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_the_speed_is_what_was_asked_for(visit: Visit) -> None:
    page = visit("/network?hidden=3&samples=20")
    page.get_by_label("Speed").select_option(label="10 steps a second")
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 2")
    first, started = steps(page), time.monotonic()
    page.wait_for_timeout(2000)
    rate = (steps(page) - first) / (time.monotonic() - started)
    assert 6 < rate < 14


def test_presses_before_the_first_is_answered_are_about_the_run_that_it_makes(visit: Visit) -> None:
    page = visit("/network?samples=60&dataset=circles")
    drawn(page)
    requests = posted(page)
    page.evaluate("""() => {
        for (const id of ["step", "step", "step", "lead"]) document.getElementById(id).click();
    }""")
    expect(page.locator(".roomcode")).to_be_visible()
    expect(page.locator("#step-out")).to_have_text("3")
    run = parse_qs(urlparse(page.url).query)["run"][0]
    assert requests[:4] == ["/runs", f"/runs/{run}/step", f"/runs/{run}/step", "/rooms"]


def test_what_is_drawn_and_set_before_the_first_is_answered_is_of_that_run(
    visit: Visit,
) -> None:
    page = visit("/network?samples=60&dataset=circles")
    drawn(page)
    requests = posted(page)
    page.evaluate("""() => {
        document.addEventListener("htmx:finally:request", ({ detail }) => {
            if (detail.ctx.sourceElement.id === "weight-form") window.weighed = true;
        });
        document.getElementById("step").click();
        document.querySelector("[data-draw=add]").click();
        document.querySelector("#weight-form [name=value]").value = "2.5";
        document.querySelector("#weight-form button").click();
    }""")
    expect(page.locator("#panel")).to_contain_text("61 points")
    until(page, "window.weighed")
    run = parse_qs(urlparse(page.url).query)["run"][0]
    assert requests == ["/runs", f"/runs/{run}/data", f"/runs/{run}/weight"]
    page.reload()
    expect(page.locator("#panel")).to_contain_text("61 points")
    expect(page.locator("#step-out")).to_have_text("1")
    expect(page.locator("#weight-form [name=value]")).to_have_value("2.5")


def test_a_double_click_plays(visit: Visit) -> None:
    page = visit("/network?samples=60&dataset=circles")
    drawn(page)
    requests = posted(page)
    for start in (1, 2):
        page.evaluate("() => [1, 2].forEach(() => document.getElementById('play').click())")
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
        until(page, f"document.getElementById('step-out').textContent > {10 * start}")
        press(page, "Pause")
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert requests.count("/runs") == 1


def posted(page: Page) -> list[str]:
    """The paths of what the page posts from now on."""
    requests: list[str] = []
    page.on(
        "request",
        lambda request: request.method == "POST" and requests.append(urlparse(request.url).path),
    )
    return requests
