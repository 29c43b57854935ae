"""Which runs there are, and to whom."""

from __future__ import annotations

import gevent
import pytest

from engine.training.run import advance, begin
from engine.training.settings import Settings
from playground.nicknames import number_of
from playground.runner.errors import FullError
from playground.runner.registry import RunRegistry
from playground.runner.runner import Runner
from tests.playground.runner.conftest import wait_until

SMALL = Settings(hidden=(3,), samples=20)


@pytest.fixture
def runs(runner: Runner) -> RunRegistry:
    return runner.runs


def test_a_stranger_does_not_find_a_run(runs: RunRegistry) -> None:
    live = runs.create("me", begin(SMALL))
    with pytest.raises(KeyError):
        runs.get(live.id, "stranger")
    assert runs.get(live.id, "me") is live


def test_the_longest_unused_run_makes_space_for_a_new_one(runner: Runner) -> None:
    runs = runner.runs
    first, second, third = (runs.create("me", begin(SMALL)) for _ in range(3))
    runs.rename(first, "the first")
    gevent.sleep(0.01)
    runner.step(third)
    runs.create("me", begin(SMALL))
    fourth = runs.create("me", begin(SMALL))
    wait_until(lambda: len(runs.of("me")) <= 4)  # the store forgets it after the memory
    for live in (first, third, fourth):
        assert runs.get(live.id, "me") is live
    with pytest.raises(KeyError):
        runs.get(second.id, "me")


def test_a_run_that_is_deleted_while_a_list_is_made_is_left_out(
    runs: RunRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, deleted = (runs.create("me", begin(SMALL)) for _ in range(2))
    assert len(runs.of("me")) == 2
    runs._live.pop(deleted.id)
    monkeypatch.setattr(runs._store, "find", lambda id: None)
    assert runs.of("me") == [stays]


def test_a_shared_run_is_copied_once_by_each_visitor_until_it_moves(runner: Runner) -> None:
    runs = runner.runs
    live = runs.create("me", advance(begin(SMALL), 7))
    id = runs.share(live)
    assert runs.shared_run(id).step == 7
    copy = runs.open_shared(id, "you")
    assert copy.tip.step == 7
    assert runs.open_shared(id, "you") is copy
    runner.step(copy)
    assert runs.open_shared(id, "you") is not copy
    with pytest.raises(KeyError):
        runs.open_shared(live.id, "you")
    with pytest.raises(KeyError):
        runs.get(id, "me")


def test_a_visitor_keeps_only_some_runs_for_ever(
    runs: RunRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = runs.create("me", begin(SMALL))
    monkeypatch.setattr(
        runs, "_deployment", runs._deployment.model_copy(update={"named_per_visitor": 0})
    )
    with pytest.raises(FullError, match="Limit reached: 0 named or shared runs"):
        runs.rename(live, "name")


def test_the_family_of_a_run_are_its_parent_its_siblings_and_its_branches(runner: Runner) -> None:
    runs = runner.runs
    parent = runs.create("me", begin(SMALL))
    one, two = (runs.copy(parent, "me") for _ in range(2))
    assert {live.id for live in runs.family(one)} == {parent.id, two.id}
    assert {live.id for live in runs.family(parent)} == {one.id, two.id}


def test_all_that_is_kept_of_a_visitor_is_deleted(runner: Runner) -> None:
    runs = runner.runs
    mine, other = runs.create("me", begin(SMALL)), runs.create("you", begin(SMALL))
    shared = runs.share(mine)
    wait_until(lambda: other.record.saved)
    assert runner.delete_visitor(number_of("me")) == 2
    for id, owner in ((mine.id, "me"), (shared, "me")):
        with pytest.raises(KeyError):
            runs.get(id, owner)
    assert runs.get(other.id, "you") is other
