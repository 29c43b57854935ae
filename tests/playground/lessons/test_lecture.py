"""The lecture: its numbers, against the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.nn import MLP
from engine.training.run import advance, begin
from engine.training.settings import Settings
from playground.expression.scene import scene
from playground.expression.state import Lab, fields
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


def lab_of(number: int, **changes: Any) -> Lab:
    """Return the lab of a step after these changes."""
    query = STEPS[number - 1].address.partition("?")[2]
    lab, message = Lab.parse(fields(query))
    assert not message
    return lab.with_(**changes)


def values(lab: Lab) -> dict[str, tuple[float, float]]:
    """Return data and grad of every named node at the end of the walk, from the engine."""
    snapshot = scene(lab.with_(step=None, predict=False))
    return {node.label: (node.data, snapshot.grads[node]) for node in snapshot.nodes if node.label}


def attempts() -> Iterator[tuple[int, Attempt]]:
    """Return a correct attempt at every step, with numbers from the engine."""
    data, grad = 0, 1
    points = begin(Settings(dataset="points", hidden=(4, 4), samples=4, test=0.0, loss="mse"))
    yield 1, Attempt(str(6 * 3 - 4), lab_of(1, h=-5))
    inputs = values(lab_of(2))
    yield 2, Attempt(" ".join(str(inputs[name][grad]) for name in "abc"), lab_of(2))
    yield 3, Attempt(str(values(lab_of(3))["L"][data]), lab_of(3, step=3))
    yield 4, Attempt(lab=lab_of(4, right=5))
    moved = lab_of(5, moves=("0.01*1",))
    yield 5, Attempt(str(values(moved)["L"][data]), moved)
    yield 6, Attempt(str(values(lab_of(6))["o"][data]), lab_of(6, step=5))
    yield 7, Attempt(lab=lab_of(7, right=6))
    yield 8, Attempt(str(values(lab_of(8))["w2"][grad]), lab_of(8, step=None))
    yield 9, Attempt(STEPS[8].solution.partition(":")[0], lab_of(9, step=None))
    yield 10, Attempt(str(values(lab_of(10))["a"][grad]), lab_of(10))
    opened = lab_of(11, opened=("o",))
    yield 11, Attempt(str(values(opened)["x1"][grad]), opened)
    yield 12, Attempt(str(values(lab_of(12))["w1"][grad]), lab_of(12, format="pytorch"))
    yield 13, Attempt(str(len(MLP(3, [4, 5, 1]).parameters())))
    yield 14, Attempt(str(points.curve.train[0]), run=advance(points, 1))
    yield 15, Attempt(run=advance(points, 200))
    descended = lab_of(16, forgotten=True, moves=("0.05*8f",))
    losses = scene(descended).graph.trail.outputs
    rise = next(i for i in range(1, len(losses)) if losses[i] > losses[i - 1])
    yield 16, Attempt(str(rise), descended)
    yield 17, Attempt(run=advance(begin(Settings()), 2000))


def test_every_step_is_solved_with_the_numbers_of_the_engine() -> None:
    solved = []
    for number, attempt in attempts():
        assert STEPS[number - 1].check(attempt) == "", number
        solved.append(number)
    assert solved == list(range(1, 18))


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
