"""Expand an operation: replace one node, in place, with simpler ones that compute the same.

`Operation.expansion` holds the simpler operations. The node itself stays, with its label and its
users; it becomes the last of the simpler operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from engine.explain import messages
from engine.notation import format_number
from engine.script.errors import ExpressionError
from engine.script.parser import parse
from engine.value import Value, recompute, sort_topologically


def expand(output: Value, labels: Sequence[str]) -> list[Value]:
    """Expand the nodes with these labels, in this order, and return the new graph, operands first.

    A label can come several times: the last of the simpler operations can be expanded again. The
    function ignores unknown labels and operations without an expansion. New nodes get labels after
    the expanded one: o.e, o.1, … Raises ValueError if the simpler operations are not defined for
    the present numbers, or overflow where the operation itself does not: exp(2·n) for a large n.
    """
    for label in labels:
        nodes = sort_topologically(output)
        node = next((node for node in nodes if node.label == label), None)
        if node is None or node.op is None or not node.op.expansion:
            continue
        operands = dict(zip(node.op.letters, node.operands, strict=True))
        try:
            result = parse(node.op.expansion, operands).output
        except ExpressionError as error:
            message = messages.NOT_EXPANDABLE.format(label=label, reason=error.message)
            raise ValueError(message) from None
        parts = [part for part in sort_topologically(result) if part not in nodes]
        if isfinite(node.data):
            _check_overflow(label, parts)
        _label_parts(label, parts)
        node.op, node.operands, node.attributes = result.op, result.operands, result.attributes
    nodes = sort_topologically(output)
    if labels:
        recompute(nodes)
    return nodes


def _check_overflow(label: str, parts: Sequence[Value]) -> None:
    for part in parts:
        if not isfinite(part.data):
            reason = messages.PART_OVERFLOWS.format(
                formula=part.format_formula(substitute_numbers=True),
                infinity=format_number(part.data),
            )
            raise ValueError(messages.NOT_EXPANDABLE.format(label=label, reason=reason))


def _label_parts(label: str, parts: Sequence[Value]) -> None:
    count = 0
    for part in parts:
        if part.op is None:
            continue
        if not part.label:
            count += 1
        part.label = f"{label}.{part.label or count}"
