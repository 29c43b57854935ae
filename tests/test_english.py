"""Plain English: patterns that make a reader decode a sentence, and names that say too little.

CONTRIBUTING.md says what to write instead. A new pattern is a line in one of the tables here.
"""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENDINGS = (".py", ".html", ".svg", ".md", ".js", ".css", ".toml", ".yaml")
THIS = Path(__file__).relative_to(ROOT).as_posix()

PATTERNS = {
    "whoever": r"(?i)\bwhoever\b",
    "of which": r"(?i)\bof which\b",
    "anew": r"(?i)\banew\b",
    "of late": r"(?i)\bof late\b",
    "lest": r"(?i)\blest\b",
    "thereby": r"(?i)\bthereby\b",
    "by way of": r"(?i)\bby way of\b",
    "laid beside": r"(?i)\b(laid|lay|lays) beside\b",
    "is told": r"(?i)\b(is|are|was|were) told\b",
    "that there is not": r"(?i)\bthat there (is|are) (not|none)\b",
    "where there is none": r"(?i)\bwhere there (is|are) none\b",
    "so many, as a sentence": r'("""|# |//+ )So (often|many|much|long|old|far)\b',
    "who, without the person": r"(?m)(?:^|[.:;(\"]\s?)Who [a-z]+s\b(?![^.]*\?)",
    "nobody's": r"(?i)\bnobody's\b",
    "the least is, the most is": r"\bThe (least|most) is\b",
}
"""Regular expressions by the words that name them."""

NAMES = {
    "found", "told", "kept", "made", "given", "asked", "known", "shown", "wanted", "seen", "said",
    "each", "begun", "held", "taken", "laid",
}  # fmt: skip
"""Participles, and words for anything, that are no names for a value: name the thing itself."""


def files(*endings: str) -> list[Path]:
    """The files of the repository with these endings."""
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    paths = [Path(line) for line in listing.splitlines() if line.endswith(endings)]
    return [path for path in paths if path.as_posix() != THIS and (ROOT / path).exists()]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_text_uses_a_pattern_that_has_to_be_decoded(pattern: str) -> None:
    expression = re.compile(PATTERNS[pattern])
    places = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0].strip()}"
        for path in files(*ENDINGS)
        for text in [(ROOT / path).read_text()]
        for match in expression.finditer(text)
    ]
    assert places == []


def test_no_value_is_named_by_a_participle() -> None:
    places = [
        f"{path}:{line}: {name}"
        for path in files(".py")
        for name, line in names(ast.parse((ROOT / path).read_text()))
        if name in NAMES
    ]
    assert places == []


def names(tree: ast.Module) -> list[tuple[str, int]]:
    """Every name that a module gives to something, with its line."""
    bindings = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                bindings.append((name, node.lineno))
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bindings.append((name, node.lineno))
    return bindings
