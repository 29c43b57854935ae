"""Statements folded: a named node that stands for all that serves it alone.

A statement such as `n = x1*w1 + x2*w2 + b` owns its unnamed operations, its constants, and the
numbers that nothing else reads. Folded, it is one node whose operands are what it reads from
outside. Folding hides; it computes nothing anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.value import Value

ALL = "*"
"""As the first of the folded labels: every statement but those that follow."""


@dataclass(frozen=True, slots=True)
class FoldedGraph:
    """What is seen of a graph: the `nodes` that are left, operands first, and what each reads.

    `paths` leads to each node from each of its operands, hidden nodes between included.
    `shown_as` gives every node, hidden or not, the node in which it is seen; a hidden constant
    has none.
    """

    nodes: tuple[Value, ...]
    operands: Mapping[Value, tuple[Value, ...]]
    paths: Mapping[Value, tuple[tuple[Value, ...], ...]]
    shown_as: Mapping[Value, Value]
    hidden: Mapping[Value, int]
    """How many nodes a folded statement stands for, itself not counted."""
    owners: Mapping[Value, Value]
    """The statement that a node serves alone, folded or not."""


def find_owners(nodes: Sequence[Value], statements: Collection[Value]) -> dict[Value, Value]:
    """The statement that each node serves alone; nodes that serve several have none.

    `nodes` are listed operands first; the last is a statement even if it has no name.
    """
    users: dict[Value, list[Value]] = {node: [] for node in nodes}
    for node in nodes:
        for operand in node.operands:
            users[operand].append(node)
    found: dict[Value, Value] = {}
    for node in reversed(nodes):
        if node in statements or node is nodes[-1]:
            found[node] = node
            continue
        served = {found.get(user) for user in users[node]}
        owner = served.pop() if len(served) == 1 else None
        if owner is not None:
            found[node] = owner
    return found


def find_foldable(owned: Mapping[Value, Value]) -> list[Value]:
    """The statements that own at least one other node, in the order of the graph."""
    with_parts = {owner for node, owner in owned.items() if node is not owner}
    return [node for node in reversed(list(owned)) if node in with_parts]


def select_folded(owned: Mapping[Value, Value], labels: Sequence[str]) -> set[Value]:
    """The statements that these labels fold; `*` first folds all but the labels after it."""
    statements = find_foldable(owned)
    if labels and labels[0] == ALL:
        return {node for node in statements if node.label not in labels[1:]}
    return {node for node in statements if node.label in labels}


def fold(
    nodes: Sequence[Value],
    owned: Mapping[Value, Value],
    closed: Collection[Value],
    constants: bool = True,
) -> FoldedGraph:
    """What is seen where the statements `closed` are folded and constants are shown, or not."""
    shown_as: dict[Value, Value] = {}
    hidden: dict[Value, int] = dict.fromkeys(closed, 0)
    for node in nodes:
        owner = owned.get(node, node)
        if owner in hidden and owner is not node:
            shown_as[node] = owner
            hidden[owner] += 1
        elif constants or node.op is not None or node.label or node is nodes[-1]:
            shown_as[node] = node
    seen = tuple(node for node in nodes if shown_as.get(node) is node)
    paths = {node: _paths(node, shown_as) for node in seen}
    operands = {node: tuple(path[0] for path in paths[node]) for node in seen}
    return FoldedGraph(seen, operands, paths, shown_as, hidden, owned)


def _paths(node: Value, shown_as: Mapping[Value, Value]) -> tuple[tuple[Value, ...], ...]:
    """Ways into a node from what is seen outside: all of its operands, or one of each where it is
    folded.
    """
    found: list[tuple[Value, ...]] = []
    met: set[Value] = set()
    behind: list[tuple[Value, ...]] = [(node,)]
    while behind:
        path = behind.pop(0)
        for operand in path[0].operands:
            lead = shown_as.get(operand)
            if lead is node:
                if operand not in met:
                    met.add(operand)
                    behind.append((operand, *path))
            elif lead is not None and ((len(path) == 1 and lead is operand) or lead not in met):
                met.add(lead)
                found.append((lead, *path))
    return tuple(found)
