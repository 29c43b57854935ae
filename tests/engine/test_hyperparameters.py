"""Every hyperparameter is declared once, and everything that reads the declarations has it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from engine.compiler.instructions import KERNEL_HYPERPARAMETERS, MEAN, SLOTS
from engine.compiler.training_options import Training
from engine.hyperparameters import HYPERPARAMETERS, Hyperparameter, Hyperparameters
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.training.commands import CHANGEABLE
from engine.training.run import begin
from engine.training.settings import DECLARATIONS, Settings
from engine.training.sweeps import SWEEPABLE

EVERY = pytest.mark.parametrize("declaration", HYPERPARAMETERS.values(), ids=lambda d: d.name)


@EVERY
def test_a_declaration_says_all_that_a_page_needs(declaration: Hyperparameter) -> None:
    assert declaration.title
    assert declaration.description.endswith(".")
    assert type(declaration.default) is declaration.value_type
    assert declaration.name in SWEEPABLE
    declaration.check(declaration.default)


@EVERY
def test_settings_and_training_options_have_it(declaration: Hyperparameter) -> None:
    name = declaration.name
    assert DECLARATIONS[name].description == declaration.description
    assert getattr(Settings(), name) == declaration.default
    assert getattr(begin(Settings()).training, name) == declaration.default
    assert name in {field.name for field in fields(Training)}
    assert (name in CHANGEABLE) == declaration.is_live


def test_the_kernels_have_a_place_for_every_number_that_they_read() -> None:
    assert sorted(SLOTS.values()) == list(range(len(SLOTS)))
    assert set(SLOTS) == {*KERNEL_HYPERPARAMETERS, MEAN}
    for name in KERNEL_HYPERPARAMETERS:
        assert HYPERPARAMETERS[name].value_type in (int, float)


def test_optimizers_and_schedules_read_what_is_declared() -> None:
    reads = {name for entry in (*OPTIMIZERS.values(), *SCHEDULES.values()) for name in entry.reads}
    assert reads <= set(HYPERPARAMETERS)
    assert {"period", "factor", "decay", "beta1", "beta2", "epsilon"} <= reads


@EVERY
def test_what_pytorch_writes_names_only_hyperparameters(declaration: Hyperparameter) -> None:
    if declaration.pytorch_role:
        assert declaration.pytorch.format(**vars(Hyperparameters()))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate", -0.1, "rate must be at least 0; this is -0.1"),
        ("factor", 1.1, "factor must be at most 1; this is 1.1"),
        ("beta1", 1.0, "beta1 must be below 1; this is 1.0"),
        ("epsilon", float("nan"), "epsilon must be at least 0; this is nan"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused(name: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Training(**{name: value})
    with pytest.raises(ValueError, match=name):
        Settings(**{name: value})


def test_python_takes_larger_numbers_than_a_form() -> None:
    assert Training(rate=1e200).rate == 1e200
    with pytest.raises(ValueError, match="rate"):
        Settings(rate=1e200)
