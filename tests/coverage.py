"""Which share of the lines the unit tests run, by parts of the tree, each beside its bound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[1]
OPTIONS = ["--cov=engine", "--cov=playground", "--cov-report=", "--ignore=tests/e2e"]
"""Arguments of pytest that measure the unit tests."""
REST = ["tests/e2e"]
"""The tests that are run without measuring: they drive a server in another process."""


@dataclass(frozen=True)
class Part:
    """A part of the tree: its folders or modules, what is left out, and the bound in per cent."""

    title: str
    paths: tuple[str, ...]
    left_out: tuple[str, ...]
    bound: float

    def covers(self, path: str) -> bool:
        """Whether a file, by its path from the root, belongs to this part."""
        return path.startswith(self.paths) and not path.startswith(self.left_out)


CLUSTER = ("playground/runner/cluster/", "playground/rooms/redis_")
PARTS = (
    Part("engine without kernels", ("engine/",), ("engine/compiler/kernels/",), 95.0),
    Part("playground", ("playground/",), (), 90.0),
    Part("cluster and Redis rooms", CLUSTER, (), 85.0),
)


def report() -> bool:
    """Print the share of each part, and every module below its part's bound; whether all hold."""
    measured = Coverage(config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    lines: dict[str, tuple[int, int]] = {}
    for file in measured.get_data().measured_files():
        path = Path(file).relative_to(ROOT).as_posix()
        _, statements, _, missing, _ = measured.analysis2(file)
        lines[path] = len(statements), len(missing)
    is_enough = True
    for part in PARTS:
        files = {path: counts for path, counts in lines.items() if part.covers(path)}
        statements = sum(count for count, _ in files.values())
        missing = sum(count for _, count in files.values())
        share = 100.0 * (1.0 - missing / max(1, statements))
        is_enough &= share >= part.bound
        print(f"\nLines run by unit tests, {part.title}: {share:.1f} % (at least {part.bound:.0f})")
        for path, (count, absent) in sorted(files.items()):
            if absent and 100.0 * (1.0 - absent / count) < part.bound:
                print(f"  {path}: {100.0 * (1.0 - absent / count):.0f} %, {absent} lines not run")
    return is_enough
