"""Commands: each acts from its step on, stands in the log, and is replayed to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training.apply_command import apply_command
from engine.training.commands import (
    CHANGEABLE,
    Edit,
    NewSetting,
    NewWeight,
    NewWeights,
    PlayOn,
    RunCommand,
    Undo,
)
from engine.training.replay import replay
from engine.training.run import Run, advance, begin, compute_losses
from engine.training.settings import Settings

SMALL = Settings(samples=20, hidden=(3,), batch=6)
OTHER = {
    "rate": "0.5", "batch": "3", "schedule": "cosine", "period": "20", "factor": "0.3",
    "dropout": "0.4", "l1": "0.1", "l2": "0.2", "clip": "0.01", "decay": "0.5",
    "warmup": "40", "beta1": "0.5", "beta2": "0.9", "epsilon": "0.01",
    "stop_loss": "0.2", "stop_patience": "30", "stop_steps": "90",
}  # fmt: skip
"""For every setting that can be changed another value than SMALL's."""
ABOUT: dict[str, dict[str, Any]] = {
    "period": {"schedule": "step"}, "factor": {"schedule": "linear", "period": 10},
    "decay": {"optimizer": "adamw"}, "beta1": {"optimizer": "adam"},
    "beta2": {"optimizer": "adam"}, "epsilon": {"optimizer": "rmsprop"},
}  # fmt: skip


def settings_of(**changed: Any) -> Settings:
    return Settings.model_validate(SMALL.model_dump() | changed)


@pytest.mark.parametrize("name", CHANGEABLE)
def test_a_setting_that_is_changed_acts_as_if_the_run_had_begun_with_it(name: str) -> None:
    chosen = settings_of(**ABOUT.get(name, {}))
    changed = apply_command(begin(chosen), NewSetting(name=name, text=OTHER[name]))
    direct = begin(Settings.model_validate(changed.now.model_dump()))
    here, there = advance(changed, 60), advance(direct, 60)
    assert (here.step, here.stopped) == (there.step, there.stopped)
    np.testing.assert_array_equal(here.parameters, there.parameters)
    if not name.startswith("stop"):
        assert not np.array_equal(here.parameters, advance(begin(chosen), 60).parameters)
    assert here.settings == chosen
    assert here.is_edited


def test_a_setting_that_makes_another_network_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="name"):
        NewSetting(name="hidden", text="3,3")


def test_a_weight_is_what_was_written_and_the_others_stay() -> None:
    run = advance(begin(SMALL), 4)
    changed = apply_command(run, NewWeight(place=5, value=-0.25))
    assert changed.parameters[5] == -0.25
    np.testing.assert_array_equal(np.delete(changed.parameters, 5), np.delete(run.parameters, 5))
    assert compute_losses(changed) != compute_losses(run)
    with pytest.raises(ValueError, match="only 13 parameters"):
        apply_command(run, NewWeight(place=13, value=0.0))
    with pytest.raises(ValueError, match="finite"):
        NewWeight(place=0, value=float("nan"))


def test_all_weights_at_once_are_as_many_as_there_are() -> None:
    run = begin(SMALL)
    values = tuple(np.linspace(-1, 1, 13).tolist())
    assert tuple(apply_command(run, NewWeights(values=values)).parameters.tolist()) == values
    with pytest.raises(ValueError, match="2 numbers; the network has 13 parameters"):
        apply_command(run, NewWeights(values=(1.0, 2.0)))


def points(run: Run) -> list[tuple[float, ...]]:
    data = run.data
    table = np.column_stack([data.inputs, data.targets, data.is_test])
    return [tuple(row) for row in table.tolist()]


def test_points_are_added_moved_and_erased_and_each_edit_is_taken_back() -> None:
    run = begin(SMALL)
    first = points(run)
    added = apply_command(run, Edit(how="add", index=20, at=(0.25, -0.5), target=1.0, testing=True))
    assert points(added) == [*first, (0.25, -0.5, 1.0, 1.0)]
    moved = apply_command(added, Edit(how="move", index=3, at=(0.0, 0.125)))
    assert points(moved)[3] == (0.0, 0.125, *first[3][2:])
    erased = apply_command(moved, Edit(how="erase", index=0))
    assert points(erased) == points(moved)[1:]
    back = erased
    for expected in (moved, added, run):
        back = apply_command(back, Undo())
        assert points(back) == points(expected)
    with pytest.raises(ValueError, match="nothing to undo"):
        apply_command(back, Undo())
    assert len(back.log) == 6


def test_a_drag_is_taken_back_in_one_go() -> None:
    run = advance(begin(SMALL), 2)
    first = points(run)
    for x in (0.1, 0.2, 0.3):
        run = apply_command(advance(run, 3), Edit(how="move", index=4, at=(x, x), dragged=x > 0.1))
    assert points(apply_command(run, Undo())) == first


def test_the_network_learns_from_the_edited_points() -> None:
    run = begin(settings_of(test=0.0, batch=0))
    edited = apply_command(run, Edit(how="add", index=0, at=(5.0, 5.0), target=0.0))
    assert len(edited.samples.train) == 21
    assert not np.array_equal(advance(edited, 1).parameters, advance(run, 1).parameters)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit(how="move", index=20, at=(0.0, 0.0)), "There is no point number 21"),
        (Edit(how="erase", index=99), "There is no point number 100"),
        (Edit(how="add", index=0, at=(0.0,)), "A point has 2 coordinates"),
        (Edit(how="add", index=0, at=(0.0, 2e9)), "at most 1,000,000,000"),
        (Edit(how="add", index=0, at=(0.0, 0.0), target=2.0), "There are only 2 classes"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_in_words(edit: Edit, message: str) -> None:
    run = begin(SMALL)
    with pytest.raises(ValueError, match=message):
        apply_command(run, edit)
    assert points(run) == points(begin(SMALL))


def test_two_points_are_left_to_learn_from() -> None:
    run = begin(settings_of(samples=4, test=0.0, dataset="xor"))
    run = apply_command(apply_command(run, Edit(how="erase", index=0)), Edit(how="erase", index=0))
    with pytest.raises(ValueError, match="Keep at least two training points"):
        apply_command(run, Edit(how="erase", index=0))


# --- the stop rule -------------------------------------------------------------------------------


def test_a_run_stops_at_its_step_and_plays_on_beyond_it() -> None:
    run = advance(begin(settings_of(stop_steps=37)), 100)
    assert run.step == 37
    assert "Stopped at step 37" in run.stopped
    assert advance(run, 10) is run
    on = advance(apply_command(run, PlayOn()), 10)
    assert (on.step, on.stopped) == (47, "")


def test_a_run_stops_where_its_loss_is_reached() -> None:
    chosen = settings_of(rate=0.5, stop_loss=0.3, samples=100)
    run = advance(begin(chosen), 5000)
    assert run.step < 5000
    assert compute_losses(run)[0] <= 0.3
    assert "the stop rule says at most 0.3" in run.stopped
    assert (
        compute_losses(advance(begin(settings_of(rate=0.5, samples=100)), run.step - 10))[0] > 0.3
    )


def test_a_run_stops_where_the_test_loss_does_not_improve() -> None:
    run = advance(begin(settings_of(stop_patience=50, test=0.5, noise=0.9, rate=0.5)), 20_000)
    assert run.best is not None
    assert run.step - run.best[1] == 50
    assert "The test loss has not improved since" in run.stopped
    alone = advance(begin(settings_of(stop_patience=20, test=0.0, rate=1e-300)), 100)
    assert (alone.step, "training" in alone.stopped) == (20, True)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=8))
def test_a_stop_rule_ends_a_run_at_the_same_step_however_it_is_sliced(slices: list[int]) -> None:
    chosen = settings_of(stop_loss=0.55, stop_patience=60, stop_steps=150)
    run = begin(chosen)
    for steps in slices:
        run = advance(run, steps)
    whole = advance(begin(chosen), sum(slices))
    assert (run.step, run.stopped, run.best) == (whole.step, whole.stopped, whole.best)


# --- replay --------------------------------------------------------------------------------------

COORDINATE = st.floats(-2, 2)
COMMANDS: st.SearchStrategy[RunCommand] = st.one_of(
    st.sampled_from(sorted(OTHER)).map(lambda name: NewSetting(name=name, text=OTHER[name])),
    st.builds(NewWeight, place=st.integers(0, 12), value=COORDINATE),
    st.builds(
        Edit, how=st.just("add"), index=st.integers(0, 15),
        at=st.tuples(COORDINATE, COORDINATE), target=st.sampled_from([0.0, 1.0]),
    ),
    st.builds(
        Edit, how=st.sampled_from(["move", "erase"]), index=st.integers(0, 9),
        at=st.tuples(COORDINATE, COORDINATE),
    ),
    st.just(Undo()),
    st.just(PlayOn()),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 25), COMMANDS), max_size=8))
def test_settings_and_log_give_the_run_again_to_the_last_bit(
    changes: list[tuple[int, RunCommand]],
) -> None:
    run = begin(SMALL)
    for steps, change in changes:
        try:
            run = apply_command(advance(run, steps), change)
        except ValueError:
            continue
    run = advance(run, 12)
    again = replay(SMALL, run.log, run.step)
    assert again.parameters.tobytes() == run.parameters.tobytes()
    assert points(again) == points(run)
    assert (again.now, again.step, again.stopped) == (run.now, run.step, run.stopped)
