"""A table of the manual as plain data, and the helper that writes a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it lists, the headings of its columns, and its rows. Cells are Markdown."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_of(caption: str, columns: str, rows: Iterable[tuple[str, ...]]) -> Table:
    """A table whose columns are named in one text, with commas between."""
    return Table(caption, tuple(columns.split(", ")), tuple(rows))


def code(text: object) -> str:
    """A text as inline code, whatever characters it has; nothing for an empty one."""
    content = str(text)
    fence = "``" if "`" in content else "`"
    return f"{fence} {content} {fence}" if content else ""
