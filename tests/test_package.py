"""What the wheel contains: every module, and the marks that say that both packages have types."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]


def test_the_wheel_has_every_module_and_says_that_it_has_types() -> None:
    files = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {"engine/py.typed", "playground/py.typed"} <= files
    modules = {
        path.relative_to(ROOT).as_posix()
        for top in ("engine", "playground")
        for path in (ROOT / top).rglob("*.py")
    }
    assert modules <= files
