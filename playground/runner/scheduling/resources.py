"""What everything that computes in a web process shares: threads, budgets, backend, clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TypeVar

from gevent.threadpool import ThreadPool

from engine.compiler.native_backend import NUMPY
from engine.training.run import Run
from playground.clock import LoopClock
from playground.runner.scheduling.cpu_budget import CpuBudget
from playground.runner.scheduling.fair_share import FairShares, current_share
from playground.runner.scheduling.warmup import BackendWarmup
from playground.settings import Deployment
from playground.threads import call_catching

Result = TypeVar("Result")


class ComputePool:
    """Native threads that compute pure functions while gevent's loop goes on."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPool(threads)
        self._longest_wait = 0.0

    def compute(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return the result of a pure function, computed in a thread."""
        share = current_share()
        with share.thread() if share else nullcontext():
            queued_at = time.perf_counter()
            result, error, started_at = self._pool.apply(call_catching, (function, arguments))
            self._longest_wait = max(self._longest_wait, started_at - queued_at)
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    @property
    def queue_length(self) -> int:
        """How many functions wait for a thread."""
        return int(self._pool.task_queue.qsize())

    def pop_longest_wait(self) -> float:
        """Return how many seconds a function waited for a thread, at most, since the last call."""
        wait, self._longest_wait = self._longest_wait, 0.0
        return wait

    def stop(self) -> None:
        """End the threads."""
        self._pool.kill()


@dataclass(frozen=True)
class Resources:
    """Created once per web process, and passed to all who compute."""

    deployment: Deployment
    clock: LoopClock
    pool: ComputePool
    shares: FairShares
    budget: CpuBudget
    warmup: BackendWarmup

    @classmethod
    def create(cls, deployment: Deployment, clock: LoopClock) -> Resources:
        """Return new resources, as large as the deployment's settings say."""
        return cls(
            deployment,
            clock,
            ComputePool(deployment.threads),
            FairShares(clock),
            CpuBudget(deployment.cpu_seconds, clock),
            BackendWarmup(),
        )

    @property
    def backend(self) -> str:
        """The backend of a run that begins now, or is reset."""
        return self.warmup.backend

    def ready_backend(self) -> str:
        """Wait until the backend is ready; return its name."""
        return self.warmup.wait(self.clock)

    def usable(self, run: Run) -> Run:
        """Return the run on a backend that this process has: its own, if it can."""
        if run.backend == NUMPY or run.backend == self.ready_backend():
            return run
        return replace(run, backend=self.backend)
