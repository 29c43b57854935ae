"""The short form of `python -m tests.load`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load.__main__ import room, runs


@pytest.mark.alone
def test_a_rooms_viewers_are_served_in_time(tmp_path: Path) -> None:
    missed = room(tmp_path, viewers=150, seconds=3.0)
    assert [each for each in missed if "memory" not in each] == []  # that is for a thousand


@pytest.mark.alone
def test_runs_that_play_at_once_all_have_their_frames(tmp_path: Path) -> None:
    missed = runs(tmp_path, count=20, seconds=3.0)
    assert [each for each in missed if "memory" not in each] == []
