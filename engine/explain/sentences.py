"""What a step of the walk says: a sentence for people, and the same as mathematics in LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.explain.walk import Pass, Step, Walk
from engine.notation import (
    digits_for,
    format_formula,
    format_number,
    latex_formula,
    latex_name,
    latex_number,
)
from engine.value import Value

WIDEST = 38
"""Characters of a formula that a panel shows in one line."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in plain text, and formulas that say the same, a line each, in LaTeX."""

    text: str
    formulas: tuple[str, ...] = ()


def describe_step(walk: Walk, place: int) -> Sentence:
    """What is to be said after `place` steps of the walk; 0 is before the first."""
    if place == 0:
        return _start(walk)
    step = walk.steps[place - 1]
    if step.direction is Pass.FORWARD:
        return _forward(step.node)
    return _seed(step) if step.operand is None else _backward(step, walk.nodes[-1])


def ask_gradient(step: Step) -> str:
    """What a person is asked who predicts the gradient that a backward step gives."""
    to = _called(step.receiver)
    if step.operand is None:
        return f"{to} is the output. What is {to}.grad, the change of the output with itself?"
    node = step.node
    begun = f" It has {format_number(step.before)} already." if step.before else ""
    return (
        f"{node.label} = {node.format_formula()}, "
        f"and {node.label}.grad = {format_number(step.upstream)}."
        f"{begun} What is {to}.grad after this step?"
    )


def describe_local_derivative(node: Value, operand: int, slope: float, digits: int = 4) -> str:
    """`∂e/∂a = b = −3`: the rule, and its number where that is not the same."""
    assert node.op is not None
    rule, worth = (
        format_formula(node.op.local_derivative_texts[operand], node.letter_names()),
        format_number(slope, digits),
    )
    to = node.operands[operand].label or "ab"[operand]
    return f"∂{node.label}/∂{to} = {rule}" + ("" if rule == worth else f" = {worth}")


def _start(walk: Walk) -> Sentence:
    leaves = [node for node in walk.nodes if node.op is None and node.label]
    shown = ", ".join(f"{node.label} = {format_number(node.data)}" for node in leaves[:8])
    more = f" and {len(leaves) - 8} more" if len(leaves) > 8 else ""
    given = f"Given: {shown}{more}." if leaves else "Only constants are given."
    left = [
        f"{node.label}.grad = {format_number(grad)}"
        for node, grad in walk.leftover_gradients.items()
        if grad
    ]
    if left:
        given += f" Left over from before, for want of zero_grad(): {', '.join(left[:8])}."
    return Sentence(given)


def _forward(node: Value) -> Sentence:
    assert node.op is not None
    operation, numbers_of = node.op.forward, node.attributes
    terms = [each.data for each in node.operands]
    digits = digits_for(node.data, terms, lambda *rounded: float(operation(*rounded, *numbers_of)))
    rule, numbers = node.format_formula(), node.format_formula(True, digits)
    formula = latex_formula(node.op.text, _letters(node))
    equal = [(f"{node.label} = {rule}", f"{latex_name(node.label)} = {formula}")]
    if numbers not in (rule, format_number(node.data)):
        equal.append((numbers, latex_formula(node.op.text, _letters(node, digits))))
    equal.append((format_number(node.data), latex_number(node.data)))
    return Sentence(" = ".join(plain for plain, _ in equal) + ".", _lines(equal))


def _seed(step: Step) -> Sentence:
    name, start = _called(step.node), format_number(step.before)
    again = f"backward() for the {_ordinal(step.call)} time, without zero_grad(): "
    begun = again + "inner gradients begin anew, leaves keep theirs. " if step.call > 1 else ""
    symbol = _latex_called(step.node)
    return Sentence(
        f"{begun}{name} is the output, and changes with itself one for one. "
        f"{name}.grad ← {start} + 1 = {format_number(step.after)}.",
        (rf"\frac{{\partial {symbol}}}{{\partial {symbol}}} = 1",),
    )


def _backward(step: Step, output: Value) -> Sentence:
    node, receiver, slope = step.node, step.receiver, step.local_derivative
    assert step.operand is not None
    assert node.op is not None
    to, terms = receiver.label or "ab"[step.operand], (step.before, slope, step.upstream)
    digits = digits_for(step.after, terms, lambda start, factor, above: start + factor * above)
    before, after = format_number(step.before, digits), format_number(step.after)
    sum_of = f"{before} + ({format_number(slope, digits)})({format_number(step.upstream, digits)})"
    text = (
        f"{node.label} = {node.format_formula()}, so "
        f"{describe_local_derivative(node, step.operand, slope, digits)}. "
        f"{to}.grad ← {sum_of} = {after}."
    )
    if step.contribution > 1:
        text += f" This is the {_ordinal(step.contribution)} way from {to} to {output.label}: "
        text += "contributions add up."
    elif step.before:
        text += f" {before} was left over from before."
    above, by, whole = latex_name(node.label), latex_name(to), latex_name(output.label)
    rule = latex_formula(node.op.local_derivative_texts[step.operand], _letters(node))
    local = rf"\frac{{\partial {above}}}{{\partial {by}}}"
    worth, start = latex_number(slope, digits), latex_number(step.before, digits)
    chain = rf"\frac{{\partial {whole}}}{{\partial {above}}} \cdot {local}"
    factors = rf"{_factor(step.upstream, digits)} \cdot {_factor(slope, digits)}"
    return Sentence(
        text,
        (
            f"{local} = {rule}" + ("" if rule == worth else f" = {worth}"),
            rf"\frac{{\partial {whole}}}{{\partial {by}}} \leftarrow {start} + {chain}",
            *_lines(
                [
                    (sum_of, rf"\phantom{{x}} = {start} + {factors}"),
                    (after, latex_number(step.after)),
                ]
            ),
        ),
    )


def _lines(equal: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Equal things, each as plain text and as LaTeX, as one formula; what would make it wider than
    a panel stands in a line of its own.
    """
    (plain, line), *rest = equal
    lines, width = [line], len(plain)
    for plain, formula in rest:
        width += len(" = " + plain)
        if width <= WIDEST:
            lines[-1] += f" = {formula}"
        else:
            lines.append(rf"\phantom{{x}} = {formula}")
            width = len("  = " + plain)
    return tuple(lines)


def _factor(value: float, digits: int) -> str:
    text = latex_number(value, digits)
    return rf"\left({text}\right)" if text.startswith("-") or "cdot" in text else text


def _letters(node: Value, digits: int = 0) -> dict[str, str | float]:
    """What the letters of the operation table are called at this Value, in LaTeX; with `digits`
    what they are worth.
    """
    letters: dict[str, str | float] = {
        letter: latex_number(each.data, digits) if digits else _latex_called(each)
        for letter, each in zip("ab", node.operands, strict=False)
    }
    return letters | dict(zip("n", node.attributes, strict=False)) | {"y": _latex_called(node)}


def _called(node: Value) -> str:
    return node.label or format_number(node.data)


def _latex_called(node: Value) -> str:
    return latex_name(node.label) if node.label else latex_number(node.data)


def _ordinal(count: int) -> str:
    return {2: "second", 3: "third"}.get(count, f"{count}th")
