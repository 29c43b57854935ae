"""A person's own data: read whatever they are written like, or refused row by row."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training.csv_table import MAX_CLASSES, TableError, parse_csv, write_csv

ROWS = "1,2,a\n-3,0.5,b\n4,4,a\n0,1e-3,b\n"


def test_a_table_is_read_with_a_header_and_without() -> None:
    for text in (ROWS, "width,height,kind\n" + ROWS, "\ufeff" + ROWS, ROWS.replace("\n", "\r\n")):
        table = parse_csv(text)
        assert table.inputs.tolist() == [[1, 2], [-3, 0.5], [4, 4], [0, 0.001]]
        assert (table.targets.tolist(), table.classes) == ([0, 1, 0, 1], ("a", "b"))
    assert parse_csv("width,height,kind\n" + ROWS).header == ("width", "height", "kind")


@pytest.mark.parametrize("separator", [",", ";", "\t", ", "])
def test_separators_are_found_out_and_blank_rows_passed_over(separator: str) -> None:
    text = ROWS.replace(",", separator).replace("\n", "\n\n  \n")
    assert parse_csv(text).inputs.tolist() == parse_csv(ROWS).inputs.tolist()


def test_a_decimal_comma_is_read_where_cells_are_separated_otherwise() -> None:
    assert parse_csv("1,5;2;a\n2;-0,25;b\n1;1;a\n2;2;b\n").inputs[:2].tolist() == [
        [1.5, 2],
        [2, -0.25],
    ]


def test_labels_are_classes_and_other_numbers_are_numbers() -> None:
    assert parse_csv("1,2,0\n1,3,1\n2,2,0\n3,3,1\n").classes == ("0", "1")
    assert parse_csv("1,2,-1\n1,3,1\n2,2,-1.0\n3,3,1\n").classes == ("-1", "1")
    numbers = parse_csv("1,2,0.5\n1,3,1\n2,2,0\n3,3,-7e3\n")
    assert (numbers.classes, numbers.targets.tolist()) == ((), [0.5, 1, 0, -7000])
    assert parse_csv("".join(f"{i},{i},{i}\n" for i in range(9))).classes == ()


def test_every_bad_row_is_named() -> None:
    text = "x,y,kind\n1,2,a\n1,two,a\n\n3,4\n5,,b\n6,7,\n8,9,b,c\nnan,1,a\n1,2e9,b\n"
    with pytest.raises(TableError) as caught:
        parse_csv(text)
    assert [row for row, _ in caught.value.problems] == [3, 5, 6, 7, 8, 9, 10]
    assert "Row 3: 'two' is not a number." in str(caught.value)
    assert "Row 5: 2 cells" in str(caught.value)


def test_a_table_may_say_which_rows_are_for_testing() -> None:
    rows = "1,2,a,train\n2,3,b,Test\n3,4,a,\n4,5,b,train\n5,6,a\n"
    for text in (rows, "x,y,kind,part\n" + rows):
        table = parse_csv(text)
        assert table.is_test is not None
        assert table.is_test.tolist() == [False, True, False, False, False]
        assert table.test_share == 0.2
    assert parse_csv(ROWS).is_test is None
    with pytest.raises(TableError, match="Leave at least two rows for training"):
        parse_csv("1,2,a,test\n2,3,b,test\n3,4,a,test\n4,5,b,train\n")


def test_no_cell_is_a_formula_for_a_spreadsheet() -> None:
    classes = ("=1+1", "@sum", "-x", "'=2", "+", "plain")
    points, targets = np.zeros((6, 2)), np.arange(6.0)
    text = write_csv(points, targets, classes, ("=a", "b", "c"))
    cells = [cell for line in text.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell[0] in "=+-@"]
    assert [line.split(",")[2] for line in text.splitlines()[1:3]] == ["'=1+1", "'@sum"]
    table = parse_csv(write_csv(points[:5], targets[:5], classes[:5], ("=a", "b", "c")))
    assert [table.classes[int(index)] for index in table.targets] == list(classes[:5])
    assert table.header == ("=a", "b", "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There are no rows"),
        ("x1,x2,label\n", "There are 0 rows"),
        ("1,2,a\n2,3,b\n", "There are 2 rows. Write at least 4."),
        ("1,2,a\n", "There is 1 row. Write at least 4."),
        ("1 2 a\n" * 4, "Row 1: 1 cell instead of 3"),
        ("1,2,a\n" * 6000, "6,000 rows. The limit is 5,000."),
        ("1,2,a\n" * 5, "All rows have the label 'a'"),
        ("".join(f"1,2,k{i}\n" for i in range(7)), "7 different labels"),
        (
            "".join(f"1,2,k{i}\n" for i in range(7)) + "1,2,7\n" * 3,
            r"8 different labels \(numbers in 3 rows, text in the others\)",
        ),
        ("1,two,a\n" * 40, "And 20 more rows"),
        ("1,two,a\n" * 21, r"And 1 more row\."),
        ("1,2,1e10\n" * 4 + "1,2,3.5\n", "Row 1: a number is beyond"),
    ],
)
def test_what_is_wrong_with_the_whole_is_said(text: str, message: str) -> None:
    with pytest.raises(TableError, match=message):
        parse_csv(text)


NAME = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
NUMBER = st.floats(-1e9, 1e9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(NUMBER, NUMBER, st.integers(0, 4)), min_size=5, max_size=30),
    st.sets(NAME.filter(lambda name: not name.replace(".", "").replace("-", "").isdecimal()),
            min_size=2, max_size=MAX_CLASSES),
)  # fmt: skip
def test_what_is_written_is_read_again(
    rows: list[tuple[float, float, int]], names: set[str]
) -> None:
    try:
        numeric = all(np.isfinite(float(name)) for name in names)
    except ValueError:
        numeric = False
    if numeric:
        return
    classes = sorted(names)
    kinds = np.array([i % len(classes) for i in range(len(rows))], dtype=float)
    points = np.array([row[:2] for row in rows])
    is_test = np.arange(len(rows)) % 3 == 2
    table = parse_csv(write_csv(points, kinds, classes, is_test=is_test))
    assert table.is_test is not None
    assert (table.is_test == is_test).all()
    assert table.inputs.tobytes() == (points + 0.0).tobytes() or (table.inputs == points).all()
    assert [table.classes[int(k)] for k in table.targets] == [classes[int(k)] for k in kinds]


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("01.,;\t\n\"'ab-e", max_size=200))
def test_any_text_is_a_table_or_refused_in_words(text: str) -> None:
    try:
        table = parse_csv(text)
    except TableError:
        return
    assert np.isfinite(table.inputs).all()
    assert len(table.inputs) == len(table.targets) >= 4


def test_the_time_to_read_a_table_grows_with_its_rows() -> None:
    few, many = (
        "".join(f"{i / 7},{-i / 3},{'ab'[i % 2]}\n" for i in range(rows)) for rows in (500, 5000)
    )
    assert _seconds(many) < 25 * _seconds(few)  # 10 if it is linear, 100 if it is quadratic


def _seconds(text: str) -> float:
    """The processor time of this process for reading a table, the best of five."""

    def once() -> float:
        start = time.process_time()
        parse_csv(text)
        return time.process_time() - start

    return min(once() for _ in range(5))
