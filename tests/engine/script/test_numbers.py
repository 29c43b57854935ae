"""The reader of numbers: it takes what a person means, and refuses what could mean two things."""

from __future__ import annotations

import time
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.notation import format_exactly, format_number, number_literal
from engine.script.numbers import (
    NumberError,
    read_answer,
    read_number,
    read_numbers,
    read_numeral,
    read_whole,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0,7071", 0.7071), ("−3", -3), ("–3", -3), ("+3", 3), ("−1,5", -1.5), ("-.5", -0.5),
        (",5", 0.5), ("007", 7), ("14.", 14), (" 6 ", 6), ("1_000", 1000),
        ("2/3", 2 / 3), ("6/2", 3), ("½", 0.5), ("1 1/2", 1.5), ("50 %", 0.5), ("√2/2", 0.5**0.5),
        ("1e-3", 1e-3), ("1E−3", 1e-3), ("1·10^-3", 1e-3), ("1×10⁻³", 1e-3), ("10⁻³", 1e-3),
        ("1x10^-3", 1e-3), ("1.235·10⁶", 1_235_000), ("2.14748e+09", 2_147_480_000),
        ("2,147,483,647", 2_147_483_647), ("1,234.5", 1234.5), ("1.234,5", 1234.5),
        ("1.234.567", 1_234_567), ("1 235 000", 1_235_000), ("1\N{NARROW NO-BREAK SPACE}234", 1234),
        ("-3 * -2", 6), ("(3+1)*4+(4+1)*5+(5+1)*1", 47), ("1 - 0.7071^2", 0.5), ("2 ⋅ (−3)", -6),
        ("3 times -2", -6), ("tanh(0.8814)", 0.7071), ("(3,5 + 1) · 2", 9),
        ("a.grad = 6", 6), ("w2.grad = 0", 0), ("L=−8", -8), ("x2 = 5", 5), ("f'(3) = 14", 14),
        ("dL/da = 6", 6), ("∂L/∂a = 6", 6), ("Δy/h = 0,7071", 0.7071), ("L: -8", -8),
        ("the answer is -3", -3), ("It is 14.", 14), ("about 14", 14), ("≈ 14", 14),
        ("minus 3", -3), ("zero", 0), ("minus three", -3), ("not 5 but 6", 6), ("so 2", 2),
        ("2nd", 2),
        ("5 steps", 5), ("0.5 s", 0.5), ("14 times as fast", 14), ("1e-3 per step", 1e-3),
        ("14 at x=3", 14), ("at x = 3 it is 14", 14), ("14 (x = 3)", 14), ("14, since 6·3 − 4", 14),
        ("0, because x2 is 0", 0), ("0 – because x2 = 0", 0), ("-4 (as a is -2)", -4),
        ("0, since x2 = 0 and the local derivative is x2 · 0.5", 0),
        ("-3, because b = -3, so it falls by 3", -3), ("each path brings 1, so 2", 2),
        ("2 paths, so 2", 2), ("1 + 1 so 2", 2), ("1 + 1 = 2", 2), ("1/3 = 0.33", 1 / 3),
        ("a.grad = -2 * b = -2 * -3 = 6", 6), ("6 · 3 − 4 = 14", 14), ("1 − o² = 0.5", 0.5),
        ("L is now −8.07 instead of −8", -8.07), ("from -8 to -8.07", -8.07), ("fourteen", 14),
        ("x=3 → 14", 14), ("6x − 4 with x = 3 is 14", 14), ("maybe 1.5 or so", 1.5),
        ("14.003 ≈ 14", 14.003), ("∞", inf), ("-inf", -inf), ("infinity", inf),
    ],
)  # fmt: skip
def test_a_number_is_read_as_a_person_means_it(text: str, value: float) -> None:
    assert read_number(text) == pytest.approx(value, rel=1e-3, abs=1e-12)


def test_not_a_number_is_a_number_that_one_can_write() -> None:
    assert isnan(read_number("NaN"))
    assert isnan(read_number("a.grad = nan"))
    assert isnan(read_number(format_number(nan)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write a number"), ("abc", "Write a number"), ("x2", "Write a number"),
        ("6x - 4", "Write a number"), ("=", "Write a number"), ("not 14", "Write a number"),
        ("1/0", "Write a number"), ("b", "Write a number"), ("x2.grad", "Write a number"),
        ("6 or 8", "Write one number. Here are 6 and 8."), ("6 5", "Here are 6 and 5"),
        ("-3, 2, 1", "Here are −3, 2 and 1"), ("1,2,3", "Here are 1, 2 and 3"),
        ("between 13 and 15", "Here are 13 and 15"),
        ("1 from each path, 2 in total", "Here are 1 and 2"), ("2 * 3 = 5", "Here are 6 and 5"),
        ("12,340", "The comma can mean two things. Write 12.34 or 12340."),
    ],
)  # fmt: skip
def test_no_number_and_two_numbers_are_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(NumberError, match=message):
        read_number(text)


def test_a_comma_of_two_meanings_is_taken_where_one_of_them_is_right() -> None:
    assert read_answer("14,003", lambda value: abs(value - 14) < 0.01) == 14.003
    assert read_answer("12,340", lambda value: value == 12_340) == 12_340
    assert read_answer("12,340", lambda value: value == 7) == 12.34
    with pytest.raises(NumberError, match="Here are 13 and 14"):
        read_answer("13 or 14", lambda value: value == 14)


def test_a_whole_number_has_groups_and_no_decimals() -> None:
    assert read_whole("10,000") == 10_000
    assert read_whole("5.0") == 5
    assert read_whole("1e3 steps") == 1000
    for text in ("2.5", "2,5", "inf", "nan", "many", ""):
        with pytest.raises(NumberError, match="Write a whole number"):
            read_whole(text)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("-3, 2, 1", [-3, 2, 1]), ("−3,2,1", [-3, 2, 1]), ("-3 2 1", [-3, 2, 1]),
        ("-3; 2; 1", [-3, 2, 1]), ("-3, 2 and 1", [-3, 2, 1]), ("-3 and 2 and 1", [-3, 2, 1]),
        ("0,5; 1,5", [0.5, 1.5]), ("0,5, 1,5", [0.5, 1.5]), ("1,5", [1, 5]),
        ("-3\n2\n1", [-3, 2, 1]),
        ("a: -3, b: 2 and c: 1", [-3, 2, 1]), ("a=-3 b=2 c=1", [-3, 2, 1]),
        ("a.grad = 2*-3, b.grad = 2", [-6, 2]), ("(-3, 2, 1)", [-3, 2, 1]),
        ("a: -3 b: 2 c: 1", [-3, 2, 1]), ("-3 (b), 2 (a), 1", [-3, 2, 1]),
        ("-3 2 1 (in this order)", [-3, 2, 1]), ("−3 | 2 | 1", [-3, 2, 1]),
    ],
)  # fmt: skip
def test_a_list_is_read_number_by_number(text: str, numbers: list[float]) -> None:
    assert read_numbers(text, len(numbers)) == numbers
    with pytest.raises(NumberError, match="Write 5 numbers, with commas between them"):
        read_numbers(text, 5)


def test_the_cell_of_a_table_is_a_numeral_and_nothing_else() -> None:
    assert read_numeral("−1,5", comma=True) == -1.5
    assert read_numeral("1,234", comma=True) == 1.234
    assert read_numeral("1.5e3", comma=False) == 1500
    for text in ("1,5", "192.168.100.100", "class 1", "1/2", "x2", "", "nan"):
        assert read_numeral(text, comma=False) is None


@given(st.floats(-1e300, 1e300))
def test_the_reader_reads_what_the_writer_writes(value: float) -> None:
    assert read_number(number_literal(value)) == value
    for text in (format_number(value), format_exactly(value)):
        read = read_answer(text, lambda number: abs(number - value) <= 1e-3 * abs(value))
        assert read == pytest.approx(value, rel=5.01e-4)


@given(st.text(max_size=300) | st.text("0123456789,.eE+-*/()= xa%∞²", max_size=300))
def test_any_text_is_a_number_or_refused_in_words(text: str) -> None:
    try:
        answer: float | str = read_number(text)
    except NumberError as error:
        answer = str(error)
    assert isinstance(answer, float) or answer.startswith(("Write ", "The comma "))


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 300, "9**9**9", "1+" * 140 + "1", "1," * 150, "as " * 100, "(a=" * 90, "-" * 300),
        *("9" * 200_000, "9" * 200_000 + "x", "1,111" * 40_000, "sqrt" * 75, "so " * 100),
    ],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    for read in (read_number, lambda text: read_numbers(text, 3), lambda t: read_numeral(t, True)):
        try:
            read(text)
        except NumberError:
            continue
    assert time.process_time() - start < 0.5
