"""A person's own samples as CSV: two numbers and a label, or three numbers, per row.

The separator and the header are detected. Every row that cannot be read is named with its problem.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

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


@dataclass(frozen=True, eq=False)
class Table:
    """Inputs (samples, 2), targets (samples,), the names of the classes and of the columns.

    Without classes, the targets are numbers.
    """

    inputs: Floats
    targets: Floats
    classes: tuple[str, ...]
    header: tuple[str, str, str] = HEADER


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
    if len(first) == 3 and all(_number(cell, comma) is None for cell in first[:2]):
        header = (first[0].strip(), first[1].strip(), first[2].strip())
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
            labels.append(cells[2].strip())
    if problems:
        raise TableError(problems)
    if len(points) < MIN_ROWS:
        raise TableError([(0, messages.too_few_rows(len(points), MIN_ROWS))])
    return Table(np.array(points), *_targets(labels, comma, rows), header)


def _problem(cells: Sequence[str], numbers: Sequence[float | None]) -> str:
    """Return what is wrong with a row, in words; empty if nothing is."""
    if len(cells) != 3:
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


def write_csv(
    inputs: Floats, targets: Floats, classes: Sequence[str], header: Sequence[str] = ()
) -> str:
    """Return the CSV, with a header, that `parse_csv` gives back to the last digit if there are two
    inputs, (samples, inputs).
    """
    names = header or [*(f"x{i + 1}" for i in range(inputs.shape[1])), HEADER[-1]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row, target in zip(inputs.tolist(), targets.tolist(), strict=True):
        writer.writerow([*map(repr, row), classes[int(target)] if classes else repr(target)])
    return out.getvalue()


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
