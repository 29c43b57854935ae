"""Formulas as LaTeX. Two labels that differ never look the same: `w1` is w with index 1, `w_1` is
the name w_1; a variable `e` is italic, Euler's number is upright.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Sequence
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

_COMPARISONS = {"≤": r"\le", "≥": r"\ge", "≠": r"\ne"}
_FUNCTIONS = {"exp", "log", "tanh", "sin", "cos", "max", "min"}
"""Functions that LaTeX has a command for."""


class LatexPrinter(MarkupPrinter):
    """Writes formulas as LaTeX, in the commands of amsmath."""

    minus = "-"
    signs: ClassVar = {ast.Add: " + ", ast.Sub: " - ", ast.Mult: r" \cdot "}
    continuation = r"\phantom{x} = "
    adds = r" \mathrel{{+}{=}} "
    euler = r"\mathrm{e}"

    def name(self, label: str) -> Written:
        """Return a label: digits at its end and the text after a dot become its index."""
        stem, index = split_label(label)
        indices = ",".join(_escape(part) for part in index)
        return Written(f"{_symbol(stem)}_{{{indices}}}" if index else _symbol(stem), ATOM)

    def number(self, value: float, digits: int = 4) -> Written:
        """Return a number."""
        if value != value:
            return super().number(value)
        mantissa, exponent = split_number(value, digits)
        mantissa = mantissa.replace(MINUS, "-").replace("∞", r"\infty").replace(",", "{,}")
        if exponent:
            return Written(rf"{mantissa} \cdot 10^{{{exponent}}}", MULTIPLICATIVE)
        return Written(mantissa, UNARY if mantissa.startswith("-") else ATOM)

    def brackets(self, text: str) -> str:
        """Return a formula in brackets of its own height."""
        return rf"\left({text}\right)"

    def fraction(self, above: str, below: str) -> str:
        """Return a fraction."""
        return rf"\frac{{{above}}}{{{below}}}"

    def local_derivative(self, result: str, operand: str) -> str:
        """Return ∂result/∂operand, for one operation and one of its operands."""
        return self.fraction(rf"\partial {result}", rf"\partial {operand}")

    def derivative(self, output: str, name: str) -> str:
        """Return d output/d name, for a function of one variable."""
        return self.fraction(rf"\mathrm{{d}} {output}", rf"\mathrm{{d}} {name}")

    def gradient(self, name: str) -> str:
        """Return the attribute `grad` of a Value."""
        return rf"{name}.\mathrm{{grad}}"

    def power(self, base: str, exponent: ast.expr, letters: Letters) -> str:
        """Return a power."""
        value = evaluate_exponent(exponent, letters)
        text = (self.number(value) if value is not None else self.write(exponent, letters)).text
        return f"{base}^{{{text}}}" if "^" not in base else f"{{{base}}}^{{{text}}}"

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return a function of its arguments."""
        if name in ("root", "bars"):
            return rf"\sqrt{{{arguments[0]}}}" if name == "root" else f"|{arguments[0]}|"
        if name == "σ":
            command = r"\sigma"
        elif name in _FUNCTIONS:
            command = rf"\{name}"
        else:
            command = rf"\operatorname{{{_escape(name)}}}"
        return command + self.brackets(", ".join(arguments))

    def words(self, text: str) -> str:
        """Return plain words between formulas."""
        return rf"\text{{{text}}}"

    def comparison(self, left: str, sign: str, right: str) -> str:
        """Return `left` compared with `right`."""
        return f"{left} {_COMPARISONS.get(sign, sign)} {right}"


LATEX = LatexPrinter()


def _symbol(name: str) -> str:
    """Return a name: a single letter as it is, a Greek letter as its command, a word upright."""
    if len(name) == 1:
        return _letter(name)
    if name.isascii():
        return rf"\mathrm{{{_escape(name)}}}"
    return rf"\text{{{_escape(name)}}}" if not _greek(name[0]) else " ".join(map(_letter, name))


def _letter(letter: str) -> str:
    if letter.isascii():
        return _escape(letter)
    return _greek(letter) or rf"\text{{{letter}}}"


def _greek(letter: str) -> str:
    """Return the command for a Greek letter that has one, else nothing."""
    match = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(letter, ""))
    if match is None:
        return ""
    word = match[2].lower().replace("lamda", "lambda")
    if match[1] == "SMALL":
        return "" if word in ("omicron", "final") else rf"\{word}"
    word = word.capitalize()
    return rf"\{word}" if word in _CAPITALS else ""


_CAPITALS = {
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
}
"""Greek capital letters that differ from Latin ones, so that LaTeX has commands for them."""


def _escape(text: str) -> str:
    return text.replace("_", r"\_")
