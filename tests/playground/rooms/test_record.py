"""Records: what outlasts a restart, and what another version wrote."""

from __future__ import annotations

from engine.inspection.frames import ViewOptions
from playground.rooms.record import Display, RoomRecord

RECORD = RoomRecord(
    "ABCDEF",
    "leader",
    "http://localhost/",
    Display("network", "hidden=3", "id"),
    ViewOptions(slice=(0.5,), discrete=True, panel="layers", opened=("layer 1",)),
)


def test_a_record_comes_back_from_its_json() -> None:
    assert RoomRecord.from_body("ABCDEF", RECORD.body()) == RECORD


def test_fields_of_another_version_are_left_out() -> None:
    body = RECORD.body() | {"later": 1}
    body["shown"] |= {"zoom": 2}
    body["view"] |= {"colours": "grey"}
    assert RoomRecord.from_body("ABCDEF", body) == RECORD


def test_the_log_never_names_the_leader() -> None:
    assert "leader'" not in repr(RECORD)
