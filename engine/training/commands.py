"""Commands: what can be changed of a run after it began. Each is a plain value in the run's log.

`apply` is pure, so a replay of settings and log gives the same run again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.hyperparameters import Hyperparameter
from engine.training.data import Data
from engine.training.settings import DECLARATIONS, read

if TYPE_CHECKING:
    from engine.training.run import Run

CHANGEABLE = tuple(
    name
    for name, declaration in DECLARATIONS.items()
    if isinstance(declaration, Hyperparameter) and declaration.is_live
)
"""The settings that can be changed while a run plays."""
MOST_UNDONE = 500
"""So many edits of the data can be taken back."""


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class NewSetting(_Command):
    """From here on another value of one of the CHANGEABLE settings, as it stands in a form."""

    kind: Literal["setting"] = "setting"
    name: Literal[CHANGEABLE]  # type: ignore[valid-type]
    text: str = Field(max_length=40)

    def apply(self, run: Run) -> Run:
        """Raises ValueError, in words, for a value that the setting cannot have."""
        now, errors = read(run.now.texts() | {self.name: self.text})
        if now is None:
            raise ValueError(next(iter(errors.values())))
        return replace(run, now=now, stopped="", best=None)


class NewWeight(_Command):
    """Another value of one parameter."""

    kind: Literal["weight"] = "weight"
    place: int = Field(ge=0)
    value: float = Field(ge=-1e6, le=1e6)

    def apply(self, run: Run) -> Run:
        """Raises ValueError for a parameter that there is not."""
        if self.place >= len(run.parameters):
            raise ValueError(f"There are {len(run.parameters)} parameters.")
        parameters = run.parameters.copy()
        parameters[self.place] = self.value
        return replace(run, parameters=parameters)


class NewWeights(_Command):
    """Other values of all parameters, as from a file."""

    kind: Literal["weights"] = "weights"
    values: tuple[float, ...]

    def apply(self, run: Run) -> Run:
        """Raises ValueError where they are not as many as the network has."""
        if len(self.values) != len(run.parameters):
            raise ValueError(
                f"These are {len(self.values)} numbers; the network has {len(run.parameters)}."
            )
        parameters = run.parameters.copy()
        parameters[:] = self.values
        return replace(run, parameters=parameters)


class Edit(_Command):
    """A sample added at a place among them, moved, or erased."""

    kind: Literal["data"] = "data"
    how: Literal["add", "move", "erase"]
    index: int = Field(ge=0)
    at: tuple[float, ...] = Field((), max_length=3)
    target: float = 0.0
    testing: bool = False
    dragged: bool = False
    """A move that goes on with the one before: both are taken back at once."""

    def of(self, data: Data) -> Data:
        """The data after it. Raises ValueError for what cannot be."""
        match self.how:
            case "add":
                return data.add(self.index, self.at, self.target, self.testing)
            case "move":
                return data.move(self.index, self.at)
        return data.erase(self.index)

    def back(self, data: Data) -> Edit:
        """The edit that takes this one back, which is about to be made to these data."""
        if self.how == "add":
            return Edit(how="erase", index=min(self.index, len(data.inputs)))
        at = tuple(data.inputs[self.index].tolist())
        if self.how == "move":
            return Edit(how="move", index=self.index, at=at)
        return Edit(
            how="add", index=self.index, at=at, target=float(data.targets[self.index]),
            testing=bool(data.is_test[self.index]),
        )  # fmt: skip

    def apply(self, run: Run) -> Run:
        """Raises ValueError for an edit that cannot be."""
        data = self.of(run.data)
        undo = (*run.undo, self.back(run.data))[-MOST_UNDONE:]
        if self.dragged and run.undo:
            undo = run.undo
        return replace(run.with_data(data), undo=undo)


class Undo(_Command):
    """The last edit of the data taken back."""

    kind: Literal["undo"] = "undo"

    def apply(self, run: Run) -> Run:
        """Raises ValueError where there is nothing to take back."""
        if not run.undo:
            raise ValueError("There is nothing to undo.")
        return replace(run.with_data(run.undo[-1].of(run.data)), undo=run.undo[:-1])


class PlayOn(_Command):
    """Beyond the stop rule: from here on it is not looked at."""

    kind: Literal["on"] = "on"

    def apply(self, run: Run) -> Run:
        """The run without a rule that stops it."""
        now = run.now.model_copy(update={"stop_loss": 0.0, "stop_patience": 0, "stop_steps": 0})
        return replace(run, now=now, stopped="", best=None)


Command = Annotated[
    NewSetting | NewWeight | NewWeights | Edit | Undo | PlayOn, Field(discriminator="kind")
]


def command(run: Run, change: Command) -> Run:
    """The run after a change, which its log remembers. Raises ValueError for what cannot be."""
    changed = change.apply(run)
    return replace(changed, log=(*run.log, (run.step, change)), diverged=False)
