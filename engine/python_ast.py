"""Python's own parser, for the language of the expression lab and the formulas of the table.

Python warns of some texts while it parses them, such as `1if x` and `"\\d"`. A warning depends on
filters that all threads share, so nothing here touches them: the text is changed instead, at the
places that would warn, so that it is a syntax error there and no warning.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

MAX_TRIES = 100
"""Attempts to build a tree while other threads disturb."""

_NUMBER_AND_KEYWORD = re.compile(r"(?<!\w)((?:\d|\.\d)[\w.]*?)(?:and|else|for|if|in|is|or|not)")
_BACKSLASH = re.compile(r"\\(?!\n|\Z)")
NO_TOKEN = "$"
"""A character that is a syntax error in Python wherever it stands outside of a text."""


def parse_statements(text: str) -> ast.Module:
    """Return the syntax tree of a text, without warnings. Raises what `ast.parse` raises.

    The language has no texts and no keywords, so what is a warning in Python is an error here:
    a keyword right after a number, a backslash that does not end its line.
    """
    text = _BACKSLASH.sub(NO_TOKEN, text)
    text = _NUMBER_AND_KEYWORD.sub(_break_keyword, text)
    return retry_parse(lambda: ast.parse(text))


def parse_formula(text: str) -> ast.expr:
    """Return the syntax tree of a formula of ours. Raises what `ast.parse` raises."""
    return retry_parse(lambda: ast.parse(text, mode="eval").body)


def retry_parse(parse: Callable[[], Result]) -> Result:
    """Return the result of `parse`, which has Python build a syntax tree.

    CPython before 3.12.2 counts the depth of all threads' trees in one place
    (python/cpython#106905). If another thread builds a tree at the same time, Python takes the
    first one for broken and raises SystemError. Then the tree is built again.
    """
    for _ in range(MAX_TRIES):
        try:
            return parse()
        except SystemError:
            continue
    return parse()


def _break_keyword(match: re.Match[str]) -> str:
    number = match[1]
    return number + NO_TOKEN + match[0][len(number) + 1 :]
