"""The native backend: where compiled code is kept on disk, and how a plan runs.

`kernels/` is imported by `load` alone, because that takes numba with it and compiles for some
seconds where the cache on disk is empty. `python -m engine`, in a process of its own, fills it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from engine.compiler.instructions import KERNEL_HYPERPARAMETERS, Mode, Task
from engine.compiler.lowering import Plan
from engine.compiler.processor import features, name, unsupported
from engine.compiler.training_options import Cursor, Descent, Training
from engine.optimizers import OPTIMIZERS, Moments
from engine.random import Floats, Integers
from engine.schedules import SCHEDULES

logger = logging.getLogger(__name__)

NUMPY = "numpy"
"""The name of the backend that every machine has: the interpretation in NumPy."""
MOMENTS = 2
"""The most arrays that an optimizer carries from step to step."""
WORKING_SET, LEAST_CHUNK = 2 << 20, 64
"""Samples pass through a program in chunks whose numbers and gradients fit into the first, bytes;
in no fewer than the second."""
WATCHED_SET = 256 << 10
"""Where nothing but numbers is asked for, those of a chunk fit into this, bytes."""


@cache
def folder() -> Path:
    """Return where compiled code is kept: a folder for each version of its sources."""
    import numba

    sources = b"".join(source.read_bytes() for source in _sources())
    target = f"{sys.version}{numba.__version__}{sorted(features())}".encode()
    digest = hashlib.sha256(sources + target).hexdigest()[:16]
    root = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_path(
        "backprop-playground", appauthor=False
    )
    return Path(root) / f"kernels-{digest}"


_OTHER_SOURCES = (
    "compiler/native_backend",
    "compiler/processor",
    "compiler/instructions",
    "compiler/graph",
    "hyperparameters",
    "ops",
    "optimizers",
    "random",
    "schedules",
)
"""What compiled code depends on beside the kernels themselves."""


def _sources() -> list[Path]:
    engine = Path(__file__).parents[1]
    kernels = sorted((engine / "compiler" / "kernels").glob("*.py"))
    return [*kernels, *(engine / f"{module}.py" for module in _OTHER_SOURCES)]


def is_prepared() -> bool:
    """Whether compiled code lies on disk, so that `load` takes less than a second."""
    return not unsupported() and (folder() / "prepared").exists()


@cache
def load() -> Any:
    """The kernels, ready to run; compiles for some seconds where nothing is on disk."""
    import numba

    is_writable = True
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        is_writable = False
    from engine.compiler.kernels import interpreter

    run: Any = interpreter.run
    own_folder, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder())
    try:
        if is_writable:
            run.enable_caching()
    except RuntimeError as error:
        is_writable = False
        logger.warning("compiled code cannot be kept in %s: %s", folder(), error)
    finally:
        numba.config.CACHE_DIR = own_folder
    ints, floats = numba.types.int64[::1], numba.types.float64[::1]
    run.compile((ints, floats, ints, ints, *[floats] * 2, ints, *[floats] * 6, ints, floats))
    if is_writable:
        (folder() / "prepared").touch()
    return interpreter


def best() -> str:
    """The fastest backend of this machine, loaded."""
    if unsupported():
        logger.info("training runs in NumPy: %s", unsupported())
        return NUMPY
    load()
    return name()


def runs(operations: Iterable[int], training: Training | None = None) -> bool:
    """Whether the kernels know these operations, and how to train like this."""
    load()
    from engine.compiler.kernels import elementwise, update

    if not elementwise.NATIVE_OPERATIONS.issuperset(operations):
        return False
    return training is None or (
        list(OPTIMIZERS).index(training.optimizer) in update.NATIVE_OPTIMIZERS
        and list(SCHEDULES).index(training.schedule) in update.NATIVE_SCHEDULES
    )


_NO_NUMBERS, _NO_ROWS = np.empty(0), np.empty(0, dtype=np.int64)
_FORWARD = [
    Task.MODE, Task.GIVEN, Task.WATCHED, Task.WATCHED_CODE, Task.ROWS, Task.WATCHED_SPACING,
]  # fmt: skip


class Native:
    """A plan with what it takes to run it. Holds nothing that a run changes."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        numbers = 8 * max(1, plan.rows)
        self._chunk = max(LEAST_CHUNK, WORKING_SET // (2 * numbers) // 8 * 8)
        self._watched_chunk = max(LEAST_CHUNK, WATCHED_SET // numbers // 8 * 8)
        self._code = plan.code.reshape(-1)
        self._loss = np.array([plan.loss], dtype=np.int64)
        self._usual = _filled(
            {
                Task.TRAINED_CODE: plan.trained_code,
                Task.INPUTS: plan.inputs, Task.MASKS: plan.masks, Task.SHARED: plan.shared,
                Task.PARAMETERS: len(plan.slots), Task.POOL: plan.pool, Task.LOSS: plan.loss,
                Task.CHUNK: self._chunk, Task.STEPS: 1, Task.EMPTIED: plan.emptied,
                Task.EMPTIED_AT: plan.emptied_at, Task.WATCHED_CHUNK: self._watched_chunk,
                Task.WATCHED_CODE: plan.trained_code, Task.ROWS: 1,
            },
        )  # fmt: skip

    def evaluate(self, parameters: Floats, X: Floats, rows: Integers, code: int) -> Floats:
        """The numbers in these rows, which the first `code` instructions write, for every sample
        of X: (rows, samples).
        """
        plan, (samples, columns) = self.plan, X.shape
        spacing = _spacing(min(samples, self._watched_chunk))
        values, task = np.empty((len(rows), samples)), self._usual.copy()
        task[_FORWARD] = Mode.FORWARD, columns, samples, code, len(rows), spacing
        pool: Floats = _scratch("state", 1, plan.pool)[0]
        self._fill(pool[None], parameters)
        load().run(
            task, _PLAIN, self._code, plan.terms, plan.numbers, _NO_NUMBERS, _NO_ROWS, pool,
            _NO_NUMBERS, *self._memory(spacing), _NO_NUMBERS, _columns(X), rows, values.reshape(-1),
        )  # fmt: skip
        return values

    def gradient(self, parameters: Floats, X: Floats, mean: bool) -> tuple[float, Floats]:
        """The loss over the samples of X and its gradient, (parameters,)."""
        task, state = self._task(X, Mode.GRADIENT), self._state(parameters, ())
        losses, slopes = self._run(task, _settings(mean=mean), X, state.reshape(-1))
        gradient = np.empty(len(parameters))
        gradient[self.plan.slots] = slopes[: len(parameters)]
        return float(losses[0]), gradient

    def descend(
        self,
        parameters: Floats,
        moments: Moments,
        X: Floats,
        training: Training,
        *,
        start: int,
        steps: int,
        cursor: Cursor,
        watched: Floats,
        stride: int,
    ) -> Descent:
        """As `Program.descend`."""
        batch = min(training.batch or len(X), len(X))
        points = (start + steps) // stride - start // stride if stride else 0
        task, values = self._task(X, Mode.TRAIN), np.empty((points, len(watched)))
        task[Task.BATCH], task[Task.STEPS], task[Task.START] = batch, steps, start
        task[Task.WATCHED], task[Task.STRIDE] = len(watched) if points else 0, stride
        task[Task.OPTIMIZER] = list(OPTIMIZERS).index(training.optimizer)
        task[Task.SCHEDULE] = list(SCHEDULES).index(training.schedule)
        task[Task.SEED], task[Task.EPOCH] = training.seed, cursor.epoch
        task[Task.POSITION] = cursor.position
        state = self._state(parameters, moments)
        settings = _settings(training, mean=training.reduction == "mean")
        losses, _ = self._run(
            task, settings, X, state.reshape(-1), steps,
            watched=watched, rows=self._loss, values=values.reshape(-1),
        )  # fmt: skip
        if len(losses) < steps and stride:
            values = values[: (start + len(losses)) // stride - start // stride]
        present = state[int(task[Task.HALF])]
        moved = np.empty((1 + len(moments), len(parameters)))
        moved[:, self.plan.slots] = present[: 1 + len(moments), : len(parameters)]
        return Descent(
            moved[0],
            tuple(moved[1:]),
            Cursor(int(task[Task.EPOCH]), int(task[Task.POSITION])),
            losses,
            values,
            bool(task[Task.FINITE]),
        )

    def _task(self, X: Floats, mode: Mode) -> Integers:
        task, samples = self._usual.copy(), len(X)
        task[Task.MODE], task[Task.GIVEN] = mode, X.shape[1]
        task[Task.SAMPLES] = task[Task.BATCH] = samples
        return task

    def _state(self, parameters: Floats, moments: Moments) -> Floats:
        """Two halves of (parameters and constants, moments), (2, 1 + MOMENTS, pool)."""
        count = 2 * (1 + MOMENTS) * self.plan.pool
        state: Floats = _scratch("state", 1, count)[0, :count].reshape(
            2, 1 + MOMENTS, self.plan.pool
        )
        self._fill(state[:, 0], parameters)
        state[:, 1:] = 0.0
        for row, numbers in enumerate(moments, 1):
            state[0, row, : len(self.plan.slots)] = numbers[self.plan.slots]
        return state

    def _fill(self, pools: Floats, parameters: Floats) -> None:
        """Constants into each of the pools, parameters into the first, 0 elsewhere."""
        plan = self.plan
        pools[:] = 0.0
        pools[:, plan.constants_at : plan.constants_at + len(plan.constants)] = plan.constants
        pools[0, : len(plan.slots)] = parameters[plan.slots]

    def _run(
        self,
        task: Integers,
        settings: Floats,
        X: Floats,
        state: Floats,
        steps: int = 1,
        *,
        watched: Floats = _NO_NUMBERS,
        rows: Integers = _NO_ROWS,
        values: Floats = _NO_NUMBERS,
    ) -> tuple[Floats, Floats]:
        """Run the kernel; returns the losses of the finished steps and the gradient of the pool."""
        plan = self.plan
        spacing = _spacing(min(int(task[Task.BATCH]), self._chunk))
        watched_spacing = _spacing(min(int(task[Task.WATCHED]), self._watched_chunk))
        task[Task.SPACING], task[Task.WATCHED_SPACING] = spacing, watched_spacing
        order, losses = np.empty(len(X), dtype=np.int64), np.empty(max(1, steps))
        slopes = _scratch("slopes", 1, plan.pool)[0]
        done = load().run(
            task, settings, self._code, plan.terms, plan.numbers, _columns(X), order, state, slopes,
            *self._memory(max(spacing, watched_spacing)), losses, _columns(watched), rows, values,
        )  # fmt: skip
        return losses[:done], slopes

    def _memory(self, spacing: int) -> Floats:
        """Room for the numbers and the gradients of a chunk's rows, (2, numbers)."""
        return _scratch("memory", 2, self.plan.shared * load().W + self.plan.rows * spacing)


class Evaluation:
    """How some nodes of a program are evaluated: where they lie, and the instructions it takes."""

    def __init__(self, native: Native, nodes: Sequence[int]) -> None:
        plan = native.plan
        self._native = native
        self._rows = np.array([plan.row[node] for node in nodes], dtype=np.int64)
        written = {node: place for place, nodes in enumerate(plan.writes, 1) for node in nodes}
        self._code = max((written.get(node, 0) for node in nodes), default=0)

    def __call__(self, parameters: Floats, X: Floats) -> Floats:
        """The nodes for every sample of X, (nodes, samples)."""
        return self._native.evaluate(parameters, X, self._rows, self._code)


def _columns(X: Floats) -> Floats:
    """Samples, (samples, inputs), one input after the other."""
    return np.ascontiguousarray(X.T).reshape(-1)


_room = threading.local()


def _scratch(name: str, rows: int, count: int) -> Floats:
    """An array (rows, count) without numbers, the same in a thread from call to call: fresh pages
    would cost more than a forward pass. Every row begins a cache line.
    """
    count = -(-count // 8) * 8
    space: Floats | None = getattr(_room, name, None)
    if space is None or space.shape[1] < count:
        space = _aligned(rows, count)
        setattr(_room, name, space)
    return space[:, :count]


def _filled(values: dict[Task, int]) -> Integers:
    array = np.zeros(len(Task), dtype=np.int64)
    for place, value in values.items():
        array[place] = value
    return array


def _settings(training: Training = Training(), mean: bool = True) -> Floats:
    """The floats that the native loop reads, as `SLOTS` says."""
    return np.array([*(getattr(training, name) for name in KERNEL_HYPERPARAMETERS), mean], float)


_PLAIN = _settings()
"""Those of a forward pass, which reads none."""


def _spacing(samples: int) -> int:
    """Doubles from a row to the next: an odd number of cache lines, so that rows lie in all sets
    of the cache.
    """
    return (-(-samples // 8) | 1) * 8


def _aligned(rows: int, count: int) -> Floats:
    """An array (rows, count) without numbers, every row at the start of a cache line."""
    count = -(-count // 8) * 8
    space = np.empty(rows * count + 8)
    offset = -space.ctypes.data // 8 % 8
    return space[offset : offset + rows * count].reshape(rows, count)
