"""What is wrong with a text that Python's parser refuses, in words for people."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Sequence

from engine.script import messages
from engine.script.errors import ExpressionError

MAX_TOKEN = 20
"""Characters of a token that a message shows."""


def check_characters(lines: Sequence[str]) -> None:
    """Raise ExpressionError for a character that Python's parser cannot take at all."""
    for number, line in enumerate(lines, 1):
        for column, character in enumerate(line, 1):
            if character == "\0" or "\ud800" <= character <= "\udfff":
                message = messages.INVALID_CHARACTER.format(code=ord(character))
                raise ExpressionError(message, number, column, messages.REMOVE)


def explain_syntax_error(error: SyntaxError, lines: Sequence[str]) -> ExpressionError:
    """Return the error for people, with a hint, at a place inside of the text."""
    line = min(max(error.lineno or 1, 1), len(lines))
    column = min(max(error.offset or 1, 1), len(lines[line - 1]) + 1)
    look_alike = _find_look_alike(lines)
    if look_alike is not None:
        return look_alike
    message = (error.msg or messages.NOT_AN_EXPRESSION).partition(". ")[0].partition("; ")[0]
    message = message.removeprefix("invalid syntax").removesuffix(f" (detected at line {line})")
    if not message or "comma" in message:
        message = _describe_token(lines[line - 1][column - 1 :])
    hint = next(
        (hint for word, hint in messages.SYNTAX_HINTS.items() if word in message),
        messages.SEPARATE,
    )
    return ExpressionError(f"{message}.", line, column, hint)


def _find_look_alike(lines: Sequence[str]) -> ExpressionError | None:
    """Return an error for a character that looks like a sign, such as ×, None without one."""
    for character, text in messages.LOOK_ALIKES.items():
        for number, line in enumerate(lines, 1):
            if character in line.partition("#")[0]:
                column = line.index(character) + 1
                message = messages.LOOK_ALIKE.format(character=character)
                hint = messages.WRITE_INSTEAD.format(text=text)
                return ExpressionError(message, number, column, hint)
    return None


def _describe_token(rest: str) -> str:
    try:
        tokens = tokenize.generate_tokens(io.StringIO(rest.lstrip()).readline)
        token = next(token.string for token in tokens)
    except (tokenize.TokenError, StopIteration, SyntaxError, IndentationError):
        token = rest.strip()[:1]
    token = token.strip()[:MAX_TOKEN]
    return messages.UNEXPECTED.format(token=token) if token else messages.SOMETHING_MISSING
