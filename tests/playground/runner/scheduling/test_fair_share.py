"""A visitor's share of the loop, by greenlets that really run on it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gevent
import pytest
from flask import Flask
from jinja2 import DictLoader

from playground.http.rendering import YieldingEnvironment
from playground.runner.scheduling.fair_share import (
    ACTIVE_SECONDS,
    MAX_OWED_SECONDS,
    PATIENCE_SECONDS,
    SHARE,
    FairShares,
    work_for,
)
from tests.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def shares(clock: ManualClock) -> Iterator[FairShares]:
    shares = FairShares(clock)
    with shares.measuring():
        yield shares


def use_loop(shares: FairShares, clock: ManualClock, visitor: str, piece: float) -> list[float]:
    """Take a piece of the loop whenever the visitor's share allows it; return the pieces."""
    work_for(share := shares.of(visitor))
    end, pieces = clock.now() + 1.5, []
    while clock.now() < end:
        share.wait()
        clock.work(piece)
        pieces.append(piece)
        clock.sleep(0)
    return pieces


def test_while_others_are_active_a_visitor_gets_a_third_of_the_loop(
    shares: FairShares, clock: ManualClock
) -> None:
    greedy = [gevent.spawn(use_loop, shares, clock, "greedy", 0.005) for _ in range(10)]

    def use_little() -> list[float]:
        work_for(shares.of("quiet"))
        delays = []
        for _ in range(60):
            due = clock.now() + 0.02
            clock.sleep(0.02)
            delays.append(clock.now() - due)
            clock.work(0.0005)
        return delays

    quiet = gevent.spawn(use_little)
    clock.advance(4.0)
    gevent.joinall([*greedy, quiet], timeout=5, raise_error=True)
    assert 0.3 * 1.5 < sum(sum(greenlet.value) for greenlet in greedy) < 0.4 * 1.5
    delays = sorted(quiet.value[5:])  # the first ones come before both are known
    assert delays[int(0.9 * len(delays))] <= 0.0051  # ten pieces would take 0.05


def test_work_is_the_time_that_greenlets_ran(shares: FairShares, clock: ManualClock) -> None:
    before = shares.worked
    gevent.spawn(clock.work, 0.05).join()
    assert shares.worked - before == pytest.approx(0.05)


def test_a_visitor_who_is_alone_gets_all_of_the_loop(
    shares: FairShares, clock: ManualClock
) -> None:
    alone = gevent.spawn(use_loop, shares, clock, "one", 0.005)
    clock.advance(1.6)
    assert sum(alone.get(timeout=5)) >= 1.5 - 0.005


def test_a_visitor_who_has_gone_does_not_count() -> None:
    shares = FairShares(clock := ManualClock())
    one, other = shares.of("one"), shares.of("other")
    shares.mark_active(other, clock.now())
    shares.mark_active(one, clock.now())
    clock.advance(0.5 * ACTIVE_SECONDS)
    assert one.is_crowded
    clock.advance(ACTIVE_SECONDS)
    assert not one.is_crowded
    assert shares.of("one") is one


def test_a_machine_that_stood_still_is_not_held_against_a_visitor_for_long() -> None:
    shares = FairShares(clock := ManualClock())
    one, other = shares.of("one"), shares.of("other")
    one.spend(30.0, clock.now())
    shares.mark_active(other, clock.now())
    assert one.must_wait
    clock.advance(1.1 * MAX_OWED_SECONDS / SHARE)
    shares.mark_active(other, clock.now())
    assert not one.must_wait


def test_one_of_many_who_have_waited_long_goes_on() -> None:
    shares, gone = FairShares(clock := ManualClock()), list[float]()
    one, other = shares.of("one"), shares.of("other")

    def wait() -> None:
        one.wait()
        gone.append(clock.now())

    one.spend(0.4, clock.now())
    shares.mark_active(other, clock.now())
    waiting = [gevent.spawn(wait) for _ in range(10)]
    end = clock.now() + 1.4 * PATIENCE_SECONDS
    while clock.now() < end:  # the visitor owes more and more
        one.spend(0.4, clock.now())
        shares.mark_active(other, clock.now())
        clock.advance(0.1)
    gevent.killall(waiting)
    assert len(gone) == 1


def test_a_visitor_uses_one_thread_while_others_are_active() -> None:
    shares = FairShares(clock := ManualClock())
    one, other = shares.of("one"), shares.of("other")
    assert one.thread() is not one.thread()
    shares.mark_active(other, clock.now())
    assert one.thread() is one.thread()


def test_a_long_page_lets_others_run_in_between() -> None:
    loader = DictLoader({"page": "{% for i in range(200) %}{{ work(0.0005) }}.{% endfor %}"})
    app = Flask(__name__)
    app.jinja_environment = YieldingEnvironment
    app.jinja_env.loader = loader
    shares, turns = FairShares(), 0

    def work(seconds: float) -> str:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            pass
        return ""

    def render() -> str:
        work_for(shares.of("one"))
        text: str = app.jinja_env.get_template("page").render(work=work)
        return text

    page = gevent.spawn(render)
    while not page.ready():
        turns += 1
        gevent.sleep(0)
    assert page.get() == "." * 200
    assert turns > 10
