"""Python's own parser, as the language and the formulas of the table are read with it."""

from __future__ import annotations

import ast
import threading
import warnings

_ONE_AT_A_TIME = threading.Lock()
"""CPython before 3.12.2 counts the depth of all threads' trees together, and takes two that are
built at once for an error of its own (python/cpython#106905); warnings are everybody's too.
"""


def statements(text: str) -> ast.Module:
    """The syntax tree of a text; what Python would warn of is no concern here. Raises what
    `ast.parse` does.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def formula(text: str) -> ast.expr:
    """The syntax tree of a formula. Raises what `ast.parse` does."""
    with _ONE_AT_A_TIME:
        return ast.parse(text, mode="eval").body
