"""How mathematics is written for people: numbers and formulas, as plain text or as LaTeX.

A formula is given in the language of `engine.script.parser` (plus `x if condition else y`), as the
operation table writes it, and comes out as one would write it by hand: `a ** 2 * b` as `a² · b`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import isfinite, isnan

import numpy as np

from engine import python_ast
from engine.ops import OPERATIONS

MINUS = "\N{MINUS SIGN}"
_SUPERSCRIPTS = str.maketrans("0123456789-" + MINUS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

_ADDITIVE, _MULTIPLICATIVE, _UNARY, _POWER, _ATOM = range(1, 6)
_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: (" + ", _ADDITIVE),
    ast.Sub: (f" {MINUS} ", _ADDITIVE),
    ast.Mult: (" · ", _MULTIPLICATIVE),
    ast.Div: (" / ", _MULTIPLICATIVE),
}
_COMPARE: dict[type[ast.cmpop], str] = {ast.Gt: ">", ast.Lt: "<"}
Names = Mapping[str, str | float]
"""What the letters of a formula stand for: texts that are written already, or numbers."""


def format_number(value: float, digits: int = 4) -> str:
    """A number with `digits` significant digits, a true minus sign and no exponent where it can be.

    >>> number(-0.70710678), number(6.0), number(1234567.0), number(2e-7)
    ('−0.7071', '6', '1.235·10⁶', '2·10⁻⁷')
    """
    if isnan(value):
        return "not a number"
    if not isfinite(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:.{digits}g}"
    mantissa, e, exponent = text.partition("e")
    if e and -5 < int(exponent) < 6:
        mantissa, e = f"{float(text):.0f}", ""
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    if mantissa in ("0", "-0"):
        return "0"
    power = f"·10{str(int(exponent)).translate(_SUPERSCRIPTS)}" if e else ""
    return mantissa.replace("-", MINUS) + power


def digits_for(result: float, terms: Sequence[float], computed: Callable[..., float]) -> int:
    """How many digits terms must show for the result to be seen to be right: four, and more where
    they cancel.
    """
    if not isfinite(result):
        return 4
    with np.errstate(all="ignore"):
        for digits in range(4, 17):
            rounded = (float(f"{each:.{digits}g}") for each in terms)
            if abs(computed(*rounded) - result) <= 5e-4 * abs(result):
                return digits
    return 17


def number_literal(value: float) -> str:
    """The number with all of its digits, as it is typed: 2, -0.5, 1e-07."""
    return repr(value).removesuffix(".0")


def format_formula(formula: str, names: Names | None = None) -> str:
    """The formula for people, with its letters replaced by texts for people, or by numbers.

    Exponents that have become numbers are worked out.

    >>> write("a * b", {"a": "2", "b": "−3"}), write("n * a ** (n - 1)", {"n": 3.0})
    ('2 · (−3)', '3 · a²')
    """
    return _PLAIN.write(_parsed(formula), names or {})[0]


def latex_formula(formula: str, names: Names | None = None) -> str:
    """The formula as LaTeX, with its letters replaced by LaTeX, or by numbers.

    >>> latex("1 - y ** 2", {"y": latex_name("o1")}), latex("a / b", {"a": -2.0})
    ('1 - o_{1}^{2}', '\\\\frac{-2}{b}')
    """
    return _LATEX.write(_parsed(formula), names or {})[0]


def latex_number(value: float, digits: int = 4) -> str:
    """The number as `number` writes it, in LaTeX."""
    text = format_number(value, digits)
    if not isfinite(value):
        return text.replace(MINUS, "-").replace("∞", r"\infty") if "∞" in text else r"\text{NaN}"
    mantissa, times, power = text.replace(MINUS, "-").partition("·10")
    return rf"{mantissa} \cdot 10^{{{power.translate(_DIGITS)}}}" if times else mantissa


def latex_name(label: str) -> str:
    """A label as LaTeX: digits at its end and what follows a dot become its index.

    >>> latex_name("x1"), latex_name("loss"), latex_name("o.e"), latex_name("w_1")
    ('x_{1}', '\\\\mathrm{loss}', 'o_{e}', 'w_{1}')
    """
    stem, _, rest = label.partition(".")
    found = re.fullmatch(r"(.*?[^\W\d_])_?(\d+(?:_\d+)*)", stem)
    name, index = (found[1], found[2].replace("_", ",")) if found else (stem, "")
    name = name.replace("_", r"\_")
    written = name if len(name) == 1 else rf"\mathrm{{{name}}}"
    indices = ",".join(each.replace("_", r"\_") for each in (index, rest) if each)
    return f"{written}_{{{indices}}}" if indices else written


@lru_cache(maxsize=512)
def _parsed(formula: str) -> ast.expr:
    return python_ast.parse_formula(formula)


class _Plain:
    """Plain text. Every part comes with how tightly it binds."""

    minus = MINUS
    binary = _BINARY

    def write(self, node: ast.expr, names: Names) -> tuple[str, int]:
        match node:
            case ast.Name(id=name):
                known = names.get(name, name)
                text = known if isinstance(known, str) else self.number(known)
                return text, self.level(text)
            case ast.Constant(value=int() | float() as value):
                return self.number(value), self.level(self.number(value))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.minus + self.bracketed(operand, names, _UNARY + 1), _UNARY
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                if _value(right, names) == 1:
                    return self.write(left, names)
                return self.power(self.bracketed(left, names, _ATOM), right, names), _POWER
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self.division(left, right, names)
            case ast.BinOp(left=left, op=op, right=right):
                return self.joined(left, op, right, names)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, [self.write(each, names)[0] for each in arguments]), _ATOM
            case ast.IfExp(test=ast.Compare(left, [op], [right]), body=body, orelse=orelse):
                sign = _COMPARE[type(op)]
                test = f"{self.write(left, names)[0]} {sign} {self.write(right, names)[0]}"
                return self.choice(
                    self.write(body, names)[0], test, self.write(orelse, names)[0]
                ), 0
        raise ValueError(f"cannot write {ast.unparse(node)!r}")

    def joined(
        self, left: ast.expr, op: ast.operator, right: ast.expr, names: Names
    ) -> tuple[str, int]:
        sign, level = self.binary[type(op)]
        tighter = level + 1 if isinstance(op, ast.Sub | ast.Div) else level
        right_text, right_level = self.write(right, names)
        if right_level < tighter or right_text.startswith(self.minus):
            right_text = self.brackets(right_text)
        return self.bracketed(left, names, level) + sign + right_text, level

    def bracketed(self, node: ast.expr, names: Names, least: int) -> str:
        text, level = self.write(node, names)
        return self.brackets(text) if level < least else text

    def level(self, text: str) -> int:
        """How tightly a name or a number binds: −3 is a sign and a number, 2·10⁻⁷ a product."""
        if "·" in text:
            return _MULTIPLICATIVE
        return _UNARY if text.startswith(self.minus) else _ATOM

    def number(self, value: float) -> str:
        return format_number(value)

    def brackets(self, text: str) -> str:
        return f"({text})"

    def division(self, left: ast.expr, right: ast.expr, names: Names) -> tuple[str, int]:
        return self.joined(left, ast.Div(), right, names)

    def power(self, base: str, exponent: ast.expr, names: Names) -> str:
        value = _value(exponent, names)
        text = format_number(value) if value is not None else self.write(exponent, names)[0]
        text = text.replace(" ", "")
        if all(character in "0123456789" + MINUS for character in text):
            return base + text.translate(_SUPERSCRIPTS)
        return f"{base}^{text}" if text.replace(".", "").isalnum() else f"{base}^({text})"

    def call(self, name: str, arguments: Sequence[str]) -> str:
        return f"{name}({', '.join(arguments)})"

    def choice(self, yes: str, test: str, no: str) -> str:
        return f"{yes} if {test}, else {no}"


class _Latex(_Plain):
    """LaTeX, of which the words and signs are ASCII."""

    minus = "-"
    binary = _BINARY | {
        ast.Sub: (" - ", _ADDITIVE),
        ast.Mult: (r" \cdot ", _MULTIPLICATIVE),
    }

    def level(self, text: str) -> int:
        if r"\cdot" in text:
            return _MULTIPLICATIVE
        return _UNARY if text.startswith("-") else _ATOM

    def number(self, value: float) -> str:
        return latex_number(value)

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def division(self, left: ast.expr, right: ast.expr, names: Names) -> tuple[str, int]:
        above, below = self.write(left, names)[0], self.write(right, names)[0]
        return rf"\frac{{{above}}}{{{below}}}", _ATOM

    def power(self, base: str, exponent: ast.expr, names: Names) -> str:
        value = _value(exponent, names)
        text = latex_number(value) if value is not None else self.write(exponent, names)[0]
        return f"{base}^{{{text}}}" if "^" not in base else f"{{{base}}}^{{{text}}}"

    def call(self, name: str, arguments: Sequence[str]) -> str:
        known = OPERATIONS[name].latex
        if known:
            return re.sub(r"(?<![\\\w])a(?!\w)", lambda _: arguments[0], known)
        word = name.replace("_", r"\_")
        written = rf"\{name}" if name in _LATEX_FUNCTIONS else rf"\operatorname{{{word}}}"
        return written + self.brackets(", ".join(arguments))

    def choice(self, yes: str, test: str, no: str) -> str:
        return rf"{yes} \text{{ if }} {test} \text{{, else }} {no}"


_LATEX_FUNCTIONS = {"exp", "log", "tanh", "sin", "cos", "max", "min"}
_PLAIN, _LATEX = _Plain(), _Latex()


def _value(node: ast.expr, names: Mapping[str, str | float]) -> float | None:
    """What an exponent is worth where its letters have become numbers."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name) if isinstance(known := names.get(name), float):
            return known
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            minuend, subtrahend = _value(left, names), _value(right, names)
            return None if minuend is None or subtrahend is None else minuend - subtrahend
    return None
