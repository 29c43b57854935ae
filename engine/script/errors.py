"""The error that is raised for a mistake in an expression."""

from __future__ import annotations


class ExpressionError(ValueError):
    """What is wrong with an expression, where (line and column from 1), and what would work."""

    def __init__(self, message: str, line: int, column: int, hint: str = "") -> None:
        super().__init__(f"Line {line}, column {column}: {message}" + (f" {hint}" if hint else ""))
        self.message, self.line, self.column, self.hint = message, line, column, hint
