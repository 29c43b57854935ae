"""Why a number of the walk is infinite or not a number: where ∞ and NaN arise, and how they spread.

The rules are those of IEEE 754, and PyTorch has the same: 0 · ∞ and ∞ − ∞ have no value and give
NaN, and NaN stays NaN in every later sum and product.
"""

from __future__ import annotations

from math import isfinite, isinf, isnan

from engine.explain import messages
from engine.explain.equations import contribution_terms
from engine.explain.walk import Step
from engine.notation import TEXT, format_number
from engine.value import Value, has_pole


def explain_data(node: Value) -> str:
    """Return why the data of a computed node is not finite; empty if it is, or if ∞ came in."""
    assert node.op is not None
    inputs = [operand.data for operand in node.operands]
    if isnan(node.data):
        if any(map(isnan, inputs)):
            return messages.NAN_SPREADS
        return messages.NO_VALUE.format(formula=node.format_formula(substitute_numbers=True))
    if isinf(node.data) and all(map(isfinite, inputs)):
        return _overflow(messages.RESULT, node.data)
    return ""


def explain_gradient(step: Step) -> str:
    """Return why a gradient is not finite after a backward step; empty if it is, or ∞ came in."""
    numbers = (step.local_derivative, step.upstream, step.before)
    if step.is_left_out and not isfinite(step.upstream):
        return messages.LEFT_OUT.format(
            formula=step.node.format_formula(), operand=step.receiver.label
        )
    if isnan(step.contribution) and not any(map(isnan, numbers[:2])):
        _, product, _ = contribution_terms(step, TEXT)
        return _explain_local(step) + messages.NO_PRODUCT.format(product=product)
    if isnan(step.after):
        if any(map(isnan, numbers)):
            return messages.NAN_SPREADS
        return _explain_local(step) + messages.NO_SUM
    if isinf(step.local_derivative):
        return _explain_local(step)
    if isinf(step.after) and all(map(isfinite, numbers)):
        return _overflow(messages.GRADIENT, step.after)
    return ""


def _explain_local(step: Step) -> str:
    """Return why the local derivative of a backward step is infinite; empty if it is finite."""
    node, index = step.node, step.operand
    assert node.op is not None
    assert index is not None
    arguments = (*(operand.data for operand in node.operands), *node.attributes, node.data)
    if not isinf(step.local_derivative) or not all(map(isfinite, arguments)):
        return ""
    if not has_pole(node.op.local_derivatives[index], *arguments):
        return _overflow(messages.LOCAL_DERIVATIVE, step.local_derivative)
    operand = node.operands[index]
    return messages.VERTICAL.format(
        formula=node.format_formula(),
        operand=operand.label or format_number(operand.data),
        number=format_number(operand.data),
    )


def _overflow(what: str, infinity: float) -> str:
    return messages.OVERFLOW.format(what=what, infinity=format_number(infinity))
