"""The reader of numbers: every field, answer and table that a person fills goes through it.

People write a number in many ways: `0,7071`, `−3`, `2/3`, `1·10⁻³`, `1e-3`, `-3 * -2`, `12,340`.
They write around it too: `a.grad = 6`, `14 at x = 3`, `0, because x2 is 0`, `5 steps`. The reader
splits a text into phrases, computes every phrase that is arithmetic, and returns the number if all
of them agree. Digits in a name (`x2`) are no number. A text with no number, or with two, is refused
in words. `engine.notation` is the writer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf, isclose, isnan, nan
from typing import NamedTuple

from engine.notation import NOT_A_NUMBER, format_number
from engine.script import messages
from engine.script.errors import ExpressionError
from engine.script.grammar import FUNCTIONS
from engine.script.parser import parse

MAX_TEXT = 300
"""Maximum number of characters of a text with a number in it."""
MAX_ARITHMETIC = 60
"""Maximum number of operations of arithmetic."""
MAX_EXAMPLES = 3
"""Maximum number of numbers that a refusal names."""
SAME = 1e-3
"""Two numbers of one text that differ by less, relatively, are the same number, rounded."""

_SPELLED = {
    word: str(value)
    for value, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
            *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
            *("seventeen", "eighteen", "nineteen", "twenty"),
        )
    )
}
_CONSTANTS = {"inf": inf, "infinity": inf, "∞": inf, "nan": nan}

_SIGNS = str.maketrans(
    dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}\N{HYPHEN}", "-")
    | dict.fromkeys("×·⋅∙∗", "*")
    | dict.fromkeys("÷∕\N{FRACTION SLASH}", "/")
    | {"^": "**", "√": "sqrt"}
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED_DIGITS = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SPACED_GROUPS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_ALL_SPACED = re.compile(r"\s*[-+]?\d{1,3}(?: \d{3})+\s*")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_MIXED = re.compile(r"(?<![\w.,/])(\d+)\s+(\d+)/(\d+)(?![\w.,/])")
_ROOT = re.compile(r"sqrt\s*(\d+(?:\.\d+)?)")

_NUMERAL = (
    r"(?:\d+(?:_\d{3})+"
    r"|\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|\d{1,3},\d{3}\.\d+"
    r"|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}\.\d{3},\d+"
    r"|(?<!\d,)\d+,\d+(?!\d|,\d)|\d+(?:\.\d*)?|\.\d+|(?:^|(?<=[-+*/])),\d+)"
    r"(?:[eE][+-]?\d+(?![\w.]))?"
)
"""Digits with a decimal point or a decimal comma, in groups of three or not, and a power of ten."""
_WHOLE_NUMERAL = re.compile(rf"([+-]?)\s*({_NUMERAL})")
_TWO_MEANINGS = re.compile(r"[1-9]\d{0,2},\d{3}")
_TOKEN = re.compile(
    rf"(?P<number>{_NUMERAL}|∞)|(?P<name>∂?[^\W\d][\w.′']*)|(?P<sign>\*\*|[-+*/])"
    r"|(?P<open>\()|(?P<close>\))|(?P<percent>%)|(?P<end>\S)"
)

_NAME = r"[^\W\d][\w.]*"
_PLAIN = r"-?\s*\.?\d[\d.,]*(?:[eE][+-]?\d+)?"
_CONDITION = re.compile(
    rf"\b(?:at|when|where|if|for|with|and)\s+{_NAME}\s*(?:=|is\b|equals\b)\s*{_PLAIN}", re.I
)
_DENIAL = re.compile(
    rf"\b(?:not|never|isn['’]t|was|from|instead\s+of|rather\s+than)\s+{_PLAIN}", re.I
)
_ASIDE = re.compile(r"(?<![\w.])\((?=[^()]*[^\W\d_]|[^()]*=)[^()]*\)")
_REASON = re.compile(r"\b(?:because|since|as|at|when|where|if|for|due\s+to)\b", re.I)
_CONCLUSION = re.compile(r"\b(?:so|thus|hence|therefore)\b|[-=]>|[⇒→]", re.I)
_SPOKEN_SIGNS = (
    (re.compile(r"\b(?:minus|negative)\s+(?=[\d.(∞])", re.I), "-"),
    (re.compile(r"\bplus\s+(?=[-\d.(])", re.I), "+"),
    (re.compile(r"\b(?:times|x)\s+(?=[-\d.(])", re.I), "*"),
    (re.compile(r"(?<=\d)\s*x\s*(?=10\s*\*\*)"), "*"),
    (re.compile(r"(?<=\d)\s*\*\s*10\s*\*\*\s*(?:\((-?\d+)\)|(-?\d+)(?![\d.]))"), r"e\1\2"),
)
_LIST_SIGNS = (r"[;\n]", r",\s+(?:and\s+)?|\s+and\s+|[;\n]", r",|;|\n|\s+and\s+", r"[\s,;]+")
"""What may stand between the numbers of a list, from what divides least to what divides most."""


class NumberError(ValueError):
    """A text that is no single number. `candidates` are the numbers that it may mean."""

    def __init__(self, message: str, candidates: Sequence[float] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class TwoMeaningsError(NumberError):
    """A comma that may be decimal or may group digits: `1,234`."""


class _Token(NamedTuple):
    kind: str
    text: str
    is_spaced: bool
    """White space stands before it."""


def read_number(text: str, whole: bool = False) -> float:
    """Return the number that a person wrote; ∞ and NaN are numbers too.

    A comma is a decimal comma, or it groups digits: `0,5`, `1,234,567`. One group of three digits
    (`1,234`) can be both and is refused; where only `whole` numbers make sense, it is a group.
    Raises NumberError, in words, for a text without a number or with more than one.
    """
    candidates = read_candidates(text, whole)
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise NumberError(messages.NO_NUMBER)
    if _TWO_MEANINGS.search(text) and len(candidates) == 2:
        decimal, grouped = (f"{value:.15g}" for value in sorted(candidates, key=abs))
        message = messages.TWO_MEANINGS.format(decimal=decimal, grouped=grouped)
        raise TwoMeaningsError(message, candidates)
    *others, last = (format_number(value) for value in candidates[:MAX_EXAMPLES])
    numbers = f"{', '.join(others)} and {last}"
    raise NumberError(messages.SEVERAL_NUMBERS.format(numbers=numbers), candidates)


def read_answer(text: str, is_right: Callable[[float], bool]) -> float:
    """Return the number of an answer. Where a comma has two meanings, the right one counts.

    Raises what `read_number` raises otherwise.
    """
    try:
        return read_number(text)
    except TwoMeaningsError as error:
        return next(filter(is_right, error.candidates), error.candidates[0])


def read_whole(text: str) -> int:
    """Return the whole number that a person wrote. Raises NumberError for anything else."""
    candidates = read_candidates(text, whole=True)
    if len(candidates) == 1 and candidates[0].is_integer():
        return int(candidates[0])
    raise NumberError(messages.NOT_WHOLE, candidates)


def read_numbers(text: str, count: int) -> list[float]:
    """Return the `count` numbers of a list: `-3, 2, 1`, `0,5; 1,5`, `a: -3, b: 2 and c: 1`.

    Raises NumberError, in words, for another count.
    """
    text = text[:MAX_TEXT].strip()
    if re.fullmatch(r"\([^()]*\)", text):
        text = text[1:-1]
    for sign in _LIST_SIGNS:
        parts = [part for part in re.split(sign, text) if part.strip()]
        if len(parts) == count:
            try:
                return [read_number(part) for part in parts]
            except NumberError:
                continue
    answer = _ASIDE.sub(" ", _CONDITION.sub(" ", _normalise(text)))
    values = [value for value, _ in _values(answer, whole=False)]
    if len(values) == count:
        return values
    raise NumberError(messages.OTHER_COUNT.format(count=count, example=_example(count)))


def read_candidates(text: str, whole: bool = False) -> tuple[float, ...]:
    """Return every number that a text may mean, each once: for most texts, one or none."""
    if len(text) > MAX_TEXT:
        return ()
    plain = _WHOLE_NUMERAL.fullmatch(text.strip().translate(_SIGNS))
    if plain:
        return tuple(float(plain[1] + meaning) for meaning in _meanings(plain[2], whole))
    text = _normalise(text)
    for part in _parts(text):
        values = _distinct(_values(part, whole))
        if values:
            return values
    return ()


def read_numeral(text: str, comma: bool) -> float | None:
    """Return the number in the cell of a table: a numeral and nothing else, None for other text.

    `comma` says that the table writes a decimal comma. Without it, numbers have no commas, and at
    most one point.
    """
    match = _WHOLE_NUMERAL.fullmatch(text.strip().translate(_SIGNS))
    if match is None or (not comma and ("," in match[2] or match[2].count(".") > 1)):
        return None
    return float(match[1] + _meanings(match[2], whole=False)[0])


def _meanings(digits: str, whole: bool) -> list[str]:
    """Return what a numeral may mean, as Python writes it: decimal first, then in groups."""
    mantissa, mark, power = re.fullmatch(r"([^eE]*)([eE]?)(.*)", digits.replace("_", "")).groups()  # type: ignore[union-attr]
    if _TWO_MEANINGS.fullmatch(mantissa) and not power:
        grouped = mantissa.replace(",", "")
        return [grouped] if whole else [mantissa.replace(",", "."), grouped]
    commas, points = mantissa.count(","), mantissa.count(".")
    if commas > 1 or (commas and mantissa.rfind(".") > mantissa.rfind(",")):
        mantissa = mantissa.replace(",", "")
    elif points > 1 or (points and commas):
        mantissa = mantissa.replace(".", "").replace(",", ".")
    else:
        mantissa = mantissa.replace(",", ".")
    return [mantissa + mark + power]


def _normalise(text: str) -> str:
    """Return the text with the signs of the language, and spelled numbers as digits."""
    text = _ORDINAL.sub("", _SPACED_GROUPS.sub("", text)).replace(NOT_A_NUMBER, "nan")
    if _ALL_SPACED.fullmatch(text):
        text = text.replace(" ", "")
    text = _RAISED_DIGITS.sub(lambda match: f"**({match[0].translate(_RAISED)})", text)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    text = _ROOT.sub(r"sqrt(\1)", text)
    text = _MIXED.sub(r"(\1+\2/\3)", text)
    if not any(character.isdigit() for character in text):
        text = re.sub(r"\b[a-z]+\b", lambda m: _SPELLED.get(m[0].lower(), m[0]), text, flags=re.I)
    for pattern, sign in _SPOKEN_SIGNS:
        text = pattern.sub(sign, text)
    return _DENIAL.sub(" ; ", text)


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of a text that may hold the answer, the most likely first: what stands before
    a reason, what follows from one, and the whole text.
    """
    plain = _CONDITION.sub(" ", text)
    answer = _ASIDE.sub(" ", plain)
    reason = _REASON.search(answer)
    if reason:
        yield answer[: reason.start()]
    for conclusion in reversed(list(_CONCLUSION.finditer(answer))):
        yield answer[conclusion.end() :]
    yield answer
    yield plain
    yield text


def _tokens(text: str) -> Iterator[_Token]:
    end = 0
    for match in _TOKEN.finditer(text):
        assert match.lastgroup is not None
        yield _Token(match.lastgroup, match[0], match.start() > end or match.start() == 0)
        end = match.end()


def _phrases(text: str) -> Iterator[list[_Token]]:
    """Yield runs of numbers, names, signs and brackets that belong together."""
    tokens = [*_tokens(text), _Token("end", "", True)]
    phrase: list[_Token] = []
    depth = 0
    for token, following in pairwise(tokens):
        before = phrase[-1] if phrase else None
        has_operand = before is not None and before.kind in ("number", "name", "close", "percent")
        is_operand = token.kind in ("number", "name", "open")
        is_signed = (
            token.text in ("+", "-")
            and token.is_spaced
            and not following.is_spaced
            and before is not None
            and before.kind == "name"
        )
        is_apart = token.is_spaced and has_operand and is_operand
        if token.kind == "end" or (depth == 0 and (is_apart or is_signed)):
            yield phrase
            phrase, depth = [], 0
        if token.kind == "end":
            continue
        if phrase and has_operand and is_operand and not token.is_spaced:
            is_call = token.kind == "open" and phrase[-1].kind == "name"
            if not is_call:
                phrase.append(_Token("sign", "*", False))
        depth += (token.kind == "open") - (token.kind == "close")
        phrase.append(token)
    yield phrase


def _values(text: str, whole: bool) -> Iterator[tuple[float, str]]:
    """Yield the value of every phrase that is a number or arithmetic, and its text."""
    for phrase in _phrases(text):
        while phrase and phrase[-1].kind == "sign":
            phrase.pop()
        if not any(token.kind == "number" or token.text.lower() in _CONSTANTS for token in phrase):
            continue
        source = "".join(token.text for token in phrase)
        sign, rest = (-1.0, source[1:]) if source.startswith("-") else (1.0, source.lstrip("+"))
        if rest.lower() in _CONSTANTS:
            yield sign * _CONSTANTS[rest.lower()], source
        elif all(token.kind != "name" or token.text in FUNCTIONS for token in phrase):
            for meaning in _formulas(phrase, whole):
                value = _compute(meaning)
                if value is not None:
                    yield value, source


def _formulas(phrase: Sequence[_Token], whole: bool) -> set[str]:
    """Return the formulas that a phrase may mean: more than one if a comma has two meanings."""
    numerals = [_meanings(token.text, whole) for token in phrase if token.kind == "number"]
    formulas = []
    for reading in range(max(map(len, numerals))):
        texts = iter(meanings[min(reading, len(meanings) - 1)] for meanings in numerals)
        formulas.append("".join(_source(token, texts) for token in phrase))
    return set(formulas)


def _source(token: _Token, numerals: Iterator[str]) -> str:
    match token.kind:
        case "number":
            return next(numerals)
        case "percent":
            return "/100"
    return token.text


def _compute(formula: str) -> float | None:
    """Return the value of arithmetic; None where it is none, or has no value."""
    formula = re.sub(r"(?<![\d.])0+(?=\d)", "", formula)
    try:
        return parse(formula, nodes=MAX_ARITHMETIC, characters=MAX_TEXT).output.data
    except ExpressionError:
        return None


def _distinct(values: Iterator[tuple[float, str]]) -> tuple[float, ...]:
    """Return the values without those that repeat an earlier one, perhaps rounded."""
    distinct: list[float] = []
    for value, source in values:
        if not any(_is_same(value, other, source) for other in distinct):
            distinct.append(value)
    return tuple(distinct)


def _is_same(value: float, other: float, source: str) -> bool:
    """Return whether a value, which stands in the text as `source`, repeats an earlier one."""
    if isnan(value) or isnan(other):
        return isnan(value) and isnan(other)
    decimals = re.fullmatch(r"-?\d*[.,](\d+)", source)
    is_rounded = decimals is not None and abs(value - other) <= 0.5000001 * 10 ** -len(decimals[1])
    return is_rounded or isclose(value, other, rel_tol=SAME)


def _example(count: int) -> str:
    return ", ".join(str(number) for number in range(1, count + 1))
