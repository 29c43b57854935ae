"""What a step of the walk says: a sentence for people, and the same as formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.explain import messages
from engine.explain.walk import Pass, Step, Walk
from engine.markup import MarkupPrinter
from engine.mathml import MATHML
from engine.notation import UNARY, Letters, Written, digits_for, format_formula, format_number
from engine.value import Value

MAX_WIDTH = 38
"""Characters of a formula on one line of a panel."""
MAX_NAMES = 8
"""Leaves that a sentence lists."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in plain text, and formulas that say the same, one per line."""

    text: str
    formulas: tuple[str, ...] = ()


def describe_step(walk: Walk, count: int, printer: MarkupPrinter = MATHML) -> Sentence:
    """Return what to say after `count` steps of the walk; 0 is before the first."""
    if count == 0:
        return Sentence(_describe_start(walk))
    step = walk.steps[count - 1]
    if step.direction is Pass.FORWARD:
        return _describe_forward(step.node, printer)
    if step.operand is None:
        return _describe_output(step, printer)
    return _describe_backward(step, printer)


def ask_gradient(step: Step) -> str:
    """Return the question for a person who predicts the gradient of a backward step."""
    name = _name(step.receiver)
    if step.operand is None:
        return messages.ASK_OUTPUT_GRADIENT.format(name=name)
    start = messages.ASK_START.format(operand=name, gradient=format_number(step.before))
    return messages.ASK_GRADIENT.format(
        node=step.node.label,
        formula=step.node.format_formula(),
        upstream=format_number(step.upstream),
        start=start if step.before else "",
        operand=name,
    )


def describe_local_derivative(
    node: Value, index: int, local_derivative: float, digits: int = 4
) -> str:
    """Return `∂e/∂a = b = −3`: the rule, then its number unless that is the same."""
    assert node.op is not None
    rule = format_formula(node.op.local_derivative_texts[index], node.letter_names())
    number = format_number(local_derivative, digits)
    equal = "" if rule == number else f" = {number}"
    return f"∂{node.label}/∂{_operand_name(node, index)} = {rule}{equal}"


def _describe_start(walk: Walk) -> str:
    leaves = [node for node in walk.nodes if node.op is None and node.label]
    text = messages.ONLY_CONSTANTS
    if leaves:
        listing = ", ".join(
            f"{leaf.label} = {format_number(leaf.data)}" for leaf in leaves[:MAX_NAMES]
        )
        template = messages.GIVEN_AND_MORE if len(leaves) > MAX_NAMES else messages.GIVEN
        text = template.format(leaves=listing, count=len(leaves) - MAX_NAMES)
    leftover = [
        f"{node.label}.grad = {format_number(gradient)}"
        for node, gradient in walk.leftover_gradients.items()
        if gradient
    ]
    if leftover:
        text += messages.LEFTOVER_GRADIENTS.format(gradients=", ".join(leftover[:MAX_NAMES]))
    return text


def _describe_forward(node: Value, printer: MarkupPrinter) -> Sentence:
    op = node.op
    assert op is not None

    def compute(*operands: float) -> float:
        return float(op.forward(*operands, *node.attributes))

    digits = digits_for(node.data, [operand.data for operand in node.operands], compute)
    result = format_number(node.data)
    rule, numbers = node.format_formula(), node.format_formula(True, digits)
    names = printer.formula(op.text, _letters(node, lambda value: _print_name(value, printer)))
    equation = [
        (node.label, printer.name(node.label).text),
        (rule, names.text),
    ]
    if numbers not in (rule, result):
        letters = _letters(node, lambda value: printer.number(value.data, digits))
        equation.append((numbers, printer.formula(op.text, letters).text))
    equation.append((result, printer.number(node.data).text))
    return Sentence(" = ".join(text for text, _ in equation) + ".", _break_lines(equation, printer))


def _describe_output(step: Step, printer: MarkupPrinter) -> Sentence:
    name = _name(step.node)
    total = f"{format_number(step.before)} + 1 = {format_number(step.after)}"
    again = ""
    if step.call > 1:
        again = messages.BACKWARD_AGAIN.format(time=_ordinal(step.call))
    symbol = _print_name(step.node, printer).text
    formula = printer.equation([printer.derivative(symbol, symbol), printer.number(1.0).text])
    return Sentence(again + messages.OUTPUT_GRADIENT.format(name=name, sum=total), (formula,))


def _describe_backward(step: Step, printer: MarkupPrinter) -> Sentence:
    node, index, local_derivative = step.node, step.operand, step.local_derivative
    assert index is not None
    assert node.op is not None
    digits = digits_for(
        step.after,
        (step.before, local_derivative, step.upstream),
        lambda before, factor, upstream: before + factor * upstream,
    )
    operand, before = _operand_name(node, index), format_number(step.before, digits)
    factors = (format_number(local_derivative, digits), format_number(step.upstream, digits))
    total = f"{before} + ({factors[0]})({factors[1]})"
    result = format_number(step.after)
    text = messages.BACKWARD_STEP.format(
        node=node.label,
        formula=node.format_formula(),
        derivative=describe_local_derivative(node, index, local_derivative, digits),
        operand=operand,
        sum=total,
        result=result,
    )
    if "sum(" in node.op.local_derivative_texts[index]:
        text += messages.TIES.format(first=operand, second=node.label)
    if step.contribution > 1:
        text += messages.ANOTHER_CONTRIBUTION.format(
            count=_ordinal(step.contribution), operand=operand
        )
    elif step.before:
        text += messages.LEFTOVER.format(gradient=before, operand=operand)
    return Sentence(text, _backward_formulas(step, operand, digits, (total, result), printer))


def _backward_formulas(
    step: Step, operand: str, digits: int, texts: tuple[str, str], printer: MarkupPrinter
) -> tuple[str, ...]:
    """Return the formulas of a backward step: the local derivative, the rule that changes the
    gradient, and the rule with numbers, whose plain `texts` decide how wide a line gets.
    """
    node, index = step.node, step.operand
    assert node.op is not None
    assert index is not None
    result, by = printer.name(node.label).text, printer.name(operand).text
    letters = _letters(node, lambda value: _print_name(value, printer))
    rule = printer.formula(node.op.local_derivative_texts[index], letters).text
    number = printer.number(step.local_derivative, digits)
    local = printer.derivative(result, by)
    numbers: Letters = {
        "before": printer.number(step.before, digits),
        "local": _factor(number, printer),
        "upstream": _factor(printer.number(step.upstream, digits), printer),
    }
    names: Letters = {
        **numbers,
        "local": Written(local, UNARY),
        "upstream": Written(printer.gradient(result), UNARY),
    }
    rule_text = "before + local * upstream"
    total, after = texts
    return (
        printer.equation([local, rule] + ([] if rule == number.text else [number.text])),
        printer.assignment(printer.gradient(by), printer.formula(rule_text, names).text),
        *_break_lines(
            [
                (total, printer.formula(rule_text, numbers).text),
                (after, printer.number(step.after).text),
            ],
            printer,
            continues=True,
        ),
    )


def _break_lines(
    equation: Sequence[tuple[str, str]], printer: MarkupPrinter, continues: bool = False
) -> tuple[str, ...]:
    """Return equal terms, each as plain text and as a formula, in lines that fit into a panel."""
    (first, formula), *rest = equation
    lines, width = [[formula]], len(first)
    for text, formula in rest:
        width += len(" = " + text)
        if width <= MAX_WIDTH:
            lines[-1].append(formula)
        else:
            lines.append([formula])
            width = len("  = " + text)
    return tuple(
        printer.equation(line, continues=continues or number > 0)
        for number, line in enumerate(lines)
    )


def _factor(number: Written, printer: MarkupPrinter) -> Written:
    """Return a number as a factor: in brackets if it is negative or has a power of ten."""
    return Written(printer.brackets(number.text), UNARY + 1) if number.level <= UNARY else number


def _letters(node: Value, name: Callable[[Value], Written]) -> dict[str, str | float | Written]:
    """Return what the letters of a node's operation stand for, written by `name`."""
    assert node.op is not None
    operands: list[str | float | Written] = [name(operand) for operand in node.operands]
    return node.op.bind(operands, node.attributes, name(node))


def _name(node: Value) -> str:
    return node.label or format_number(node.data)


def _operand_name(node: Value, index: int) -> str:
    assert node.op is not None
    return node.operands[index].label or node.op.letters[index]


def _print_name(node: Value, printer: MarkupPrinter) -> Written:
    return printer.name(node.label) if node.label else printer.number(node.data)


def _ordinal(count: int) -> str:
    ordinals = messages.ORDINALS
    if count <= len(ordinals):
        return ordinals[count - 1]
    is_teen = count % 100 in (11, 12, 13)
    return f"{count}{'th' if is_teen else messages.ORDINAL_ENDINGS.get(count % 10, 'th')}"
