"""Numbers and formulas as people read them: their text means what the engine computed."""

from __future__ import annotations

import ast
import re
from itertools import chain
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.notation import format_exactly, format_formula, format_number
from engine.ops import TABLE, Operation

_BACK = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


def read_back(text: str) -> str:
    """Written mathematics as Python again, by rules of this test alone."""
    text = re.sub(r"(?<=\d),(?=\d)", "", text)
    text = re.sub(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: "10.0**" + match[1].translate(_BACK), text)
    text = re.sub(r"([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: "**" + match[1].translate(_BACK), text)
    return text.replace("·", "*").replace("^", "**").translate(_BACK)


def cases(formula: str) -> list[str]:
    """The formulas that a formula of the table with `if` and `else` chooses from."""
    tree = ast.parse(formula, mode="eval").body
    pending, formulas = [tree], []
    while pending:
        part = pending.pop()
        if isinstance(part, ast.IfExp):
            pending += [part.body, part.orelse]
        else:
            formulas.append(ast.unparse(part))
    return formulas


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (6.0, "6"), (-2.0, "−2"), (-0.70710678, "−0.7071"),
        (0.5, "0.5"), (123456.0, "123,500"), (1234567.0, "1.235·10⁶"), (-2e-7, "−2·10⁻⁷"),
        (1e-4, "0.0001"), (1e100, "1·10¹⁰⁰"), (999999.5, "1·10⁶"), (12345.678, "12,350"),
        (inf, "∞"), (-inf, "−∞"), (nan, "not a number"),
    ],
)  # fmt: skip
def test_a_number_looks_as_if_written_by_hand(value: float, text: str) -> None:
    assert format_number(value) == text


@given(st.floats(1e-300, 1e300) | st.floats(-1e300, -1e-300))
def test_a_written_number_is_the_number_to_four_digits(value: float) -> None:
    text = format_number(value)
    assert "-" not in text
    assert "e" not in text
    read = float(text.replace("·10", "e").replace(",", "").translate(_BACK))
    assert read == pytest.approx(value, rel=5.01e-4, abs=0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2147483647, "2,147,483,647"), (37697, "37,697"), (0.8, "0.8"), (-1e6, "−1,000,000"),
        (1e-8, "1·10⁻⁸"), (0.1, "0.1"), (1 / 3, "0.3333333333333333"), (1e300, "1·10³⁰⁰"),
    ],
)  # fmt: skip
def test_a_bound_and_a_count_have_all_their_digits(value: float, text: str) -> None:
    assert format_exactly(value) == text


@given(st.floats(-1e300, 1e300))
def test_more_digits_can_be_written(value: float) -> None:
    read = float(format_number(value, 12).replace("·10", "e").replace(",", "").translate(_BACK))
    assert read == pytest.approx(value, rel=5.01e-12, abs=0)


@pytest.mark.parametrize(
    ("formula", "names", "text"),
    [
        ("a * b", {"a": "2", "b": "−3"}, "2 · (−3)"),
        ("a ** 2 * b", {}, "a² · b"),
        ("-a", {"a": "−3"}, "−(−3)"),
        ("a ** n", {"a": "−3", "n": 2.0}, "(−3)²"),
        ("a ** n", {"a": "2·10⁻⁷", "n": 2.0}, "(2·10⁻⁷)²"),
        ("1 / a", {"a": "2·10⁻⁷"}, "1 / (2·10⁻⁷)"),
        ("1 / a", {"a": 2e-7}, "1 / (2·10⁻⁷)"),
        ("n * a ** (n - 1)", {"n": 3.0}, "3 · a²"),
        ("n * a ** (n - 1)", {"n": 2.0}, "2 · a"),
        ("n * a ** (n - 1)", {"n": -1.0}, "−1 · a⁻²"),
        ("n * a ** (n - 1)", {"n": 0.5}, "0.5 · a^(−0.5)"),
        ("a - (b - a)", {}, "a − (b − a)"),
        ("a - b - a", {}, "a − b − a"),
        ("a / (a * b)", {}, "a / (a · b)"),
        ("(a + b) * a", {}, "(a + b) · a"),
        ("-(a + b)", {}, "−(a + b)"),
        ("max(a, -b)", {}, "max(a, −b)"),
        ("a * b", {"a": nan, "b": -inf}, "NaN · (−∞)"),
    ],
)
def test_a_formula_keeps_its_meaning_and_loses_its_noise(
    formula: str, names: dict[str, str | float], text: str
) -> None:
    assert format_formula(formula, names) == text


NUMBERS = st.one_of(
    st.floats(0.001, 1e9), st.floats(-1e9, -0.001), st.integers(-9, 9).map(float), st.just(3e-9)
)


@given(a=NUMBERS.filter(lambda a: a != 0.5), b=NUMBERS.filter(bool))
def test_a_formula_with_numbers_can_be_computed_by_hand(a: float, b: float) -> None:
    for formula in ("a - b", "a * b", "a / b", "-a", "a ** 2", "a * (a + b) - b / (a - 0.5)"):
        letters = {"a": format_number(a, 17), "b": format_number(b, 17)}
        written = eval(read_back(format_formula(formula, letters)))
        # The letters replaced by bracketed numbers: what the formula means.
        meant = re.sub("[ab]", lambda match: f"({ {'a': a, 'b': b}[match[0]]!r})", formula)
        assert written == pytest.approx(eval(meant), rel=1e-12, abs=1e-12 * (abs(a) + abs(b)) ** 2)


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_operation_of_the_table_can_be_written(op: Operation) -> None:
    for text in (op.text, *chain.from_iterable(map(cases, op.local_derivative_texts))):
        expected = _Rounding().visit(ast.parse(text))
        assert ast.dump(ast.parse(read_back(format_formula(text)))) == ast.dump(expected)


class _Rounding(ast.NodeTransformer):
    """Rounds constants to the four digits that people see."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        assert isinstance(node.value, int | float)
        return ast.Constant(type(node.value)(f"{node.value:.4g}"))


@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
def test_a_long_row_of_terms_can_be_written(sign: str) -> None:
    written = format_formula(sign.join(["a", "(b - a)"] * 1000))
    assert written.count("b − a") == 1000


def test_a_formula_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot write"):
        format_formula("[a]")
