"""Networks learn the known problems, with every seed or nearly every seed."""

from __future__ import annotations

import pytest

from engine.compiler import native_backend
from engine.inspection.frames import frame
from engine.training.run import advance, begin
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings, suggest_settings


def accuracy(steps: int, settings: Settings) -> tuple[float, float]:
    """The losses of training and test after this many steps."""
    return frame(advance(begin(settings, native_backend.best()), steps)).accuracy


def first_met(dataset: str, **changed: str) -> Settings:
    """The default settings for a dataset, some of them changed."""
    settings, errors = parse_settings(suggest_settings(dataset, {}) | changed)
    assert settings is not None, errors
    return settings


def test_a_spiral_of_two_arms_is_learnt_by_eight_and_eight_neurons() -> None:
    reached = [
        accuracy(2000, first_met("spiral", hidden="8,8", seed=str(seed)))[1] for seed in range(10)
    ]
    assert sum(share >= 0.95 for share in reached) >= 9, reached


def test_a_hinge_loss_with_decaying_rate_separates_the_moons_in_a_hundred_steps() -> None:
    settings = Settings(
        samples=100, test=0.0, hidden=(16, 16), activation=("relu",), init="uniform", loss="hinge",
        l2=1e-4, rate=1.0, schedule="linear", period=100, batch=0, seed=0,
    )  # fmt: skip
    assert accuracy(100, settings)[0] == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_yin_and_yang_and_their_dots_are_learnt(seed: int) -> None:
    settings = first_met("yinyang", hidden="8,8", seed=str(seed))
    assert (settings.samples, settings.classes, settings.loss) == (1000, 3, "ce")
    assert accuracy(2000, settings)[1] > 0.95


def test_a_checkerboard_is_learnt() -> None:
    assert accuracy(4000, first_met("checkerboard"))[1] > 0.9
