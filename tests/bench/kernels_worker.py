"""One side of `python -m tests.bench.kernels`, in a process of its own: prints what it measures.

It runs in the folder of the version that it measures, and imports nothing of this one.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sys
import time
from typing import Any

import numpy as np

WARM_UP = 200
"""Steps before a measurement."""
SLICES = 5
"""Parts of a measurement. The fastest counts: the others were disturbed."""


def kernels() -> Any:
    """Load the native kernels, also those of the versions in which `engine` had no folders."""
    try:
        from engine.compiler import native_backend as native
    except ImportError:
        from engine import native
    return native.load()


def programs() -> list[tuple[Any, Any, Any]]:
    """Return the jobs, each with its program and its samples."""
    from engine import compile
    from tests.bench.jobs import JOBS

    result = []
    for job in JOBS:
        loss, inputs, parameters = job.model.graph()
        result.append(
            (job, compile(loss, inputs, parameters), np.hstack(job.model.data(job.samples)))
        )
    return result


def train(job: Any, program: Any, X: Any, steps: int, **options: Any) -> Any:
    """Train from the job's start, leave the parameters there, and return the losses."""
    start = [parameter.data for parameter in program.parameters]
    usual = {
        "rate": job.rate,
        "reduction": job.reduction,
        "optimizer": job.optimizer,
        "batch": job.batch,
        "l2": job.l2,
    }
    losses = program.train(X, steps=steps, **{**usual, **options})
    end = program.values()
    for parameter, data in zip(program.parameters, start, strict=True):
        parameter.data = data
    return np.concatenate([losses, end])


def speeds(seconds: float) -> list[float]:
    """Return steps a second of each job, in the processor's time."""
    rates = []
    for job, program, X in programs():
        train(job, program, X, WARM_UP)
        steps, slice_ = 64, seconds / SLICES
        while (lasted := _time(job, program, X, steps)) < slice_ / 2:
            steps *= 2
        steps = max(1, int(steps * slice_ / lasted))
        rates.append(steps / min(_time(job, program, X, steps) for _ in range(SLICES)))
    return rates


def _time(job: Any, program: Any, X: Any, steps: int) -> float:
    began = time.thread_time()
    train(job, program, X, steps)
    return time.thread_time() - began


def bits() -> dict[str, str]:
    """Return a digest of what every job, optimizer, schedule and operation computes."""
    from engine.ops import TABLE
    from engine.optimizers import OPTIMIZERS
    from engine.schedules import SCHEDULES

    digests = {}
    for job, program, X in programs():
        for samples in (len(X), 13, 3):
            result = train(job, program, X[:samples], 300)
            digests[f"{job.name}, {samples} samples"] = _digest(result)
    job, program, X = programs()[6]
    options: dict[str, Any] = {"batch": 7, "clip": 0.5, "l1": 1e-3, "l2": 1e-3, "seed": 3}
    for optimizer in OPTIMIZERS:
        result = train(job, program, X, 200, optimizer=optimizer, **options)
        digests[f"optimizer {optimizer}"] = _digest(result)
    for schedule in SCHEDULES:
        result = train(job, program, X, 200, schedule=schedule, period=60, **options)
        digests[f"schedule {schedule}"] = _digest(result)
    for operation in TABLE:
        for numbers in (
            [(n,) for n in (-1, 0, 0.5, 1, 2, 3, 2.5)] if operation.name == "pow" else [()]
        ):
            digests[f"{operation.name}{numbers or ''}"] = _operation_digest(operation, numbers)
    return digests


def _operation_digest(operation: Any, numbers: tuple[float, ...]) -> str:
    """Evaluate an operation over many numbers, and its gradients over some."""
    from engine import Value, compile
    from engine.value import apply

    generator = np.random.default_rng(0)
    special = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 1e308, 1e6, -1e6]
    sizes = np.geomspace(1e-300, 1e300, 4000) * generator.choice([-1.0, 1.0], 4000)
    column = np.concatenate([generator.normal(scale=3.0, size=4000), sizes, special])
    X = np.column_stack([column, *[generator.permutation(column)] * (operation.arity - 1)])
    operands = [Value(1.0) for _ in range(operation.arity)]
    keyword = list(inspect.signature(apply).parameters)[-1]
    attributes = {keyword: numbers}
    result = apply(operation, *operands, **attributes)
    values = compile(result, operands, []).evaluate(np.empty(0), X, [result])
    x, parameters = Value(0.0), [Value(1.0) for _ in range(operation.arity)]
    shifted = [parameter + x for parameter in parameters]
    program = compile(apply(operation, *shifted, **attributes), [x], parameters)
    gradients = [
        program.gradient(row, generator.uniform(0.0, 1.0, (13, 1)))[1]
        for row in generator.uniform(0.1, 3.0, (50, operation.arity))
    ]
    return _digest(values, *gradients)


def _digest(*arrays: Any) -> str:
    together = hashlib.sha256()
    for array in arrays:
        # All NaNs count as one: their sign and payload say nothing.
        together.update(np.where(np.isnan(array), np.nan, array).tobytes())
    return together.hexdigest()[:16]


def assembly() -> dict[str, int]:
    """Return the lines of the machine code, and how many multiply-adds are among them."""
    code = "\n".join(kernels().run.inspect_asm().values())
    return {"lines": code.count("\n"), "vfmadd": len(re.findall("vfmadd", code))}


def compilation() -> dict[str, float]:
    """Load the kernels; return the seconds of this process, real and the processor's."""
    began, used = time.perf_counter(), time.process_time()
    kernels()
    return {"wall": time.perf_counter() - began, "processor": time.process_time() - used}


TASKS = {"speeds": lambda: speeds(0.25), "bits": bits, "assembly": assembly}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]]()))
