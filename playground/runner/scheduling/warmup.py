"""Makes the native backend ready while the server already answers.

To compile takes some seconds and would hold up every other thread. So a process of its own compiles
and leaves the result on disk; to load that is quick. Runs that begin before stay in NumPy.
"""

from __future__ import annotations

import logging
import subprocess
import sys

import gevent

from engine.compiler import native_backend, processor
from playground.clock import LoopClock

POLL_SECONDS = 0.02

logger = logging.getLogger(__name__)


class BackendWarmup:
    """Knows which backend a run that begins now is computed with."""

    def __init__(self) -> None:
        self.backend = native_backend.NUMPY
        self.is_running = False

    def start(self) -> None:
        """Make the native backend ready in a thread of its own."""
        self.is_running = True
        gevent.get_hub().threadpool.spawn(self.run)

    def run(self) -> None:
        """Load the native backend, and compile it first if necessary. Call it in a native
        thread.
        """
        try:
            self._load()
        finally:
            self.is_running = False

    def wait(self, clock: LoopClock) -> str:
        """Wait until the backend is ready; return its name."""
        while self.is_running:
            clock.sleep(POLL_SECONDS)
        return self.backend

    def _load(self) -> None:
        if processor.unsupported():
            logger.warning("Training uses NumPy only: %s.", processor.unsupported())
            return
        if not native_backend.is_prepared():
            compilation = subprocess.run(
                [sys.executable, "-m", "engine"], check=False, capture_output=True, text=True
            )
            if not native_backend.is_prepared():
                logger.warning("Training uses NumPy only: %s", compilation.stderr.strip()[-500:])
                return
        self.backend = native_backend.best()
