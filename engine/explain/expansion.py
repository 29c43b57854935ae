"""Operations taken apart: one node replaced, in place, by simpler ones that compute the same.

What an operation consists of stands in the operation table. The node itself stays, with its label
and its users; it becomes the last of the simpler operations.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.script.parser import ExpressionError, parse
from engine.value import Value, recompute, sort_topologically


def expand(output: Value, opened: Sequence[str]) -> list[Value]:
    """Open the nodes with these labels, in this order, and list the graph anew, operands first.

    A label may be there several times: what a node has become can be opened again. Labels that
    there are not, and operations without parts, are passed over. New nodes are called after the
    opened one: o.e, o.1, … Raises ValueError where the simpler operations are not defined for the
    present numbers, as exp(2·n) for a large n.
    """
    for label in opened:
        nodes = sort_topologically(output)
        node = next((each for each in nodes if each.label == label), None)
        if node is None or node.op is None or not node.op.expansion:
            continue
        try:
            made = parse(node.op.expansion, dict(zip("ab", node.operands, strict=False))).output
        except ExpressionError as error:
            told = f"{label} cannot be taken apart at these numbers: {error.message}"
            raise ValueError(told) from None
        _name(label, made, set(nodes))
        node.op, node.operands, node.attributes = made.op, made.operands, made.attributes
    nodes = sort_topologically(output)
    if opened:
        recompute(nodes)
    return nodes


def _name(label: str, made: Value, known: set[Value]) -> None:
    count = 0
    for part in sort_topologically(made):
        if part in known or part.op is None:
            continue
        if not part.label:
            count += 1
        part.label = f"{label}.{part.label or count}"
