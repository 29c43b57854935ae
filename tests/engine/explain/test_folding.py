"""Folding hides the nodes of a statement and nothing else."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.explain.folding import find_foldable, find_owners, fold, select_folded
from engine.script.parser import Expression, label_nodes, parse
from engine.value import Value

NEURON = "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.9\nn = x1*w1 + x2*w2 + b\no = 2*tanh(n) + x1"


def parse_owners(text: str) -> tuple[Expression, list[Value], dict[Value, Value]]:
    expression = parse(text)
    nodes = expression.nodes()
    label_nodes(nodes)
    named = {node for node in expression.names.values() if node.op is not None}
    return expression, nodes, find_owners(nodes, named)


def test_a_statement_owns_the_nodes_that_only_it_uses() -> None:
    expression, _, owners = parse_owners(NEURON)
    n = expression.names["n"]
    assert {node.label for node, owner in owners.items() if owner is n} == {
        "n", "w1", "x2", "w2", "b", "v1", "v2", "v3",
    }  # fmt: skip
    assert expression.names["x1"] not in owners  # it serves n and o
    assert [node.label for node in find_foldable(owners)] == ["n", "o"]


def test_a_folded_statement_reads_each_source_once_and_hides_its_nodes() -> None:
    expression, nodes, owners = parse_owners(NEURON)
    n, o, x1 = (expression.names[name] for name in ("n", "o", "x1"))
    folded_graph = fold(nodes, owners, {n})
    assert n in folded_graph.nodes
    assert [node.label for node in folded_graph.operands[n]] == ["x1"]
    assert [node.label for node in folded_graph.paths[n][0]] == ["x1", "v1", "v3", "n"]
    assert folded_graph.hidden == {n: 7}
    both = fold(nodes, owners, {n, o})
    assert both.nodes == (x1, n, o)
    assert set(both.operands[o]) == {n, x1}


def test_a_value_used_twice_by_a_visible_operation_has_two_edges() -> None:
    expression, nodes, owners = parse_owners("a = 3\nb = a + a\nc = b * b")
    a, b, c = (expression.names[name] for name in "abc")
    folded_graph = fold(nodes, owners, ())
    assert folded_graph.operands == {a: (), b: (a, a), c: (b, b)}
    assert fold(nodes, owners, {b}).nodes == (b, c)


def test_a_star_folds_everything_except_the_labels_after_it() -> None:
    _, _, owners = parse_owners(NEURON)
    selections = [("*",), ("*", "n"), ("n",), ("q",), ()]
    labels = [sorted(node.label for node in select_folded(owners, chosen)) for chosen in selections]
    assert labels == [["n", "o"], ["o"], ["n"], [], []]


def test_constants_are_hidden_but_never_the_output() -> None:
    _, nodes, owners = parse_owners("x = 2\ny = 3 * x + 1")
    assert [node.label for node in fold(nodes, owners, (), constants=False).nodes] == [
        "x", "v1", "y",
    ]  # fmt: skip
    _, nodes, owners = parse_owners("7")
    assert len(fold(nodes, owners, (), constants=False).nodes) == 1


@st.composite
def texts(draw: st.DrawFn) -> str:
    lines, names = ["x = 1", "w = 2"], ["x", "w"]
    for i in range(draw(st.integers(1, 6))):
        parts = draw(st.lists(st.sampled_from([*names, "3", "tanh(x)"]), min_size=1, max_size=5))
        lines.append(f"y{i} = {' + '.join(parts)} * 0.5")
        names.append(f"y{i}")
    return "\n".join(lines)


@given(texts(), st.data())
def test_visible_and_hidden_nodes_are_all_nodes(text: str, data: st.DataObject) -> None:
    _, nodes, owners = parse_owners(text)
    statements = find_foldable(owners)
    closed = set(
        data.draw(st.lists(st.sampled_from(statements), unique=True)) if statements else []
    )
    folded_graph = fold(nodes, owners, closed)
    assert len(folded_graph.nodes) + sum(folded_graph.hidden.values()) == len(nodes)
    assert all(folded_graph.shown_as[node] in folded_graph.operands for node in nodes)
    order = {node: i for i, node in enumerate(folded_graph.nodes)}
    for node in folded_graph.nodes:
        for operand, path in zip(
            folded_graph.operands[node], folded_graph.paths[node], strict=True
        ):
            assert order[operand] < order[node]
            assert path[0] is operand
            assert path[-1] is node
            for inner, outer in pairwise(path):
                assert inner in outer.operands
                assert folded_graph.shown_as[outer] is node
    everything = fold(nodes, owners, ())
    assert everything.nodes == tuple(nodes)
    assert {node: node.operands for node in nodes} == everything.operands
