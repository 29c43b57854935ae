"""What the threads of gevent's pools hand back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def tried(
    function: Callable[..., Result], arguments: tuple[object, ...]
) -> tuple[Result | None, Exception | None, float]:
    """The result or what was raised, and when it was begun: gevent writes what leaves a thread of
    its pool to the log, also where it is caught and answered in words.
    """
    begun = time.perf_counter()
    try:
        return function(*arguments), None, begun
    except Exception as error:
        return None, error, begun
