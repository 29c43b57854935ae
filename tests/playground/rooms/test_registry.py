"""All rooms: how many there are, what is stored when, and what happens to empty ones."""

from __future__ import annotations

from dataclasses import replace

import gevent
import pytest

from engine.inspection.frames import ViewOptions
from playground.nicknames import number_of
from playground.rooms.audience import MAX_NAMES
from playground.rooms.record import Display
from playground.rooms.registry import IDLE_SECONDS, Rooms
from playground.rooms.room import Room
from playground.rooms.saving import RETRY_SECONDS, SAVE_SECONDS
from tests.manual_clock import ManualClock
from tests.playground.rooms.storage import DISPLAY, Storage, question

URL = "http://localhost/"


def test_the_number_of_rooms_is_limited(rooms: Rooms) -> None:
    for leader in ("a", "b"):
        rooms.open(leader, URL, DISPLAY)
    with pytest.raises(ValueError, match="this instance allows 2 open rooms"):
        rooms.open("c", URL, DISPLAY)
    assert len(rooms) == 2


def test_a_room_that_was_empty_for_an_hour_makes_place_for_another(
    rooms: Rooms, clock: ManualClock
) -> None:
    empty, followed = (rooms.open(leader, URL, DISPLAY) for leader in ("a", "b"))
    with followed.follow("me"):
        clock.advance(IDLE_SECONDS - 1)
        with pytest.raises(ValueError, match="2 open rooms"):
            rooms.open("c", URL, DISPLAY)
        clock.advance(1)
        opened = rooms.open("c", URL, DISPLAY)
        assert empty.closed
        assert not followed.closed
    assert rooms.find(opened.code) is opened
    assert rooms.find(empty.code) is None


def test_a_room_is_stored_soon_after_a_change_and_not_with_every_change(
    rooms: Rooms, storage: Storage, clock: ManualClock
) -> None:
    room = rooms.open("me", URL, DISPLAY)
    for step in range(10):
        rooms.show(room, Display("expression", f"code=a&step={step}"))
    clock.advance(SAVE_SECONDS / 2)
    assert storage.writes == 0
    clock.advance(SAVE_SECONDS)
    assert storage.writes == 1
    assert storage.rooms[room.code]["shown"]["state"] == "code=a&step=9"


def test_a_room_is_stored_once_the_store_works_again(
    rooms: Rooms, storage: Storage, clock: ManualClock
) -> None:
    room = rooms.open("me", URL, DISPLAY)
    storage.broken = True
    clock.advance(SAVE_SECONDS + 2.5 * RETRY_SECONDS)
    storage.broken = False
    assert not storage.rooms
    clock.advance(RETRY_SECONDS)
    assert room.code in storage.rooms


def test_a_stop_stores_what_is_not_yet_stored(rooms: Rooms, storage: Storage) -> None:
    room = rooms.open("me", URL, Display("network", "hidden=3", "id"))
    view = ViewOptions(
        slice=(0.5,), discrete=True, panel="layers", opened=("layer 1",), pin="other"
    )
    rooms.show(room, room.display, view)
    rooms.stop()
    restarted = Rooms(1, storage).find(room.code)
    assert restarted is not None
    assert restarted.view == replace(view, pin=""), "what the leader compares with stays private"
    assert restarted.display == room.display


def test_a_stop_with_a_broken_store_ends_all_the_same(rooms: Rooms, storage: Storage) -> None:
    rooms.open("me", URL, DISPLAY)
    storage.broken = True
    rooms.stop()
    assert not storage.rooms


def test_a_closed_room_is_deleted_and_nothing_brings_it_back(
    rooms: Rooms, storage: Storage, clock: ManualClock
) -> None:
    room = rooms.open("me", URL, DISPLAY)
    clock.advance(SAVE_SECONDS)
    rooms.show(room, Display("expression", "code=b"))
    rooms.close(room)
    clock.advance(10 * RETRY_SECONDS)
    assert not storage.rooms
    assert rooms.find(room.code) is None
    assert rooms.led_by("me") is None


def test_a_code_is_found_in_whatever_way_it_is_typed(rooms: Rooms) -> None:
    room = rooms.open("me", URL, DISPLAY)
    assert rooms.find(f" {room.code[:3].lower()} {room.code[3:].lower()} ") is room
    for wrong in ("", "?", room.code + "A", "A" * 1000):
        assert rooms.find(wrong) is None


def test_the_rooms_of_a_leader_are_found_by_id_and_by_number(rooms: Rooms) -> None:
    mine, _ = rooms.open("me", URL, DISPLAY), rooms.open("you", URL, DISPLAY)
    assert rooms.led_by("me") is mine
    assert rooms.led_by_number(number_of("me")) == [mine]
    assert rooms.led_by_number("unknown") == []


def test_names_and_answers_of_those_who_left_are_limited(rooms: Rooms) -> None:
    room = rooms.open("leader", URL, DISPLAY)
    entry = question()
    rooms.questions.ask(room, entry)
    with room.follow("stays"):
        name = rooms.nickname(room, "stays")
        for visitor in range(MAX_NAMES + 50):
            rooms.request_lead(room, str(visitor))
            rooms.questions.answer(room, str(visitor), 1.0)
        names = room.audience.names
        assert len(names) == len(set(names.values())) == MAX_NAMES
        assert len(entry.answers) <= MAX_NAMES
        assert len(room.audience.lead_requests) <= MAX_NAMES
        assert rooms.nickname(room, "stays") == name


def test_the_lead_goes_to_somebody_who_asked_and_to_nobody_else(
    rooms: Rooms, storage: Storage
) -> None:
    room = rooms.open("leader", URL, DISPLAY)
    name = rooms.nickname(room, "follower")

    def inherit(heir: str) -> Display:
        return Display("network", "hidden=3", f"copy of {heir}")

    with pytest.raises(ValueError, match="No follower with that name has asked to lead"):
        rooms.hand_over(room, name, inherit)
    rooms.request_lead(room, "follower")
    assert rooms.hand_over(room, name, inherit) == "follower"
    assert room.leader == "follower"
    assert room.display.run == "copy of follower"
    assert not room.audience.lead_requests
    assert storage.rooms[room.code]["leader"] == "follower", "it is stored at once"


def test_every_page_of_the_leader_is_notified(rooms: Rooms) -> None:
    room = rooms.open("leader", URL, DISPLAY)
    with room.lead() as laptop, room.lead() as projector:
        for act in (
            lambda: room.follow("me").__enter__(),
            lambda: rooms.request_lead(room, "me"),
            lambda: rooms.show(room, Display("expression", "code=b")),
        ):
            laptop.clear()
            projector.clear()
            act()
            assert laptop.is_set()
            assert projector.is_set()


def test_the_pointer_reaches_the_followers(rooms: Rooms) -> None:
    room = rooms.open("leader", URL, DISPLAY)
    with room.follow("me") as follower:
        follower.stale = False
        rooms.point(room, b"here")
        rooms.pointer_moved(room.code, b"there")
        rooms.pointer_moved("NOBODY", b"nowhere")
        assert list(follower.waiting) == [("pointer", b"there")]


def test_the_log_of_a_failure_names_no_visitor(rooms: Rooms) -> None:
    room: Room = rooms.open("the leader", URL, DISPLAY)
    with room.follow("somebody") as follower:
        assert "somebody" not in repr(follower) + repr(room)
    assert "the leader" not in repr(room)
    gevent.sleep(0)
