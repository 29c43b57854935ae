"""`python -m tests.painting`: how live the network lab is, end to end on this machine.

    python -m tests.painting [--short] [--seconds N] [--soak MINUTES] [--only NAME …]

Starts the server and Chromium, plays at full speed, and prints each measure beside its bound. The
browser and the server need the machine for themselves. Ends with 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import sys

from tests.painting import run
from tests.painting.table import as_text


def main() -> int:
    """Measure, print, and return what the process ends with."""
    parser = argparse.ArgumentParser(
        "python -m tests.painting", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--short", action="store_true", help="two seconds of play, five presses")
    parser.add_argument("--seconds", type=float, default=10.0, help="of play (default 10)")
    parser.add_argument("--soak", type=float, default=0.0, metavar="MINUTES", help="of play")
    parser.add_argument(
        "--only", nargs="+", choices=run.NAMES, default=run.NAMES, help="these alone"
    )
    options = parser.parse_args()
    print(f"Others use {run.load():.0f} % of the processors.", flush=True)
    seconds, presses = (2.0, 5) if options.short else (options.seconds, 20)
    measured = run.main(options.only, seconds, options.soak, presses)
    print(as_text(measured))
    return (
        0 if all(measure.is_within_bound for _, measures in measured for measure in measures) else 1
    )


if __name__ == "__main__":
    sys.exit(main())
