"""Sweeps: what a person may type, which cells come of it, and that a cell is a run like any."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.run import advance, begin, compute_losses
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings
from engine.training.sweeps import (
    CELL_POINTS,
    MAX_SWEEP_RUNS,
    SWEEPABLE,
    Sweep,
    advance_slice,
    cell_settings,
    example_values,
    outcome_of,
    parse_sweep,
    parse_values,
    train_cell,
)
from tests.backends import EVERY_BACKEND

BASE = Settings(hidden=(3,), samples=30).texts()


def typed(**fields: str) -> dict[str, str]:
    usual = {"first": "rate", "first_values": "0.01, 0.1", "second": "", "steps": "20"}
    return BASE | usual | fields


def sweep_of(**fields: str) -> Sweep:
    sweep, errors = parse_sweep(typed(**fields))
    assert (sweep is not None, errors) == (True, {})
    assert sweep is not None
    return sweep


def test_every_combination_is_a_cell_along_the_first_setting_first() -> None:
    sweep = sweep_of(second="hidden", second_values="2; 3, 3")
    assert [(chosen.rate, chosen.hidden) for chosen in cell_settings(sweep)] == [
        (0.01, (2,)), (0.1, (2,)), (0.01, (3, 3)), (0.1, (3, 3)),
    ]  # fmt: skip
    assert (sweep.shape, sweep.runs) == ((2, 2), 4)
    assert Sweep.model_validate_json(sweep.model_dump_json()) == sweep
    with pytest.raises(IndexError):
        sweep.settings(4)


@EVERY_BACKEND
def test_a_cell_is_the_run_of_its_settings_to_the_last_bit(backend: str) -> None:
    sweep = sweep_of(
        second="seed", second_values="1, 2", optimizer="adam", dropout="0.2", steps="450"
    )
    for number, settings in enumerate(cell_settings(sweep)):
        *_, run = train_cell(sweep, number, backend=backend)
        by_hand = advance(begin(settings, backend), 450)
        assert run.step == 450
        assert (run.parameters == by_hand.parameters).all()
        outcome = outcome_of(run)
        assert (outcome.train, outcome.test) == compute_losses(by_hand)
        assert len(outcome.curve.train) <= CELL_POINTS
        points = by_hand.curve.train[:: outcome.curve.stride // by_hand.curve.stride]
        assert (outcome.curve.train == points).all()


def test_it_can_be_stopped_between_any_two_slices() -> None:
    sweep = sweep_of(steps="5")
    steps = [run.step for run in train_cell(sweep, 0, further=lambda run, left: advance(run, 1))]
    assert steps == [0, 1, 2, 3, 4, 5]
    assert advance_slice(begin(sweep.settings(0)), 5).step == 5


def test_what_diverges_and_what_its_stop_rule_ends_says_so() -> None:
    *_, run = train_cell(
        sweep_of(first_values="100", activation="linear", output="linear", l2="1"), 0
    )
    outcome = outcome_of(run)
    assert outcome.diverged
    assert outcome.state == f"Diverged after step {outcome.step}."
    *_, run = train_cell(sweep_of(stop_steps="7"), 0)
    outcome = outcome_of(run)
    assert (outcome.step, outcome.diverged) == (7, False)
    assert outcome.state.startswith("Stopped at step 7")


def test_without_test_samples_cells_are_compared_by_the_training_loss() -> None:
    *_, run = train_cell(sweep_of(test="0"), 0)
    outcome = outcome_of(run)
    assert np.isnan(outcome.test)
    assert outcome.loss == outcome.train


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("rate", "0.10, 1e-3", ("0.1", "0.001")),
        ("rate", "0.001..1 x4", ("0.001", "0.01", "0.1", "1")),
        ("noise", "0..0.4 x3", ("0", "0.2", "0.4")),
        ("dropout", "0.2..0.5 x4", ("0.2", "0.3", "0.4", "0.5")),
        ("seed", "3..5, 9", ("3", "4", "5", "9")),
        ("batch", "1..100 x5", ("1", "3", "10", "32", "100")),
        ("rate", "0.01..0.04 x3", ("0.01", "0.02", "0.04")),
        ("rate", "0.1..0.3 x3 linear", ("0.1", "0.2", "0.3")),
        ("rate", "0,001..1 x4", ("0.001", "0.01", "0.1", "1")),
        ("rate", "0,1, 0,3", ("0.1", "0.3")),
        ("rate", "0,1; 0,3", ("0.1", "0.3")),
        ("rate", "1/4, 1·10⁻², 1e-3", ("0.25", "0.01", "0.001")),
        ("rate", "0.000001 .. 1", ("1e-06", "1e-05", "0.0001", "0.001", "0.01", "0.1", "1")),
        ("noise", "0.01..0.04 x3 log", ("0.01", "0.02", "0.04")),
        ("batch", "1..100 log", ("1", "2", "5", "10", "22", "46", "100")),
        ("seed", "1,5..8", ("1", "5", "6", "7", "8")),
        ("hidden", "4, 8", ("4", "8")),
        ("hidden", "4; 8, 8;", ("4", "8,8")),
        ("activation", "tanh, relu", ("tanh", "relu")),
        ("standardise", "0, 1", ("0", "1")),
    ],
)
def test_values_are_a_list_or_a_range(name: str, text: str, expected: tuple[str, ...]) -> None:
    assert parse_values(name, text, BASE) == expected


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"first": "formula"}, "first", "Choose a setting."),
        ({"first": ""}, "first", "Choose a setting."),
        ({"second": "rate", "second_values": "1"}, "second", "setting that differs from the first"),
        ({"first_values": " , "}, "first_values", "Write at least one value."),
        ({"first_values": "0.1, x"}, "first_values", "x: Write a number, such as 0.5"),
        ({"first_values": "0.1, -1"}, "first_values", "-1: Must be greater than 0."),
        ({"first_values": "0.1, 0.10"}, "first_values", "0.10 occurs twice."),
        ({"first_values": "1..0.1 x3"}, "first_values", "write the smaller number first"),
        ({"first_values": "0.1..x"}, "first_values", "write a range like 0.001..1 x7"),
        ({"first_values": "0..1 log"}, "first_values", "begins above 0"),
        ({"first_values": "nan..1 x3"}, "first_values", "write the smaller number first"),
        ({"first": "hidden", "first_values": "8, 8"}, "first_values", "Put ; between values"),
        ({"first": "hidden", "first_values": "65"}, "first_values", "65: A layer has 1 to 64"),
        ({"first": "seed", "first_values": "0..1e9"}, "first_values", "2 to 400 values"),
        ({"first_values": "1..2x400," * 20_000}, "first_values", "More than 400 values"),
        ({"first": "seed", "first_values": "0..399, 400"}, "first_values", "More than 400 values"),
        ({"first_values": "0.1..1 x20", "second": "seed", "second_values": "0..20"},
         "second_values", "20 × 21 = 420 runs. The limit is 400."),
        ({"steps": "0"}, "steps", "from 1 to 10,000"),
        ({"steps": "10001"}, "steps", "from 1 to 10,000"),
        ({"steps": "many"}, "steps", "from 1 to 10,000"),
        ({"batch": "x"}, "batch", "Write a whole number."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(
    fields: dict[str, str], field: str, message: str
) -> None:
    sweep, errors = parse_sweep(typed(**fields))
    assert sweep is None
    assert set(errors) == {field}
    assert message in errors[field]


def test_the_most_there_may_be_goes_through() -> None:
    sweep = sweep_of(first="seed", first_values="0..399", steps="10,000")
    assert (sweep.runs, sweep.steps) == (MAX_SWEEP_RUNS, 10_000)


@pytest.mark.parametrize("dataset", ["moons", "bumps", "spiral", "points"])
def test_the_examples_of_every_setting_can_be_typed(dataset: str) -> None:
    settings, _ = parse_settings({"dataset": dataset})
    assert settings is not None
    for name in SWEEPABLE:
        text = example_values(name, settings.texts())
        assert not text or parse_values(name, text, settings.texts())


def test_every_number_and_every_choice_can_be_swept() -> None:
    some = "rate l1 l2 dropout batch seed noise hidden activation optimizer loss init schedule"
    assert set(some.split()) <= set(SWEEPABLE)
    assert not {"formula", "data", "features", "feature", "stop_steps"} & set(SWEEPABLE)
