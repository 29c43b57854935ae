"""Python's parser in several threads at once, and without its warnings."""

from __future__ import annotations

import ast
import contextlib
import gc
import sys
import threading
import time
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import ExpressionError, parse, python_ast

TEXT = "\n".join(f"a{i} = tanh(x * {i} + 1) * 0.5 + x" for i in range(200))


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns wherever they can, also while a tree is built: what the collector calls
    is Python.
    """
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()

    def called(phase: str, info: dict[str, int]) -> None:
        for _ in range(3):
            pass

    sys.setswitchinterval(1e-6)
    gc.set_threshold(50, 1000, 1000)
    gc.callbacks.append(called)
    yield
    gc.callbacks.remove(called)
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("restless")
def test_threads_that_parse_at_once_get_correct_trees() -> None:
    expected, outcomes = ast.dump(ast.parse(TEXT)), list[object]()

    def parse() -> None:
        for _ in range(8):
            try:
                outcomes.append(ast.dump(python_ast.parse_statements(TEXT)) == expected)
            except SystemError as error:
                outcomes.append(error)

    threads = [threading.Thread(target=parse) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 24


WARNING_TEXTS = [
    "1if x else 2", "0xfor 1", "1or 2", "2.else", "x = '\\d'", 'x = "\\q" # \\d', "1_0in x",
    "1jis x", "1if2", ".5and 1", "f'\\d'", "b'\\8'", "1e5if x else 2", "a = 1 # 1if \\d",
    "'\\777'",
]  # fmt: skip
PIECES = st.sampled_from(
    ["1", "0x1f", "2.5", ".5", "1e-3", "1j", "_", "if", "else", "or", "and", "not", "is", "in",
     "for", " ", "\n", "\\", "\\d", "'", '"', "'" * 3, "f'", "rb'", "#", "(", ")", "=", "x", "a.1",
     "é"]
)  # fmt: skip


@pytest.mark.parametrize("text", WARNING_TEXTS)
def test_a_text_that_python_warns_of_gives_no_warning(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.suppress(SyntaxError):
            python_ast.parse_statements(text)
    assert caught == []


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_text_gives_a_warning(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.suppress(SyntaxError, ValueError):
            python_ast.parse_statements(text)
    assert caught == []


def test_a_keyword_after_a_number_is_an_error_at_its_place() -> None:
    with pytest.raises(ExpressionError, match="column 23: 'if' is not expected here"):
        parse("a = 2; b1if = 3; c = 1if a else 2")
    assert parse("a1if = 2\nb2or = a1if + 1e5 # 1if \\d").output.data == 100002
    assert parse("a = 1 + \\\n 2").output.data == 3


def test_threads_that_parse_leave_the_filters_of_warnings_alone() -> None:
    filters, version = list(warnings.filters), len(warnings.filters)
    stop = time.monotonic() + 0.5

    def parse_texts() -> None:
        while time.monotonic() < stop:
            for text in WARNING_TEXTS:
                with contextlib.suppress(ExpressionError):
                    parse(text)

    threads = [threading.Thread(target=parse_texts) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert len(warnings.filters) == version
    assert warnings.filters == filters
