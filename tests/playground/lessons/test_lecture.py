"""The lecture: its numbers, against the engine."""

from __future__ import annotations

from engine.training.run import advance, begin
from engine.training.settings import Settings
from playground.lessons import LESSONS
from playground.lessons.checks import Attempt

STEPS = LESSONS["lecture"].steps


def test_the_lecture_has_seventeen_steps() -> None:
    assert len(STEPS) == 17
    assert len({step.title for step in STEPS}) == 17


def test_every_text_has_at_most_four_sentences() -> None:
    for step in STEPS:
        assert step.text.endswith((".", "?"))
        assert step.text.count(". ") < 4, step.title


def test_the_tasks_that_train_are_passed_by_training() -> None:
    by_hand, moons = STEPS[14].check, STEPS[16].check
    run = begin(Settings(dataset="points", hidden=(4, 4), samples=4, test=0.0, loss="mse"))
    assert by_hand(Attempt(run=advance(run, 19)))
    assert not by_hand(Attempt(run=advance(run, 200)))
    assert moons(Attempt(run=begin(Settings())))
    assert not moons(Attempt(run=advance(begin(Settings()), 2000)))


def test_a_choice_that_is_offered_is_correct() -> None:
    for step in STEPS:
        assert len(set(step.choices)) == len(step.choices)
        if step.choices:
            assert any(step.solution.startswith(choice) for choice in step.choices)
