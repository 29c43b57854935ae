"""Formulas as MathML, which browsers draw and read aloud on their own."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from html import escape
from typing import ClassVar

from engine.markup import MarkupPrinter, split_label
from engine.notation import (
    ATOM,
    MINUS,
    MULTIPLICATIVE,
    UNARY,
    Letters,
    Written,
    evaluate_exponent,
    split_number,
)

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_D = '<mi mathvariant="normal">d</mi>'
"""The d of a derivative, upright so that it is no variable."""


def _operator(sign: str) -> str:
    return f"<mo>{escape(sign)}</mo>"


def _row(text: str) -> str:
    return f"<mrow>{text}</mrow>"


class MathmlPrinter(MarkupPrinter):
    """Writes formulas as MathML elements; a line is a whole `math` element."""

    minus = _operator(MINUS)
    signs: ClassVar = {ast.Add: _operator("+"), ast.Sub: _operator(MINUS), ast.Mult: _operator("·")}
    continuation = f"<mphantom><mi>x</mi></mphantom>{_operator('=')}"
    equals = _operator("=")
    adds = _operator("+=")
    euler = '<mi mathvariant="normal">e</mi>'

    def name(self, label: str) -> Written:
        """Return a label: digits at its end and the text after a dot become its index."""
        stem, index = split_label(label)
        text = f"<mi>{escape(stem)}</mi>"
        if index:
            element = "mn" if len(index) == 1 and index[0].isdecimal() else "mi"
            text = f"<msub>{text}<{element}>{escape(','.join(index))}</{element}></msub>"
        return Written(text, ATOM)

    def number(self, value: float, digits: int = 4) -> Written:
        """Return a number."""
        if value != value:
            return super().number(value)
        mantissa, exponent = split_number(value, digits)
        text = self._signed(mantissa)
        if exponent:
            power = (
                f"<msup><mn>10</mn>{_row(self._signed(str(exponent).replace('-', MINUS)))}</msup>"
            )
            return Written(text + _operator("·") + power, MULTIPLICATIVE)
        return Written(text, UNARY if mantissa.startswith(MINUS) else ATOM)

    def _signed(self, digits: str) -> str:
        sign = self.minus if digits.startswith(MINUS) else ""
        return f"{sign}<mn>{digits.removeprefix(MINUS)}</mn>"

    def brackets(self, text: str) -> str:
        """Return a formula in brackets of its own height."""
        return _row(_operator("(") + text + _operator(")"))

    def comparison(self, left: str, sign: str, right: str) -> str:
        """Return `left` compared with `right`."""
        return left + _operator(sign) + right

    def fraction(self, above: str, below: str) -> str:
        """Return a fraction."""
        return f"<mfrac>{_row(above)}{_row(below)}</mfrac>"

    def local_derivative(self, result: str, operand: str) -> str:
        """Return ∂result/∂operand, for one operation and one of its operands."""
        return self.fraction(_operator("∂") + result, _operator("∂") + operand)

    def derivative(self, output: str, name: str) -> str:
        """Return d output/d name, for a function of one variable."""
        return self.fraction(_D + output, _D + name)

    def gradient(self, name: str) -> str:
        """Return the attribute `grad` of a Value."""
        return f"{name}<mi>.grad</mi>"

    def power(self, base: str, exponent: ast.expr, letters: Letters) -> str:
        """Return a power."""
        value = evaluate_exponent(exponent, letters)
        text = (self.number(value) if value is not None else self.write(exponent, letters)).text
        return f"<msup>{_row(base)}{_row(text)}</msup>"

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return a function of its arguments."""
        if name == "root":
            return f"<msqrt>{arguments[0]}</msqrt>"
        if name == "bars":
            return _row(_operator("|") + arguments[0] + _operator("|"))
        return f"<mi>{escape(name)}</mi>" + self.brackets(_operator(",").join(arguments))

    def words(self, text: str) -> str:
        """Return plain words between formulas. A space at their ends is kept."""
        return f"<mtext>{escape(text).replace(' ', NO_BREAK_SPACE)}</mtext>"

    def line(self, text: str) -> str:
        """Return a line of mathematics as a `math` element."""
        return f'<math display="block">{_row(text)}</math>'


MATHML = MathmlPrinter()
