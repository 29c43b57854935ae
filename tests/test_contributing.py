"""CONTRIBUTING.md against the tree: the files and names that it gives, and what CI checks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
ROWS = re.findall(r"^\| (.+\?) \| `([^`]+)` \| `([^`]+)` \|$", TEXT, re.MULTILINE)
"""The questions, each with the file and the name that answer it."""
STATIC_CHECKS = ("ruff", "mypy", "codespell", "python -m tests.lint")
"""The steps of `.ci/run` that a commit is checked with."""


def defined_names(tree: ast.Module) -> set[str]:
    """The names that a module defines, those in its classes as `Class.name`."""
    names = set()
    for node in tree.body:
        names |= _names(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for inner in node.body for name in _names(inner)}
    return names


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def test_there_are_twenty_questions() -> None:
    assert len(ROWS) == 20
    assert len({question for question, _, _ in ROWS}) == 20


@pytest.mark.parametrize(("question", "file", "name"), ROWS)
def test_the_answer_to_a_question_is_a_name_in_a_file(question: str, file: str, name: str) -> None:
    assert name in defined_names(ast.parse((ROOT / file).read_text())), question


def test_every_path_that_the_page_names_exists() -> None:
    paths = re.findall(r"`((?:engine|playground|tests|templates|static|\.ci)/[^`<…* ]+)`", TEXT)
    paths += re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_command_that_the_page_names_can_be_run() -> None:
    modules = re.findall(r"^\| (`tests\..*?) \|", TEXT, re.MULTILINE)
    names = [name for cell in modules for name in re.findall(r"`([\w.]+)`", cell)]
    assert names
    for name in names:
        path = ROOT / name.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), name


def test_a_commit_is_checked_with_what_ci_runs() -> None:
    steps = re.findall(r"^step (.+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    checks = [step for step in steps if step.startswith(STATIC_CHECKS)]
    hooks = re.findall(
        r"^ +entry: (?:uv run --group dev )?(.+)$",
        (ROOT / ".pre-commit-config.yaml").read_text(),
        re.MULTILINE,
    )
    assert checks
    assert hooks == checks
