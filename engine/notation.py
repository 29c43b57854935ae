"""How mathematics is written for people: numbers and formulas.

A formula comes in the language of `engine.script.parser`, as the operation table holds it. It
leaves as one writes it by hand: `a ** 2 * b` as `a² · b`. `Printer` writes plain text.
`engine.latex` and `engine.mathml` are the two other printers: they share the rules here that say
where a bracket is needed.

The sign ∂ is for the local derivative of one operation by one of its operands, d for a function of
one variable. The sum over all paths from the output to a value is its `grad`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import isfinite, isnan
from typing import ClassVar, NamedTuple

import numpy as np

from engine import python_ast

MINUS = "\N{MINUS SIGN}"
NOT_A_NUMBER = "not a number"
MAX_WHOLE = 1e15
"""Whole numbers below this have an exact form without an exponent."""
NAN = "NaN"
"""The same within a formula."""
SUPERSCRIPTS = str.maketrans("0123456789-" + MINUS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")

ADDITIVE, MULTIPLICATIVE, UNARY, POWER, ATOM = range(1, 6)
"""How tightly a formula binds: a sum, a product, a sign, a power, a name or number or bracket."""

_LEVELS: dict[type[ast.operator], int] = {
    ast.Add: ADDITIVE,
    ast.Sub: ADDITIVE,
    ast.Mult: MULTIPLICATIVE,
    ast.Div: MULTIPLICATIVE,
}
COMPARISONS: dict[type[ast.cmpop], str] = {ast.Gt: ">", ast.Lt: "<", ast.Eq: "="}


class Written(NamedTuple):
    """A formula in the notation of a printer, and how tightly it binds."""

    text: str
    level: int


Letters = Mapping[str, str | float | Written]
"""What the letters of a formula stand for: formulas that are written already, or numbers."""


def format_number(value: float, digits: int = 4) -> str:
    """Return a number with `digits` significant digits, a true minus sign, groups of three digits,
    and no exponent if it reads well without one.

    >>> format_number(-0.70710678), format_number(12345.0), format_number(1234567.0)
    ('−0.7071', '12,350', '1.235·10⁶')
    """
    if isnan(value):
        return NOT_A_NUMBER
    mantissa, exponent = split_number(value, digits)
    return mantissa + (f"·10{str(exponent).translate(SUPERSCRIPTS)}" if exponent else "")


def format_exactly(value: float) -> str:
    """Return a number with all of its digits, for bounds and counts: 2,147,483,647, 0.8, 1·10⁻⁸."""
    if isfinite(value) and float(value).is_integer() and abs(value) < MAX_WHOLE:
        return f"{int(value):,}".replace("-", MINUS)
    digits = (n for n in (15, 16, 17) if float(f"{value:.{n}g}") == value)
    return format_number(value, next(digits, 17))


def split_number(value: float, digits: int = 4) -> tuple[str, int]:
    """Return the mantissa of a number as `format_number` writes it, and the power of ten."""
    if not isfinite(value):
        return ("∞" if value > 0 else f"{MINUS}∞"), 0
    text = f"{value:.{digits}g}"
    mantissa, _, power = text.partition("e")
    exponent = int(power or 0)
    if -5 < exponent < 6 and power:
        mantissa, exponent = f"{float(text):.0f}", 0
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    if mantissa in ("0", "-0"):
        return "0", 0
    whole, point, decimals = mantissa.partition(".")
    groups = whole if whole == "-0" else f"{int(whole):,}"
    return (groups + point + decimals).replace("-", MINUS), exponent


def digits_for(result: float, terms: Sequence[float], compute: Callable[..., float]) -> int:
    """Return how many digits terms need so that a reader can check the result: four, and more if
    they cancel.
    """
    if not isfinite(result):
        return 4
    with np.errstate(all="ignore"):
        for digits in range(4, 17):
            rounded_terms = (float(f"{term:.{digits}g}") for term in terms)
            if abs(compute(*rounded_terms) - result) <= 5e-4 * abs(result):
                return digits
    return 17


def number_literal(value: float) -> str:
    """Return the number with all of its digits, as a person types it: 2, -0.5, 1e-07."""
    return repr(value).removesuffix(".0")


def format_formula(formula: str, letters: Letters | None = None) -> str:
    """Return the formula for people, with texts or numbers in place of its letters.

    >>> format_formula("a * b", {"a": "2", "b": "−3"})
    '2 · (−3)'
    >>> format_formula("n * a ** (n - 1)", {"n": 3.0})
    '3 · a²'
    """
    return TEXT.formula(formula, letters or {}).text


@lru_cache(maxsize=512)
def _parse(formula: str) -> ast.expr:
    return python_ast.parse_formula(formula)


class Printer:
    """Writes formulas as plain text. A subclass writes the same formulas in another notation."""

    minus = MINUS
    equals = " = "
    adds = " += "
    continuation = "= "
    """What stands before a line that goes on with equal terms."""
    signs: ClassVar[Mapping[type[ast.operator], str]] = {
        ast.Add: " + ",
        ast.Sub: f" {MINUS} ",
        ast.Mult: " · ",
        ast.Div: " / ",
    }

    def formula(self, formula: str, letters: Letters) -> Written:
        """Return a formula of the language, with `letters` in place of its names."""
        return self.write(_parse(formula), letters)

    def equation(self, terms: Sequence[str], *, continues: bool = False) -> str:
        """Return equal terms on one line; `continues` puts an = in front of the first one."""
        return self.line((self.continuation if continues else "") + self.equals.join(terms))

    def accumulation(self, target: str, value: str) -> str:
        """Return `target += value` on one line."""
        return self.line(target + self.adds + value)

    def line(self, text: str) -> str:
        """Return a line of mathematics."""
        return text

    def words(self, text: str) -> str:
        """Return plain words between formulas."""
        return text

    def fraction(self, above: str, below: str) -> str:
        """Return a fraction."""
        return f"{above}/{below}"

    def local_derivative(self, result: str, operand: str) -> str:
        """Return ∂result/∂operand, for one operation and one of its operands."""
        return self.fraction(f"∂{result}", f"∂{operand}")

    def derivative(self, output: str, name: str) -> str:
        """Return d output/d name, for a function of one variable."""
        return self.fraction(f"d{output}", f"d{name}")

    def gradient(self, name: str) -> str:
        """Return the attribute `grad` of a Value."""
        return f"{name}.grad"

    def name(self, label: str) -> Written:
        """Return the label of a Value."""
        return Written(label, ATOM)

    def number(self, value: float, digits: int = 4) -> Written:
        """Return a number."""
        if isnan(value):
            return Written(self.words(NAN), ATOM)
        text = format_number(value, digits)
        return Written(text, self.level(text))

    def write(self, node: ast.expr, letters: Letters) -> Written:
        """Return a part of a formula. Raises ValueError if the notation has no form for it."""
        match node:
            case ast.Name(id=name):
                return self.letter(letters[name]) if name in letters else self.name(name)
            case ast.Constant(value=int() | float() as value):
                return self.number(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Written(self.minus + self.bracketed(operand, letters, UNARY + 1), UNARY)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                if evaluate_exponent(right, letters) == 1:
                    return self.write(left, letters)
                base = self.bracketed(left, letters, ATOM)
                return Written(self.power(base, right, letters), POWER)
            case ast.BinOp(op=op) if type(op) in self.signs:
                return self.infix(node, letters)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                above, below = self.write(left, letters).text, self.write(right, letters).text
                return Written(self.fraction(above, below), ATOM)
            case ast.Call(func=ast.Name(id="sum"), args=[ast.List(elts=conditions)]):
                parts = [f"[{self.condition(part, letters)}]" for part in conditions]
                return Written(self.brackets(self.signs[ast.Add].join(parts)), ATOM)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, [self.write(argument, letters) for argument in arguments])
        raise ValueError(f"cannot write {ast.unparse(node)!r}")

    def letter(self, meaning: str | float | Written) -> Written:
        """Return what a letter stands for."""
        if isinstance(meaning, Written):
            return meaning
        if isinstance(meaning, str):
            return Written(meaning, self.level(meaning))
        return self.number(meaning)

    def level(self, text: str) -> int:
        """Return how tightly a number binds: −3 is a sign and a number, 2·10⁻⁷ a product."""
        if "·" in text:
            return MULTIPLICATIVE
        return UNARY if text.startswith(self.minus) else ATOM

    def infix(self, node: ast.BinOp, letters: Letters) -> Written:
        """Return terms in a row on one line: sums, differences, products and quotients. They can be
        many, so that their left sides are written in a loop.
        """
        links = [node]
        while isinstance(left := links[-1].left, ast.BinOp) and type(left.op) in self.signs:
            links.append(left)
        text, left_level = self.write(left, letters)
        for link in reversed(links):
            level = _LEVELS[type(link.op)]
            needed = level + 1 if isinstance(link.op, ast.Sub | ast.Div) else level
            right, right_level = self.write(link.right, letters)
            if right_level < needed or right.startswith(self.minus):
                right = self.brackets(right)
            if left_level < level:
                text = self.brackets(text)
            text, left_level = text + self.signs[type(link.op)] + right, level
        return Written(text, left_level)

    def bracketed(self, node: ast.expr, letters: Letters, level: int) -> str:
        """Return a part, in brackets if it binds less tightly than `level`."""
        part = self.write(node, letters)
        return self.brackets(part.text) if part.level < level else part.text

    def condition(self, node: ast.expr, letters: Letters) -> str:
        """Return a comparison."""
        match node:
            case ast.Compare(left, [op], [right]):
                left_side, right_side = self.write(left, letters), self.write(right, letters)
                return self.comparison(left_side.text, COMPARISONS[type(op)], right_side.text)
        raise ValueError(f"cannot write {ast.unparse(node)!r}")

    def comparison(self, left: str, sign: str, right: str) -> str:
        """Return `left` compared with `right`."""
        return f"{left} {sign} {right}"

    def brackets(self, text: str) -> str:
        """Return a formula in round brackets."""
        return f"({text})"

    def power(self, base: str, exponent: ast.expr, letters: Letters) -> str:
        """Return a power; a small exponent becomes superscript digits."""
        value = evaluate_exponent(exponent, letters)
        text = format_number(value) if value is not None else self.write(exponent, letters).text
        text = text.replace(" ", "").replace(",", "")
        if all(character in "0123456789" + MINUS for character in text):
            return base + text.translate(SUPERSCRIPTS)
        return f"{base}^{text}" if text.replace(".", "").isalnum() else f"{base}^({text})"

    def call(self, name: str, arguments: Sequence[Written]) -> Written:
        """Return a function of its arguments."""
        return Written(f"{name}({', '.join(argument.text for argument in arguments)})", ATOM)


TEXT = Printer()


def evaluate_exponent(node: ast.expr, letters: Letters) -> float | None:
    """Return the value of an exponent whose letters are numbers, None if they are not."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name) if isinstance(number := letters.get(name), float):
            return number
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            minuend = evaluate_exponent(left, letters)
            subtrahend = evaluate_exponent(right, letters)
            return None if minuend is None or subtrahend is None else minuend - subtrahend
    return None
