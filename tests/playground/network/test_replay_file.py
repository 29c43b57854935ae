"""The film of a run: small, whole, and true to edits on its way."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask

from engine.training.commands import Edit, command
from engine.training.keyframes import moments
from engine.training.run import Run, advance, begin
from engine.training.settings import Settings
from playground.network import replay_file


def film(app: Flask, run: Run) -> tuple[str, dict[str, Any]]:
    """The file, and what it tells."""
    with app.test_request_context("/"):
        text = replay_file.html([replay_file.seen(each) for each in moments(run)])
    found = re.search(r"const told = (\{.*\});\n", text)
    assert found
    return text, json.loads(found[1])


def test_a_film_shows_points_from_when_they_were_drawn_until_they_were_erased(app: Flask) -> None:
    run = advance(begin(Settings(samples=20)), 10)
    run = command(run, Edit(how="add", index=0, at=(0.125, 1.5), target=1.0))
    run = advance(run, 10)
    run = command(run, Edit(how="erase", index=0))
    _, told = film(app, advance(run, 10))
    drawn = [each for each in told["points"] if each[:2] == [0.125, 1.5]]
    assert drawn == [[0.125, 1.5, 1.0, 0, 10, 20]]
    assert sum(each[4:] == [0, 31] for each in told["points"]) == 20
    assert told["steps"] == list(range(31))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(samples=5000, dataset="blobs", classes=5, loss="ce", hidden=(4,)),
        Settings(samples=5000, hidden=(4,)),
    ],
)
def test_the_largest_film_is_small_and_asks_for_nothing(app: Flask, settings: Settings) -> None:
    text, told = film(app, advance(begin(settings), 60))
    assert len(text.encode()) < 400_000
    assert len(told["steps"]) == 60
    assert not re.search(r"\b(src|href)=|url\(|@import|fetch\(", text)
