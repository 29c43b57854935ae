"""A follower's page, and what of the leader's page it shows."""

from __future__ import annotations

from playwright.sync_api import expect

from playground.expression.stories import PRESETS
from tests.e2e.conftest import Visit
from tests.e2e.test_network import drawn, press
from tests.e2e.test_rooms import follows, leads
from tests.waiting import until

TEXTS = """() => {
    const lab = document.getElementById("lab"), texts = [];
    const controls = "button, select, form.find, .menu, .leave, .predict, script, label, option";
    const walker = document.createTreeWalker(lab, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
        if (text && element.checkVisibility() && !element.closest(controls)) texts.push(text);
    }
    for (const element of lab.querySelectorAll("[role=img], table, section"))
        if (element.checkVisibility()) texts.push(element.ariaLabel ?? element.id);
    return texts;
}"""
"""Everything that a lab says to a reader, apart from its controls."""
SAYS_LESS = ("Click a node, or click its name in the table.", "leave-panel")
"""Texts for the person who controls the lab."""


def test_a_follower_reads_the_whole_story_of_the_neuron(visit: Visit) -> None:
    """A follower's accessibility tree holds what the leader's holds, at every step."""
    leader = visit("/expression?" + next(s for s in PRESETS if "tanh" in s.title).query)
    follower = follows(visit, leads(leader))
    leader.get_by_role("button", name="First", exact=True).click()
    sentence = leader.locator("#sentence")
    expect(sentence).to_contain_text("Given")
    step, heard = 0, []
    while True:
        expect(
            follower.get_by_role("status").filter(has_text=sentence.inner_text())
        ).to_be_visible()
        heard.append(sentence.inner_text())
        missing = [text for text in leader.evaluate(TEXTS) if text not in SAYS_LESS]
        for text in follower.evaluate(TEXTS):
            if text in missing:
                missing.remove(text)
        assert missing == [], step
        if leader.get_by_role("button", name="Forward").get_attribute("aria-disabled"):
            break
        step += 1
        leader.get_by_role("button", name="Forward").click()
        expect(leader.get_by_label("Step of the walk")).to_have_value(str(step))
    assert any("0.7071" in text for text in heard)
    for name, grad in {"x1": "−1.5", "w1": "1", "x2": "0.5", "w2": "0", "b": "0.5"}.items():
        row = follower.get_by_role("row").filter(has=follower.get_by_role("rowheader", name=name))
        expect(row.get_by_role("cell").last).to_have_text(grad)
    follower.locator("#sentence").select_text()
    assert follower.evaluate("getSelection().toString()") == sentence.inner_text()
    before = follower.evaluate("document.getElementById('graph').layout.xaxis.range.slice()")
    follower.get_by_role("button", name="Zoom in").click()
    until(
        follower,
        "(b) => document.getElementById('graph').layout.xaxis.range[0] !== b[0]",
        arg=before,
    )


def test_keys_change_nothing_on_a_followers_page(visit: Visit) -> None:
    leader = visit("/expression")
    follower = follows(visit, leads(leader))
    leader.get_by_role("button", name="First", exact=True).click()
    expect(follower.locator("#sentence")).to_contain_text("Given")
    requests: list[str] = []
    follower.on("request", lambda request: requests.append(f"{request.method} {request.url}"))
    for key in ("ArrowRight", "End", "Space", "r", "/", "0"):
        follower.keyboard.press(key)
    follower.keyboard.type("x = 1")
    follower.wait_for_timeout(500)
    assert not any("/expression" in request for request in requests)
    expect(follower.locator("#sentence")).to_contain_text("Given")
    follower.keyboard.press("?")
    expect(follower.get_by_role("dialog")).to_be_visible()


def test_followers_see_another_view_of_a_paused_run(visit: Visit) -> None:
    leader = visit("/network?samples=60&dataset=circles")
    drawn(leader)
    press(leader, "Step")
    expect(leader.locator("#step-out")).to_have_text("1")
    follower = follows(visit, leads(leader))
    drawn(follower)
    levels = """() => new Set(atob(document.getElementById('surface').data[0].z.bdata)).size"""
    assert follower.evaluate(levels) > 2
    button = leader.get_by_role("button", name="Discrete")
    for _ in range(3):
        button.click()
        until(follower, f"({levels})() === 2")
        follower.wait_for_timeout(400)
        assert follower.evaluate(levels) == 2
        expect(button).to_have_attribute("aria-pressed", "true")
        button.click()
        until(follower, f"({levels})() > 2")
        expect(button).to_have_attribute("aria-pressed", "false")


def test_the_class_goes_where_the_leader_goes(visit: Visit) -> None:
    leader = visit("/expression")
    code = leads(leader)
    follower = follows(visit, code)
    leader.get_by_role("link", name="Network").click()
    drawn(leader)
    until(follower, "document.getElementById('surface')?.data")
    leader.get_by_role("link", name="Expression", exact=True).click()
    leader.get_by_text("Stories").click()
    leader.get_by_role("link", name=PRESETS[1].title).click()
    expect(follower.locator("#story")).to_contain_text(PRESETS[1].title)
    state = leader.locator("#state").input_value()
    leader.get_by_role("button", name="Fold all", exact=True).click()
    leader.wait_for_url("**folded**")
    shows = "(query) => (document.getElementById('state').value === query.state) === query.is"
    until(follower, shows, arg={"state": state, "is": False})
    leader.go_back()
    until(follower, shows, arg={"state": state, "is": True})


def test_another_page_of_the_leader_is_not_shown(visit: Visit) -> None:
    leader = visit("/expression")
    code = leads(leader)
    follower = follows(visit, code)
    beside = leader.context.new_page()
    beside.goto("/network?samples=60")
    drawn(beside)
    follower.wait_for_timeout(500)
    expect(follower.locator("#sentence")).to_be_visible()
    beside.get_by_role("button", name="Show this page").click()
    until(follower, "document.getElementById('surface')?.data")


def test_a_half_typed_answer_stays_while_others_answer(visit: Visit) -> None:
    leader = visit("/expression")
    code = leads(leader)
    follower = follows(visit, code)
    leader.get_by_role("button", name="Ask the class").click()
    field = follower.get_by_label("Your answer")
    field.fill("12")
    other = follows(visit, code)
    other.get_by_label("Your answer").fill("3")
    other.get_by_role("button", name="Answer").click()
    expect(leader.get_by_text("1 answer")).to_be_visible()
    expect(field).to_have_value("12")
    expect(follower.get_by_text("Your answer:")).to_have_count(0)


def test_the_table_of_nodes_follows_the_step_on_a_followers_page(visit: Visit) -> None:
    leader = visit("/expression")
    code = leads(leader)
    follower = follows(visit, code)
    lines = ["a = 1", *(f"b{i} = a * {i + 2}" for i in range(30))]
    lines.append("L = " + " + ".join(f"b{i}" for i in range(30)))
    leader.get_by_role("textbox", name="Expression").fill("\n".join(lines))
    expect(leader.get_by_role("button", name="b29", exact=True)).to_be_visible()
    leader.get_by_role("button", name="First", exact=True).click()
    for _ in range(2):
        leader.get_by_role("button", name="Forward").click()
    row = follower.locator(".nodes [aria-current]")
    expect(row).to_be_visible()
    leader.get_by_role("slider", name="Step of the walk").fill("60")
    until(
        follower,
        """() => {
            const row = document.querySelector('.nodes [aria-current]')?.getBoundingClientRect();
            const box = document.querySelector('.nodes .scroll').getBoundingClientRect();
            return row && row.top >= box.top && row.bottom <= box.bottom + 1;
        }""",
    )
