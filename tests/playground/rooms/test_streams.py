"""The streams of a room: how they begin, stay alive and end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from playground.http.services import services_of
from playground.http.sse import HEARTBEAT
from playground.rooms import streams
from playground.rooms.record import Display
from playground.rooms.registry import Rooms
from playground.rooms.room import AWAY_SECONDS, Room
from tests.playground.rooms.storage import question

DISPLAY = Display("expression", "code=a+%3D+2%0Ab+%3D+a+%2A+3")


@pytest.fixture
def rooms(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rooms]:
    """The rooms of an application, in a request, with a heart that beats quickly."""
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(streams, "PAUSE_SECONDS", 0.0)
    with app.test_request_context("/"):
        rooms = services_of(app).rooms
        assert isinstance(rooms, Rooms)
        yield rooms


@pytest.fixture
def room(rooms: Rooms) -> Room:
    return rooms.open("leader", "http://localhost/", DISPLAY)


def test_a_quiet_stream_beats(room: Room) -> None:
    events = streams.follower_events(room, "me")
    assert b"a * 3" in next(events)
    assert b"Ask to lead" in next(events)
    assert next(events) == HEARTBEAT
    leader_events = streams.leader_events(room, "leader")
    assert b"1 follower" in next(leader_events)
    assert next(leader_events) == HEARTBEAT


def test_a_followers_stream_ends_with_the_room(rooms: Rooms, room: Room) -> None:
    events = streams.follower_events(room, "me")
    next(events)
    next(events)
    rooms.close(room)
    assert b"The leader closed the room." in next(events)
    assert next(events).startswith(b"event: end")
    assert list(events) == []
    assert room.audience.people == 0


def test_the_leaders_stream_shows_the_answers_and_ends_when_another_leads(
    rooms: Rooms, room: Room
) -> None:
    events = streams.leader_events(room, "leader")
    assert b"0 followers" in next(events)
    assert next(events) == HEARTBEAT
    rooms.questions.ask(room, question())
    rooms.questions.answer(room, "me", 2.0)
    assert b"1 answer of 1." in next(events)
    assert next(events) == HEARTBEAT, "no histogram before the question is revealed"
    rooms.questions.reveal(room)
    assert b"100% correct" in next(events)
    assert next(events).startswith(b"event: figures")
    rooms.request_lead(room, "me")
    rooms.hand_over(room, rooms.nickname(room, "me"), lambda heir: DISPLAY)
    assert b"You handed over the lead." in next(events)
    assert next(events).startswith(b"event: end")
    assert list(events) == []
    assert not room.leader_pages


def test_the_bar_of_a_new_leader_opens_the_lab(rooms: Rooms, room: Room) -> None:
    rooms.request_lead(room, "me")
    rooms.hand_over(room, rooms.nickname(room, "me"), lambda heir: DISPLAY)
    events = streams.follower_events(room, "me")
    next(events)
    assert b"Open your lab" in next(events)


def test_followers_read_that_the_leader_is_away_and_back(room: Room) -> None:
    room.left_at -= AWAY_SECONDS
    events = streams.follower_events(room, "me")
    assert b"a * 3" in next(events)
    assert b"The leader is away." in next(events)
    with room.lead():
        update = next(events)
        assert b"leader-presence" in update
        assert b"away" not in update


def test_a_slow_follower_gets_the_whole_state_again(room: Room) -> None:
    events = streams.follower_events(room, "me")
    next(events)
    next(events)
    (follower,) = room.audience.followers
    room.audience.publish("html", b"text")
    assert next(events) == b"text"
    for number in range(100):
        room.audience.publish("html", b"%d" % number)
    assert follower.stale
    assert b"a * 3" in next(events)
