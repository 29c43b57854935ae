"""How the native backend starts, and what it does where it cannot."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from engine import MLP, Program, Value, compile
from engine.compiler import native_backend, processor
from engine.compiler.training_options import Cursor, Descent, Training
from tests.backends import EVERY_BACKEND

ROOT = Path(__file__).parents[3]
NATIVE = pytest.mark.skipif(bool(processor.unsupported()), reason=processor.unsupported())


def in_a_new_process(code: str, **variables: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def network() -> tuple[Program, np.ndarray]:
    mlp = MLP(2, (8, 8, 1), seed=1)
    x, t = [Value(0.0), Value(0.0)], Value(0.0)
    program = compile((mlp(x) - t) ** 2, [*x, t], mlp.parameters())
    return program, np.random.default_rng(0).normal(size=(60, 3))


def processor_seconds(code: str) -> float:
    """Return the processor time of a new process that runs this code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    in_a_new_process(code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


IMPORT = """
from engine import MLP, Value, compile
import sys
assert not {"numba", "llvmlite"} & set(sys.modules), "numba is imported before it is needed"
"""
STEP = """
mlp, x, t = MLP(2, (16, 16, 1), seed=0), [Value(0.0), Value(0.0)], Value(0.0)
program = compile((mlp(x) - t) ** 2, [*x, t], mlp.parameters())
program.train([[1.0, 2.0, 0.5]] * 4, steps=1, rate=0.1)
"""
COUNT_COMPILATIONS = f"""
from numba import config, njit
from numba.core import event
cache_folder = config.CACHE_DIR
from engine import MLP, Value, compile
with event.install_recorder("numba:compile") as recorder:
{indent(STEP, "    ")}
    step = len(recorder.buffer)
    njit(lambda number: number)(1.0)
assert config.CACHE_DIR == cache_folder, "other code of this process would be kept in our folder"
print(step, len(recorder.buffer) - step)
"""
IMPORT_RATIO, STEP_RATIO = 2.0, 2.2
"""Maximum processor time of importing the engine, as a multiple of importing NumPy; and of a
process that trains one step with kernels from disk, as a multiple of importing numba."""


@NATIVE
def test_the_first_native_step_compiles_nothing_that_lies_on_disk() -> None:
    native_backend.load()
    step, control = map(int, in_a_new_process(COUNT_COMPILATIONS).split())
    assert control > 0, "the recorder does not see a compilation"
    assert step == 0


@NATIVE
@pytest.mark.measurement
def test_importing_and_the_first_native_step_take_little_more_than_numpy_and_numba() -> None:
    native_backend.load()
    imports, steps = [], []
    for _ in range(4):
        imports.append(processor_seconds(IMPORT) / processor_seconds("import numpy"))
        steps.append(processor_seconds(IMPORT + STEP) / processor_seconds("import numpy, numba"))
    assert min(imports) < IMPORT_RATIO, imports
    assert min(steps) < STEP_RATIO, steps


def test_a_processor_without_wide_vectors_trains_in_numpy() -> None:
    code = (
        "from engine.compiler import native_backend, processor;"
        "print(native_backend.best(), processor.unsupported())"
    )
    output = in_a_new_process(code, NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+sse2")
    assert output.startswith("numpy the processor has no fused multiply-add")


@NATIVE
def test_code_made_from_other_sources_lies_in_another_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = native_backend.folder()
    monkeypatch.setattr(native_backend, "_OTHER_SOURCES", native_backend._OTHER_SOURCES[:-1])
    assert native_backend.folder.__wrapped__() != before


@NATIVE
def test_threads_do_not_disturb_each_other() -> None:
    program, X = network()
    start, training = program.values(), Training(rate=0.05, batch=7, seed=3)
    results: dict[int, Descent] = {}

    def work(place: int) -> None:
        results[place] = program.descend(
            start, (), X, training, start=0, steps=20_000, backend=processor.name()
        )

    threads = [threading.Thread(target=work, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(3)
    for place in range(3):
        np.testing.assert_array_equal(results[place].parameters, results[3].parameters)
        np.testing.assert_array_equal(results[place].losses, results[3].losses)


@NATIVE
def test_a_divergence_ends_at_its_step_with_the_state_before_it() -> None:
    program, X = network()
    X = X * 1e150
    training = Training("momentum", rate=1e200, reduction="sum")
    zeros = (np.zeros(len(program.parameters)),)
    ends = [
        program.descend(program.values(), zeros, X, training, start=0, steps=50, backend=backend)
        for backend in ("numpy", processor.name())
    ]
    for end in ends:
        assert not end.finite
        assert np.isfinite(end.parameters).all()
        assert len(end.losses) < 50
    assert len(ends[0].losses) == len(ends[1].losses)
    assert ends[0].cursor == ends[1].cursor


@NATIVE
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_slices_give_the_same_bits_as_one_call(optimizer: str) -> None:
    program, X = network()
    training = Training(optimizer, 0.01, 7, seed=5, schedule="cosine", period=100)
    moments = tuple(np.zeros(len(program.parameters)) for _ in range(2 * (optimizer == "adam")))
    whole = program.descend(program.values(), moments, X, training, start=0, steps=75)
    part = Descent(program.values(), moments, Cursor(), np.empty(0), np.empty((0, 0)))
    for start, steps in ((0, 1), (1, 10), (11, 40), (51, 24)):
        part = program.descend(
            part.parameters, part.moments, X, training,
            start=start, steps=steps, cursor=part.cursor,
        )  # fmt: skip
    np.testing.assert_array_equal(part.parameters, whole.parameters)
    assert part.cursor == whole.cursor


@NATIVE
@pytest.mark.parametrize("cursor", [Cursor(0, -3), Cursor(0, 60), Cursor(0, 75), Cursor(-1, 0)])
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_a_place_outside_the_epoch_is_refused(cursor: Cursor, backend: str) -> None:
    program, X = network()
    with pytest.raises(ValueError, match="is not a place in an epoch of 60 samples"):
        program.descend(
            program.values(),
            (),
            X,
            Training(batch=7),
            start=0,
            steps=3,
            cursor=cursor,
            backend="numpy" if backend == "numpy" else processor.name(),
        )


@EVERY_BACKEND
@pytest.mark.parametrize("batch", [0, 60, 100])
def test_a_step_that_reads_all_samples_reads_them_all_in_the_middle_of_an_epoch_too(
    batch: int, backend: str
) -> None:
    program, X = network()
    ends = [
        program.descend(
            program.values(), (), X, Training(batch=batch), start=4, steps=3, cursor=cursor,
            backend=backend,
        )
        for cursor in (Cursor(0, 28), Cursor(0, 0))
    ]  # fmt: skip
    np.testing.assert_array_equal(ends[0].parameters, ends[1].parameters)
    assert ends[0].cursor == ends[1].cursor == Cursor(3, 0)


@NATIVE
def test_a_gradient_of_zero_times_infinity_is_nan_on_both_backends() -> None:
    x, w, p = Value(0.0), Value(1.0), Value(0.0)
    program = compile(x * w + p.sqrt() * 0.0, [x], [w, p])
    for backend in ("numpy", processor.name()):
        _, gradient = program.gradient(np.array([1.0, 0.0]), np.ones((8, 1)), backend=backend)
        assert gradient[0] == 1.0
        assert np.isnan(gradient[1])


INFINITE = {
    "a parameter alone": lambda x, p: p.exp() * 1.0,
    "a parameter beside samples": lambda x, p: p.exp() * (x - 0.7),
    "a chain of parameters": lambda x, p: (p.exp() * 0.5 + p) * (x + 1.0),
    "the last sample": lambda x, p: (x + (p - 710.0)).sqrt(),
    "the last sample in a neuron": lambda x, p: (p * (x + 1.0) - 710.0).sqrt(),
}
"""Losses whose gradient is infinite at p = 710 and a last sample of x = 0."""


@NATIVE
@pytest.mark.parametrize("samples", [1, 2, 3, 7, 8, 11, 13])
@pytest.mark.parametrize("name", INFINITE)
def test_an_infinite_gradient_is_infinite_on_both_backends(name: str, samples: int) -> None:
    x, p = Value(1.0), Value(709.0)
    program = compile(INFINITE[name](x, p), [x], [p])
    X = np.linspace(1.0, 0.0, samples)[:, None] if samples > 1 else np.zeros((1, 1))
    with np.errstate(all="ignore"):
        _, expected = program.gradient(np.array([710.0]), X, backend="numpy")
    _, gradient = program.gradient(np.array([710.0]), X, backend=processor.name())
    np.testing.assert_array_equal(gradient, expected)
    assert np.isinf(gradient).all()
