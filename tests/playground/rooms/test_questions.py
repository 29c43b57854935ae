"""The life of a question: what ends it, what does not, and what a restart brings back."""

from __future__ import annotations

import json

import pytest

from engine.inspection.frames import ViewOptions
from playground.nicknames import number_of
from playground.rooms.question import State
from playground.rooms.record import Display
from playground.rooms.registry import Rooms
from playground.rooms.room import Room
from playground.rooms.saving import SAVE_SECONDS
from tests.manual_clock import ManualClock
from tests.playground.rooms.storage import DISPLAY, SOLUTION, Storage, question, values

URL = "http://localhost/"
ELSEWHERE = Display("expression", "code=b")


@pytest.fixture
def room(rooms: Rooms) -> Room:
    return rooms.open("leader", URL, DISPLAY)


def test_an_answer_counts_and_may_change_until_the_question_is_revealed(
    rooms: Rooms, room: Room
) -> None:
    for act in (
        lambda: rooms.questions.answer(room, "me", 1.0),
        lambda: rooms.questions.reveal(room),
    ):
        with pytest.raises(ValueError, match="no open question"):
            act()
    rooms.questions.ask(room, question(2.0))
    rooms.questions.answer(room, "me", 1.0)
    rooms.questions.answer(room, "me", 2.0)
    rooms.questions.reveal(room)
    assert room.display == SOLUTION
    assert room.question is not None
    assert room.question.share_correct == 1.0
    with pytest.raises(ValueError, match="no open question"):
        rooms.questions.answer(room, "me", 3.0)


def test_nothing_that_the_leader_shows_ends_an_open_question(rooms: Rooms, room: Room) -> None:
    rooms.questions.ask(room, question())
    rooms.questions.answer(room, "me", 1.0)
    for display in (ELSEWHERE, SOLUTION, Display("network", "", "run")):
        assert not rooms.show(room, display)
        assert room.display == DISPLAY
        assert values(room.question) == {"me": 1.0}


def test_another_view_and_what_is_folded_or_selected_may_change_meanwhile(
    rooms: Rooms, room: Room
) -> None:
    rooms.questions.ask(room, question())
    version = room.version
    assert rooms.show(room, DISPLAY)
    assert room.version == version, "nothing changed"
    assert rooms.show(room, DISPLAY, ViewOptions(discrete=True))
    folded = Display("expression", "code=a&folded=e&node=d")
    assert rooms.show(room, folded)
    assert (room.display, room.question is not None) == (folded, True)


def test_what_leaves_a_revealed_question_closes_it_and_the_list_keeps_it(
    rooms: Rooms, room: Room, clock: ManualClock
) -> None:
    rooms.questions.ask(room, question())
    rooms.questions.answer(room, "me", 1.0)
    rooms.questions.reveal(room)
    assert rooms.show(room, ELSEWHERE)
    assert room.question is None
    clock.advance(2 * SAVE_SECONDS)
    (closed,) = rooms.questions.list(room)
    assert (closed.state, values(closed), closed.people) == (State.CLOSED, {"me": 1.0}, 1)


def test_a_question_and_its_answers_come_back_after_a_restart(
    rooms: Rooms, room: Room, storage: Storage, clock: ManualClock
) -> None:
    rooms.questions.ask(room, question())
    name = rooms.nickname(room, "me")
    rooms.questions.answer(room, "me", 1.0)
    clock.advance(2 * SAVE_SECONDS)
    restarted = Rooms(2, storage, clock=clock)
    again = restarted.find(room.code)
    assert again is not None
    assert (again.display, values(again.question)) == (DISPLAY, {"me": 1.0})
    restarted.questions.reveal(again)
    assert again.question is not None
    assert again.question.answers["me"].name == name
    clock.advance(2 * SAVE_SECONDS)
    third = Rooms(2, storage, clock=clock).find(room.code)
    assert third is not None
    assert third.question is not None
    assert third.question.is_revealed


def test_a_stop_stores_an_answer_that_just_arrived(
    rooms: Rooms, room: Room, storage: Storage
) -> None:
    rooms.questions.ask(room, question())
    rooms.questions.answer(room, "me", 1.0)
    rooms.stop()
    again = Rooms(2, storage).find(room.code)
    assert again is not None
    assert values(again.question) == {"me": 1.0}


def test_a_new_question_closes_the_one_before(rooms: Rooms, room: Room, clock: ManualClock) -> None:
    first, second = question(), question()
    rooms.questions.ask(room, first)
    clock.advance(1)
    rooms.questions.ask(room, second)
    clock.advance(1)
    states = [(entry.id, entry.state) for entry in rooms.questions.list(room)]
    assert states == [(second.id, State.OPEN), (first.id, State.CLOSED)]


def test_an_earlier_question_opens_again_with_its_answers(
    rooms: Rooms, room: Room, clock: ManualClock
) -> None:
    entry = question()
    rooms.questions.ask(room, entry)
    rooms.questions.answer(room, "me", 1.0)
    rooms.questions.close(room)
    rooms.show(room, ELSEWHERE)
    clock.advance(1)
    rooms.questions.open_again(room, entry.id)
    assert room.display == DISPLAY
    assert room.question is not None
    assert room.question.is_open
    assert values(room.question) == {"me": 1.0}
    rooms.questions.answer(room, "me", 2.0)
    with pytest.raises(LookupError, match="no such question"):
        rooms.questions.open_again(room, "nothing")


def test_a_heir_goes_on_with_the_question(rooms: Rooms, room: Room) -> None:
    rooms.questions.ask(room, question())
    rooms.questions.answer(room, "me", 1.0)
    rooms.request_lead(room, "heir")
    rooms.hand_over(room, rooms.nickname(room, "heir"), lambda heir: room.display)
    assert values(room.question) == {"me": 1.0}


def test_a_closed_room_takes_its_questions_with_it(
    rooms: Rooms, room: Room, storage: Storage, clock: ManualClock
) -> None:
    rooms.questions.ask(room, question())
    clock.advance(1)
    rooms.close(room)
    clock.advance(10)
    assert (storage.rooms, storage.question_rows) == ({}, {})


def test_who_left_counts_among_those_who_were_asked(rooms: Rooms, room: Room) -> None:
    with room.follow("me"), room.follow("you"):
        rooms.questions.ask(room, question())
        rooms.questions.answer(room, "me", 1.0)
    rooms.questions.reveal(room)
    assert room.question is not None
    assert room.question.people == 2


def test_a_visitor_who_is_forgotten_leaves_no_answer_behind(
    rooms: Rooms, room: Room, storage: Storage, clock: ManualClock
) -> None:
    first = question()
    rooms.questions.ask(room, first)
    rooms.questions.answer(room, "me", 1.0)
    rooms.questions.close(room)
    clock.advance(1)
    rooms.questions.ask(room, question())
    for visitor in ("me", "you"):
        rooms.nickname(room, visitor)
        rooms.questions.answer(room, visitor, 1.0)
    rooms.forget_visitor(number_of("me"))
    clock.advance(1)
    assert [values(entry) for entry in rooms.questions.list(room)] == [{"you": 1.0}, {}]
    assert '"me"' not in json.dumps(list(storage.question_rows.values()))
    assert set(room.audience.names) == {"you"}
