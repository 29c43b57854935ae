"""Graphs as statements of the expression lab, which mean the same when they are parsed again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.export.source import write_sample, write_statements
from engine.script.parser import parse
from engine.training.run import advance, begin, compute_losses
from engine.training.settings import Settings
from engine.value import Value
from playground.expression.stories import PRESETS

SHAPES = ["{} + {}", "{} * {}", "{} - {}", "tanh({}) / 2 ** {}", "max({}, {}, 1)", "-{} ** 3 + {}"]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_the_statements_of_a_story_are_parsed_as_the_same_graph(preset: object) -> None:
    before = parse(preset.lab.code)  # type: ignore[attr-defined]
    after = parse(write_statements(before.output, {}))
    assert after.output.data == before.output.data
    assert len(after.nodes()) == len(before.nodes())


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=2), st.lists(st.sampled_from(SHAPES[:3])))
def test_any_graph_is_parsed_as_the_same_graph(numbers: list[float], shapes: list[str]) -> None:
    lines = [f"a = {numbers[0]!r}", f"b = {numbers[1]!r}", "c0 = max(a, b, 0.5) * -3"]
    for index, shape in enumerate(shapes):
        lines.append(f"c{index + 1} = {shape.format(f'c{index}', 'b')}")
    before = parse("\n".join(lines))
    after = parse(write_statements(before.output, {}))
    assert after.output.data == before.output.data
    assert [node.label for node in after.nodes()] == [node.label for node in before.nodes()]


def test_leaf_data_replace_numbers_and_dots_become_underscores() -> None:
    x, w = Value(2.0, "x"), Value(-1.0, "n1.w")
    text = write_statements((w * x).tanh() + 3.0, {x: -0.5, Value(9.0, "unused"): 1.0})
    assert text == "x = -0.5\nn1_w = -1.0\ny = tanh(n1_w * x) + 3.0\n"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss": "bce", "activation": ("sigmoid",)},
        {"dataset": "blobs", "classes": 3, "loss": "ce"},
        {"loss": "huber"},
        {"loss": "hinge"},
    ],
)
def test_the_expressions_of_all_samples_have_the_loss_of_the_run(
    settings: dict[str, object],
) -> None:
    chosen = {"hidden": (3, 2), "samples": 10, "test": 0.0, "batch": 0, "activation": ("tanh",)}
    run = advance(begin(Settings(**{**chosen, **settings})), 5)  # type: ignore[arg-type]
    losses = [parse(write_sample(run, index)[0]).output.data for index in range(10)]
    mean = sum(losses) / (1 if run.model.reduction == "sum" else 10)
    assert mean == pytest.approx(compute_losses(run)[0], rel=1e-9)
    text, leaves = write_sample(run, 0)
    assert set(leaves) <= set(parse(text).names)
    assert "l1_n3 = " in text
    with pytest.raises(IndexError, match="There are 10 training samples"):
        write_sample(run, 10)
