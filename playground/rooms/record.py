"""The part of a room that is saved and survives a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from engine.inspection.frames import ViewOptions


@dataclass(frozen=True)
class Display:
    """What the leader's page displays: a lab, its state as the query of its URL, and the id of its
    run.
    """

    lab: str
    state: str
    run: str = ""


@dataclass(frozen=True)
class RoomRecord:
    """The code, the leader and the display of a room. `leader` is a visitor's id, which is never
    sent to anybody.
    """

    code: str
    leader: str = field(repr=False)
    base_url: str
    """The start of all addresses in the room: the leader's."""
    display: Display
    view: ViewOptions = ViewOptions()

    def body(self) -> dict[str, Any]:
        """Return the record as JSON, without its code. Stored rooms have these names."""
        return {
            "leader": self.leader,
            "base_url": self.base_url,
            "shown": asdict(self.display),
            "view": asdict(self.view),
        }

    @classmethod
    def from_body(cls, code: str, body: Mapping[str, Any]) -> Self:
        """Return the record from its JSON. Fields that another version added are left out."""
        display = Display(**_known(Display, body["shown"]))
        view = ViewOptions(**_known(ViewOptions, body.get("view", {})))
        return cls(code, body["leader"], body["base_url"], display, view)


def _known(record_type: type[Any], body: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(record_type)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in body.items()
        if name in names
    }
