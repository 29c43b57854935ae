"""How mathematics is written for people: numbers and formulas as plain text with true signs.

A formula is given in the language of `engine.expression` (plus `x if condition else y`), as the
operation table writes it, and comes out as one would write it by hand: `a ** 2 * b` as `a² · b`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite, isnan

MINUS = "\N{MINUS SIGN}"
_SUPERSCRIPTS = str.maketrans("0123456789-" + MINUS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")

_ADDITIVE, _MULTIPLICATIVE, _UNARY, _POWER, _ATOM = range(1, 6)
_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: (" + ", _ADDITIVE),
    ast.Sub: (f" {MINUS} ", _ADDITIVE),
    ast.Mult: (" · ", _MULTIPLICATIVE),
    ast.Div: (" / ", _MULTIPLICATIVE),
}
_COMPARE: dict[type[ast.cmpop], str] = {ast.Gt: ">", ast.Lt: "<"}


def number(value: float, digits: int = 4) -> str:
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


def write(formula: str, names: Mapping[str, str | float] | None = None) -> str:
    """The formula for people, with its letters replaced by texts for people, or by numbers.

    Exponents that have become numbers are worked out.

    >>> write("a * b", {"a": "2", "b": "−3"}), write("n * a ** (n - 1)", {"n": 3.0})
    ('2 · (−3)', '3 · a²')
    """
    return _write(_parsed(formula), names or {})[0]


@lru_cache(maxsize=512)
def _parsed(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def _write(node: ast.expr, names: Mapping[str, str | float]) -> tuple[str, int]:
    """The text of a node and how tightly it binds."""
    match node:
        case ast.Name(id=name):
            known = names.get(name, name)
            text = known if isinstance(known, str) else number(known)
            return text, _level(text)
        case ast.Constant(value=int() | float() as value):
            return number(value), _level(number(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return MINUS + _bracketed(operand, names, _UNARY + 1), _UNARY
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, exponent = _bracketed(left, names, _ATOM), _superscript(right, names)
            return (base + exponent, _POWER) if exponent else _write(left, names)
        case ast.BinOp(left=left, op=op, right=right):
            sign, level = _BINARY[type(op)]
            tighter = level + 1 if isinstance(op, ast.Sub | ast.Div) else level
            right_text, right_level = _write(right, names)
            if right_level < tighter or right_text.startswith(MINUS):
                right_text = f"({right_text})"
            return _bracketed(left, names, level) + sign + right_text, level
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return f"{name}({', '.join(_write(each, names)[0] for each in arguments)})", _ATOM
        case ast.IfExp(test=ast.Compare(left, [op], [right]), body=body, orelse=orelse):
            test = f"{_write(left, names)[0]} {_COMPARE[type(op)]} {_write(right, names)[0]}"
            return f"{_write(body, names)[0]} if {test}, else {_write(orelse, names)[0]}", 0
    raise ValueError(f"cannot write {ast.unparse(node)!r}")


def _level(text: str) -> int:
    """How tightly a name or a number binds: −3 is a sign and a number, 2·10⁻⁷ a product."""
    if "·" in text:
        return _MULTIPLICATIVE
    return _UNARY if text.startswith(MINUS) else _ATOM


def _bracketed(node: ast.expr, names: Mapping[str, str | float], least: int) -> str:
    text, level = _write(node, names)
    return f"({text})" if level < least else text


def _superscript(node: ast.expr, names: Mapping[str, str | float]) -> str:
    value = _value(node, names)
    if value == 1:
        return ""
    text = number(value) if value is not None else _write(node, names)[0].replace(" ", "")
    if all(character in "0123456789" + MINUS for character in text):
        return text.translate(_SUPERSCRIPTS)
    return f"^{text}" if text.replace(".", "").isalnum() else f"^({text})"


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
