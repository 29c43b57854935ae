"""Exported programs print the engine's numbers when they run."""

from __future__ import annotations

import contextlib
import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.explain.expansion import expand
from engine.export.expression import EXPRESSION_FORMATS, write_expression
from engine.ops import TABLE
from engine.script.parser import label_nodes, parse
from engine.value import Value
from playground.expression.scene import scene
from playground.expression.stories import NEURON, PRESETS

COMMANDS = {
    r"\frac", r"\left", r"\right", r"\cdot", r"\mathrm", r"\operatorname", r"\text",
    r"\sqrt", r"\sigma", r"\exp", r"\log", r"\tanh", r"\sin", r"\cos", r"\max", r"\min", r"\infty",
}  # fmt: skip
"""Commands that amsmath has."""
PROGRAMS = [name for name, format in EXPRESSION_FORMATS.items() if format.ending == "py"]


def graph(text: str, opened: tuple[str, ...] = ()) -> list[Value]:
    expression = parse(text)
    label_nodes(expression.nodes())
    return expand(expression.output, opened)


def leaves(nodes: list[Value]) -> list[Value]:
    return [node for node in nodes if node.op is None and node.label]


def run(format: str, nodes: list[Value], targets: list[Value]) -> dict[str, float]:
    if format == "pytorch":
        pytest.importorskip("torch")
    program, printed = write_expression(format, nodes, targets), io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, format, "exec"), {"__name__": "exported"})
    pairs = (line.split(" = ") for line in printed.getvalue().splitlines())
    return {name: float(value) for name, value in pairs}


def expected(nodes: list[Value], targets: list[Value]) -> dict[str, float]:
    nodes[-1].zero_grad()
    nodes[-1].backward()
    grads = {f"{leaf.label}.grad": leaf.grad for leaf in targets}
    return {nodes[-1].label or "output": nodes[-1].data} | grads


def agrees(format: str, nodes: list[Value], targets: list[Value] | None = None) -> None:
    targets = leaves(nodes) if targets is None else targets
    assert run(format, nodes, targets) == pytest.approx(
        expected(nodes, targets), rel=1e-12, abs=1e-12, nan_ok=True
    )


@pytest.mark.parametrize("format", PROGRAMS)
@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_exported_operation_prints_the_engines_numbers(op: object, format: str) -> None:
    text = op.text.replace("n", "3") if op.name == "pow" else op.text  # type: ignore[attr-defined]
    agrees(format, graph(f"a = 0.7\nb = 1.3\ny = {text}\nz = y * a + 2*y"))


@pytest.mark.parametrize("format", PROGRAMS)
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_exported_story_prints_the_engines_numbers(preset: object, format: str) -> None:
    preset_scene = scene(preset.lab)  # type: ignore[attr-defined]
    agrees(
        format,
        preset_scene.nodes,
        [leaf for leaf in preset_scene.leaves if not preset_scene.is_input(leaf)],
    )


EDGES = [
    "x = 2",
    "2 * 3",
    "x = 0\ny = x ** 0 + x ** 1",
    "x = -2\ny = -x ** 2 - (-3) ** 2 / x ** -1",
    "x = 4\ny = x ** 0.5 * x ** -1.5",
    "x = 2\ny = tanh(3) * x + max(x, 1) + min(2, 3)",
    "x = 1\ny = x - -1 - (2 - x)",
    "np = 1\ntorch = 2\nValue = 3\nprint = 4\ny = np*torch + Value*print\nlambda_ = y * y",
    "α = 2\nβ = α * α + tanh(α)",
    "e = 2\nsum = e * e\nmatch = sum + e\n_ = match * e\ntype = _ - sum",
    "result = 2\ndata = result * 3\nout = tanh(data)\nnorm = out + data",
    "unused = 7\nx = 2\nalso = x * unused\ny = x * x",
    "x = 0\ny = 0 * x + x ** 1",
    "d_x = 2\nx = 3\ny = d_x * x\no_1 = y + y",
    "x = -1000\ny = sigmoid(x) + 0 * x",
    "a = 3\nb = a + a\nc = b * b",
    "a = 1\nb = 2\nc = 2\nd = 2\ny = max(a, b, c, d) * min(a, b, c)\nz = max(y, 3, b)",
]


EXTREMES = [
    "x = 0\nr = sqrt(x * x)\ny = max(r, 0.001)",
    "x = 0\nw = 2\ny = w * x ** 0.5 + x",
    "x = 0\ny = 0 * sqrt(x) + 3 * x",
    "x = 1e300\ny = x * 1e300\nz = y - y",
    "x = 1e200\ny = x ** 2\nz = 1 / y + tanh(y)",
    "x = 800\ny = exp(x)\nz = log(y) + relu(y) - min(y, 3)",
    "x = 1e308\nz = x / 1e-10 * 0",
    "x = 1e-300\nz = 1e-300 / x / x",
    "x = 1e160\nw = 1e160\nz = x * 1e-300 * (w * 1e-300)\nq = z * w",
    "x = 1e200\nz = 1e300 ** 2 + x",
    "x = -1e5\nz = sigmoid(x) + softplus(-x) + sigmoid(-x * 1e300)",
    "x = 1e150\nz = max(x * x * x, x, 1) + max(x * x * x, -x)",
]
"""Expressions in which infinite numbers or NaN arise, or numbers near the largest."""


@pytest.mark.parametrize("format", PROGRAMS)
@pytest.mark.parametrize("text", [*EDGES, *EXTREMES])
@pytest.mark.filterwarnings("error")
def test_odd_expressions_can_be_exported(text: str, format: str) -> None:
    with np.errstate(over="warn", divide="warn", invalid="warn"):
        agrees(format, graph(text))
    write_expression("latex", graph(text), leaves(graph(text)))


@pytest.mark.parametrize("operation", ["relu(x)", "max(x, 0)", "max(x, 0, -1)", "-min(-x, 0)"])
def test_nothing_of_an_infinite_gradient_reaches_what_is_not_selected(operation: str) -> None:
    nodes = graph(f"x = -1\ny = sqrt({operation})")
    assert run("numpy", nodes, leaves(nodes)) == {"y": 0.0, "x.grad": 0.0}
    assert expected(nodes, leaves(nodes)) == {"y": 0.0, "x.grad": 0.0}


@pytest.mark.parametrize("format", PROGRAMS)
def test_ordinary_numbers_need_no_precautions(format: str) -> None:
    nodes = graph("x = 0\ny = sigmoid(x - 800) + x ** 2 + exp(3)")
    text = write_expression(format, nodes, leaves(nodes))
    assert "seterr" not in text
    assert "float64(" not in text


@pytest.mark.parametrize("format", PROGRAMS)
def test_an_expanded_operation_is_exported_expanded(format: str) -> None:
    agrees(format, graph(NEURON, ("o",)))


@pytest.mark.parametrize("format", PROGRAMS)
def test_a_long_chain_can_be_exported(format: str) -> None:
    agrees(format, graph("x = 1\ny0 = tanh(x)\n" + "\n".join(
        f"y{i}=sin(y{i - 1})" for i in range(1, 280)
    )))  # fmt: skip


def test_a_program_prints_no_gradient_of_inputs() -> None:
    nodes = graph("x = 2\nw = 3\ny = w * x")
    assert set(run("numpy", nodes, [nodes[1]])) == {"y", f"{nodes[1].label}.grad"}
    assert set(run("numpy", nodes, [])) == {"y"}


FUNCTIONS = ["{} + {}", "{} * {}", "{} - {}", "tanh({}) + {}", "max({}, {})", "relu({}) * {}"]


@st.composite
def programs(draw: st.DrawFn) -> str:
    lines = [f"x{i} = {draw(st.floats(-3, 3))!r}" for i in range(3)]
    names = ["x0", "x1", "x2", "2", "-0.5"]
    for i in range(draw(st.integers(1, 8))):
        shape = draw(st.sampled_from(FUNCTIONS))
        lines.append(f"y{i} = " + shape.format(*(draw(st.sampled_from(names)) for _ in range(2))))
        names.append(f"y{i}")
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(programs(), st.sampled_from(["micrograd", "numpy"]))
def test_any_exported_program_prints_the_engines_numbers(text: str, format: str) -> None:
    agrees(format, graph(text))


def test_numpy_by_hand_reads_like_handwritten_code() -> None:
    nodes = graph("a = 2\nb = -3\ne = a * b\no = tanh(e)")
    program = write_expression("numpy", nodes, leaves(nodes))
    for line in ("o = np.tanh(e)", "d_o = 1.0", "d_e = (1 - o ** 2) * d_o", "d_a = b * d_e"):
        assert line in program.splitlines()


def test_a_numpy_program_defines_the_functions_that_it_calls_and_no_others() -> None:
    nodes = graph("x = -800\ny = sigmoid(x) + tanh(x)")
    program = write_expression("numpy", nodes, leaves(nodes))
    assert "def sigmoid(a):\n    return np.exp(-np.logaddexp(0, -a))\n\n\n# forward" in program
    assert "v1 = sigmoid(x)" in program
    assert program.count("def ") == 1


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_latex_is_balanced_and_readable(preset: object) -> None:
    preset_scene = scene(preset.lab)  # type: ignore[attr-defined]
    text = write_expression("latex", preset_scene.nodes, preset_scene.leaves)
    assert text.count("{") == text.count("}")
    assert text.count("(") == text.count(")")
    lines = text.splitlines()[1:-1]
    assert len(lines) >= len(preset_scene.leaves) + 2
    for line in lines:
        assert set(re.findall(r"\\[a-zA-Z]+", line)) <= COMMANDS
        assert line.count(r"\left") == line.count(r"\right")
        assert line.count("{") == line.count("}")
        assert line.count("&") == 1
        assert re.sub(r"[^ -~]", "", line) == line


def test_latex_says_the_chain_rule() -> None:
    nodes = graph("a = 3\nb = a * a")
    text = write_expression("latex", nodes, leaves(nodes))
    gradient = r"b.\mathrm{grad}"
    assert rf"a.\mathrm{{grad}} &= a \cdot {gradient} + a \cdot {gradient} = 6" in text
    assert r"\partial" not in text
    assert text.rstrip().removesuffix(r"\end{align*}").rstrip().endswith("= 6")


def test_a_pytorch_program_reads_like_handwritten_code() -> None:
    nodes = graph("a = 2\nb = 3\ny = max(a, b, 1) * tanh(2) + b * 4\nz = sqrt(y) - 2 * 3")
    program = write_expression("pytorch", nodes, leaves(nodes)[:1])
    compile(program, "expression.py", "exec")
    for line in (
        "a = torch.tensor(2.0, requires_grad=True)",
        "b = torch.tensor(3.0)",
        "v1 = torch.amax(torch.stack(torch.broadcast_tensors(a, b, torch.tensor(1.0))), dim=0)",
        "v2 = torch.tanh(torch.tensor(2.0))",
        "z = v5 - v6",
        "z.backward()",
        "print('a.grad =', a.grad.item())",
    ):
        assert line in program.splitlines()
    assert "backward" not in write_expression("pytorch", nodes, [])
