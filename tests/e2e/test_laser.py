"""A leader's laser on other screens: it points at the same thing, wherever that lies."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_network import drawn
from tests.e2e.test_rooms import follows, leads
from tests.waiting import until

THINGS = """window.things = {
    node: (label) => {
        const plot = document.getElementById('graph'), {xaxis, yaxis} = plot._fullLayout;
        const area = plot.querySelector('.nsewdrag').getBoundingClientRect();
        const {x, y, customdata} = trace('graph', 'values');
        const i = customdata.indexOf(label);
        return [area.left + xaxis.d2p(x[i]), area.top + yaxis.d2p(y[i])];
    },
    edge: () => {
        const plot = document.getElementById('graph'), {xaxis, yaxis} = plot._fullLayout;
        const area = plot.querySelector('.nsewdrag').getBoundingClientRect();
        const {x, y} = trace('graph', 'edges');
        const end = x.indexOf(null);
        return [area.left + (xaxis.d2p(x[0]) + xaxis.d2p(x[end - 1])) / 2,
            area.top + (yaxis.d2p(y[0]) + yaxis.d2p(y[end - 1])) / 2];
    },
    data: ([x, y]) => {
        const plot = document.getElementById('surface'), {xaxis, yaxis} = plot._fullLayout;
        const area = plot.querySelector('.nsewdrag').getBoundingClientRect();
        return [area.left + xaxis.d2p(x), area.top + yaxis.d2p(y)];
    },
    middle: (selector) => {
        const box = document.querySelector(selector).getBoundingClientRect();
        return [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    },
    letter: ([selector, at]) => {
        const text = document.querySelector(selector).firstChild;
        const range = document.createRange();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        const box = range.getBoundingClientRect();
        return [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    },
}"""
"""Where things lie on a page."""

MEETS = """([name, of]) => {
    const dot = document.querySelector('.laser.other').getBoundingClientRect();
    const [x, y] = things[name](of);
    return dot.width && Math.abs((dot.left + dot.right) / 2 - x) < 4
        && Math.abs((dot.top + dot.bottom) / 2 - y) < 4;
}"""


def points(leader: Page, follower: Page, name: str, of: object, selector: str) -> None:
    """Point at a thing on the leader's page: the follower, who has scrolled to it, sees the dot."""
    for page in (leader, follower):
        page.evaluate(THINGS)
        page.evaluate("document.querySelector('[data-view=fit]')?.click()")
        page.locator(selector).first.evaluate("(each) => each.scrollIntoView({block: 'center'})")
    x, y = leader.evaluate("([name, of]) => things[name](of)", [name, of])
    leader.mouse.move(x, y, steps=2)
    until(follower, MEETS, arg=[name, of])


def test_the_laser_points_at_the_same_thing_on_a_phone(visit: Visit) -> None:
    leader = visit("/expression?code=a+%3D+2%0Ab+%3D+a+*+3%0Ac+%3D+b+*+a&step=3")
    follower = follows(visit, leads(leader), width=390, height=844)
    until(follower, "trace('graph', 'values')")
    leader.keyboard.press("l")
    points(leader, follower, "node", "a", "#graph")
    points(leader, follower, "edge", None, "#graph")
    points(leader, follower, "middle", ".nodes tbody tr:nth-child(2) td:last-child", ".nodes")
    points(leader, follower, "letter", ["#sentence", 20], "#sentence")
    leader.goto("/network?samples=60")
    drawn(leader)
    drawn(follower)
    leader.keyboard.press("l")
    points(leader, follower, "data", [0.5, 0.25], "#surface")
    points(leader, follower, "middle", ".neuron[data-map='9'] .map", "#picture")
    points(leader, follower, "middle", ".feature rect", "#picture")
    leader.keyboard.press("l")
    expect(follower.locator(".laser.other")).to_be_hidden()
