"""A run told again: what its replay shows is what happened."""

from __future__ import annotations

from engine.training.apply_command import apply_command
from engine.training.commands import Edit, NewSetting, NewWeight
from engine.training.replay import keyframes
from engine.training.run import Run, advance, begin
from engine.training.settings import Settings


def lived() -> Run:
    """A run of 200 steps with edits of every kind on its way, the last where it stands."""
    run = advance(begin(Settings(samples=20, hidden=(4,), optimizer="adam", dropout=0.2)), 37)
    run = apply_command(run, NewSetting(name="rate", text="0.02"))
    run = advance(run, 50)
    run = apply_command(run, Edit(how="add", index=0, at=(0.1, 0.2), target=1.0))
    run = apply_command(run, NewWeight(place=2, value=0.75))
    return apply_command(advance(run, 113), NewWeight(place=0, value=-0.5))


def test_a_replay_ends_where_the_run_stands() -> None:
    run = lived()
    states = list(keyframes(run, 9))
    assert [state.step for state in states] == [0, 25, 50, 75, 100, 125, 150, 175, 200]
    assert states[-1].parameters.tobytes() == run.parameters.tobytes()
    assert states[-1].data.inputs.tobytes() == run.data.inputs.tobytes()
    assert [len(state.data.inputs) for state in states] == [20, 20, 20, 20, 21, 21, 21, 21, 21]
    assert states[-1].curve.train.tobytes() == run.curve.train.tobytes()


def test_a_moment_on_the_way_is_the_one_that_was() -> None:
    run = lived()
    before = advance(begin(run.settings), 25)
    assert list(keyframes(run, 9))[1].parameters.tobytes() == before.parameters.tobytes()


def test_a_short_run_has_a_moment_for_every_step() -> None:
    run = advance(begin(Settings(samples=20)), 3)
    assert [state.step for state in keyframes(run)] == [0, 1, 2, 3]


def test_a_run_that_diverged_is_told_until_it_did() -> None:
    wild = Settings(samples=20, activation=("relu",), output="linear", rate=100.0)
    run = advance(begin(wild), 500)
    assert run.diverged
    assert [state.step for state in keyframes(run)][-1] == run.step
