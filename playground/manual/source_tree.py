"""The folders and modules of the program, each with the first sentence of its own text.

A Python module describes itself in its docstring, a folder in the docstring of its `__init__`, a
JavaScript module and a stylesheet in their first comment. The architecture page prints these
sentences, so it cannot describe a module that does not exist.
"""

from __future__ import annotations

import ast
import re
import tokenize
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("engine", "playground")
"""The Python packages whose folders the architecture page describes."""
_FIRST_SENTENCE = re.compile(r"(.+?[.!?])(?=\s|$)", re.S)
_FIRST_COMMENT = re.compile(r"\s*(?:/\*+(.*?)\*/|((?://[^\n]*\n)+))", re.S)


@cache
def folders() -> dict[str, Path]:
    """Every folder that holds Python modules, by its name such as `engine/script`, sorted."""
    paths: dict[str, Path] = {}
    for package in PACKAGES:
        root = _package(package)
        for init in root.rglob("__init__.py"):
            relative = init.parent.relative_to(root.parent)
            paths[relative.as_posix()] = init.parent
    return dict(sorted(paths.items()))


def _package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def modules(folder: str) -> dict[str, str]:
    """The modules of a folder by file name, each with its first sentence; `__init__` is left out.

    Raises KeyError for an unknown folder.
    """
    paths = sorted(folders()[folder].glob("*.py"))
    return {path.name: docstring_sentence(path) for path in paths if path.name != "__init__.py"}


def folder_sentence(folder: str) -> str:
    """What the `__init__` of a folder says in its first sentence. Raises KeyError as `modules`."""
    return docstring_sentence(folders()[folder] / "__init__.py")


def docstring_sentence(path: Path) -> str:
    """The first sentence of a Python file's docstring, or an empty text without one.

    Only the beginning of the file is read: the docstring is its first token.
    """
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.STRING:
                return first_sentence(ast.literal_eval(token.string))
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
                break
    return ""


def browser_files(kind: str) -> dict[str, str]:
    """The scripts (`js`) or the stylesheets (`css`), each with its first comment's sentence."""
    package = _package("playground")
    inside = package / "static"  # when installed; in a checkout it lies beside the package
    folder = (inside if inside.exists() else package.parent / "static") / kind
    sentences = {}
    for path in sorted(folder.glob(f"*.{kind}")):
        comment = _FIRST_COMMENT.match(path.read_text())
        text = (comment[1] or comment[2].replace("//", "")) if comment else ""
        sentences[path.name] = first_sentence(text.replace("*", " "))
    return sentences


def first_sentence(text: str) -> str:
    """The first sentence of a text, on one line."""
    paragraph = text.strip().split("\n\n")[0]
    sentence = _FIRST_SENTENCE.match(paragraph)
    return " ".join((sentence[1] if sentence else paragraph).split()).removesuffix(":")
