"""Python's own parser, as the language and the formulas of the table are read with it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

TRIES = 100
"""So often a tree is built that others disturb."""


def parse_statements(text: str) -> ast.Module:
    """The syntax tree of a text; what Python would warn of is no concern here. Raises what
    `ast.parse` does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return retry_parse(lambda: ast.parse(text))


def parse_formula(text: str) -> ast.expr:
    """The syntax tree of a formula. Raises what `ast.parse` does."""
    return retry_parse(lambda: ast.parse(text, mode="eval").body)


def retry_parse(parse: Callable[[], Result]) -> Result:
    """What this returns, which has Python build a syntax tree.

    CPython before 3.12.2 counts the depth of all threads' trees in one place
    (python/cpython#106905): where another thread builds one meanwhile, it takes the first for
    broken, with a SystemError. Then it is built again.
    """
    for _ in range(TRIES):
        try:
            return parse()
        except SystemError:
            continue
    return parse()
