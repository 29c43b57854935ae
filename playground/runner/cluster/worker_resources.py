"""What all tasks of one worker share: slots for training, budgets, Redis, the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playground.clock import Clock
from playground.runner.cluster.run_bus import RunBus
from playground.runner.scheduling.cpu_budget import CpuBudget
from playground.settings import Deployment
from playground.storage.store import Store


class TrainingSlots:
    """Lets as many threads train at once as the deployment says; the others wait."""

    def __init__(self, threads: int) -> None:
        self._slots = threading.BoundedSemaphore(threads)
        self._lock = threading.Lock()
        self._runs = 0
        self.playing = 0
        """Number of runs that have their turn in this worker now."""

    @contextmanager
    def for_run(self) -> Iterator[int]:
        """Hold a slot for a slice of a run; gives how many runs have or want one."""
        with self._lock:
            self._runs += 1
        try:
            with self._slots:
                yield self._runs
        finally:
            with self._lock:
                self._runs -= 1

    @contextmanager
    def for_cell(self) -> Iterator[None]:
        """Hold a slot for a slice of a cell of a sweep."""
        with self._slots:
            yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Count a run as having its turn."""
        with self._lock:
            self.playing += 1
        try:
            yield
        finally:
            with self._lock:
                self.playing -= 1


class WorkerResources:
    """Created once per worker."""

    def __init__(
        self, store: Store, run_bus: RunBus, deployment: Deployment, backend: str, clock: Clock
    ) -> None:
        self.store, self.run_bus, self.deployment = store, run_bus, deployment
        self.backend, self.clock = backend, clock
        self.slots = TrainingSlots(deployment.threads)
        self.budget = CpuBudget(deployment.cpu_seconds, clock)
