"""Snapshots: what is kept of a run, and what comes back of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiler.program import Program
from engine.training.apply_command import apply_command, with_commands
from engine.training.commands import Edit, NewSetting, NewWeight, PlayOn, Undo
from engine.training.run import Run, advance, begin, blank_run
from engine.training.settings import Settings
from engine.training.snapshots import MAX_SNAPSHOTS, History, max_snapshots, pack, restore, state_at
from tests.backends import BACKENDS

SETTINGS = Settings(hidden=(4, 3), samples=60, optimizer="adam", dropout=0.1, test=0.2, batch=7)
CHANGES = [
    NewSetting(name="rate", text="0.03"),
    Edit(how="add", index=3, at=(0.5, -0.5), target=1.0),
    Edit(how="move", index=3, at=(0.7, -0.4)),
    NewWeight(place=2, value=0.25),
    Undo(),
    Edit(how="erase", index=0),
    PlayOn(),
]


def lived(backend: str) -> list[Run]:
    """A run at every step of its life, which had every kind of command."""
    run = begin(SETTINGS, backend)
    moments = []
    for i in range(60):
        moments.append(run)
        if i % 9 == 3:
            run = apply_command(run, CHANGES[i // 9])
            moments[-1] = run
        run = advance(run, 1)
    return [*moments, run]


def assert_same(one: Run, other: Run) -> None:
    assert (one.step, one.cursor, one.log, one.undo) == (
        other.step,
        other.cursor,
        other.log,
        other.undo,
    )
    assert (one.now, one.stopped, one.best) == (other.now, other.stopped, other.best)
    assert (one.parameters == other.parameters).all()
    assert all((a == b).all() for a, b in zip(one.moments, other.moments, strict=True))
    assert (one.data.inputs == other.data.inputs).all()
    assert (one.data.targets == other.data.targets).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_was_kept_comes_back_and_goes_on_the_same(backend: str) -> None:
    run = lived(backend)[47]
    again = with_commands(begin(SETTINGS, backend), run.log)
    back = restore(again, pack(run, with_curve=True))
    assert_same(back, run)
    assert (back.curve.train == run.curve.train).all()
    assert_same(advance(back, 100), advance(run, 100))


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_step_is_what_it_was_from_whichever_snapshot(backend: str) -> None:
    life = lived(backend)
    whole = life[-1]
    for step in (0, 1, 3, 10, 11, 12, 35, 43, 59, 60):
        for start in (None, 0, 3, 9, 11, 35, 42, 60):
            if start is None or start <= step:
                body = None if start is None else pack(life[start])
                assert_same(state_at(whole, body, step), life[step])


def test_curves_are_as_they_were() -> None:
    whole = advance(begin(SETTINGS), 3000)
    then = state_at(whole, None, 1000)
    assert then.curve.steps[-1] == 1000 // then.curve.stride * then.curve.stride
    assert (then.curve.train == whole.curve.train[: len(then.curve.train)]).all()


def test_bytes_of_another_run_are_refused() -> None:
    body = pack(begin(SETTINGS))
    for other in (Settings(hidden=(2,)), SETTINGS.model_copy(update={"optimizer": "momentum"})):
        with pytest.raises(ValueError, match="another run"):
            restore(begin(other), body)
    with pytest.raises(ValueError, match="another run"):
        restore(begin(SETTINGS), body[:-8])


@pytest.mark.parametrize("cursor", [[0, -3], [0, 48], [-1, 0]])
def test_a_cursor_outside_of_the_training_data_is_refused(cursor: list[int]) -> None:
    run = begin(SETTINGS)
    head, _, numbers = pack(run).partition(b"\n")
    body = json.dumps(json.loads(head) | {"cursor": cursor}).encode() + b"\n" + numbers
    assert len(run.samples.train) == 48
    with pytest.raises(ValueError, match="another run"):
        restore(run, body)


def test_a_snapshot_with_more_commands_than_the_log_is_refused() -> None:
    run = apply_command(begin(SETTINGS), PlayOn())
    with pytest.raises(ValueError, match="another run"):
        restore(begin(SETTINGS), pack(run))


def test_a_blank_run_is_filled_in_without_a_loss_being_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = lived("numpy")[47]
    blank = with_commands(blank_run(SETTINGS, "numpy", run.first_data), run.log)
    monkeypatch.setattr(Program, "evaluate", None)
    assert_same(restore(blank, pack(run, with_curve=True)), run)


def test_a_history_knows_the_snapshot_before_a_step() -> None:
    history = History.from_steps((10, 20, 30))
    assert [history.last_before(step) for step in (9, 10, 29, 99)] == [None, 10, 20, 30]
    assert history.up_to(25).steps == (10, 20)
    assert History.from_steps(()) == History()


@settings(deadline=None)
@given(st.lists(st.integers(1, 5000), max_size=1500), st.integers(2, MAX_SNAPSHOTS))
def test_snapshots_are_bounded_and_evenly_spread(slices: list[int], most: int) -> None:
    history, step = History(), 0
    for steps in slices:
        step += steps
        history = history.add(step, most)
        assert len(history.steps) <= most
    gaps = np.diff([0, *history.steps, step])
    assert (gaps <= max(4 * step / most, 2) + max(slices, default=0) + 1).all()


def test_a_large_network_has_fewer_snapshots() -> None:
    large = begin(Settings(hidden=(64,) * 10, optimizer="adam"))
    assert max_snapshots(large, 4_000_000) == 4
    assert max_snapshots(begin(SETTINGS), 4_000_000) == MAX_SNAPSHOTS
    assert History().add(5, 1) == History()
