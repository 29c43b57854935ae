"""The language of expressions: what it computes, and its errors for everything else."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine import Expression, ExpressionError, parse
from engine.ops import TABLE, Operation
from engine.script.parser import FUNCTIONS, MAX_CHARACTERS, MAX_DEPTH, MAX_NODES

# --- what it computes ----------------------------------------------------------------------------


def test_named_statements_become_labelled_values_and_the_last_is_the_output() -> None:
    expression = parse("a = 2  # a leaf\nb = -3; c = 10\n\ne = a*b\nd = e + c\nf = -2\nL = d * f")
    expression.output.backward()
    assert expression.output.data == -8
    assert {name: value.grad for name, value in expression.names.items()} == {
        "a": 6, "b": -4, "c": -2, "e": -2, "d": -2, "f": 4, "L": 1,
    }  # fmt: skip
    assert all(value.label == name for name, value in expression.names.items())
    assert expression.names["L"] is expression.output
    assert expression.unused == ()
    assert len(expression.nodes()) == 7


def test_the_lectures_neuron_can_be_typed() -> None:
    expression = parse(
        "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\no = tanh(x1*w1 + x2*w2 + b)"
    )
    expression.output.backward()
    assert expression.output.data == pytest.approx(0.7071067811865476, abs=1e-15)
    slopes = [expression.names[name].grad for name in ("x1", "w1", "x2", "w2", "b")]
    assert slopes == pytest.approx([-1.5, 1, 0.5, 0, 0.5], abs=1e-14)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2 - 3 - 4", -5), ("8 / 4 / 2", 1),
        ("-2 ** 2", -4), ("(-2) ** 2", 4), ("2 ** 3 ** 2", 512), ("2 ** -1", 0.5),
        ("2 ** (1/2 + 1.5)", 4), ("- -2", 2), ("+2", 2), ("-(2 + 1)", -3), ("1e-3", 0.001),
        ("1_000", 1000), ("0x10", 16), (".5", 0.5), ("max(2, min(3, 4))", 3),
        ("sqrt(2) ** 2", 2), ("log(exp(2))", 2), ("abs(-3)", 3), ("(x**2)**3", None),
        ("sin(1)**2 + cos(1)**2", 1), ("sigmoid(0)", 0.5), ("softplus(0)", math.log(2)),
        ("relu(-1) + leaky_relu(-1)", -0.01), ("tanh(0.5)", math.tanh(0.5)),
    ],
)  # fmt: skip
def test_arithmetic_means_what_it_means_everywhere(text: str, data: float | None) -> None:
    if data is None:
        text, data = f"x = 1.5\n{text}", 1.5**6
    assert parse(text).output.data == pytest.approx(data, rel=1e-14)


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_operation_of_the_table_can_be_typed_as_it_is_written(op: Operation) -> None:
    text = op.text.replace("n", "3") if op.name == "pow" else op.text
    assert parse(f"a = 0.5\nb = 0.25\n{text}").output.op is op


def test_a_second_name_for_a_value_is_the_same_value() -> None:
    expression = parse("a = 2\nb = a\nc = a * b")
    expression.output.backward()
    assert expression.names["a"] is expression.names["b"]
    assert (expression.names["a"].label, expression.names["a"].grad) == ("a", 4)


def test_names_that_the_output_does_not_use_are_listed() -> None:
    expression = parse("a = 2\nb = 3\nc = b + 1\na * a")
    assert expression.unused == ("b", "c")
    assert expression.output.data == 4


def test_windows_line_ends_comments_and_foreign_letters_are_fine() -> None:
    assert parse("α = 2  # × is fine here\r\nβ = 3\r\n\r\nα * β").output.data == 6


def test_a_power_keeps_its_exponent_as_a_number_not_as_a_node() -> None:
    expression = parse("x = 3\nx ** (4 - 2)")
    assert expression.output.attributes == (2.0,)
    assert len(expression.nodes()) == 2


# --- what it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "met", "works"),
    [
        ("", 1, 1, "the expression is empty", "Try: "),
        ("# a comment", 1, 1, "the expression is empty", "Try: "),
        ("a = 1\nb = tanhh(a)", 2, 5, "no function tanhh", "Did you mean tanh?"),
        ("Sin(3)", 1, 1, "no function Sin", "Did you mean sin?"),
        ("alpha = 1\nalpa * 2", 2, 1, "alpa has no value", "Did you mean alpha?"),
        ("2 * qqq", 1, 5, "qqq has no value", "qqq = 1"),
        ("print(2)", 1, 1, "no function print", "The functions are exp, log, "),
        ("__import__('os')", 1, 1, "no function __import__", "The functions are"),
        ("eval('2')", 1, 1, "no function eval", ""),
        ("import os", 1, 1, "an import", "you need no import"),
        ("from math import tanh", 1, 1, "an import", "you need no import"),
        ("math.tanh(2)", 1, 1, "a dot", "tanh(x)"),
        ("a = 2; a.tanh()", 1, 8, "a dot", "tanh(x)"),
        ("(2).__class__", 1, 1, "a dot", "Functions stand alone"),
        ("lambda: 2", 1, 1, "a function definition", "one name per line"),
        ("def f(): return 2", 1, 1, "a function definition", "one name per line"),
        ("for i in 3: i", 1, 1, "a loop", "one name per line"),
        ("while 1: 2", 1, 1, "a loop", "one name per line"),
        ("if 1: 2", 1, 1, "a condition", "max and min"),
        ("a = 1 if 2 else 3", 1, 5, "a condition", "max and min"),
        ("1 < 2", 1, 1, "a comparison", "max and min"),
        ("1 and 2", 1, 1, "a logical operation", "max and min"),
        ("not 1", 1, 1, "not", "-x"),
        ("~1", 1, 1, "~", "-x"),
        ("a = 2 ^ 3", 1, 5, "^", "A power is **."),
        ("a = 2 % 3", 1, 5, "%", "The operations are +, -, *, / and **."),
        ("a = 2 // 3", 1, 5, "//", "Division is /."),
        ("a = 2 @ 3", 1, 5, "@", "Multiplication is *."),
        ("a = 2 | 3", 1, 5, "|", "abs(x)"),
        ("a = 2 & 3", 1, 5, "&", "The operations are"),
        ("a = 2 << 3", 1, 5, "<<", "The operations are"),
        ("a = 2 >> 3", 1, 5, ">>", "The operations are"),
        ("a += 1", 1, 1, "changes a name", "another name for the new value"),
        ("a: float = 1", 1, 1, "a type annotation", "name = expression"),
        ("(a := 1)", 1, 2, "an assignment inside", "on its own line"),
        ("a = [1, 2]", 1, 5, "a list", "x1, x2"),
        ("a = {1}", 1, 5, "curly brackets", "round brackets"),
        ("a = {1: 2}", 1, 5, "curly brackets", "round brackets"),
        ("a = (1, 2)", 1, 5, "a comma", "semicolon"),
        ("a = 1\na[0]", 2, 1, "square brackets", "x1, x2"),
        ("*a", 1, 1, "a star", "out"),
        ("'text'", 1, 1, "text in quotes", "Numbers look like"),
        ("b'text'", 1, 1, "text in quotes", "Numbers look like"),
        ("f'{1}'", 1, 1, "text in quotes", "numbers and names"),
        ("1j", 1, 1, "an imaginary number", "Numbers look like"),
        ("True", 1, 1, "True", "Numbers look like"),
        ("None", 1, 1, "None", "Numbers look like"),
        ("...", 1, 1, "Ellipsis", "Numbers look like"),
        ("1e999", 1, 1, "too large", "1.79e308"),
        ("-1e999", 1, 1, "too large", "1.79e308"),
        ("9" * 3000, 1, 1, "too large", "1.79e308"),
        ("a = 1\na = 2", 2, 1, "already has a value, from line 1", "Use another name"),
        ("a = b = 2", 1, 5, "only one name per statement", "name = expression"),
        ("a, b = 1, 2", 1, 1, "only one name per statement", "name = expression"),
        ("tanh = 3", 1, 1, "tanh is a function", "another name"),
        ("tanh", 1, 1, "tanh is a function", "tanh(a)"),
        ("tanh(1, 2)", 1, 1, "takes one number", "tanh(a)"),
        ("max(1)", 1, 1, "takes 2 or more numbers", "max(a, b)"),
        ("max(1, b=2)", 1, 1, "takes 2 or more numbers", "max(a, b)"),
        ("max(*[1, 2])", 1, 1, "takes 2 or more numbers", "max(a, b)"),
        ("a = 2\na(3)", 2, 1, "a is a number", "a * (…)"),
        ("2(3)", 1, 1, "cannot be called", "write *"),
        ("a = 2\nb = 3\na ** b", 3, 6, "exponent must be a number", "exp(b * log(a))"),
        ("return 2", 1, 1, "return", "name = expression"),
        ("pass", 1, 1, "pass", "name = expression"),
        ("del a", 1, 1, "delete", "name = expression"),
        ("yield", 1, 1, "yield", "name = expression"),
        ("class A: pass", 1, 1, "class", "name = expression"),
        ("a = ", 1, 5, "something is missing", "name = expression"),
        ("a = 2 b = 3", 1, 7, "'b' is not expected", "a line break"),
        ("2 3", 1, 3, "'3' is not expected", "Write +, -, *"),
        ("2 +* 3", 1, 4, "'*' is not expected", "Write +, -, *"),
        ("$", 1, 1, "'$' is not expected", ""),
        ("2a", 1, 1, "invalid decimal literal", "write *"),
        ("a = 0777", 1, 5, "leading zeros", "Numbers look like"),
        ("a = 'x", 1, 5, "unterminated string literal.", "numbers and names"),
        ("(2", 1, 1, "was never closed", "Close it with )."),
        ("2)", 1, 2, "unmatched", "open it with ("),
        ("a = 1\n b = 2", 2, 1, "unexpected indent", "the start of its line"),
        ("a + 1 = 3", 1, 1, "cannot assign", "one name"),
        ("2 = a", 1, 1, "cannot assign", "one name"),
        ("2 × 3", 1, 3, "'×'", "Write * instead."),
        ("a = 1\nb = a − 1", 2, 7, "'−'", "Write - instead."),
        ("3²", 1, 2, "'²'", "Write **2 instead."),
        ("√2", 1, 1, "invalid character '√' (U+221A).", "Remove it."),
        ("a = 1\nb = \0", 2, 5, "U+0000", "Remove it."),
        ("a = 1\nb = '\ud800'", 2, 6, "U+D800", "Remove it."),
        ("é = 2; é * q", 1, 12, "q has no value", "q = 1"),
        ("log(0)", 1, 1, "log(0) is −∞", "above 0"),
        ("a = 0\nb = 2 + 1/a", 2, 9, "1 / a at a = 0", "must not be 0"),
        ("(-8) ** (1/3)", 1, 1, "(−8)^0.3333 is not a number", "only whole powers"),
        ("2 ** (1/0)", 1, 7, "1 / 0 is ∞", "must not be 0"),
        ("-" * 3900 + "1", 1, 1, "too deep", "Give a part of it a name"),
        ("2 ** exp(1000)", 1, 6, "too large", "1.79e308"),
        ("(" * 3000, 1, 201, "nested", "Give a part of it a name"),
    ],
)  # fmt: skip
def test_an_error_says_what_is_wrong_where_and_what_would_work(
    text: str, line: int, column: int, met: str, works: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert met in error.message
    assert works in f"{error.message} {error.hint}"
    assert error.hint or any(op.domain and op.domain in error.message for op in TABLE)
    assert str(error).startswith(f"Line {line}, column {column}: {error.message}")
    assert str(error).endswith(error.hint)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_misspelt_function_gets_a_suggestion(name: str) -> None:
    for slip in (name.upper(), name.capitalize(), name + name[-1], name[0] + name):
        with pytest.raises(ExpressionError) as caught:
            parse(f"{slip}(1)")
        assert caught.value.hint == f"Did you mean {name}?"


def test_nothing_typed_is_ever_evaluated_as_python(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("print('x')", "().__class__", "[print('x')]", "f'{print(1)}'", "2 ** print(1)"):
        with pytest.raises(ExpressionError):
            parse(text)
    assert capsys.readouterr().out == ""


# --- limits --------------------------------------------------------------------------------------


def test_the_limit_is_4_000_characters() -> None:
    text = "a = 1 #".ljust(MAX_CHARACTERS, "x")
    assert MAX_CHARACTERS == 4000
    assert parse(text).output.data == 1
    with pytest.raises(ExpressionError, match=r"4,001 characters. The limit is 4,000"):
        parse(text + "x")


def chain(nodes: int) -> str:
    """A text whose graph has this many nodes: a leaf, and lines of up to 90 additions."""
    lines, node_count, last = ["a=1"], 1, "a"
    while node_count < nodes:
        sums = min(90, nodes - node_count)
        name = f"b{node_count}"
        lines.append(f"{name}={last}" + "+a" * sums)
        node_count, last = node_count + sums, name
    return "\n".join(lines)


def test_the_limit_is_1_000_nodes() -> None:
    assert MAX_NODES == 1000
    expression = parse(chain(MAX_NODES))
    assert len(expression.nodes()) == MAX_NODES
    assert expression.output.data == MAX_NODES
    with pytest.raises(ExpressionError, match=r"more than 1,000 nodes"):
        parse(chain(MAX_NODES + 1))


@pytest.mark.parametrize(
    "nest",
    [
        lambda deep: "(a+" * (deep - 1) + "a" + ")" * (deep - 1),
        lambda deep: "abs(" * (deep - 1) + "a" + ")" * (deep - 1),
        lambda deep: "-" * (deep - 1) + "a",
        lambda deep: "+" * (deep - 1) + "a",
        lambda deep: "a**" + "(1+" * (deep - 2) + "1" + ")" * (deep - 2),
    ],
)
def test_the_limit_is_100_nested_levels(nest: Callable[[int], str]) -> None:
    assert MAX_DEPTH == 100
    parse(f"a = 1\n{nest(MAX_DEPTH)}")
    with pytest.raises(ExpressionError, match="nested more than 100 levels deep") as caught:
        parse(f"a = 1\n{nest(MAX_DEPTH + 1)}")
    assert caught.value.line == 2


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", " + 2*"])
def test_terms_in_a_row_do_not_nest(sign: str) -> None:
    expression = parse("a = 1\ny = " + sign.join("a" * 320))
    expression.output.backward()
    assert len(expression.nodes()) >= 320
    assert expression.names["a"].grad == {"+": 320, "-": -318, "*": 320, "/": -318}.get(sign, 639)


def test_an_exponent_costs_no_nodes() -> None:
    lines = [f"b{i} = a ** (" + "+".join("1" * 45) + ")" for i in range(12)]
    assert parse("\n".join(["a = 1", *lines])).output.attributes == (45.0,)


def test_a_long_sum_can_continue_on_another_line() -> None:
    assert parse(chain(300)).output.data == 300


# --- whatever is typed ---------------------------------------------------------------------------

CHARACTERS = st.characters() | st.sampled_from("()[]{}*/+-=.,;:#'\"\\\n\t\r\f\0 0123456789eEjxab_")
PIECES = st.sampled_from(
    [*FUNCTIONS, *"abcxyz0123456789()+-*/=,.;:#^%@!~&|<>?$'\"\\[]{}", "**", "//", "==", ":=", "\n",
     " ", "\n ", "a = ", "1e308", "1e-308", "1j", "lambda", "if", "else", "for", "in", "not", "and",
     "import", "def ", "class ", "return", "yield", "await ", "async ", "with ", "del ", "match ",
     "True", "None", "...", "f'{", "\"\"\"", "²", "−", "é", "\ufeff", "\u2028", "\x0c", "\\\n",
     "tanh(", "max(a,", "a**", "a = 1\n", "-(", "x.y", "a[0]", "0777", "0x", "1__0", "# coding: x"]
)  # fmt: skip


def outcome(text: str) -> Expression | ExpressionError:
    """The result or error of parsing; any other exception fails the test."""
    try:
        return parse(text)
    except ExpressionError as error:
        return error


def holds(text: str) -> None:
    """Check for an Expression within its limits, or an error with a position in the text."""
    result = outcome(text)
    if isinstance(result, Expression):
        assert len(result.nodes()) <= MAX_NODES
    else:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= result.line <= len(lines)
        assert 1 <= result.column <= len(lines[result.line - 1]) + 1
        assert result.message


WILD = settings(max_examples=400)


@WILD
@given(st.text(CHARACTERS, max_size=60))
@example("\ud800")
@example("\x00")
@example("a\\")
@example("'\\N{")
@example("a = 1\n\tb = 2\n        c")
@example("f'{a!x}'")
@example("# -*- coding: nonsense -*-\na")
def test_no_text_breaks_the_parser(text: str) -> None:
    holds(text)


@WILD
@given(st.lists(PIECES, max_size=30).map("".join))
@example("if a:\n  b\n c")
@example("a = (1 +\n")
def test_no_mixture_of_tokens_breaks_the_parser(text: str) -> None:
    holds(text)


PROGRAM = (
    "x1 = 2.0\nw1 = -3\nb = 6.88\nn = x1*w1 + b  # the sum\no = tanh(n)\nL = (o - 1)**2 / max(b, 2)"
)


@WILD
@given(st.lists(st.tuples(st.integers(0, len(PROGRAM)), st.integers(0, 3), PIECES), max_size=3))
def test_no_typing_error_in_a_good_program_breaks_the_parser(
    slips: list[tuple[int, int, str]],
) -> None:
    text = PROGRAM
    for at, removed, put in slips:
        text = text[:at] + put + text[at + removed :]
    holds(text)


TREES = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5", "-3"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("{}({})".format, st.sampled_from(["tanh", "sin", "abs", "relu"]), inner),
        st.builds("-{}".format, inner),
        st.builds("({})**2".format, inner),
    ),
    max_leaves=20,
)
PLAIN = {"tanh": math.tanh, "sin": math.sin, "abs": abs, "relu": lambda x: max(x, 0.0)}


@WILD
@given(TREES)
def test_a_good_program_computes_what_python_computes(text: str) -> None:
    result = outcome(f"a = 0.7\nb = -1.3\n{text}")
    if isinstance(result, Expression):
        try:
            expected = eval(text, {"__builtins__": {}}, PLAIN | {"a": 0.7, "b": -1.3})
        except (OverflowError, ValueError):  # Python's own functions do not take infinity
            assert not all(math.isfinite(node.data) for node in result.nodes())
        else:
            assert result.output.data == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)
    else:
        assert "deep" in result.message
