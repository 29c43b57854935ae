"""The contestants, a module each: `prepare(job)` says how one trains a job.

Each is written as somebody at home in it would. Losses and updates are those of the engine; with
mini-batches the shuffles are made beforehand for all but the engine, which makes its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from tests.bench.jobs import Job
from tests.bench.race import Contestant


class UnableError(Exception):
    """Why a contestant does not take part in a job, in words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant's name in the results, its title in the table, and what it is made with."""

    name: str
    title: str
    module: str
    package: str
    function: str = "prepare"
    short: bool = True
    """Whether it takes part in the short form."""

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return find_spec(self.package) is not None

    def prepare(self, job: Job) -> Contestant:
        """Ready for the job. Raises UnableError."""
        module = import_module(f"tests.bench.peers.{self.module}")
        return Contestant(self.name, *getattr(module, self.function)(job))


REFERENCE = Entry("numpy", "NumPy", "by_numpy", "numpy")
"""Written by hand, without the engine and without automatic gradients: whom all must agree with."""

ENGINE = Entry("engine", "engine", "ours", "engine")
GENERIC = Entry("generic", "generic", "ours", "engine", "prepare_generic")

PEERS: tuple[Entry, ...] = (
    REFERENCE,
    Entry("jax", "JAX", "by_jax", "jax"),
    Entry("torch", "PyTorch", "by_torch", "torch"),
    Entry("torch_compiled", "compiled", "by_torch", "torch", "prepare_compiled", short=False),
    Entry("micrograd", "micrograd", "by_micrograd", "micrograd", short=False),
)
