"""A visitor's share of the loop, by greenlets that really run on it."""

from __future__ import annotations

import time

import gevent
import pytest
from flask import Flask
from jinja2 import DictLoader

from playground.http.rendering import YieldingEnvironment
from playground.runner.fair_share import (
    MOST_OWED_SECONDS,
    PATIENCE_SECONDS,
    PRESENT_SECONDS,
    SHARE,
    Shares,
    works_for,
)


def busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def works(shares: Shares, visitor: str, piece: float, until: float) -> float:
    """How long this visitor had the loop, taking a piece whenever its share lets it."""
    works_for(share := shares.of(visitor))
    had = 0.0
    while time.perf_counter() < until:
        share.wait()
        busy(piece)
        had += piece
        gevent.sleep(0)
    return had


@pytest.mark.alone
def test_where_others_are_one_has_a_third_of_the_loop_whatever_it_asks_for() -> None:
    shares, until = Shares(), time.perf_counter() + 1.5
    many = [gevent.spawn(works, shares, "greedy", 0.005, until) for _ in range(10)]

    def quiet() -> list[float]:
        works_for(shares.of("quiet"))
        late = []
        while time.perf_counter() < until:
            due = time.perf_counter() + 0.02
            gevent.sleep(0.02)
            late.append(time.perf_counter() - due)
            busy(0.0005)
        return late

    other = gevent.spawn(quiet)
    gevent.joinall([*many, other], raise_error=True)
    assert sum(each.value for each in many) < 0.45 * 1.5
    late = sorted(other.value[5:])  # until both are known
    assert late[int(0.9 * len(late))] < 0.015  # ten of them would be 0.05


def test_the_loop_has_worked_as_long_as_its_greenlets_ran() -> None:
    shares = Shares()
    before = shares.worked
    gevent.spawn(busy, 0.05).join()
    between = shares.worked
    gevent.sleep(0.5)
    assert between - before >= 0.05
    assert shares.worked - between < 0.25


@pytest.mark.alone
def test_who_is_alone_has_all_of_it() -> None:
    shares, until = Shares(), time.perf_counter() + 0.5
    alone = gevent.spawn(works, shares, "one", 0.005, until)
    alone.join()
    assert alone.value > 0.4


def test_who_has_gone_is_nobody_to_wait_for() -> None:
    shares = Shares()
    one, other = shares.of("one"), shares.of("other")
    now = time.perf_counter()
    shares.seen(other, now)
    shares.seen(one, now)
    assert shares.crowded(one, now + 0.5 * PRESENT_SECONDS)
    assert not shares.crowded(one, now + 1.5 * PRESENT_SECONDS)
    assert shares.of("one") is one


def test_a_machine_that_stood_still_is_owed_for_a_moment_only() -> None:
    shares = Shares()
    one, other = shares.of("one"), shares.of("other")
    one.spent(30.0, time.perf_counter())
    gevent.sleep(1.1 * MOST_OWED_SECONDS / SHARE)
    shares.seen(other, time.perf_counter())
    assert not one.owes


def test_of_many_who_have_waited_long_one_goes_on() -> None:
    shares, gone = Shares(), list[float]()
    one, other = shares.of("one"), shares.of("other")

    def wait() -> None:
        one.wait()
        gone.append(time.perf_counter())

    waiting = [gevent.spawn(wait) for _ in range(10)]
    until = time.perf_counter() + 1.4 * PATIENCE_SECONDS
    while (now := time.perf_counter()) < until:  # what is owed never ends
        one.spent(0.4, now)
        shares.seen(other, now)
        gevent.sleep(0.1)
    gevent.killall(waiting)
    assert len(gone) == 1


def test_a_long_page_lets_others_run_in_between() -> None:
    loader = DictLoader({"page": "{% for i in range(200) %}{{ work(0.0005) }}.{% endfor %}"})
    app = Flask(__name__)
    app.jinja_environment = YieldingEnvironment
    app.jinja_env.loader = loader
    shares, ran = Shares(), []

    def page() -> str:
        works_for(shares.of("one"))
        text: str = app.jinja_env.get_template("page").render(work=lambda s: busy(s) or "")
        return text

    def other() -> None:
        while not rendered.ready():
            ran.append(time.perf_counter())
            gevent.sleep(0)

    rendered = gevent.spawn(page)
    gevent.joinall([rendered, gevent.spawn(other)], raise_error=True)
    assert rendered.value == "." * 200
    assert len(ran) > 10
