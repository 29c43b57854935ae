"""A person's own samples as CSV: two numbers and a label, or three numbers, a row.

Whatever separates the cells is found out, and so is whether there is a header. Every row that
cannot be read is named.
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

MIN_ROWS = 4
MOST_CLASSES = 5
MOST_NUMBER = 1e9
MOST_TOLD = 20
"""So many bad rows are named; of the others the number is."""
SEPARATORS = ",;\t"
HEADER = ("x1", "x2", "target")


@dataclass(frozen=True, eq=False)
class Table:
    """Inputs (samples, 2), targets (samples,), the names of the classes (none where targets are
    numbers), and those of the columns.
    """

    inputs: Floats
    targets: Floats
    classes: tuple[str, ...]
    header: tuple[str, str, str] = HEADER


class TableError(ValueError):
    """What is wrong: `problems` are rows, counted from 1, each with a sentence; row 0 is all."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        told = [f"Row {row}: {said}" if row else said for row, said in problems[:MOST_TOLD]]
        if len(problems) > MOST_TOLD:
            told.append(f"And {len(problems) - MOST_TOLD} more rows.")
        super().__init__("\n".join(told))
        self.problems = tuple(problems)


def read(text: str, most: int = MAX_SAMPLES) -> Table:
    """The table of a CSV text. Raises TableError."""
    text = text.removeprefix("\ufeff").replace("\0", "")
    separator = _separator(text)
    rows = _rows(text, separator)
    if not rows:
        raise TableError([(0, "There are no rows. Write x1, x2 and a label in each.")])
    comma = separator != ","
    header = HEADER
    first = rows[0][1]
    if len(first) == 3 and all(_number(cell, comma) is None for cell in first[:2]):
        header = (first[0].strip(), first[1].strip(), first[2].strip())
        rows = rows[1:]
    if len(rows) > most:
        raise TableError([(0, f"There are {len(rows):,} rows; {most:,} are the most.")])
    problems, points, labels = list[tuple[int, str]](), list[list[float]](), list[str]()
    for line, cells in rows:
        if len(cells) != 3:
            problems.append((line, f"{len(cells)} cells; write x1, x2 and a label or a number."))
            continue
        numbers = [_number(cell, comma) for cell in cells[:2]]
        wrong = next((cell for cell, n in zip(cells, numbers, strict=False) if n is None), None)
        if wrong is not None:
            said = (
                f"{wrong.strip()[:30]!r} is not a number." if wrong.strip() else "a cell is empty."
            )
            problems.append((line, said))
        elif not cells[2].strip():
            problems.append((line, "the label is empty."))
        elif max(abs(n) for n in numbers if n is not None) > MOST_NUMBER:
            problems.append((line, "a number is beyond ±1,000,000,000."))
        else:
            points.append([n for n in numbers if n is not None])
            labels.append(cells[2].strip())
    if problems:
        raise TableError(problems)
    if len(points) < MIN_ROWS:
        raise TableError([(0, f"There are {len(points)} rows; {MIN_ROWS} are the least.")])
    return Table(np.array(points), *_targets(labels, comma, rows), header)


def write(
    inputs: Floats,
    targets: Floats,
    classes: Sequence[str],
    header: Sequence[str] = (),
) -> str:
    """The CSV, with a header, that `read` gives back to the last digit where there are two inputs,
    (samples, inputs).
    """
    named = header or [*(f"x{i + 1}" for i in range(inputs.shape[1])), HEADER[-1]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(named)
    for row, target in zip(inputs.tolist(), targets.tolist(), strict=True):
        writer.writerow([*map(repr, row), classes[int(target)] if classes else repr(target)])
    return out.getvalue()


def _separator(text: str) -> str:
    """The sign that separates most cells of the first rows; a comma before others."""
    sample = text[:4000]
    return max(SEPARATORS, key=lambda sign: sample.count(sign) * (1 if sign == "," else 2))


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, each with its line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise TableError([(reader.line_num, f"{error}.")]) from None


def _number(cell: str, comma: bool) -> float | None:
    text = cell.strip().replace("\N{MINUS SIGN}", "-")
    if comma:
        text = text.replace(",", ".")
    try:
        value = float(text.replace("_", "x"))
    except ValueError:
        return None
    return value if isfinite(value) else None


def _targets(
    labels: Sequence[str], comma: bool, rows: Sequence[tuple[int, list[str]]]
) -> tuple[Floats, tuple[str, ...]]:
    """The targets (samples,) and the names of the classes: none where labels are numbers, more
    than so many different or not whole ones.
    """
    numbers = [_number(label, comma) for label in labels]
    known = [n for n in numbers if n is not None]
    if len(known) == len(labels):
        if max(map(abs, known)) > MOST_NUMBER:
            line = next(
                row for (row, _), n in zip(rows, known, strict=True) if abs(n) > MOST_NUMBER
            )
            raise TableError([(line, "a number is beyond ±1,000,000,000.")])
        whole = all(n.is_integer() for n in known)
        if not whole or len(set(known)) > MOST_CLASSES:
            return np.array(known), ()
        labels = [str(int(n)) for n in known]
    classes = sorted(set(labels), key=lambda label: (len(label) if label.isdecimal() else 0, label))
    if len(classes) > MOST_CLASSES:
        mixed = f", and {len(known)} of them numbers" if known else ""
        raise TableError([(0, f"There are {len(classes)} different labels{mixed}; "
                              f"{MOST_CLASSES} classes are the most.")])  # fmt: skip
    if len(classes) < 2:
        raise TableError([(0, f"All rows have the label {classes[0][:30]!r}; write two or more.")])
    places = {label: float(place) for place, label in enumerate(classes)}
    return np.array([places[label] for label in labels]), tuple(classes)
