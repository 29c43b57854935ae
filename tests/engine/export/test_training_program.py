"""Exported programs train as the run did: the same losses, and the same weights in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.compiler.training_options import Cursor
from engine.export.course import SUGGESTED_STEPS, RowEdit, follow, skip
from engine.export.network import NETWORK_FORMATS, write_network
from engine.inspection.frames import frame
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.training.apply_command import apply_command
from engine.training.commands import Edit, NewSetting, NewWeight, PlayOn
from engine.training.data import Data
from engine.training.run import advance, begin, compute_losses
from engine.training.settings import Settings
from tests.golden.runs import CHANGED, NAMES, SETTINGS, STEPS, batch_losses, settings_of, trained
from tests.golden.write_programs import execute

CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@pytest.mark.parametrize("name", NAMES)
def test_a_numpy_program_has_the_losses_of_the_run(name: str) -> None:
    run = trained(name)
    names = execute(write_network("numpy", run))
    np.testing.assert_allclose(names["losses"], batch_losses(run), **CLOSE)
    assert len(names["losses"]) == STEPS
    train, test = compute_losses(run)
    assert names["evaluate"](names["TRAIN"])[0] == pytest.approx(train, rel=1e-9)
    if run.data.is_test.any():
        assert names["evaluate"](names["TEST"])[0] == pytest.approx(test, rel=1e-9)
    np.testing.assert_allclose(names["predict"](run.data.inputs), frame(run).predictions, **CLOSE)
    assert float(names["printed"][-1].rpartition(" ")[2]) < 1e-9


@pytest.mark.parametrize("name", ["plain", "three outputs", "four classes"])
def test_a_program_prints_the_losses_and_the_accuracy_of_the_page(name: str) -> None:
    run = trained(name)
    page = frame(run)
    line = execute(write_network("numpy", run))["printed"][-2]
    assert line.startswith(f"step {STEPS}: training loss ")
    for accuracy in page.accuracy:
        assert f"accuracy {accuracy:.1%}" in line


def test_the_runs_have_every_optimizer_schedule_loss_and_penalty() -> None:
    settings = [settings_of(name) for name in SETTINGS]
    assert {item.optimizer for item in settings} == set(OPTIMIZERS)
    assert {item.schedule for item in settings} == set(SCHEDULES)
    assert {item.loss for item in settings} == set(LOSSES)
    for name in ("l1", "l2", "clip", "dropout", "warmup"):
        assert any(getattr(item, name) for item in settings), name
    assert len(settings) >= 12


def test_a_program_says_only_what_the_run_needs() -> None:
    text = write_network("numpy", advance(begin(Settings(samples=20, hidden=(2,), batch=0)), 3))
    code = text[text.index("import numpy") :]
    for word in ("BETA1", "L1", "CLIP", "SEED", "random_words", "batches", "learning_rate", "mask"):
        assert word not in code
    assert "w[:] = w - RATE * grad" in code
    assert "d_z1 = (1 - a1 ** 2) * (d_z2 @ W2)" in code


def test_a_program_needs_nothing_but_its_library(tmp_path: Path) -> None:
    file = tmp_path / NETWORK_FORMATS["numpy"].filename
    file.write_text(write_network("numpy", trained("dropout")), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(file)],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    assert f"step {STEPS}: training loss" in done.stdout


def test_no_program_has_anything_that_ruff_would_remove(tmp_path: Path) -> None:
    for name in NAMES:
        for format in ("numpy", "pytorch"):
            file = tmp_path / f"{name} {format}.py"
            file.write_text(write_network(format, trained(name)), encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [str(ruff), "check", "--isolated", "--select", "E4,E7,E9,F", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_run_that_has_not_begun_trains_for_as_long_as_it_should() -> None:
    fresh = begin(Settings(samples=20, hidden=(2,)))
    assert f"train({SUGGESTED_STEPS})" in write_network("numpy", fresh)
    assert "TRAINED" not in write_network("numpy", fresh)
    assert "train(70)" in write_network("pytorch", begin(Settings(samples=20, stop_steps=70)))


def test_changes_before_the_first_step_are_the_beginning() -> None:
    run = begin(Settings(samples=20, hidden=(2,), test=0.5))
    run = apply_command(run, Edit(how="erase", index=0))
    run = advance(apply_command(run, NewWeight(place=1, value=0.25)), 5)
    course = follow(run)
    assert (course.start.parameters[1], course.changes) == (0.25, ())
    assert len(course.start.data.inputs) == 19


def test_a_change_that_changes_nothing_is_not_written() -> None:
    run = advance(begin(Settings(samples=20, hidden=(2,), stop_steps=9)), 4)
    run = apply_command(apply_command(run, PlayOn()), NewSetting(name="rate", text="0.1"))
    assert "# A change" not in write_network("numpy", advance(run, 4))
    text = write_network("pytorch", trained(CHANGED))
    assert text.count("# A change") == len(follow(trained(CHANGED)).changes)


def test_a_sample_that_was_dragged_moves_once() -> None:
    run = advance(begin(Settings(samples=20, hidden=(2,), test=0.0)), 2)
    for x in (0.1, 0.2, 0.3):
        run = apply_command(run, Edit(how="move", index=5, at=(x, 0.0), dragged=x > 0.1))
    (change,) = follow(run).changes
    assert change.edits == (RowEdit("move", False, 5, (0.3, 0.0)),)


@pytest.mark.parametrize("size", [1, 3, 7, 20, 25])
def test_the_place_in_the_data_after_many_steps_is_computed(size: int) -> None:
    run = begin(Settings(samples=26, hidden=(2,), test=0.04, batch=size))
    samples = len(run.samples.train)
    assert samples == 25
    places = [run.cursor]
    for _ in range(60):
        run = advance(run, 1)
        places.append(run.cursor)
    for start in (0, 1, 5):
        for steps in (0, 1, 2, 26, 55):
            assert skip(places[start], steps, size, samples) == places[start + steps]
    assert skip(Cursor(2, 9), 3, samples, samples) == Cursor(5)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_samples_for_testing_may_come_and_go(kind: str) -> None:
    settings: dict[str, Any] = {"samples": 12, "hidden": (2,), "test": 0.0}
    run = begin(Settings(dataset="plane" if kind == "number" else "moons", **settings))
    run = advance(run, 3)
    run = apply_command(run, Edit(how="add", index=4, at=(0.5, 0.5), target=1.0, testing=True))
    run = advance(run, 3)
    run = advance(apply_command(run, Edit(how="erase", index=4)), 3)
    names = execute(write_network("numpy", run))
    np.testing.assert_allclose(names["losses"], batch_losses(run), **CLOSE)
    printed = [line.count("test loss") for line in names["printed"][:-1]]
    assert printed == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("standardise", [False, True])
def test_a_table_of_three_inputs_and_odd_class_names_is_exported(standardise: bool) -> None:
    names = ["=1+1", 'a "quoted"\\name', "ü; #"]
    inputs = np.array([[i % 5 - 2.0, i % 7 / 3, i * i % 11] for i in range(30)])
    window = ((-3.0, 3.0), (-1.0, 4.0))
    targets = np.arange(30) % 3.0
    data = Data(inputs, targets, np.arange(30) % 5 == 0, tuple(names), window, (0.0, 2.0))
    settings = Settings(dataset="own", loss="ce", hidden=(3,), standardise=standardise, rate=0.02)
    run = advance(begin(settings, data=data), 20)
    for format in ("numpy", "notebook", "pytorch", "micrograd"):
        assert len(write_network(format, run)) > 1000
    names_of_program = execute(write_network("numpy", run))
    np.testing.assert_allclose(names_of_program["losses"], batch_losses(run), **CLOSE)


@pytest.mark.parametrize(
    "feature", ["max(x1, x2, 0)", "min(3, 1, 2) * softplus(3)", "e = exp(x1); e / (1 + e)", "7"]
)
def test_any_feature_of_ones_own_is_exported(feature: str) -> None:
    settings = Settings(samples=20, hidden=(2,), features=("x1", "own"), feature=feature)
    run = advance(begin(settings), 5)
    for format in ("numpy", "micrograd"):
        execute(write_network(format, run))
    names = execute(write_network("numpy", run))
    np.testing.assert_allclose(names["losses"], batch_losses(run), **CLOSE)
