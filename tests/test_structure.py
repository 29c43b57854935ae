"""The tree as CONTRIBUTING.md describes it: imports go down, in no circle, between small rooms.

All imports count: those at the top of a module, inside functions, and for types alone.
"""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_MODULES = 18
"""Modules in one folder, `__init__` and `__main__` aside."""
MAX_LINES = 400
"""Lines of one module; kernels may be longer."""
KERNELS = "engine.compiler.kernels"
ENTRIES = ("engine", "engine.__main__", "playground", "playground.__main__")
"""Modules that collect what others import from outside; they stand above everything."""
APPLICATION = ("app", "cli", "operator_cli")
"""Modules at the top of `playground/` that put the parts together; the others are its base."""
ROOMS = [
    "engine",
    "engine.script",
    "engine.explain",
    "engine.compiler",
    "engine.training",
    "engine.inspection",
    "engine.export",
    "playground",
    "playground.messages",
    "playground.storage",
    "playground.expression",
    "playground.figures",
    "playground.notebook",
    "playground.network",
    "playground.runner",
    "playground.runner.cluster",
    "playground.http",
    "playground.panels",
    "playground.labs",
    "playground.rooms",
    "playground.lessons",
    "playground.manual",
    "playground.pages",
    "application",
    "entries",
]
"""From the bottom: a module imports from its own room and from those before it."""


def modules() -> dict[str, Path]:
    """Every module of the engine and the playground by its dotted name."""
    paths = [path for top in ("engine", "playground") for path in (ROOT / top).rglob("*.py")]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


MODULES = modules()


def imports(path: Path) -> set[str]:
    """The modules of ours that a module imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            inside = (f"{node.module}.{alias.name}" for alias in node.names)
            names |= {name if name in MODULES else node.module for name in inside}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names & MODULES.keys()


IMPORTS = {name: imports(path) - {name} for name, path in MODULES.items()}


def room(module: str) -> str:
    """The room that a module stands in; a folder that is no room belongs to the one above it."""
    if module in ENTRIES:
        return "entries"
    folder, _, last = module.rpartition(".")
    if folder == "playground" and last in APPLICATION:
        return "application"
    if module in ROOMS:
        return module
    while folder not in ROOMS:
        folder = folder.rpartition(".")[0]
    return folder


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' → '.join(error.args[1])}", pytrace=False)


def test_imports_only_go_downwards() -> None:
    height = {name: number for number, name in enumerate(ROOMS)}
    upwards = [
        f"{module} → {imported}"
        for module, names in IMPORTS.items()
        for imported in names
        if height[room(imported)] > height[room(module)]
    ]
    assert upwards == []


def test_the_engine_knows_nothing_of_the_playground() -> None:
    outside = {
        name for module, names in IMPORTS.items() if module.startswith("engine") for name in names
    }
    assert not {name for name in outside if name.startswith("playground")}


def test_no_folder_holds_too_many_modules() -> None:
    entries = ("__init__.py", "__main__.py")
    counts = Counter(path.parent for path in MODULES.values() if path.name not in entries)
    assert {str(folder): count for folder, count in counts.items() if count > MAX_MODULES} == {}


def test_no_module_is_too_long() -> None:
    lengths = {
        name: len(path.read_text().splitlines())
        for name, path in MODULES.items()
        if not name.startswith(KERNELS)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_every_folder_says_what_lives_there() -> None:
    folders = {path.parent for path in MODULES.values()}
    silent = [
        str(folder.relative_to(ROOT))
        for folder in folders
        if not ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    ]
    assert silent == []
