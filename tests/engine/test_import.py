"""`import engine` costs little more than `import numpy`."""

from __future__ import annotations

import subprocess
import sys

import pytest

import engine

COUNT = """
import sys
import numpy, numpy.typing
before = set(sys.modules)
import engine
print(*sorted(set(sys.modules) - before))
"""


def test_importing_the_engine_loads_few_modules_and_nothing_that_compiles() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", COUNT], capture_output=True, text=True, check=True
    )
    modules = answer.stdout.split()
    ours = [name for name in modules if name.partition(".")[0] == "engine"]
    assert len(modules) <= 40, modules
    assert not any(name.startswith("engine.compiler") for name in ours)
    assert not {"numba", "llvmlite", "asyncio", "flask", "hashlib", "tempfile"} & set(modules)


def test_compile_and_program_are_loaded_when_they_are_used() -> None:
    from engine.compiler import program

    assert engine.compile is program.compile
    assert engine.Program is program.Program
    assert all(hasattr(engine, name) for name in engine.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        engine.nothing  # noqa: B018
