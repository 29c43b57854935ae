"""How a function is called in a thread of gevent's pools."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def call_catching(
    function: Callable[..., Result], arguments: tuple[object, ...]
) -> tuple[Result | None, Exception | None, float]:
    """Return the result or the exception, and when the call began, in seconds of the performance
    counter.

    gevent writes every exception that leaves a thread of its pool to the log, even one that the
    caller catches and answers in words. So none may leave it.
    """
    start = time.perf_counter()
    try:
        return function(*arguments), None, start
    except Exception as error:
        return None, error, start
