"""Formulas as MathML: well-formed, with the same text as the plain formula, and safe in a page."""

from __future__ import annotations

from itertools import chain
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.mathml import MATHML
from engine.notation import Written, format_formula
from engine.ops import TABLE, Operation
from tests.engine.test_notation import cases

ELEMENTS = {
    "math", "mrow", "mi", "mn", "mo", "mfrac", "msup", "msub", "msqrt", "mtext", "mphantom",
}  # fmt: skip
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2}


def parse(formula: Written) -> ElementTree.Element:
    """The formula in a `math` element, which is well-formed and uses known elements only."""
    root = ElementTree.fromstring(MATHML.equation([formula.text]))
    for element in root.iter():
        assert element.tag in ELEMENTS
        assert len(element) == CHILDREN.get(element.tag, len(element))
    return root


def text(formula: Written) -> str:
    return "".join(parse(formula).itertext())


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_operation_and_its_derivatives_are_well_formed(op: Operation) -> None:
    for formula in (op.text, *chain.from_iterable(map(cases, op.local_derivative_texts))):
        assert parse(MATHML.formula(formula, {}))


@pytest.mark.parametrize(
    "formula",
    ["a + b", "a - (b - a)", "(a + b) * a", "-(a + b)", "tanh(a)", "2 * a", "-3 * a", "log(a)"],
)
def test_a_formula_on_one_line_reads_as_plain_text(formula: str) -> None:
    assert text(MATHML.formula(formula, {})) == format_formula(formula).replace(" ", "")


def test_fractions_roots_powers_and_names_have_their_elements() -> None:
    markup = MATHML.formula("sqrt(a) / exp(e) + x1 ** 2", {}).text
    for part in (
        "<mfrac>", "<msqrt><mi>a</mi></msqrt>", '<mi mathvariant="normal">e</mi>', "<mi>e</mi>",
        "<msub><mi>x</mi><mn>1</mn></msub>",
    ):  # fmt: skip
        assert part in markup
    assert text(MATHML.formula("abs(a)", {})) == "|a|"
    assert text(MATHML.formula("sigmoid(a)", {})) == "σ(a)"
    assert text(MATHML.formula("max(a, b, c)", {})) == "max(a,b,c)"
    assert text(MATHML.formula("sum([a == y, b == y])", {})) == "([a=y]+[b=y])"


@given(st.floats())
def test_every_number_is_well_formed(number: float) -> None:
    assert parse(MATHML.number(number)) is not None


def test_numbers_have_a_true_minus_and_a_power_of_ten() -> None:
    assert text(MATHML.number(-2e-7)) == "−2·10−7"
    assert text(MATHML.number(float("-inf"))) == "−∞"
    assert text(MATHML.number(float("nan"))) == "NaN"


def test_a_label_is_escaped() -> None:
    assert "<script>" not in MATHML.name("<script>.<b>").text


def test_lines_are_elements_of_their_own() -> None:
    names = [MATHML.name("e").text, MATHML.name("a").text]
    derivative = MATHML.local_derivative(*names)
    first = MATHML.equation([derivative, "<mn>2</mn>"], continues=True)
    second = MATHML.accumulation(MATHML.gradient(names[1]), "<mn>1</mn>")
    assert first.startswith('<math display="block">')
    assert "".join(ElementTree.fromstring(first).itertext()) == "x=∂e∂a=2"
    assert "".join(ElementTree.fromstring(second).itertext()) == "a.grad+=1"
    assert text(Written(MATHML.derivative(*names), 0)) == "deda"
    assert MATHML.words(" <b> ") == "<mtext>\xa0&lt;b&gt;\xa0</mtext>"


@given(st.from_regex(r"[a-cw_][a-c0-2_]{0,3}", fullmatch=True), st.sampled_from(["w1", "w_1", "w"]))
def test_labels_that_differ_never_look_the_same(first: str, second: str) -> None:
    assert (MATHML.name(first) == MATHML.name(second)) == (first == second)
