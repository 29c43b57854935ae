"""Texts that people read, apart from the code that decides when to say them.

One module a page, or a subject that several pages share: a text is found by the place where it
appears. A text is a constant with named values, or a small function where the grammar depends on a
value. Nothing here decides anything.
"""

from __future__ import annotations

from engine.notation import format_exactly


def count(number: float, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 request`, `2,400 requests`."""
    return f"{format_exactly(number)} {noun if number == 1 else plural or noun + 's'}"
