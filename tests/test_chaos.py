"""The short form of `python -m tests.chaos`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.kills import killed_again_and_again


@pytest.mark.measurement
def test_a_killed_server_finds_every_run_no_more_than_a_second_old(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, kills=3, seed=1)
