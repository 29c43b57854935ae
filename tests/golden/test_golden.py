"""Our Values and our program against PyTorch's numbers in golden.json (see write.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import MLP, Program, Value, compile, parse
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS, TABLE

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
EVERY_GRAPH = pytest.mark.parametrize("case", GOLDEN["graphs"], ids=lambda case: "")
EVERY_NETWORK = pytest.mark.parametrize("case", GOLDEN["networks"], ids=lambda case: "")

# Where paths cancel a gradient may be the rounding of numbers near 1: that is what `abs` allows.
GRAPH = {"rel": 1e-12, "abs": 1e-14}
GRADIENT = {"rtol": 1e-12, "atol": 1e-15}
TRAJECTORY = {"rtol": 1e-11, "atol": 1e-15}


@EVERY_GRAPH
def test_a_typed_graph_has_the_gradients_of_pytorch(case: dict[str, Any]) -> None:
    expression = parse(case["text"])
    expression.output.backward()
    assert expression.output.data == pytest.approx(case["output"], **GRAPH)
    assert set(expression.names) == set(case["grads"])
    for name, slope in case["grads"].items():
        assert expression.names[name].grad == pytest.approx(slope, **GRAPH), name


@EVERY_GRAPH
def test_a_compiled_graph_has_the_gradients_of_pytorch(case: dict[str, Any]) -> None:
    expression = parse(case["text"])
    leaves = {name: value for name, value in expression.names.items() if not value.operands}
    program = compile(expression.output, inputs=[], parameters=list(leaves.values()))
    output, gradient = program.loss_and_grad(np.zeros((3, 0)))
    assert output == pytest.approx(case["output"], **GRAPH)
    assert gradient.tolist() == pytest.approx([case["grads"][name] for name in leaves], **GRAPH)


INFINITE = json.loads(Path(__file__).with_name("infinite.json").read_text(encoding="utf-8"))


def test_infinities_and_nan_arise_and_spread_as_in_pytorch() -> None:
    for case in INFINITE["graphs"]:
        expression = parse(case["text"])
        expression.output.backward()
        expected = [case["output"], *case["grads"].values()]
        actual = [expression.output.data, *(expression.names[name].grad for name in case["grads"])]
        np.testing.assert_allclose(actual, expected, rtol=1e-12, err_msg=case["text"])


def built(case: dict[str, Any]) -> tuple[MLP, Program]:
    """The network of a case with its initial parameters, and the program of its loss."""
    sizes, (*hidden, output) = case["sizes"], case["activations"]
    mlp = MLP(sizes[0], sizes[1:], hidden, output, seed=0)
    for parameter, data in zip(mlp.parameters(), case["initial"], strict=True):
        parameter.data = data
    inputs = [Value(0.0) for _ in range(sizes[0])]
    targets = [Value(0.0) for _ in range(sizes[-1])]
    loss = LOSSES[case["loss"]].sample(mlp.outputs(inputs), targets)
    return mlp, compile(loss, [*inputs, *targets], mlp.parameters())


@EVERY_NETWORK
def test_a_network_of_values_has_the_gradients_of_pytorch(case: dict[str, Any]) -> None:
    mlp, _ = built(case)
    chosen, total = LOSSES[case["loss"]], 0.0
    weight = 1.0 if chosen.reduction == "sum" else 1.0 / len(case["inputs"])
    for x, t in zip(case["inputs"], case["targets"], strict=True):
        loss = chosen.sample(mlp.outputs(x), [Value(target) for target in t]) * weight
        loss.backward()
        total += loss.data
    assert total == pytest.approx(case["losses"][0], rel=1e-12)
    gradients = [parameter.grad for parameter in mlp.parameters()]
    np.testing.assert_allclose(gradients, case["gradient"], **GRADIENT)


@EVERY_NETWORK
def test_a_program_trains_on_the_path_of_pytorch(case: dict[str, Any]) -> None:
    mlp, program = built(case)
    X, reduction = np.hstack([case["inputs"], case["targets"]]), LOSSES[case["loss"]].reduction
    _, gradient = program.loss_and_grad(X, reduction)
    np.testing.assert_allclose(gradient, case["gradient"], **GRADIENT)
    losses = program.train(X, steps=case["steps"], rate=case["rate"], reduction=reduction)
    np.testing.assert_allclose(losses, case["losses"], **TRAJECTORY)
    trained = [parameter.data for parameter in mlp.parameters()]
    np.testing.assert_allclose(trained, case["final"], **TRAJECTORY)


def test_the_file_leaves_nothing_out() -> None:
    graphs, networks = GOLDEN["graphs"], GOLDEN["networks"]
    assert len(graphs) + len(networks) == 300
    used = {node.op for case in graphs for node in parse(case["text"]).nodes() if node.op}
    assert {op.name for op in TABLE} == {op.name for op in used}
    assert {case["loss"] for case in networks} == set(LOSSES) - {"huber", "ce"}  # descent.json
    hidden = {name for case in networks for name in case["activations"][:-1]}
    assert hidden == set(ACTIVATIONS)


def test_the_exercise_is_in_the_file_and_is_learnt() -> None:
    exercise = GOLDEN["networks"][0]
    assert exercise["sizes"] == [3, 4, 4, 1]
    assert len(exercise["losses"]) == 1000
    assert exercise["losses"][-1] < 0.01
