"""Compare the native kernels with those of another version: bits, code, speed, first compilation.

`python -m tests.bench.kernels --against DIR` takes about ten minutes. DIR is a checkout of the
other version. Both versions run in the present Python environment. Every measurement has its own
process, because where memory happens to lie makes up to a tenth of the speed of a small network.
The other version is also measured against itself: that shows how far such medians scatter.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.jobs import FIVE, JOBS

HERE = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("kernels_worker.py")


def main() -> int:
    """Measure and print; return 1 where a bit, the code's size or a speed is out of bounds."""
    options = _options()
    other = options.against.resolve()
    with tempfile.TemporaryDirectory() as cache:
        ok = all(
            [
                _compare_compilations(other, options.compilations),
                _compare_code(other),
                _compare_bits(other, cache),
                _compare_speeds(other, options.pairs, cache),
            ]
        )
    return 0 if ok else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the native kernels with another version.")
    parser.add_argument("--against", type=Path, required=True, help="checkout of another version")
    parser.add_argument("--pairs", type=int, default=20, help="pairs of measurements a job")
    parser.add_argument("--compilations", type=int, default=5, help="first compilations a version")
    return parser.parse_args()


def _compare_compilations(other: Path, rounds: int) -> bool:
    """Time `python -m engine` with an empty cache, the versions in turn."""
    rows: dict[Path, list[tuple[float, float]]] = {other: [], HERE: []}
    for turn in range(rounds):
        for version in (other, HERE) if turn % 2 else (HERE, other):
            rows[version].append(_time_compilation(version))
    wall = [median(a[0] / b[0] for a, b in zip(rows[HERE], rows[other], strict=True))]
    used = [median(a[1] / b[1] for a, b in zip(rows[HERE], rows[other], strict=True))]
    for name, version in (("other version", other), ("this version", HERE)):
        seconds, processor = (median(column) for column in zip(*rows[version], strict=True))
        print(f"first compilation, {name}: {seconds:.1f} s, processor {processor:.1f} s")
    print(f"first compilation, ratio: wall {wall[0]:.2f}, processor {used[0]:.2f} (at most 0.60)")
    return used[0] <= 0.60


def _time_compilation(version: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as cache:
        before, began = os.times(), time.perf_counter()
        _run(version, cache, "-m", "engine")
        after, lasted = os.times(), time.perf_counter() - began
    used = after.children_user + after.children_system
    return lasted, used - before.children_user - before.children_system


def _compare_code(other: Path) -> bool:
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as another:
        theirs, ours = _ask(other, cache, "assembly"), _ask(HERE, another, "assembly")
    growth = ours["lines"] / theirs["lines"] - 1.0
    print(f"vfmadd: {theirs['vfmadd']} before, {ours['vfmadd']} now")
    print(f"lines of assembly: {theirs['lines']} before, {ours['lines']} now ({growth:+.2%})")
    return bool(ours["vfmadd"] == theirs["vfmadd"] and abs(growth) <= 0.01)


def _compare_bits(other: Path, cache: str) -> bool:
    theirs, ours = _ask(other, cache, "bits"), _ask(HERE, cache, "bits")
    different = [name for name in theirs if theirs[name] != ours.get(name)]
    print(f"bits: {len(theirs) - len(different)} of {len(theirs)} results equal", *different)
    return not different


def _compare_speeds(other: Path, pairs: int, cache: str) -> bool:
    """Print the median ratio of steps a second over interleaved pairs, a job a line."""
    contestants = (other, HERE, other)
    rates: list[list[list[float]]] = [[], [], []]
    for turn in range(pairs):
        order = range(3) if turn % 2 else reversed(range(3))
        for contestant in order:
            rates[contestant].append(_ask(contestants[contestant], cache, "speeds"))
    print(f"steps a second, medians of {pairs} interleaved pairs: before, now / before, itself")
    slowest = 1.0
    for place, job in enumerate(JOBS):
        before, now, again = ([run[place] for run in runs] for runs in rates)
        ratio = median(x / y for x, y in zip(now, before, strict=True))
        itself = median(x / y for x, y in zip(again, before, strict=True))
        print(f"  {job.name:16} {median(before):12,.0f}  {ratio:.3f}  {itself:.3f}")
        if job in FIVE:
            slowest = min(slowest, ratio)
    return slowest >= 0.97


def _ask(version: Path, cache: str, task: str) -> Any:
    return json.loads(_run(version, cache, str(WORKER), task))


def _run(version: Path, cache: str, *arguments: str) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(version)}
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=version,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout


if __name__ == "__main__":
    sys.exit(main())
