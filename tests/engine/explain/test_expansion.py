"""Expanded operations compute and differentiate as before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.expansion import expand
from engine.ops import TABLE, Operation
from engine.script.parser import label_nodes, parse
from engine.value import Value

COMPOSITE = [op for op in TABLE if op.expansion]


def graph(text: str) -> list[Value]:
    nodes = parse(text).nodes()
    label_nodes(nodes)
    return nodes


def gradients(nodes: list[Value]) -> dict[str, float]:
    for node in nodes:
        node.grad = 0.0
    nodes[-1].backward()
    return {node.label: node.grad for node in nodes}


@pytest.mark.parametrize("op", COMPOSITE, ids=lambda op: op.name)
@given(a=st.floats(0.1, 5), b=st.floats(0.1, 5))
def test_expanding_a_node_keeps_all_other_gradients(op: Operation, a: float, b: float) -> None:
    nodes = graph(f"a = {a!r}\nb = {b!r}\ny = {op.text}\nz = y * a + b")
    output, before = nodes[-1].data, gradients(nodes)
    opened = expand(nodes[-1], ["y"])
    after = gradients(opened)
    assert len(opened) >= len(nodes)
    assert opened[-1].data == pytest.approx(output, rel=1e-12)
    assert {name: after[name] for name in before} == pytest.approx(before, rel=1e-11, abs=1e-12)
    assert not any(node.op is op for node in opened)


def test_new_nodes_are_named_after_the_expanded_node() -> None:
    nodes = graph("x = 1\no = tanh(x)")
    opened = expand(nodes[-1], ["o"])
    assert [node.label for node in opened if node.op] == ["o.1", "o.e", "o.2", "o.3", "o"]


def test_a_node_of_an_expansion_can_be_expanded_again() -> None:
    nodes = graph("x = 1\no = tanh(x)")
    before = gradients(nodes)["x"]
    opened = expand(nodes[-1], ["o", "o", "o.2"])
    names = {node.op.name for node in opened if node.op}
    assert "div" not in names
    assert "pow" in names
    assert gradients(opened)["x"] == pytest.approx(before, rel=1e-12)


def test_unknown_labels_and_simple_operations_are_ignored() -> None:
    nodes = graph("x = 1\ny = x * 2")
    assert expand(nodes[-1], ["q", "y", "x"]) == nodes


def test_an_expansion_that_overflows_is_an_error() -> None:
    nodes = graph("x = 800\ny = tanh(x)")
    with pytest.raises(ValueError, match="y cannot be opened for these numbers"):
        expand(nodes[-1], ["y"])
    assert [node.op and node.op.name for node in nodes] == [None, "tanh"]
