"""The course of a run: how it began, and what people changed at which step.

A program that takes the same course needs no snapshot of the run: it begins with the same weights
and samples, takes the same batches, and makes the same changes at the same steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from engine.compiler.training_options import Cursor
from engine.losses import LOSSES
from engine.training.apply_command import apply_command, parameters_after
from engine.training.commands import Edit, NewWeight, NewWeights, RunCommand, Undo
from engine.training.data import Data
from engine.training.run import Run, blank_run, draw_parameters

SUGGESTED_STEPS = 1000
"""Steps that a program takes if the run has not begun."""


@dataclass(frozen=True, slots=True)
class RowEdit:
    """An edit of one row of the training table or of the test table: `values` are the inputs and
    the target of a row that is added, the inputs of one that is moved, and nothing if it is erased.
    """

    how: str
    is_test: bool
    row: int
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Change:
    """What came between two steps: the state `before` and `after`, without their weights; new
    `weights` by their place among the parameters; and the edits of the data in their order.
    """

    before: Run
    after: Run
    weights: dict[int, float]
    edits: tuple[RowEdit, ...]

    @property
    def step(self) -> int:
        """The step after which it came."""
        return self.after.step


@dataclass(frozen=True, eq=False)
class Course:
    """A run from its `start`, which has the weights of step 0, through its changes to `end`."""

    start: Run
    changes: tuple[Change, ...]
    end: Run

    @property
    def states(self) -> tuple[Run, ...]:
        """The start, and the state after each change."""
        return (self.start, *(change.after for change in self.changes))

    @property
    def steps(self) -> int:
        """The number of steps that a program takes."""
        return self.end.step or self.start.now.stop_steps or SUGGESTED_STEPS

    def uses(self, setting: str) -> bool:
        """Return whether this setting is not 0 at any step."""
        return any(getattr(state.now, setting) for state in self.states)

    @property
    def has_dropout(self) -> bool:
        """Whether hidden neurons are switched off at any step."""
        return self.uses("dropout") and bool(self.start.settings.hidden)

    @property
    def has_test(self) -> bool:
        """Whether there are samples for testing at any step."""
        return any(state.data.is_test.any() for state in self.states)

    @property
    def has_batches(self) -> bool:
        """Whether a step reads a part of the training samples only."""
        return any(batch_size(state) < len(state.samples.train) for state in self.states)

    @property
    def reads_logits(self) -> bool:
        """Whether the loss reads the logits, not the outputs."""
        return LOSSES[self.start.settings.loss].from_logits


def follow(run: Run) -> Course:
    """Return the course of a run. Its training is not computed again."""
    groups = groupby(run.log, key=lambda entry: entry[0])
    commands_by_step = {step: [command for _, command in group] for step, group in groups}
    start = blank_run(run.settings, run.backend, run.first_data)
    start = replace(start, parameters=draw_parameters(start))
    for command in commands_by_step.pop(0, []):
        start = apply_command(start, command)
    state, changes = start, []
    for step, commands in commands_by_step.items():
        change = _change(_skip_to(state, step), commands)
        changes.append(change)
        state = change.after
    return Course(start, tuple(changes), run)


def batch_size(state: Run) -> int:
    """Return the number of samples that a step reads."""
    samples = len(state.samples.train)
    return min(state.now.batch or samples, samples)


def _skip_to(state: Run, step: int) -> Run:
    """Return the state at a later step: its place in the data, but not its weights."""
    size, samples = batch_size(state), len(state.samples.train)
    cursor = skip(state.cursor, step - state.step, size, samples)
    return replace(state, step=step, cursor=cursor)


def skip(cursor: Cursor, steps: int, size: int, samples: int) -> Cursor:
    """Return the place in the data after more steps, each with `size` of so many samples."""
    if not steps:
        return cursor
    if size == samples:
        return Cursor(cursor.epoch + steps)
    per_epoch = -(-samples // size)
    rest = -(-(samples - cursor.position) // size)
    if steps < rest:
        return Cursor(cursor.epoch, cursor.position + steps * size)
    epochs, batches = divmod(steps - rest, per_epoch)
    return Cursor(cursor.epoch + 1 + epochs, batches * size)


def _change(before: Run, commands: Sequence[RunCommand]) -> Change:
    state, weights, edits = before, dict[int, float](), list[RowEdit]()
    for command in commands:
        match command:
            case NewWeight(place=place, value=value):
                weights[place] = value
            case NewWeights():
                weights |= enumerate(parameters_after(state.parameters, command).tolist())
            case Edit():
                _append(edits, _row_edit(state.data, command))
            case Undo():
                _append(edits, _row_edit(state.data, state.undo[-1]))
        state = apply_command(state, command)
    return Change(before, state, weights, tuple(edits))


def _append(edits: list[RowEdit], edit: RowEdit) -> None:
    """Append an edit. Of many moves of one row, as when it is dragged, the last one counts."""
    last = edits[-1] if edits else None
    if last and edit.how == "move" and replace(last, values=edit.values) == edit:
        edits.pop()
    edits.append(edit)


def _row_edit(data: Data, edit: Edit) -> RowEdit:
    index = min(edit.index, len(data.inputs))
    is_test = edit.testing if edit.how == "add" else bool(data.is_test[index])
    row = int((data.is_test[:index] == is_test).sum())
    values = (*edit.at, edit.target) if edit.how == "add" else edit.at
    return RowEdit(edit.how, is_test, row, values if edit.how != "erase" else ())
