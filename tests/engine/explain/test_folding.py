"""What is folded is hidden and nothing else."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.explain.folding import find_foldable, find_owners, fold, select_folded
from engine.script.parser import Expression, label_nodes, parse
from engine.value import Value

NEURON = "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.9\nn = x1*w1 + x2*w2 + b\no = 2*tanh(n) + x1"


def owned(text: str) -> tuple[Expression, list[Value], dict[Value, Value]]:
    expression = parse(text)
    nodes = expression.nodes()
    label_nodes(nodes)
    named = {node for node in expression.names.values() if node.op is not None}
    return expression, nodes, find_owners(nodes, named)


def test_a_statement_owns_what_serves_it_alone() -> None:
    expression, _, found = owned(NEURON)
    n = expression.names["n"]
    assert {node.label for node, owner in found.items() if owner is n} == {
        "n", "w1", "x2", "w2", "b", "v1", "v2", "v3",
    }  # fmt: skip
    assert expression.names["x1"] not in found  # it serves n and o
    assert [node.label for node in find_foldable(found)] == ["n", "o"]


def test_folded_it_reads_each_thing_outside_once_and_hides_the_rest() -> None:
    expression, nodes, found = owned(NEURON)
    n, o, x1 = (expression.names[name] for name in ("n", "o", "x1"))
    seen = fold(nodes, found, {n})
    assert n in seen.nodes
    assert [each.label for each in seen.operands[n]] == ["x1"]
    assert [each.label for each in seen.paths[n][0]] == ["x1", "v1", "v3", "n"]
    assert seen.hidden == {n: 7}
    both = fold(nodes, found, {n, o})
    assert both.nodes == (x1, n, o)
    assert set(both.operands[o]) == {n, x1}


def test_a_value_that_is_used_twice_by_an_open_operation_has_two_edges() -> None:
    expression, nodes, found = owned("a = 3\nb = a + a\nc = b * b")
    a, b, c = (expression.names[name] for name in "abc")
    seen = fold(nodes, found, ())
    assert seen.operands == {a: (), b: (a, a), c: (b, b)}
    assert fold(nodes, found, {b}).nodes == (b, c)


def test_a_star_folds_all_but_what_follows() -> None:
    _, _, found = owned(NEURON)
    names = [("*",), ("*", "n"), ("n",), ("q",), ()]
    labels = [sorted(node.label for node in select_folded(found, each)) for each in names]
    assert labels == [["n", "o"], ["o"], ["n"], [], []]


def test_constants_are_hidden_but_never_the_output() -> None:
    _, nodes, found = owned("x = 2\ny = 3 * x + 1")
    assert [node.label for node in fold(nodes, found, (), constants=False).nodes] == [
        "x", "v1", "y",
    ]  # fmt: skip
    _, nodes, found = owned("7")
    assert len(fold(nodes, found, (), constants=False).nodes) == 1


@st.composite
def texts(draw: st.DrawFn) -> str:
    lines, names = ["x = 1", "w = 2"], ["x", "w"]
    for i in range(draw(st.integers(1, 6))):
        parts = draw(st.lists(st.sampled_from([*names, "3", "tanh(x)"]), min_size=1, max_size=5))
        lines.append(f"y{i} = {' + '.join(parts)} * 0.5")
        names.append(f"y{i}")
    return "\n".join(lines)


@given(texts(), st.data())
def test_what_is_seen_and_what_is_hidden_is_everything(text: str, data: st.DataObject) -> None:
    _, nodes, found = owned(text)
    statements = find_foldable(found)
    closed = set(
        data.draw(st.lists(st.sampled_from(statements), unique=True)) if statements else []
    )
    seen = fold(nodes, found, closed)
    assert len(seen.nodes) + sum(seen.hidden.values()) == len(nodes)
    assert all(seen.shown_as[node] in seen.operands for node in nodes)
    order = {node: i for i, node in enumerate(seen.nodes)}
    for node in seen.nodes:
        for operand, path in zip(seen.operands[node], seen.paths[node], strict=True):
            assert order[operand] < order[node]
            assert path[0] is operand
            assert path[-1] is node
            for inner, outer in pairwise(path):
                assert inner in outer.operands
                assert seen.shown_as[outer] is node
    everything = fold(nodes, found, ())
    assert everything.nodes == tuple(nodes)
    assert {node: node.operands for node in nodes} == everything.operands
