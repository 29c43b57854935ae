"""Kills the server at random moments of training and editing, and finds every run again.

python -m tests.chaos [--kills 20] [--seed 0]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.kills import killed_again_and_again


def main() -> int:
    """Prints a line a kill, and what was found at the end; 1 where a run was not as it was."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        worst = killed_again_and_again(Path(folder), asked.kills, asked.seed, print)
    print(f"{asked.kills} kills; the oldest state that came back was {worst:.2f} s old")
    return 0


if __name__ == "__main__":
    sys.exit(main())
