"""The short form of `python -m tests.strangers`, and whether it sees what it looks for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from flask import Flask

from playground.app import create_app
from playground.http.services import services_of
from playground.settings import Deployment
from tests.strangers.asks import Ask, Asker
from tests.strangers.client import Answer
from tests.strangers.measured import Memory, kind_of, tracebacks
from tests.strangers.routes import routes
from tests.strangers.run import Tally, judge, visited
from tests.strangers.values import Pools
from tests.strangers.world import Stranger, World


@pytest.mark.measurement
def test_no_stranger_makes_the_server_fail_hang_or_grow(tmp_path: Path) -> None:
    chosen = random.randrange(2**31)
    tally = visited(tmp_path, requests=3_000, chosen=chosen, seconds=9, examples=25)
    assert not tally.failures, f"seed {chosen}: {tally.failures}"
    assert len(tally.reached) > 40
    assert tally.statuses[200] > 100


def test_every_route_is_asked_also_one_that_nobody_told_of(tmp_path: Path) -> None:
    app: Flask = create_app(Deployment(data=tmp_path))
    services_of(app).runner.stop()

    @app.get("/another/<what>")
    def another(what: str) -> str:
        return what

    app_routes = routes(app)
    asker = Asker(random.Random(1), Pools.draw(1, 3), app_routes, World([Stranger()]))
    endpoints = {asker.ask().endpoint for _ in range(3_000)}
    assert endpoints == {route.endpoint for route in app_routes}
    assert "another" in endpoints


@pytest.mark.parametrize(
    ("status", "headers", "body", "failed"),
    [
        (500, {}, b"Something went wrong.", True),
        (503, {}, b"Nobody said so.", True),
        (503, {"retry-after": "5"}, b"Come again in 5 s.", False),
        (422, {}, b"", True),
        (422, {}, b"A step is a whole number.", False),
        (400, {"connection": "close"}, b"", False),
    ],
)
def test_an_answer_is_judged(
    status: int, headers: dict[str, str], body: bytes, failed: bool
) -> None:
    tally, ask = Tally(), Ask(b"POST /runs HTTP/1.1\r\n\r\n", Stranger(), "runs.create")
    judge(ask, Answer(status, headers, (), body, 0.1), tally)
    assert list(tally.failures.values()) == ([[ask.raw]] if failed else [])


def test_tracebacks_are_found_in_a_log_and_told_by_kind(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "Invalid request\nTraceback (most recent call last):\n"
        '  File "/x/playground/app.py", line 9, in failed\n    1 / 0\n    ~~^~~\n'
        "ZeroDivisionError: division by zero\nall is well\n"
    )
    (traceback,) = tracebacks(log)
    assert kind_of(traceback) == 'ZeroDivisionError, File "/x/playground/app.py", line 9, in failed'


def test_memory_that_grows_after_the_first_half_is_seen() -> None:
    flat = Memory([(n, 100_000 + 50 * min(n, 500)) for n in range(0, 1001, 50)])
    growing = Memory([(n, 100_000 + 50 * n) for n in range(0, 1001, 50)])
    assert flat.growth()[0] == pytest.approx(0, abs=1e-6)
    assert growing.growth() == pytest.approx((0.2, 50_000))
