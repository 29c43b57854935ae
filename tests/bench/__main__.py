"""`python -m tests.bench`: who trains how fast, on one core.

    python -m tests.bench [--short] [--json] [--job NAME …] [--rounds N] [--generic] [--engine-only]

The peers are the dependency group `peers`; one that is not installed is left out by name. `--short`
takes the five networks of DESIGN.md and some seconds. Ends with 1 where two contestants that should
train the same do not.
"""

from __future__ import annotations

import argparse
import sys

from tests.bench.alone import one_core


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--short", action="store_true", help="five networks, in some seconds")
    parser.add_argument("--job", nargs="+", metavar="NAME", help="only these, or `growth`")
    parser.add_argument("--rounds", type=int, metavar="N", help="turns of each; the median counts")
    parser.add_argument("--core", type=int, metavar="N", help="the core to use, else the last")
    parser.add_argument("--engine-only", action="store_true", help="leave all peers out")
    parser.add_argument(
        "--generic",
        action="store_true",
        help="also the engine without its instructions for whole layers",
    )
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    pinned = one_core(options.core)
    from tests.bench.run import main

    sys.exit(main(options, pinned))
