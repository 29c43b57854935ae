"""A million requests of strangers who know every route: right and wrong fields, broken bodies and
broken HTTP, connections that vanish, stay silent or go slowly.

    python -m tests.strangers [--requests 1000000] [--seed 0] [--seconds 86400]

No answer may be a failure of ours or come late, the log may hold no traceback, and afterwards the
server has given back its connections and viewers, and its memory is flat.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from tests.strangers.run import Tally, visited


def report(tally: Tally) -> None:
    """Print what was seen, and every kind of failure with requests that repeat it."""
    times = np.array(tally.times)
    print("answers:", ", ".join(f"{n:,} × {s}" for s, n in sorted(tally.statuses.items())))
    print(
        f"median {np.median(times) * 1e3:.1f} ms, 99th percentile "
        f"{np.percentile(times, 99) * 1e3:.0f} ms, slowest {tally.slowest[0]:.2f} s at "
        f"{tally.slowest[1]}"
    )
    for kind, requests in tally.failures.items():
        print(f"\nFAILED {tally.counts[kind]} times: {kind}")
        for raw in requests:
            print(raw if kind[:9] != "traceback" else raw.decode())


def main() -> int:
    """1 where anything failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.strangers", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--seconds", type=float, default=86_400.0)
    parser.add_argument(
        "--endpoints", action="store_true", help="Tell what each endpoint answered."
    )
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        say = partial(print, flush=True)
        tally = visited(Path(folder), options.requests, options.seed, options.seconds, say)
    if options.endpoints:
        for endpoint, statuses in sorted(tally.reached.items()):
            print(f"{endpoint:24} {dict(sorted(statuses.items()))}")
    report(tally)
    return int(bool(tally.failures))


if __name__ == "__main__":
    sys.exit(main())
