"""Where nodes go, and how far folding moves them."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.folding import FoldedGraph, find_owners, fold, select_folded
from engine.inspection.sample_graph import build_sample_graph
from engine.script.parser import label_nodes, parse
from engine.training.run import begin
from engine.training.settings_parser import parse_settings
from engine.value import Value
from playground.expression.stories import NEURON
from playground.figures import graph
from playground.figures.block_layout import spread
from tests.large import thousand

Places = dict[Value, tuple[float, float]]
BOTH = pytest.mark.parametrize("text", [f"{NEURON}p = o * x1", thousand()], ids=["small", "large"])


def views(text: str, *folds: tuple[str, ...]) -> tuple[list[Value], list[FoldedGraph]]:
    expression = parse(text)
    nodes = expression.nodes()
    label_nodes(nodes)
    owners = find_owners(nodes, {node for node in expression.names.values() if node.op is not None})
    return nodes, [fold(nodes, owners, select_folded(owners, labels)) for labels in folds]


def places(nodes: list[Value], view: FoldedGraph) -> Places:
    drawn = graph.figure(nodes, nodes, {}, view=view)["data"][-1]
    return dict(zip(view.nodes, zip(drawn["x"], drawn["y"], strict=True), strict=True))


def overlapping(places: Places) -> list[tuple[str, str]]:
    return [
        (one.label, other.label)
        for (one, (x, y)), (other, (u, v)) in combinations(places.items(), 2)
        if abs(x - u) < graph.BOX_WIDTH and abs(y - v) < graph.BOX_HEIGHT
    ]


@BOTH
@pytest.mark.parametrize("labels", [(), ("*",), ("n", "h3", "h4"), ("*", "o", "h1")])
def test_no_two_boxes_overlap_and_data_flow_to_the_right(
    text: str, labels: tuple[str, ...]
) -> None:
    nodes, [view] = views(text, labels)
    centres = places(nodes, view)
    assert overlapping(centres) == []
    for node in view.nodes:
        assert all(centres[operand][0] < centres[node][0] for operand in view.operands[node])


@BOTH
def test_folding_changes_no_order(text: str) -> None:
    nodes, [whole, some] = views(text, (), ("n", "h3"))
    before, after = places(nodes, whole), places(nodes, some)
    for one, other in combinations(after, 2):
        for axis in (0, 1):
            if (
                before[one][0] == before[other][0]
                and axis == 1
                and after[one][0] == after[other][0]
            ):
                assert (before[one][1] < before[other][1]) == (after[one][1] < after[other][1])
            if axis == 0 and after[one][0] < after[other][0]:
                assert before[one][0] <= before[other][0]


@BOTH
def test_unfolding_gives_every_place_again(text: str) -> None:
    nodes, [whole, _, again] = views(text, (), ("*",), ())
    assert places(nodes, whole) == places(nodes, again)


def test_unfolding_a_statement_leaves_other_layers_rows_as_they_are() -> None:
    nodes, [shut, ajar] = views(thousand(), ("*",), ("*", "h5"))
    before, after = places(nodes, shut), places(nodes, ajar)
    moved = {node.label for node in before if before[node][1] != after[node][1]}
    assert moved <= {f"h{i}" for i in range(12)}  # those of its own layer make room


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 9)), min_size=1, max_size=12),
)
def test_spreading_keeps_gaps_and_moves_nothing_without_need(
    pairs: list[tuple[float, float]],
) -> None:
    positions = sorted(place for place, _ in pairs)
    gaps = [gap for _, gap in pairs][1:]
    result = spread(positions, gaps)
    for (before, after), gap in zip(pairwise(result), gaps, strict=True):
        assert after - before >= gap - 1e-9
    if all(b - a >= gap for (a, b), gap in zip(pairwise(positions), gaps, strict=True)):
        assert result == pytest.approx(positions)
    assert sum(result) == pytest.approx(sum(positions), abs=1e-6)


def test_spreading_is_the_least_squares_answer() -> None:
    assert spread([0.0, 0.0, 10.0], [4.0, 1.0]) == [-2.0, 2.0, 10.0]


@pytest.mark.parametrize("hidden", ["1", "2", "4", "2,2", "1,3", "4,4", "3,3,3"])
def test_the_graph_inside_a_network_is_drawn_however_it_is_opened(hidden: str) -> None:
    settings, _ = parse_settings({"dataset": "xor", "hidden": hidden, "samples": "20"})
    assert settings is not None
    run = begin(settings)
    units = [unit.label for layer in run.model.neurons for unit in layer]
    names = [f"l{place}" for place in range(1, len(run.model.neurons) + 1)]
    names += [*units, *(output.label for output in run.model.predictions)]
    for count in range(3):
        for opened in combinations(names, count):
            sample = build_sample_graph(run, 1, opened)
            drawn = graph.figure(sample.nodes, set(sample.nodes), {}, None, sample.view, {})
            centres = next(trace for trace in drawn["data"] if trace["name"] == "values")
            assert len(centres["x"]) == len(sample.view.nodes)
