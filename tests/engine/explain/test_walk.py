"""The walk against `backward()`, and its sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.sentences import ask_gradient, describe_step
from engine.explain.walk import Pass, Walk, build_walk
from engine.latex import LATEX
from engine.script.parser import label_nodes, parse
from engine.value import Value

NEURON = "x1=2;x2=0;w1=-3;w2=1;b=6.8813735870195432;n=x1*w1+x2*w2+b;o=tanh(n)"
TEXTS = st.lists(
    st.sampled_from(["{} * {}", "{} + {}", "{} - {}", "tanh({})", "max({}, {})", "sin({}) * {}"]),
    min_size=1,
    max_size=12,
)


def walk_of(text: str, calls: int = 1, inputs: str = "") -> tuple[Walk, list[Value]]:
    nodes = parse(text).nodes()
    label_nodes(nodes)
    targets = [n for n in nodes if n.op is None and n.label and n.label not in inputs.split()]
    return build_walk(nodes, targets, calls), nodes


@given(TEXTS, st.lists(st.integers(0, 50), min_size=24, max_size=24), st.integers(1, 3))
def test_a_walk_ends_with_the_gradients_of_backward(
    lines: list[str], picks: list[int], calls: int
) -> None:
    names = ["a", "b", "c"]
    text, index = "a = 0.7\nb = -1.3\nc = 2.1", 0
    for number, line in enumerate(lines):
        operands = [names[picks[index + i] % len(names)] for i in range(line.count("{}"))]
        index = (index + 2) % 20
        text += f"\nn{number} = " + line.format(*operands)
        names.append(f"n{number}")
    walk, nodes = walk_of(text, calls)
    for _ in range(calls):
        nodes[-1].backward()
    assert {n: g for n, g in walk.gradients_after(len(walk.steps)).items() if n.label} == {
        n: n.grad for n in nodes if n.label
    }


def test_the_walk_computes_one_number_per_step() -> None:
    walk, nodes = walk_of(NEURON)
    assert [len(walk.computed_after(count)) for count in range(walk.forward + 1)] == [
        5,
        6,
        7,
        8,
        9,
        10,
    ]
    assert walk.computed_after(len(walk.steps)) == set(nodes)
    assert walk.gradients_after(walk.forward) == {}
    assert len(walk.gradients_after(walk.forward + 1)) == 1
    assert len(walk.gradients_after(len(walk.steps))) == 10


def test_the_second_contribution_is_described_as_a_sum() -> None:
    walk, nodes = walk_of("a = 3\nb = a + a")
    first, second = describe_step(walk, 3).text, describe_step(walk, 4).text
    assert "a.grad ← 0 + (1)(1) = 1." in first
    assert (
        "a.grad ← 1 + (1)(1) = 2. This is the second contribution to a.grad: contributions add up."
        in second
    )
    assert walk.last_step_to(nodes[0], 4) == 4
    assert walk.last_step_to(nodes[0], 3) == 3
    assert walk.last_step_to(nodes[0], 1) is None


def test_gradients_flow_only_to_the_targets() -> None:
    walk, _ = walk_of("x = 2; w = 3; k = x ** 2; y = w * k * 2", inputs="x")
    receivers = [s.receiver.label for s in walk.steps if s.direction is Pass.BACKWARD]
    assert receivers == ["y", "v1", "w"]
    assert [s for s in walk_of("x = 2; y = x * x", inputs="x")[0].steps if s.operand] == []


def test_leftover_gradients_are_mentioned_and_added() -> None:
    nodes = parse("a = 3\nb = a * 2").nodes()
    walk = build_walk(nodes, nodes[:1], leftover_gradients={nodes[0]: 5.0})
    assert (
        "zero_grad() was not called, so these gradients remain: a.grad = 5."
        in describe_step(walk, 0).text
    )
    assert walk.gradients_after(len(walk.steps))[nodes[0]] == 7.0
    assert "The 5 is the old gradient of a." in describe_step(walk, 3).text


def test_a_question_names_the_numbers_and_not_the_answer() -> None:
    walk, _ = walk_of("a = 2; b = -3; e = a * b")
    assert ask_gradient(walk.steps[2]) == (
        "e = a · b, and e.grad = 1. What is a.grad after this step?"
    )
    assert "What is e.grad" in ask_gradient(walk.steps[1])


@pytest.mark.parametrize("text", ["a = 2", "2 + 3", "a = 1e300; b = a * 1e-300 * a"])
def test_every_step_has_a_sentence(text: str) -> None:
    nodes = parse(text).nodes()
    label_nodes(nodes)
    walk = build_walk(nodes, [n for n in nodes if n.op is None])
    for count in range(len(walk.steps) + 1):
        assert describe_step(walk, count).text


def test_terms_that_cancel_show_as_many_digits_as_their_sum_needs() -> None:
    walk, _ = walk_of("x = 0.81653137\ny = x**3 - 2*x")
    last = describe_step(walk, len(walk.steps)).text
    assert "∂v1/∂x = 3 · x² = 2.0001704. x.grad ← −2 + (2.0001704)(1) = 0.0001704." in last
    close, _ = walk_of("a = 1.0000001\nb = a - 1")
    assert describe_step(close, 1).text == "b = a − 1 = 1.0000001 − 1 = 1·10⁻⁷."


def test_a_wide_formula_continues_on_the_next_line() -> None:
    walk, _ = walk_of("a = 0.70123\nb = a * -4.5671e-7\nc = a * b + b")
    assert describe_step(walk, 1, LATEX).formulas == (
        r"b = a \cdot \left(-4.567 \cdot 10^{-7}\right)",
        r"\phantom{x} = 0.7012 \cdot \left(-4.567 \cdot 10^{-7}\right)",
        r"\phantom{x} = -3.203 \cdot 10^{-7}",
    )
    short, _ = walk_of("a = 2; b = -3; e = a * b")
    last = len(short.steps)
    assert [describe_step(short, count, LATEX).formulas[-1] for count in (1, last)] == [
        r"e = a \cdot b = 2 \cdot \left(-3\right) = -6",
        r"\phantom{x} = 0 + 2 \cdot 1 = 2",
    ]
    wide = describe_step(walk, len(walk.steps), LATEX).formulas
    assert wide[-1].startswith(r"\phantom{x} = ")
    assert wide[-1].count(" = ") == 1
