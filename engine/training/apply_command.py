"""Apply commands to a run. All functions are pure: a replay of settings and log gives the same run.

Each part of a run has its own function: settings, data, parameters. A snapshot needs the first two
only (`with_commands`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.random import Floats
from engine.training import messages
from engine.training.commands import (
    Edit,
    NewSetting,
    NewWeight,
    NewWeights,
    PlayOn,
    RunCommand,
    Undo,
)
from engine.training.data import Data
from engine.training.run import Run
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings

MAX_UNDO = 500
"""Maximum number of edits of the data that can be taken back."""


def apply_command(run: Run, command: RunCommand) -> Run:
    """Return the run after a command, which its log remembers.

    Raises ValueError, in words, for a command that this run cannot take.
    """
    changed = replace(
        run,
        parameters=parameters_after(run.parameters, command),
        log=(*run.log, (run.step, command)),
        diverged=False,
    )
    match command:
        case NewSetting() | PlayOn():
            now = settings_after(run.now, command)
            return replace(changed, now=now, stopped="", best=None)
        case Edit() | Undo():
            data, undo = data_after(run.data, run.undo, command)
            return replace(changed.with_data(data), undo=undo)
    return changed


def with_commands(run: Run, log: Sequence[tuple[int, RunCommand]]) -> Run:
    """Return the run with the settings, data and log that these commands give.

    What training changes stays as it is: parameters, moments, step, and the curve.
    """
    now, data, undo = run.now, run.data, run.undo
    for _, command in log:
        now = settings_after(now, command)
        data, undo = data_after(data, undo, command)
    run = replace(run, now=now, undo=undo, log=(*run.log, *log))
    return run if data is run.data else run.with_data(data)


def settings_after(now: Settings, command: RunCommand) -> Settings:
    """Return the settings after a command. Raises ValueError for a value out of its bounds."""
    match command:
        case PlayOn():
            return now.model_copy(update={"stop_loss": 0.0, "stop_patience": 0, "stop_steps": 0})
        case NewSetting(name=name, text=text):
            settings, errors = parse_settings(now.texts() | {name: text})
            if settings is None:
                raise ValueError(next(iter(errors.values())))
            return settings
    return now


def data_after(
    data: Data, undo: tuple[Edit, ...], command: RunCommand
) -> tuple[Data, tuple[Edit, ...]]:
    """Return the data after a command, and the edits that would take back those made so far.

    Raises ValueError for an edit that these data cannot take, and for nothing to undo.
    """
    match command:
        case Edit():
            after = edit_data(data, command)
            is_part_of_move = command.dragged and undo
            return after, undo if is_part_of_move else (*undo, inverse(data, command))[-MAX_UNDO:]
        case Undo():
            if not undo:
                raise ValueError(messages.NOTHING_TO_UNDO)
            return edit_data(data, undo[-1]), undo[:-1]
    return data, undo


def parameters_after(parameters: Floats, command: RunCommand) -> Floats:
    """Return the parameters after a command. Raises ValueError for values that do not fit."""
    match command:
        case NewWeight(place=index, value=value):
            if index >= len(parameters):
                raise ValueError(messages.NO_PARAMETER.format(parameters=len(parameters)))
            parameters = parameters.copy()
            parameters[index] = value
        case NewWeights(values=values):
            if len(values) != len(parameters):
                raise ValueError(
                    messages.OTHER_COUNT.format(values=len(values), parameters=len(parameters))
                )
            parameters = parameters.copy()
            parameters[:] = values
    return parameters


def edit_data(data: Data, edit: Edit) -> Data:
    """Return the data after an edit. Raises ValueError for one that they cannot take."""
    match edit.how:
        case "add":
            return data.add(edit.index, edit.at, edit.target, edit.testing)
        case "move":
            return data.move(edit.index, edit.at)
    return data.erase(edit.index)


def inverse(data: Data, edit: Edit) -> Edit:
    """Return the edit that takes back an edit of these data."""
    if edit.how == "add":
        return Edit(how="erase", index=min(edit.index, len(data.inputs)))
    point = tuple(data.inputs[edit.index].tolist())
    if edit.how == "move":
        return Edit(how="move", index=edit.index, at=point)
    return Edit(
        how="add",
        index=edit.index,
        at=point,
        target=float(data.targets[edit.index]),
        testing=bool(data.is_test[edit.index]),
    )
