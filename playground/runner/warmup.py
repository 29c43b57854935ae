"""Makes the native backend ready beside a server that already answers.

Compiling takes some seconds and would hold up every other thread, so a process of its own does it
and leaves the result on disk; loading that is quick. Runs that begin before stay in NumPy.
"""

from __future__ import annotations

import logging
import subprocess
import sys

from engine.compiler import native_backend, processor

logger = logging.getLogger(__name__)


class Warming:
    """`backend` is what a run that begins now is computed with."""

    def __init__(self) -> None:
        self.backend = native_backend.NUMPY
        self.under_way = False

    def work(self) -> None:
        """Load the native backend, compiled if need be; to be called in a native thread."""
        try:
            self._work()
        finally:
            self.under_way = False

    def _work(self) -> None:
        if processor.unsupported():
            logger.warning("Training runs in NumPy alone: %s.", processor.unsupported())
            return
        if not native_backend.is_prepared():
            made = subprocess.run(
                [sys.executable, "-m", "engine"], check=False, capture_output=True, text=True
            )
            if not native_backend.is_prepared():
                logger.warning("Training runs in NumPy alone: %s", made.stderr.strip()[-500:])
                return
        self.backend = native_backend.best()
