"""What a step of the walk says: a sentence for people, and the same as formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.explain import messages
from engine.explain.equations import (
    Terms,
    contribution_terms,
    count_place,
    counts_ties,
    forward_terms,
    local_derivative_line,
    ordinal,
    output_terms,
    step_digits,
    sum_terms,
    write_name,
)
from engine.explain.not_finite import explain_data, explain_gradient
from engine.explain.walk import Pass, Step, Walk
from engine.markup import MarkupPrinter
from engine.mathml import MATHML
from engine.notation import TEXT, Printer, format_number
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
        return _describe_output(walk, step, printer)
    return _describe_backward(step, printer)


def ask_gradient(step: Step) -> str:
    """Return the question for a person who predicts the gradient of a backward step."""
    name = _name(step.receiver)
    if step.operand is None:
        return messages.ASK_OUTPUT_GRADIENT.format(name=name)
    start = messages.ASK_START.format(operand=name, gradient=format_number(step.before))
    place = count_place(step.node, step.operand)
    return messages.ASK_GRADIENT.format(
        node=step.node.label,
        formula=step.node.format_formula(),
        upstream=format_number(step.upstream),
        place=messages.ASK_PLACE.format(place=ordinal(place), operand=name) if place else "",
        start=start if step.before else "",
        operand=name,
    )


def describe_local_derivatives(node: Value) -> list[str]:
    """Return `∂e/∂a = b = −3` for each operand that has a name; a constant has no derivative."""
    return [
        local_derivative_line(node, index, local_derivative)
        for index, local_derivative in enumerate(node.local_derivatives())
        if node.operands[index].label
    ]


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
    pairs = _in_both(lambda printer: forward_terms(node, printer), printer)
    equation = _join(pairs)
    return Sentence(f"{equation}.{explain_data(node)}", _break_lines(pairs, printer))


def _describe_output(walk: Walk, step: Step, printer: MarkupPrinter) -> Sentence:
    again = ""
    if step.call > 1:
        again = messages.BACKWARD_AGAIN.format(time=ordinal(step.call))
    sums = _in_both(lambda printer: sum_terms(step, printer), printer)
    text = again + messages.OUTPUT_GRADIENT.format(name=_name(step.node), sum=_join(sums))
    if step.node.op is not None and all(other.operand is None for other in walk.steps):
        text += messages.NOBODY_RECEIVES
    gradient, one = printer.gradient(write_name(step.node, printer).text), printer.number(1.0).text
    return Sentence(
        text,
        (
            printer.equation(output_terms(step.node, printer)),
            printer.accumulation(gradient, one),
            *_break_lines(sums, printer),
        ),
    )


def _describe_backward(step: Step, printer: MarkupPrinter) -> Sentence:
    node, index = step.node, step.operand
    assert index is not None
    digits = step_digits(step)
    contributions = _in_both(lambda printer: contribution_terms(step, printer), printer)
    sums = _in_both(lambda printer: sum_terms(step, printer), printer)
    operand = _name(step.receiver)
    text = messages.BACKWARD_STEP.format(
        node=node.label,
        formula=node.format_formula(),
        derivative=local_derivative_line(node, index, step.local_derivative, TEXT, digits),
        gradient=f"{operand}.grad",
        contribution=_join(contributions),
        sum=_join(sums),
    )
    if counts_ties(node, index):
        text += messages.TIES.format(first=operand, second=node.label)
    if step.contributions > 1:
        text += messages.ANOTHER_CONTRIBUTION.format(
            count=ordinal(step.contributions), operand=operand
        )
    elif step.before:
        gradient = format_number(step.before, digits)
        text += messages.LEFTOVER.format(gradient=gradient, operand=operand)
    (_, names), *numbers = contributions
    return Sentence(
        text + explain_gradient(step),
        (
            local_derivative_line(node, index, step.local_derivative, printer, digits),
            printer.accumulation(printer.gradient(write_name(step.receiver, printer).text), names),
            *_break_lines(numbers, printer, continues=True),
            *_break_lines(sums, printer),
        ),
    )


Pairs = Sequence[tuple[str, str]]
"""Equal terms, each as plain text and as a formula."""


def _in_both(write: Callable[[Printer], Terms], printer: Printer) -> Pairs:
    """Return terms as plain text and by the printer, without those that repeat the one before."""
    pairs = list(zip(write(TEXT), write(printer), strict=True))
    return [pair for i, pair in enumerate(pairs) if not i or pair[0] != pairs[i - 1][0]]


def _join(pairs: Pairs) -> str:
    """Return equal terms as plain text."""
    return TEXT.equation([text for text, _ in pairs])


def _break_lines(
    equation: Pairs, printer: MarkupPrinter, continues: bool = False
) -> tuple[str, ...]:
    """Return equal terms in lines that fit into a panel."""
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


def _name(node: Value) -> str:
    return write_name(node, TEXT).text
