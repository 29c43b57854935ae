"""What web processes and workers hand to each other, also across versions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.training.apply_command import apply_command
from engine.training.commands import NewSetting
from engine.training.run import advance, begin
from engine.training.settings import Settings
from playground.runner.cluster.messages import (
    VERSION,
    Progress,
    RunDefinition,
    UnknownMessageError,
    state_of,
)

RUN = advance(begin(Settings(hidden=(3,), samples=20)), 3)
CHANGED = advance(apply_command(RUN, NewSetting(name="rate", text="0.5")), 3)


def progress_of(run: object = RUN) -> Progress:
    return Progress("edition", (7, 1), True, "10", "slow", None, state_of(run))  # type: ignore[arg-type]


def test_a_run_comes_back_from_its_definition_and_progress() -> None:
    definition = RunDefinition.of(CHANGED, "number", "hash")
    again = RunDefinition.unpack(definition.pack())
    assert again == definition
    progress = Progress.unpack(progress_of(CHANGED).pack())
    assert progress == progress_of(CHANGED)
    run = again.run(progress.state, CHANGED.first_data)
    assert (run.parameters == CHANGED.parameters).all()
    assert (run.step, run.log) == (CHANGED.step, CHANGED.log)


def test_progress_moves_a_run_of_the_same_edition() -> None:
    later = advance(RUN, 5)
    run = progress_of(later).advance(RUN)
    assert (run.parameters == later.parameters).all()


def test_two_definitions_of_a_run_are_two_editions() -> None:
    one, two = (RunDefinition.of(RUN, "number", "hash") for _ in range(2))
    assert one.edition != two.edition


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1, None, "2"])
def test_a_message_of_another_version_is_not_guessed_at(version: object) -> None:
    head, _, state = progress_of().pack().partition(b"\n")
    other = json.dumps(json.loads(head) | {"version": version}).encode()
    with pytest.raises(UnknownMessageError, match="version"):
        Progress.unpack(other + b"\n" + state)
    definition = json.loads(RunDefinition.of(RUN, "number", "hash").pack())
    with pytest.raises(UnknownMessageError, match="version"):
        RunDefinition.unpack(json.dumps(definition | {"version": version}).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b'{"version": 2}'])
def test_bytes_that_are_no_message_are_refused(body: bytes) -> None:
    with pytest.raises(UnknownMessageError):
        Progress.unpack(body)
    with pytest.raises(UnknownMessageError):
        RunDefinition.unpack(body)


def test_a_command_that_this_version_does_not_know_is_refused() -> None:
    definition = RunDefinition.of(CHANGED, "number", "hash")
    newer = replace(definition, log=((3, '{"kind": "teleport", "where": 7}'),))
    with pytest.raises(UnknownMessageError):
        newer.run(state_of(CHANGED), CHANGED.first_data)
