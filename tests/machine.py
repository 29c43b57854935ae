"""How fast this machine is now: a control that stands beside every measurement of time.

Machines differ by a factor of two from one day to the next. A bound in seconds is therefore the
figure of a quiet, fast machine times `slowness()`, which is measured in the same run.
"""

from __future__ import annotations

import json
import time

import numpy as np

REFERENCE_SECONDS = 1.5e-3
"""One round on the machine that the bounds belong to; the fastest one seen takes 0.95 ms."""
ROUNDS = 40


def slowness() -> float:
    """Return the time of the control here, as a multiple of the reference machine's; at least 1.

    The best of many short rounds counts, so that what others do on the machine matters little.
    """
    return max(1.0, min(_round() for _ in range(ROUNDS)) / REFERENCE_SECONDS)


def _round() -> float:
    """Seconds of a fixed amount of the server's kind of work: Python, JSON and small arrays."""
    began = time.perf_counter()
    total = 0
    for number in range(30_000):
        total += number % 7
    json.dumps([[row * column for column in range(40)] for row in range(40)])
    values = np.linspace(0.0, 1.0, 4096)
    for _ in range(40):
        values = np.tanh(values) + 0.1
    return time.perf_counter() - began
