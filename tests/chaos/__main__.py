"""Kills the server at random moments of training and editing, and finds every run again; then lets
every part of a hosted instance fail, and sees every run go on.

python -m tests.chaos [--kills 20] [--seed 0] [--only kills|hosted]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.hosted import failing
from tests.chaos.kills import killed_again_and_again
from tests.cluster import missing


def main() -> int:
    """Prints a line a failure; raises AssertionError where a run was not as it was."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("kills", "hosted"))
    options = parser.parse_args()
    if options.only != "hosted":
        with tempfile.TemporaryDirectory() as folder:
            worst = killed_again_and_again(Path(folder), options.kills, options.seed, print)
        print(f"{options.kills} kills; the oldest state that came back was {worst:.2f} s old")
    if options.only != "kills":
        lacking = missing()
        if lacking:
            print(f"The hosted instance is left out: {lacking}")
            return 0
        with tempfile.TemporaryDirectory() as folder:
            longest = failing(Path(folder) / "hosted", print)
        print(f"No run stood still for longer than {longest:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
