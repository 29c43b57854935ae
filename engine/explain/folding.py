"""Fold statements: a named node stands for everything that only it uses.

A statement such as `n = x1*w1 + x2*w2 + b` owns its unnamed operations, its constants, and the
numbers that no other statement reads. Folded, it is one node; its operands are the nodes that it
reads from outside. Folding only hides nodes; it computes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.value import Value

ALL = "*"
"""As the first of the folded labels: every statement except those that follow."""


@dataclass(frozen=True, slots=True)
class FoldedGraph:
    """The visible part of a graph: the `nodes` that stay, operands first, and their operands.

    `paths` leads to each node from each of its operands, through the hidden nodes between.
    `shown_as` maps every node, hidden or not, to the visible node that stands for it; a hidden
    constant has no entry.
    """

    nodes: tuple[Value, ...]
    operands: Mapping[Value, tuple[Value, ...]]
    paths: Mapping[Value, tuple[tuple[Value, ...], ...]]
    shown_as: Mapping[Value, Value]
    hidden: Mapping[Value, int]
    """How many nodes each folded statement hides; the statement itself does not count."""
    owners: Mapping[Value, Value]
    """The statement that owns a node, folded or not."""


def find_owners(nodes: Sequence[Value], statements: Collection[Value]) -> dict[Value, Value]:
    """Return the statement that owns each node; a node that several statements use has no owner.

    `nodes` are listed operands first; the last one is a statement even without a name.
    """
    users: dict[Value, list[Value]] = {node: [] for node in nodes}
    for node in nodes:
        for operand in node.operands:
            users[operand].append(node)
    owners: dict[Value, Value] = {}
    for node in reversed(nodes):
        if node in statements or node is nodes[-1]:
            owners[node] = node
            continue
        user_owners = {owners.get(user) for user in users[node]}
        owner = user_owners.pop() if len(user_owners) == 1 else None
        if owner is not None:
            owners[node] = owner
    return owners


def find_foldable(owners: Mapping[Value, Value]) -> list[Value]:
    """Return the statements that own at least one other node, in the order of the graph."""
    with_parts = {owner for node, owner in owners.items() if node is not owner}
    return [node for node in reversed(list(owners)) if node in with_parts]


def select_folded(owners: Mapping[Value, Value], labels: Sequence[str]) -> set[Value]:
    """Return the statements that these labels fold; `*` first folds all except the labels after
    it.
    """
    statements = find_foldable(owners)
    if labels and labels[0] == ALL:
        return {node for node in statements if node.label not in labels[1:]}
    return {node for node in statements if node.label in labels}


def fold(
    nodes: Sequence[Value],
    owners: Mapping[Value, Value],
    folded: Collection[Value],
    constants: bool = True,
) -> FoldedGraph:
    """Return the visible graph with these statements `folded`, with or without its constants."""
    shown_as: dict[Value, Value] = {}
    hidden: dict[Value, int] = dict.fromkeys(folded, 0)
    for node in nodes:
        owner = owners.get(node, node)
        if owner in hidden and owner is not node:
            shown_as[node] = owner
            hidden[owner] += 1
        elif constants or node.op is not None or node.label or node is nodes[-1]:
            shown_as[node] = node
    visible = tuple(node for node in nodes if shown_as.get(node) is node)
    paths = {node: _find_paths(node, shown_as) for node in visible}
    operands = {node: tuple(path[0] for path in paths[node]) for node in visible}
    return FoldedGraph(visible, operands, paths, shown_as, hidden, owners)


def _find_paths(node: Value, shown_as: Mapping[Value, Value]) -> tuple[tuple[Value, ...], ...]:
    """Return the paths into a node from visible nodes: one from every operand, or one from every
    source of a folded statement.
    """
    paths: list[tuple[Value, ...]] = []
    visited: set[Value] = set()
    pending: deque[tuple[Value, ...]] = deque([(node,)])
    while pending:
        path = pending.popleft()
        for operand in path[0].operands:
            source = shown_as.get(operand)
            if source is node:
                if operand not in visited:
                    visited.add(operand)
                    pending.append((operand, *path))
            elif source is not None:
                is_direct = len(path) == 1 and source is operand
                if is_direct or source not in visited:
                    visited.add(source)
                    paths.append((source, *path))
    return tuple(paths)
