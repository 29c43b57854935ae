"""Our gradients, updates and paths against PyTorch's numbers in descent.json (see
write_descent.py), and against PyTorch itself where it is installed.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine import Program, Value
from engine.compiler.training_options import Descent
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.random import Floats
from engine.schedules import SCHEDULES
from tests.backends import EVERY_BACKEND
from tests.golden.cases import PATH_STEPS, Case, built, drawn, path
from tests.golden.write_descent import FILE, PATHS, UPDATES, moved, path_of, unpack, update_of

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))
SMALL = 150
"""Parameters times samples up to which a case is also followed as a graph of Values."""

EVERY_UPDATE = pytest.mark.parametrize("golden", GOLDEN["updates"], ids=lambda entry: "")
EVERY_PATH = pytest.mark.parametrize("golden", GOLDEN["paths"], ids=lambda entry: "")
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def gradient(program: Program, case: Case, backend: str) -> tuple[float, Floats]:
    return program.gradient(case.parameters, case.table, case.training.reduction, backend)


def descend(program: Program, case: Case, steps: int, backend: str) -> Descent:
    return program.descend(
        case.parameters, case.moments, case.table, case.training,
        start=case.start, steps=steps, backend=backend,
    )  # fmt: skip


@EVERY_BACKEND
@EVERY_UPDATE
def test_gradients_and_single_updates_are_those_of_pytorch(
    golden: dict[str, Any], backend: str
) -> None:
    case = drawn(golden["seed"])
    program, _ = built(case)
    loss, slopes = gradient(program, case, backend)
    assert loss == pytest.approx(golden["loss"], rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(slopes, unpack(golden["gradient"]), **CLOSE)
    after = descend(program, case, 1, backend)
    assert after.finite
    np.testing.assert_allclose(after.parameters, unpack(golden["after"]), **CLOSE)


@EVERY_BACKEND
@pytest.mark.parametrize("seed", range(10_000, 10_180, 3))
def test_gradients_and_single_updates_are_those_of_the_pytorch_that_is_installed(
    seed: int, backend: str
) -> None:
    pytest.importorskip("torch")
    case = drawn(seed)
    program, _ = built(case)
    theirs, their_slopes, their_parameters = update_of(case)
    loss, slopes = gradient(program, case, backend)
    assert loss == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(slopes, their_slopes, **CLOSE)
    after = descend(program, case, 1, backend).parameters
    np.testing.assert_allclose(after, their_parameters, **CLOSE)


SMALL_SEEDS = [
    seed
    for seed in range(UPDATES)
    if len(drawn(seed).parameters) * len(drawn(seed).inputs) <= SMALL
]


@pytest.mark.parametrize("seed", SMALL_SEEDS)
def test_the_graph_of_values_has_the_gradients_of_pytorch(seed: int) -> None:
    case, golden = drawn(seed), GOLDEN["updates"][seed]
    _, mlp = built(case)
    weight, summed = 1.0 if case.training.reduction == "sum" else 1.0 / len(case.inputs), 0.0
    for x, target in zip(case.inputs.tolist(), case.targets.tolist(), strict=True):
        outputs = mlp.outputs(x)
        loss = LOSSES[case.loss].sample(outputs, [Value(t) for t in target]) * weight
        loss.backward()
        summed += loss.data
    assert summed == pytest.approx(golden["loss"], rel=1e-9, abs=1e-12)
    gradients = [parameter.grad for parameter in mlp.parameters()]
    np.testing.assert_allclose(gradients, unpack(golden["gradient"]), **CLOSE)


@EVERY_BACKEND
@EVERY_PATH
def test_paths_of_many_steps_are_those_of_pytorch(golden: dict[str, Any], backend: str) -> None:
    case = path(golden["seed"])
    program, _ = built(case)
    ours = descend(program, case, PATH_STEPS, backend)
    nearby = descend(program, moved(case), PATH_STEPS, backend)
    assert np.abs(ours.parameters - nearby.parameters).max() < 1e-10
    np.testing.assert_allclose(ours.losses, unpack(golden["losses"]), **CLOSE)
    np.testing.assert_allclose(ours.parameters, unpack(golden["final"]), rtol=1e-9, atol=1e-10)


def test_a_path_is_that_of_the_pytorch_that_is_installed() -> None:
    pytest.importorskip("torch")
    for golden in GOLDEN["paths"][:6]:
        losses, final = path_of(path(golden["seed"]))
        np.testing.assert_allclose(losses, unpack(golden["losses"]), **CLOSE)
        np.testing.assert_allclose(final, unpack(golden["final"]), rtol=1e-9, atol=1e-10)


def test_the_file_leaves_nothing_out() -> None:
    assert (len(GOLDEN["updates"]), len(GOLDEN["paths"])) == (UPDATES, PATHS)
    assert len(SMALL_SEEDS) > UPDATES / 4
    updates = [drawn(entry["seed"]) for entry in GOLDEN["updates"]]
    met = {(case.training.optimizer, case.training.schedule, case.loss) for case in updates}
    assert met == {(o, s, loss) for o in OPTIMIZERS for s in SCHEDULES for loss in LOSSES}
    assert {name for case in updates for name in case.activations[:-1]} == set(ACTIVATIONS)
    for name in ("l1", "l2", "clip", "dropout"):
        with_it = {c.training.optimizer for c in updates if getattr(c.training, name)}
        assert with_it == set(OPTIMIZERS)
    with_other_betas = {c.training.optimizer for c in updates if c.training.beta1 != 0.9}
    assert with_other_betas == set(OPTIMIZERS)
    paths = [path(entry["seed"]) for entry in GOLDEN["paths"]]
    assert {case.training.optimizer for case in paths} == set(OPTIMIZERS)
    assert {case.training.schedule for case in paths} == set(SCHEDULES)
    assert {case.loss for case in paths} == set(LOSSES)
    assert any(case.training.batch for case in paths)
    assert any(case.training.dropout for case in paths)
