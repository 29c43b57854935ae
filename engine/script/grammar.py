"""The signs and functions of the language, read off the texts of the operation table: `a * b`,
`tanh(a)`.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Sequence

from engine import python_ast
from engine.ops import TABLE, Operation
from engine.script import messages


def _read_table() -> dict[type[ast.AST] | str, Operation]:
    grammar: dict[type[ast.AST] | str, Operation] = {}
    for operation in TABLE:
        match python_ast.parse_formula(operation.text):
            case ast.BinOp(op=op) | ast.UnaryOp(op=op):
                grammar[type(op)] = operation
            case ast.Call(func=ast.Name(id=name)):
                grammar[name] = operation
    return grammar


GRAMMAR = _read_table()
"""Operations by the name of their function, or by the class of their sign in Python's trees."""
FUNCTIONS = tuple(name for name in GRAMMAR if isinstance(name, str))
"""The functions of the language, in the order of the table."""


def suggest(name: str, names: Sequence[str]) -> str:
    """Return `Did you mean …?` with the most similar of these names, nothing if none is similar."""
    similar = difflib.get_close_matches(name.lower(), names, n=1)
    return messages.SIMILAR.format(name=similar[0]) if similar else ""
