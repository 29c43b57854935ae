"""What the printers for LaTeX and MathML share: fractions, roots, and the names of Values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.notation import ATOM, Printer, Written
from engine.ops import OPERATIONS

EULER = "euler"
"""Euler's number, in the formulas of `Operation.mathematics`."""


class MarkupPrinter(Printer):
    """Writes formulas in a notation with fractions, roots and powers."""

    euler: str

    def call(self, name: str, arguments: Sequence[Written]) -> Written:
        """Return a function of its arguments, in the notation of mathematics if it has one."""
        operation = OPERATIONS.get(name)
        if operation is not None and operation.mathematics:
            letters = dict(zip(operation.letters, arguments, strict=True))
            return self.formula(
                operation.mathematics, {**letters, EULER: Written(self.euler, ATOM)}
            )
        return Written(self.function(name, [argument.text for argument in arguments]), ATOM)

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return a function of its arguments."""
        raise NotImplementedError


def split_label(label: str) -> tuple[str, tuple[str, ...]]:
    """Return the name in a label, and the parts of its index.

    >>> split_label("x1"), split_label("w_1"), split_label("o.e"), split_label("o.1")
    (('x', ('1',)), ('w_1', ()), ('o', ('e',)), ('o', ('.1',)))
    """
    stem, _, rest = label.partition(".")
    match = re.fullmatch(r"(.*[^\W\d])(\d+)", stem)
    name, digits = (match[1], match[2]) if match and "_" not in stem else (stem, "")
    rest = f".{rest}" if rest[:1].isdigit() else rest
    return name, tuple(part for part in (digits, rest) if part)
