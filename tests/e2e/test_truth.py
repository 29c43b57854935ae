"""What the network lab shows is what is: each readout, field and sentence against the run's own
JSON, after everything that changes the run or the moment that is shown.
"""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from engine.notation import format_number
from engine.training.settings import DECLARATIONS
from playground.network.form import display_text
from tests.e2e.conftest import Visit
from tests.e2e.test_lasting import played, seek
from tests.e2e.test_network import drawn, press, steps
from tests.e2e.test_rooms import follows, leads
from tests.waiting import SECONDS, until

CLAIMS = """() => {
    const text = (selector) => document.querySelector(selector)?.innerText.trim() ?? null;
    const form = document.getElementById("settings");
    const fields = [...form.querySelectorAll(":is(input, select):not([type=hidden])")];
    const scrubber = document.getElementById("scrubber");
    const points = document.getElementById("panel").innerText.match(/([\\d,]+) points, ([\\d,]+)/);
    const texts = [...form.querySelectorAll(".field:has(> label):has(> b)")].map((field) =>
        [field.querySelector("label").textContent.trim(), field.querySelector("b").textContent]);
    const values = fields.map((field) => [field.name,
        field.type === "checkbox" ? String(+field.checked) : field.value]);
    const features = fields.filter(({name, checked}) => name === "features" && checked);
    return {
        step: text("#step-out"), epoch: text("#epoch-out"),
        loss: text("#loss-out"), accuracy: text("#accuracy-out"),
        settings: Object.fromEntries(values.filter(([name]) => name !== "features")),
        texts: Object.fromEntries(texts),
        features: fields.length ? features.map(({value}) => value).join() : null,
        speed: document.querySelector("[name=speed]")?.value ?? null,
        time: scrubber && [scrubber.value, scrubber.max],
        sentence: scrubber && scrubber.ariaValueText,
        earlier: text("#time .earlier span"),
        playing: text("#play"),
        weight: document.querySelector("#weight-form [name=value]")?.value ?? null,
        points: points && [points[1], points[2]],
        edits: text("#panel .notice"),
        cell: document.querySelector("#panel .update td")?.title ?? null,
    };
}"""
"""What a page says of its run."""

POINTED = "document.getElementById('weight-readout').innerText"
PREDICTED = """() => {
    const plot = document.getElementById("surface");
    const [x, y] = document.getElementById("cursor").innerText.match(/[−\\d.]+(?=[,:])/g)
        .map((text) => +text.replace("−", "-"));
    const { z, x0, dx, y0, dy } = plot.data[0];
    const [rows, columns] = z.shape.split(",").map(Number);
    const dot = Math.round((y - y0) / dy) * columns + Math.round((x - x0) / dx);
    const { low, high } = plot.layout.meta;
    const output = low + atob(z.bdata).charCodeAt(dot) / 255 * (high - low);
    return [document.getElementById("cursor").innerText, +output.toPrecision(3)];
}"""


def run_of(page: Page) -> str:
    return f"/runs/{page.url.rpartition('run=')[2]}"


def facts(page: Page, run: str) -> dict[str, Any]:
    """Return what the page should say, from the run's own JSON and its file of weights."""
    state = page.request.get(run, headers={"Accept": "application/json"}).json()
    weights = page.request.get(f"{run}/export/weights").json()
    step, last = f"{state['step']:,}", f"{state['last_step']:,}"
    has_test = state["loss"]["test"] is not None

    def by_split(values: dict[str, float], text: str = "") -> str:
        train, test = (
            f"{values[part]:.1%}" if text else format_number(values[part], 4)
            for part in ("train", "test" if has_test else "train")
        )
        return f"{train} test {test}" if has_test else train

    return {
        "step": step,
        "epoch": f"{state['epoch']:,}",
        "loss": by_split(state["loss"]),
        "accuracy": by_split(state["accuracy"], "share"),
        "settings": state["now"],
        "texts": {
            DECLARATIONS[name].title: display_text(name, text)
            for name, text in state["now"].items()
        },
        "features": state["now"]["features"],
        "speed": state["speed"],
        "time": [str(state["step"]), str(state["last_step"] or 1)],
        "sentence": f"step {step} of {last}",
        "earlier": f"step {step} of {last}." if state["step"] < state["last_step"] else None,
        "playing": "Pause" if state["playing"] else "Play",
        "weight": weights["layers"][0]["weights"][0][0],
        "points": [f"{state['points'][part]:,}" for part in ("all", "train")],
    }


def differences(claims: dict[str, Any], truth: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what the page says otherwise, by name: what it says, and what is. A follower's page
    has texts in place of fields.
    """
    wrong: dict[str, tuple[Any, Any]] = {}
    for name, fact in truth.items():
        claim = claims[name]
        match name:
            case "settings" | "texts":
                wrong |= {
                    key: (value, fact[key])
                    for key, value in claim.items()
                    if value.replace(" ", "") != fact[key].replace(" ", "")
                }
                continue
            case "weight":
                is_same = claim is None or float(claim) == float(f"{fact:.6g}")
            case "earlier":
                is_same = claim == fact or bool(claim and fact and claim.startswith(fact))
            case "points" | "features" | "speed" | "time" | "sentence" | "playing":
                is_same = claim is None or claim == fact
            case _:
                is_same = claim == fact
        if not is_same:
            wrong[name] = (claim, fact)
    if claims["cell"] is not None and float(claims["cell"]) != truth["weight"]:
        wrong["cell"] = (claims["cell"], truth["weight"])
    return wrong


def assert_true(
    page: Page, run: str = "", reader: Page | None = None, step: int | None = None, rate: str = ""
) -> dict[str, Any]:
    """Compare what the page says with what is, as soon as it had time to arrive: the run is at this
    step, and has this learning rate.
    """
    end = time.monotonic() + SECONDS
    while True:
        truth = facts(reader or page, run or run_of(page))
        wrong = differences(page.evaluate(CLAIMS), truth)
        if step is not None and truth["step"] != f"{step:,}":
            wrong["step of the run"] = (truth["step"], step)
        if rate and truth["settings"]["rate"] != rate:
            wrong["rate of the run"] = (truth["settings"]["rate"], rate)
        if not wrong:
            return truth
        assert time.monotonic() < end, wrong


def change_rate(page: Page, rate: str) -> None:
    page.get_by_label("Learning rate", exact=True).fill(rate)
    page.keyboard.press("Tab")


def test_nothing_on_the_page_speaks_of_another_moment(visit: Visit) -> None:
    page = visit("/network?samples=60&hidden=4&panel=weight")
    drawn(page)
    played(page, 30)
    assert_true(page)
    other = page.context.new_page()
    other.goto(page.url)
    change_rate(other, "0.03")
    assert_true(page, rate="0.03")
    other.get_by_label("Speed").select_option("10")
    expect(page.get_by_label("Speed")).to_have_value("10")
    last = steps(page)
    press(page, "Step")
    for tab in (page, other):
        assert_true(tab, step=last + 1, rate="0.03")
    seek(page, 12)
    for tab in (page, other):
        assert_true(tab, step=12, rate="0.1")
    trained = run_of(page)
    page.locator("#weight-form [name=value]").fill("0.75")
    press(page, "Set")
    page.wait_for_url(lambda url: trained.rpartition("/")[2] not in url)
    assert assert_true(page, step=12)["weight"] == 0.75
    assert_true(other, trained, step=last + 1, rate="0.03")
    page.get_by_role("tab", name="Data").click()
    press(page, "Add this point")
    expect(page.locator("#panel")).to_contain_text("61 points")
    assert_true(page)
    page.locator("#undo").click()
    expect(page.locator("#panel")).to_contain_text("60 points")
    assert_true(page)
    change_rate(page, "0.001")
    assert_true(page, rate="0.001")
    press(page, "Reset")
    assert_true(page, step=0, rate="0.1")
    page.locator("#former").get_by_role("button", name="Undo").click()
    expect(page.locator("#step-out")).to_have_text("12")
    assert_true(page, step=12, rate="0.001")


def test_what_a_pointer_rests_on_is_read_out_again(visit: Visit) -> None:
    page = visit("/network?samples=60&hidden=4")
    drawn(page)
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    page.evaluate(
        """() => {
            const line = document.querySelector("#lines [data-weight='0']");
            const { x, y } = line.getPointAtLength(line.getTotalLength() / 2)
                .matrixTransform(line.getScreenCTM());
            const event = { bubbles: true, clientX: x, clientY: y };
            line.dispatchEvent(new PointerEvent("pointermove", event));
        }"""
    )
    box = page.locator("#surface .nsewdrag").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"])
    for act, step in (("step", "2"), ("step", "3"), ("reset", "0")):
        before = page.evaluate(POINTED)
        page.evaluate("(name) => document.getElementById(name).click()", act)
        expect(page.locator("#step-out")).to_have_text(step)
        truth = assert_true(page)
        title = f": {format_number(truth['weight'], 4)}"
        expect(page.locator("#weight-readout")).to_have_text(re.compile(f"{re.escape(title)}$"))
        assert page.evaluate(POINTED) != before
        text, output = page.evaluate(PREDICTED)
        assert f"output {f'{output:g}'.replace('-', '−')}" in text


def test_a_field_that_is_being_edited_stays_and_others_follow(visit: Visit) -> None:
    page = visit("/network?samples=60&hidden=4")
    drawn(page)
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    other = page.context.new_page()
    other.goto(page.url)
    batch = page.get_by_label("Batch size", exact=True)
    batch.fill("5")
    change_rate(other, "0.02")
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.02")
    expect(batch).to_have_value("5")
    batch.press("Enter")
    expect(other.get_by_label("Batch size", exact=True)).to_have_value("5")
    change_rate(page, "none")
    expect(page.locator("#refused")).to_contain_text("Learning rate")
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("2")
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("none")
    change_rate(page, "0.04")
    expect(page.locator("#refused")).to_be_empty()
    assert_true(page, rate="0.04")


def test_followers_read_what_is(visit: Visit) -> None:
    leader = visit("/network?samples=60&hidden=4")
    drawn(leader)
    code = leads(leader)
    follower = follows(visit, code)
    played(leader, 20)
    assert_true(follower, run_of(leader), leader)
    assert len(follower.evaluate(CLAIMS)["texts"]) > 8, "settings stand as texts"
    seek(leader, 7)
    assert_true(follower, run_of(leader), leader, step=7)
    change_rate(leader, "0.02")
    until(leader, "document.getElementById('scrubber').max === '7'")
    assert_true(follower, run_of(leader), leader, step=7, rate="0.02")
    press(leader, "Step")
    assert_true(follower, run_of(leader), leader, step=8)
    for panel in ("Data", "Compare", "Export"):
        leader.get_by_role("tab", name=panel).click()
        expect(follower.get_by_role("tab", name=panel)).to_have_attribute("aria-selected", "true")
        text = follower.locator("#lab").inner_text()
        assert not re.search("There is no run|has not started|Nothing to reset", text), panel
    press(leader, "Reset")
    assert_true(follower, run_of(leader), leader, step=0, rate="0.1")
