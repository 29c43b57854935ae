"""The replay of a run as a file: small, complete, and true to edits on the way."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest
from flask import Flask, render_template

from engine.training.apply_command import apply_command
from engine.training.commands import Edit
from engine.training.replay import keyframes
from engine.training.run import Run, advance, begin
from engine.training.settings import Settings
from playground.network import replay_file


def film(app: Flask, run: Run) -> tuple[str, dict[str, Any]]:
    """Return the file, and the data in it."""
    frames = [replay_file.key_frame(state) for state in keyframes(run)]
    with app.test_request_context("/"):
        text = render_template("replay.html", **replay_file.replay_page(frames))
    match = re.search(r"const film = (\{.*\});\n", text)
    assert match
    return text, json.loads(match[1])


def test_a_film_shows_points_from_when_they_were_drawn_until_they_were_erased(app: Flask) -> None:
    run = advance(begin(Settings(samples=20)), 10)
    run = apply_command(run, Edit(how="add", index=0, at=(0.125, 1.5), target=1.0))
    run = advance(run, 10)
    run = apply_command(run, Edit(how="erase", index=0))
    _, data = film(app, advance(run, 10))
    added = [point for point in data["points"] if point[:2] == [0.125, 1.5]]
    assert added == [[0.125, 1.5, 1.0, 0, 10, 20]]
    assert sum(point[4:] == [0, 31] for point in data["points"]) == 20
    assert data["steps"] == list(range(31))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(samples=5000, dataset="blobs", classes=5, loss="ce", hidden=(4,)),
        Settings(samples=5000, hidden=(4,)),
    ],
)
def test_the_largest_film_is_small_and_asks_for_nothing(app: Flask, settings: Settings) -> None:
    text, data = film(app, advance(begin(settings), 60))
    assert len(text.encode()) < 400_000
    assert len(data["steps"]) == 60
    assert not re.search(r"\b(src|href)=|url\(|@import|fetch\(", text)


def test_a_film_of_a_run_that_diverged_shows_its_losses_and_says_where_they_left(
    app: Flask,
) -> None:
    frames = [replay_file.key_frame(state) for state in keyframes(advance(begin(Settings()), 3))]
    losses = [(1e-300, nan), (3e300, nan), (2.5e300, nan), (inf, nan)]
    frames = [replace(frame, loss=loss) for frame, loss in zip(frames, losses, strict=True)]
    page = replay_file.replay_page(frames)
    assert page["film"]["train"][-1] == "∞"
    low, high = page["film"]["axis"]
    assert low == 0.0
    assert 3e300 <= high < inf
    assert page["film"]["notes"] == ["∞ from step 3"]
    assert "function* linearTicks" in page["modules"]
    assert not re.search("^(import|export) ", page["modules"], re.MULTILINE)
