"""The walk against `backward()`, and its sentences."""

from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.sentences import Sentence, ask_gradient, describe_step
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
    assert first == (
        "b = a + a, so ∂b/∂a = 1 for the first a. "
        "a.grad += ∂b/∂a · b.grad = 1 · 1 = 1, so a.grad = 0 + 1 = 1."
    )
    assert second == (
        "b = a + a, so ∂b/∂a = 1 for the second a. "
        "a.grad += ∂b/∂a · b.grad = 1 · 1 = 1, so a.grad = 1 + 1 = 2. "
        "This is the second contribution to a.grad: contributions add up."
    )
    assert walk.last_step_to(nodes[0], 4) == 4
    assert walk.last_step_to(nodes[0], 3) == 3
    assert walk.last_step_to(nodes[0], 1) is None


def test_gradients_flow_only_to_the_targets() -> None:
    walk, _ = walk_of("x = 2; w = 3; k = x ** 2; y = w * k * 2", inputs="x")
    receivers = [s.receiver.label for s in walk.steps if s.direction is Pass.BACKWARD]
    assert receivers == ["y", "v1", "w"]


@pytest.mark.parametrize("text", ["y = 3*2", "b = 100; y = exp(1)", "x = 2; y = x * x"])
def test_constants_and_inputs_get_no_gradient_and_the_sentence_says_so(text: str) -> None:
    walk, _ = walk_of(text, inputs="x")
    assert [s.receiver.label for s in walk.steps if s.direction is Pass.BACKWARD] == ["y"]
    sentences = [describe_step(walk, count).text for count in range(len(walk.steps) + 1)]
    assert sentences[-1].endswith("no number gets a gradient: constants and inputs have none.")
    assert not any("∂" in text or "a.grad" in text or "b.grad" in text for text in sentences)


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
    twice, _ = walk_of("x = 2; y = x - x")
    assert ask_gradient(twice.steps[3]) == (
        "y = x − x, and y.grad = 1. This step goes to the second x. x.grad is 1 before this step. "
        "What is x.grad after this step?"
    )


@pytest.mark.parametrize("text", ["a = 2", "2 + 3", "a = 1e300; b = a * 1e-300 * a"])
def test_every_step_has_a_sentence(text: str) -> None:
    nodes = parse(text).nodes()
    label_nodes(nodes)
    walk = build_walk(nodes, [n for n in nodes if n.op is None and n.label])
    for count in range(len(walk.steps) + 1):
        assert describe_step(walk, count).text


def test_terms_that_cancel_show_as_many_digits_as_their_sum_needs() -> None:
    walk, _ = walk_of("x = 0.81653137\ny = x**3 - 2*x")
    last = describe_step(walk, len(walk.steps)).text
    assert (
        "∂v1/∂x = 3 · x² = 2.0001704. x.grad += ∂v1/∂x · v1.grad = 2.0001704 · 1 = 2.0001704, "
        "so x.grad = −2 + 2.0001704 = 0.0001704." in last
    )
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
        r"b.\mathrm{grad} = 0 + 2 = 2",
    ]
    wide = describe_step(walk, 2, LATEX).formulas
    assert wide[-1].startswith(r"\phantom{x} = ")
    assert wide[-1].count(" = ") == 1


# --- the mathematics of a step -------------------------------------------------------------------


def last_step(text: str, back: int = 0) -> Sentence:
    walk, _ = walk_of(text)
    return describe_step(walk, len(walk.steps) - back, LATEX)


def test_sentence_and_formula_multiply_in_one_order_the_local_derivative_first() -> None:
    step = last_step("a = 2; b = -3; c = 10; f = -2; e = a*b; d = e + c; L = d * f", back=1)
    assert step.text == (
        "e = a · b, so ∂e/∂a = b = −3. a.grad += ∂e/∂a · e.grad = (−3) · (−2) = 6, "
        "so a.grad = 0 + 6 = 6."
    )
    assert step.formulas == (
        r"\frac{\partial e}{\partial a} = b = -3",
        r"a.\mathrm{grad} \mathrel{{+}{=}} "
        r"\frac{\partial e}{\partial a} \cdot e.\mathrm{grad}",
        r"\phantom{x} = \left(-3\right) \cdot \left(-2\right) = 6",
        r"a.\mathrm{grad} = 0 + 6 = 6",
    )


def test_a_gradient_over_two_paths_is_never_called_a_local_derivative() -> None:
    walk, _ = walk_of("a = 2; b = 3; d = a*b; L = a*d")
    texts = [describe_step(walk, count).text for count in range(len(walk.steps) + 1)]
    assert texts[4].startswith("L = a · d, so ∂L/∂a = d = 6. a.grad += ∂L/∂a · L.grad = 6 · 1 = 6,")
    assert "so a.grad = 6 + 6 = 12." in texts[6]
    assert not any("∂L/∂a" in text for text in texts[5:])
    output = describe_step(walk, 3, LATEX).formulas
    assert output[0] == r"\frac{\mathrm{d} L}{\mathrm{d} L} = 1"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1; b = 2; y = max(a, b)", "∂y/∂b = 1, because b > a."),
        ("b = 2; y = max(1, b)", "∂y/∂b = 1, because b > 1."),
        ("a = 2; y = max(a, 2)", "∂y/∂a = 0.5, because a = 2."),
        ("x = -1; y = relu(x)", "∂y/∂x = 0, because x ≤ 0."),
        ("x = 3; y = relu(x)", "∂y/∂x = 1, because x > 0."),
        ("x = -3; y = leaky_relu(x)", "∂y/∂x = 0.01, because x ≤ 0."),
        ("x = 0; y = abs(x)", "∂y/∂x = 0, because x = 0."),
        ("x = -2; y = abs(x)", "∂y/∂x = −1, because x < 0."),
        (
            "a = 3; y = max(a, 1, 2)",
            "∂y/∂a = 1 / ([a = y] + [1 = y] + [2 = y]) = 1, because a = y.",
        ),
        ("a = 0; y = max(a, 1, 2)", "∂y/∂a = 0, because a ≠ y."),
    ],
)
def test_a_rule_with_cases_names_the_case_that_holds(text: str, line: str) -> None:
    step = last_step(text)
    assert line in step.text
    assert "else 0 if" not in step.text


def test_formulas_of_names_that_differ_differ() -> None:
    texts = {describe_step(walk_of(f"{name} = 2; y = {name}*3")[0], 1).formulas for name in
             ("w1", "w_1", "w", "W1")}  # fmt: skip
    assert len(texts) == 4


# --- infinity and NaN ----------------------------------------------------------------------------


def test_the_backward_pass_shows_where_infinity_and_nan_arise_and_how_they_spread() -> None:
    walk, nodes = walk_of("x = 0\nr = sqrt(x*x)\ny = max(r, 0.001)")
    texts = [describe_step(walk, count).text for count in range(1, len(walk.steps) + 1)]
    *_, at_max, at_root, first, second = texts
    assert "∂y/∂r = 0, because r < 0.001." in at_max
    assert "∂r/∂v1 = 1 / (2 · r) = ∞. v1.grad += ∂r/∂v1 · r.grad = ∞ · 0 = NaN" in at_root
    assert "At v1 = 0 the curve of sqrt(v1) is vertical: its slope is infinite." in at_root
    assert "∞ · 0 has no value, so the product is not a number (NaN)" in at_root
    assert first.endswith("gives NaN again: it spreads.")
    assert second.endswith("gives NaN again: it spreads.")
    assert isnan(walk.gradients_after(len(walk.steps))[nodes[0]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "x = 0; y = sqrt(x)",
            "∞ · 1 = ∞, so x.grad = 0 + ∞ = ∞. At x = 0 the curve of sqrt(x) is",
        ),
        ("x = 0; y = x**0.5", "∂y/∂x = 0.5 · x^(−0.5) = ∞. x.grad += "),
        ("x = 5e-324; y = log(x)", "The exact local derivative is too large for a 64-bit number"),
        ("x = 0; y = sqrt(x) - sqrt(x)", "∞ − ∞ has no value, so the sum is not a number (NaN)"),
        ("x = 1e200; y = x*x*1e108/1e108", "It overflows to ∞."),
        ("x = 1e-200; y = x*1e200*1e200", "The exact gradient is too large"),
        ("x = 4; y = sqrt(x)", "x.grad = 0 + 0.25 = 0.25."),
        (
            "x = -1; y = sqrt(relu(x))",
            "∂v1/∂x · v1.grad = 0 · ∞ = 0, so x.grad = 0 + 0 = 0. relu(x) "
            "did not select x, so x gets nothing from it, not even a part of an infinite gradient",
        ),
    ],
)
def test_a_step_says_why_a_number_is_not_finite(text: str, says: str) -> None:
    walk, _ = walk_of(text)
    texts = [describe_step(walk, count).text for count in range(1, len(walk.steps) + 1)]
    assert any(says in text for text in texts), texts


def test_an_overflow_is_no_division_by_zero() -> None:
    walk, _ = walk_of("y = 1e308 / 1e-10")
    assert describe_step(walk, 1).text == (
        "y = 1·10³⁰⁸ / (1·10⁻¹⁰) = ∞. The exact result is too large for a 64-bit number: the "
        "limit is about 1.8·10³⁰⁸. It overflows to ∞."
    )
    walk, _ = walk_of("a = 1e308; b = a * 10; y = b - b")
    assert describe_step(walk, 2).text.endswith(
        "y = b − b = ∞ − ∞ = NaN. ∞ − ∞ has no value, so the result is not a number (NaN)."
    )
