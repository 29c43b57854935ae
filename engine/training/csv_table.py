"""A person's own samples as CSV: two numbers and a label, or three numbers, per row, and perhaps
whether the row is for training or for testing.

The separator and the header are detected. Every row that cannot be read is named with its problem.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from engine.hyperparameters import MAX_SAMPLES
from engine.random import Floats
from engine.script.numbers import read_numeral
from engine.training import messages

MIN_ROWS = 4
MAX_CLASSES = 5
MAX_MAGNITUDE = 1e9
"""Largest absolute value of a number."""
MAX_PROBLEMS = 20
"""Maximum number of bad rows that a message names; it counts the others."""
MAX_CELL = 30
"""Characters of a cell that a message quotes."""
SEPARATORS = ",;\t"
HEADER = ("x1", "x2", "target")
SPLIT_TITLE = "split"
TRAIN, TEST = "train", "test"
SPLIT = {"": False, TRAIN: False, "training": False, TEST: True, "testing": True}
"""What the fourth cell of a row may say, and whether the row is then for testing."""
MIN_TRAINING_ROWS = 2
MAX_TEST_SHARE = 0.8
"""Largest share of the samples for testing that settings can ask for."""
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""The start of a text that a spreadsheet takes for a formula."""


@dataclass(frozen=True, eq=False)
class Table:
    """Inputs (samples, 2), targets (samples,), the names of the classes and of the columns.

    Without classes, the targets are numbers. `is_test` (samples,) says which samples are for
    testing, where the table does.
    """

    inputs: Floats
    targets: Floats
    classes: tuple[str, ...]
    header: tuple[str, str, str] = HEADER
    is_test: npt.NDArray[np.bool_] | None = None

    @property
    def test_share(self) -> float | None:
        """The share of samples for testing, where the table says which they are; at most
        MAX_TEST_SHARE, which settings can say.
        """
        if self.is_test is None:
            return None
        return min(round(float(self.is_test.mean()), 4), MAX_TEST_SHARE)


class TableError(ValueError):
    """What is wrong with a table: `problems` are rows, from 1, with a sentence each.

    Row 0 stands for the whole table.
    """

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        lines = [
            messages.ROW.format(row=row, problem=problem) if row else problem
            for row, problem in problems[:MAX_PROBLEMS]
        ]
        if len(problems) > MAX_PROBLEMS:
            lines.append(messages.more_rows(len(problems) - MAX_PROBLEMS))
        super().__init__("\n".join(lines))
        self.problems = tuple(problems)


def parse_csv(text: str, max_rows: int = MAX_SAMPLES) -> Table:
    """Return the table of a CSV text. Raises TableError."""
    text = text.removeprefix("\ufeff").replace("\0", "")
    separator = _separator(text)
    rows = _rows(text, separator)
    if not rows:
        raise TableError([(0, messages.NO_ROWS)])
    comma = separator != ","
    header = HEADER
    first = rows[0][1]
    if len(first) in (3, 4) and all(_number(cell, comma) is None for cell in first[:2]):
        header = (_read_text(first[0]), _read_text(first[1]), _read_text(first[2]))
        rows = rows[1:]
    if len(rows) > max_rows:
        raise TableError([(0, messages.TOO_MANY_ROWS.format(rows=len(rows), limit=max_rows))])
    problems, points, labels = list[tuple[int, str]](), list[list[float]](), list[str]()
    for line, cells in rows:
        numbers = [_number(cell, comma) for cell in cells[:2]]
        problem = _problem(cells, numbers)
        if problem:
            problems.append((line, problem))
        else:
            points.append([number for number in numbers if number is not None])
            labels.append(_read_text(cells[2]))
    if problems:
        raise TableError(problems)
    if len(points) < MIN_ROWS:
        raise TableError([(0, messages.too_few_rows(len(points), MIN_ROWS))])
    targets, classes = _targets(labels, comma, rows)
    return Table(np.array(points), targets, classes, header, _split([cells for _, cells in rows]))


def _problem(cells: Sequence[str], numbers: Sequence[float | None]) -> str:
    """Return what is wrong with a row, in words; empty if nothing is."""
    has_split = len(cells) == 4 and cells[3].strip().lower() in SPLIT
    if len(cells) != 3 and not has_split:
        return messages.wrong_cells(len(cells))
    for cell, number in zip(cells, numbers, strict=False):
        if number is None:
            cell = cell.strip()
            return messages.NO_NUMBER.format(cell=cell[:MAX_CELL]) if cell else messages.EMPTY_CELL
    if not cells[2].strip():
        return messages.EMPTY_LABEL
    if max(abs(number) for number in numbers if number is not None) > MAX_MAGNITUDE:
        return messages.TOO_LARGE
    return ""


def _split(rows: Sequence[Sequence[str]]) -> npt.NDArray[np.bool_] | None:
    """Return which rows are for testing, (samples,); None if no row says so."""
    if all(len(cells) == 3 for cells in rows):
        return None
    is_test = np.array([len(cells) == 4 and SPLIT[cells[3].strip().lower()] for cells in rows])
    if (~is_test).sum() < MIN_TRAINING_ROWS:
        raise TableError([(0, messages.TOO_FEW_TRAINING_ROWS)])
    return is_test


def write_csv(
    inputs: Floats,
    targets: Floats,
    classes: Sequence[str],
    header: Sequence[str] = (),
    is_test: npt.NDArray[np.bool_] | None = None,
) -> str:
    """Return the CSV, with a header, that `parse_csv` gives back to the last digit if there are two
    inputs, (samples, inputs). With `is_test`, a column says which samples are for testing.
    """
    names = header or [*(f"x{i + 1}" for i in range(inputs.shape[1])), HEADER[-1]]
    labels = [write_text(classes[int(n)]) if classes else repr(n) for n in targets.tolist()]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*map(write_text, names), *([SPLIT_TITLE] if is_test is not None else [])])
    for i, (row, label) in enumerate(zip(inputs.tolist(), labels, strict=True)):
        part = [] if is_test is None else [TEST if is_test[i] else TRAIN]
        writer.writerow([*map(repr, row), label, *part])
    return out.getvalue()


def write_text(text: str) -> str:
    """Return a text as a cell that a spreadsheet never takes for a formula: `=1+1` as `'=1+1`.

    `parse_csv` takes the apostrophe away again. See OWASP, "CSV Injection".
    """
    is_formula = _FORMULA.match(text) and read_numeral(text, comma=False) is None
    return f"'{text}" if is_formula else text


def _read_text(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _separator(text: str) -> str:
    """Return the sign that separates most cells of the first rows; a comma before others."""
    sample = text[:4000]
    return max(SEPARATORS, key=lambda sign: sample.count(sign) * (1 if sign == "," else 2))


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not blank, with their line numbers."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise TableError([(reader.line_num, f"{error}.")]) from None


def _number(cell: str, comma: bool) -> float | None:
    """Return the number in a cell, None for anything else; `comma` says that it may be decimal."""
    value = read_numeral(cell, comma)
    return value if value is not None and isfinite(value) else None


def _targets(
    labels: Sequence[str], comma: bool, rows: Sequence[tuple[int, list[str]]]
) -> tuple[Floats, tuple[str, ...]]:
    """Return the targets (samples,) and the names of the classes.

    There are no classes if all labels are numbers, and some are not whole or more than MAX_CLASSES
    are different.
    """
    numbers = [number for label in labels if (number := _number(label, comma)) is not None]
    if len(numbers) == len(labels):
        for (line, _), number in zip(rows, numbers, strict=True):
            if abs(number) > MAX_MAGNITUDE:
                raise TableError([(line, messages.TOO_LARGE)])
        are_whole = all(number.is_integer() for number in numbers)
        if not are_whole or len(set(numbers)) > MAX_CLASSES:
            return np.array(numbers), ()
        labels = [str(int(number)) for number in numbers]
    classes = sorted(set(labels), key=lambda label: (len(label) if label.isdecimal() else 0, label))
    if len(classes) > MAX_CLASSES:
        raise TableError([(0, messages.too_many_labels(len(classes), len(numbers), MAX_CLASSES))])
    if len(classes) < 2:
        raise TableError([(0, messages.ONE_LABEL.format(label=classes[0][:MAX_CELL]))])
    indices = {label: float(index) for index, label in enumerate(classes)}
    return np.array([indices[label] for label in labels]), tuple(classes)
