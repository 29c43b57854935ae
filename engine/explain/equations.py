"""A step of the walk as equal terms, in the notation of any printer: the sentence, the formulas of
the page and the exports all come from here.

A backward step has three equations. The local derivative: `∂e/∂a = b = −3`. What it adds to the
gradient, always in this order: `a.grad += ∂e/∂a · e.grad = −3 · (−2) = 6`. And the new gradient:
`a.grad = 0 + 6 = 6`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isnan

from engine import python_ast
from engine.explain import messages
from engine.explain.walk import Step
from engine.notation import (
    COMPARISONS,
    TEXT,
    UNARY,
    Letters,
    Printer,
    Written,
    digits_for,
)
from engine.value import Value, bind

Terms = list[str]
"""Equal terms, as one printer writes them."""

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_OPPOSITES = {(">",): "≤", ("<",): "≥", ("=",): "≠", (">", "<"): "=", ("<", ">"): "="}
"""What holds when none of these comparisons does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The formula of a local derivative that holds at the present numbers, and the comparison that
    chooses it: its left side, its sign, its right side. Without a choice there is none.
    """

    formula: ast.expr
    reason: tuple[ast.expr, str, ast.expr] | None = None


def choose_rule(node: Value, index: int) -> Rule | None:
    """Return the rule for operand `index` of a node. None if it depends on comparing NaN."""
    assert node.op is not None
    formula = _parse(node.op.local_derivative_texts[index])
    numbers = bind(node, lambda value: value.data)
    failures: list[str] = []
    reason: tuple[ast.expr, str, ast.expr] | None = None
    while isinstance(formula, ast.IfExp):
        assert isinstance(formula.test, ast.Compare)
        left, right = formula.test.left, formula.test.comparators[0]
        sign = COMPARISONS[type(formula.test.ops[0])]
        sides = _number(left, numbers), _number(right, numbers)
        if any(map(isnan, sides)):
            return None
        if _HOLDS[sign](*sides):
            formula, reason = formula.body, (left, sign, right)
            break
        failures.append(sign)
        formula, reason = formula.orelse, (left, _OPPOSITES[tuple(failures)], right)
    return Rule(formula, reason)


_parse = lru_cache(maxsize=512)(python_ast.parse_formula)


def _number(side: ast.expr, numbers: Mapping[str, str | float]) -> float:
    """Return the number of a side of a comparison: a letter of the table or a constant."""
    if isinstance(side, ast.Name):
        return float(numbers[side.id])
    assert isinstance(side, ast.Constant)
    assert isinstance(side.value, int | float)
    return float(side.value)


def write_name(node: Value, printer: Printer) -> Written:
    """Return the label of a node, or the number of a constant."""
    return printer.name(node.label) if node.label else printer.number(node.data)


def write_rule(node: Value, index: int, printer: Printer) -> Written | None:
    """Return the formula of a local derivative with the names of the nodes. None if it depends on
    comparing NaN.
    """
    rule = choose_rule(node, index)
    return printer.write(rule.formula, _letters(node, printer)) if rule else None


def counts_ties(node: Value, index: int) -> bool:
    """Return whether the rule for operand `index` counts equal operands: `1 / ([a = y] + …)`."""
    rule = choose_rule(node, index)
    return rule is not None and any(isinstance(part, ast.List) for part in ast.walk(rule.formula))


def local_derivative_line(
    node: Value, index: int, local_derivative: float, printer: Printer = TEXT, digits: int = 4
) -> str:
    """Return `∂e/∂a = b = −3`: the rule, its number, and why this rule holds."""
    rule = choose_rule(node, index)
    terms = [_local_derivative(node, index, printer)]
    if rule is not None:
        terms.append(printer.write(rule.formula, _letters(node, printer)).text)
    terms.append(printer.number(local_derivative, digits).text)
    if len(terms) > 2 and terms[-1] == terms[-2]:
        terms.pop()
    place = count_place(node, index)
    if place:
        words = messages.PLACE.format(place=ordinal(place))
        terms[-1] += printer.words(words) + write_name(node.operands[index], printer).text
    if rule is not None and rule.reason is not None:
        left, sign, right = (
            part if isinstance(part, str) else printer.write(part, _letters(node, printer)).text
            for part in rule.reason
        )
        terms[-1] += printer.words(messages.REASON) + printer.comparison(left, sign, right)
    return printer.equation(terms)


def forward_terms(node: Value, printer: Printer) -> Terms:
    """Return a node, its formula, the formula with numbers, and the result."""
    op = node.op
    assert op is not None

    def compute(*operands: float) -> float:
        return float(op.forward(*operands, *node.attributes))

    digits = digits_for(node.data, [operand.data for operand in node.operands], compute)
    numbers = bind_written(node, lambda value: printer.number(value.data, digits))
    return [
        write_name(node, printer).text,
        printer.formula(op.text, _letters(node, printer)).text,
        printer.formula(op.text, numbers).text,
        printer.number(node.data).text,
    ]


def output_terms(node: Value, printer: Printer) -> Terms:
    """Return the derivative of the output by itself."""
    name = write_name(node, printer).text
    return [printer.derivative(name, name), printer.number(1.0).text]


def contribution_terms(step: Step, printer: Printer) -> Terms:
    """Return what a backward step adds to a gradient: with names, with numbers, and the product."""
    assert step.operand is not None
    digits = step_digits(step)
    names: Letters = {
        "local": Written(_local_derivative(step.node, step.operand, printer), UNARY + 1),
        "upstream": Written(printer.gradient(write_name(step.node, printer).text), UNARY + 1),
    }
    numbers: Letters = {
        "local": _factor(printer.number(step.local_derivative, digits), printer),
        "upstream": _factor(printer.number(step.upstream, digits), printer),
    }
    return [
        printer.formula("local * upstream", names).text,
        printer.formula("local * upstream", numbers).text,
        printer.number(step.contribution, digits).text,
    ]


def sum_terms(step: Step, printer: Printer) -> Terms:
    """Return the gradient after a backward step: its name, the sum, and the result."""
    digits = step_digits(step)
    numbers: Letters = {
        "before": printer.number(step.before, digits),
        "contribution": printer.number(step.contribution, digits),
    }
    return [
        printer.gradient(write_name(step.receiver, printer).text),
        printer.formula("before + contribution", numbers).text,
        printer.number(step.after).text,
    ]


def step_digits(step: Step) -> int:
    """Return how many digits the numbers of a backward step need."""
    return digits_for(
        step.after,
        (step.before, step.local_derivative, step.upstream),
        lambda before, local_derivative, upstream: before + local_derivative * upstream,
    )


def bind_written(
    node: Value, write: Callable[[Value], Written]
) -> dict[str, str | float | Written]:
    """Return what the letters of a node's operation stand for, written by `write`."""
    assert node.op is not None
    operands: list[str | float | Written] = [write(operand) for operand in node.operands]
    return node.op.bind(operands, node.attributes, write(node))


def count_place(node: Value, index: int) -> int:
    """Return which one of equal operands this is, from 1: the second a of a + a. 0 for the only
    one.
    """
    operand = node.operands[index]
    is_repeated = node.operands.count(operand) > 1
    return node.operands[: index + 1].count(operand) if is_repeated else 0


def ordinal(number: int) -> str:
    """Return `first`, `second`, …, `21st`."""
    ordinals = messages.ORDINALS
    if number <= len(ordinals):
        return ordinals[number - 1]
    is_teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if is_teen else messages.ORDINAL_ENDINGS.get(number % 10, 'th')}"


def _letters(node: Value, printer: Printer) -> dict[str, str | float | Written]:
    return bind_written(node, lambda value: write_name(value, printer))


def _local_derivative(node: Value, index: int, printer: Printer) -> str:
    result, operand = (write_name(value, printer).text for value in (node, node.operands[index]))
    return printer.local_derivative(result, operand)


def _factor(number: Written, printer: Printer) -> Written:
    """Return a number as a factor: in brackets if it is negative or has a power of ten."""
    return Written(printer.brackets(number.text), UNARY + 1) if number.level <= UNARY else number
