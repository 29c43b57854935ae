"""Formulas as LaTeX: names that differ stay different, and every sign is a command that exists."""

from __future__ import annotations

import re
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.latex import LATEX
from engine.ops import TABLE, Operation
from tests.engine.test_notation import cases


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("a", "a"), ("x1", "x_{1}"), ("w12", "w_{12}"), ("w_1", r"\mathrm{w\_1}"),
        ("loss", r"\mathrm{loss}"), ("loss2", r"\mathrm{loss}_{2}"), ("o.e", "o_{e}"),
        ("o1", "o_{1}"), ("o.1", "o_{.1}"), ("l1.n2.w3", "l_{1,n2.w3}"), ("e", "e"),
        ("θ", r"\theta"), ("Ω", r"\Omega"), ("λ", r"\lambda"), ("θ1", r"\theta_{1}"),
        ("é", r"\text{é}"), ("δx", r"\delta x"), ("Α", r"\text{Α}"), ("_", r"\_"),
    ],
)  # fmt: skip
def test_a_label_is_written_as_in_a_book(label: str, text: str) -> None:
    assert LATEX.name(label).text == text


NAMES = st.from_regex(r"[a-cxe_][a-c0-2_]{0,3}(\.[a-c0-2]{1,2})?", fullmatch=True)


@given(NAMES, NAMES)
def test_labels_that_differ_never_look_the_same(first: str, second: str) -> None:
    assert (LATEX.name(first) == LATEX.name(second)) == (first == second)


def test_a_variable_e_is_not_eulers_number() -> None:
    assert LATEX.formula("exp(e)", {}).text == r"\mathrm{e}^{e}"
    assert LATEX.formula("e ** 2", {}).text == "e^{2}"


@pytest.mark.parametrize(
    ("formula", "letters", "text"),
    [
        ("1 - y ** 2", {"y": LATEX.name("o1")}, "1 - o_{1}^{2}"),
        ("a / b", {"a": -2.0}, r"\frac{-2}{b}"),
        ("a * b", {"a": -2.0, "b": -3.0}, r"-2 \cdot \left(-3\right)"),
        ("a ** n", {"a": LATEX.formula("x ** 2", {}), "n": 3.0}, r"{\left(x^{2}\right)}^{3}"),
        ("exp(a) ** 2", {}, r"{\left(\mathrm{e}^{a}\right)}^{2}"),
        ("sqrt(a) + abs(b)", {}, r"\sqrt{a} + |b|"),
        ("sigmoid(a)", {}, r"\sigma\left(a\right)"),
        ("leaky_relu(a)", {}, r"\operatorname{leaky\_relu}\left(a\right)"),
        ("max(a, b, c)", {}, r"\max\left(a, b, c\right)"),
        ("1 / sum([a == y, b == y])", {}, r"\frac{1}{\left([a = y] + [b = y]\right)}"),
        ("a", {"a": 2e-7}, r"2 \cdot 10^{-7}"),
        ("a * b", {"a": float("inf"), "b": float("nan")}, r"\infty \cdot \text{NaN}"),
        ("a", {"a": float("-inf")}, r"-\infty"),
    ],
)
def test_a_formula_is_written_as_in_a_book(
    formula: str, letters: dict[str, object], text: str
) -> None:
    assert LATEX.formula(formula, letters).text == text  # type: ignore[arg-type]


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_operation_and_its_derivatives_can_be_written(op: Operation) -> None:
    for formula in (op.text, *chain.from_iterable(map(cases, op.local_derivative_texts))):
        text = LATEX.formula(formula, {}).text
        assert text.count("{") == text.count("}")
        assert text.isascii()
        assert not re.search(r"\\[^a-zA-Z_]", text)


def test_an_equation_continues_on_the_next_line() -> None:
    assert LATEX.equation(["a", "2"]) == "a = 2"
    assert LATEX.equation(["2", "3"], continues=True) == r"\phantom{x} = 2 = 3"
    line = LATEX.accumulation(LATEX.gradient("a"), "1")
    assert line == r"a.\mathrm{grad} \mathrel{{+}{=}} 1"


def test_a_local_derivative_has_another_sign_than_a_gradient() -> None:
    assert LATEX.local_derivative("e", "a") == r"\frac{\partial e}{\partial a}"
    assert LATEX.derivative("L", "a") == r"\frac{\mathrm{d} L}{\mathrm{d} a}"


@pytest.mark.parametrize("sign", ["≤", "≥", "≠", "<"])
def test_comparisons_are_commands(sign: str) -> None:
    assert LATEX.comparison("a", sign, "b").isascii()
