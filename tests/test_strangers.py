"""The short form of `python -m tests.strangers`."""

from __future__ import annotations

from pathlib import Path
from random import randrange

import pytest

from tests.strangers.run import visited


@pytest.mark.alone
def test_no_stranger_makes_the_server_fail_hang_or_grow(tmp_path: Path) -> None:
    chosen = randrange(2**31)
    tally = visited(tmp_path, requests=3_000, chosen=chosen, seconds=9, each=25)
    assert not tally.failures, f"seed {chosen}: {tally.failures}"
    assert len(tally.reached) > 50
    assert tally.statuses[200] > 200
