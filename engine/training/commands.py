"""Commands: what can be changed in a run after it began. Each is a plain value in the run's log.

`engine.training.apply_command` applies them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.hyperparameters import Hyperparameter
from engine.training.settings import DECLARATIONS

CHANGEABLE = tuple(
    name
    for name, declaration in DECLARATIONS.items()
    if isinstance(declaration, Hyperparameter) and declaration.is_live
)
"""The settings that can be changed while a run plays."""


class _RunCommand(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class NewSetting(_RunCommand):
    """Another value for one of the CHANGEABLE settings, as a form writes it."""

    kind: Literal["setting"] = "setting"
    name: Literal[CHANGEABLE]  # type: ignore[valid-type]
    text: str = Field(max_length=40)


class NewWeight(_RunCommand):
    """Another value for one parameter; `place` is its index in the parameter vector."""

    kind: Literal["weight"] = "weight"
    place: int = Field(ge=0)
    value: float = Field(ge=-1e6, le=1e6)


class NewWeights(_RunCommand):
    """Other values for all parameters, as from a file."""

    kind: Literal["weights"] = "weights"
    values: tuple[float, ...]


class Edit(_RunCommand):
    """A sample that is added at an index, moved or erased."""

    kind: Literal["data"] = "data"
    how: Literal["add", "move", "erase"]
    index: int = Field(ge=0)
    at: tuple[float, ...] = Field((), max_length=3)
    target: float = 0.0
    testing: bool = False
    dragged: bool = False
    """The move continues the one before; one Undo takes both back."""


class Undo(_RunCommand):
    """Take back the last edit of the data."""

    kind: Literal["undo"] = "undo"


class PlayOn(_RunCommand):
    """Go on without the stop rule."""

    kind: Literal["on"] = "on"


RunCommand = Annotated[
    NewSetting | NewWeight | NewWeights | Edit | Undo | PlayOn, Field(discriminator="kind")
]
