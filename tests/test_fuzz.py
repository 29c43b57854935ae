"""The short form of `python -m tests.fuzz`."""

from __future__ import annotations

from random import randrange

from tests.fuzz import run


def test_whatever_is_written_is_answered_in_time_and_refused_with_its_place() -> None:
    tally = run(300, randrange(2**31))
    assert tally.accepted > 20
    assert tally.refused > 20
