"""Python's parser, asked by several threads at once."""

from __future__ import annotations

import ast
import gc
import sys
import threading
from collections.abc import Iterator

import pytest

from engine import python_ast

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
def test_threads_that_parse_at_once_have_their_trees() -> None:
    wanted, found = ast.dump(ast.parse(TEXT)), list[object]()

    def parse() -> None:
        for _ in range(8):
            try:
                found.append(ast.dump(python_ast.parse_statements(TEXT)) == wanted)
            except SystemError as error:
                found.append(error)

    threads = [threading.Thread(target=parse) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 24
