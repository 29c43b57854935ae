"""Rooms in two processes over one Redis: each is a `Rooms` of its own with its own bus."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
import redis as redis_client

from playground.app import create_app
from playground.http.services import services_of
from playground.nicknames import number_of
from playground.rooms import redis_bus
from playground.rooms.audience import MAX_NAMES
from playground.rooms.record import Display
from playground.rooms.redis_bus import PREFIX, PRESENCE_SECONDS, RedisRoomBus
from playground.rooms.registry import Rooms
from playground.rooms.room import AWAY_SECONDS, Room
from playground.runner.cluster.redis_bus import LoopBus, RedisBus
from playground.runner.errors import UnreachableError
from playground.settings import Deployment
from tests.cluster import program
from tests.manual_clock import ManualClock
from tests.playground.rooms.storage import DISPLAY, Storage, question, values
from tests.playground.rooms.test_room import HTMX, STATE, open_room
from tests.redis_server import RedisServer, redis_server

URL = "http://localhost/"
StartProcess = Callable[..., Rooms]


class BlockingBus(LoopBus):
    """A bus whose calls block the loop. Nothing else happens in these tests in the meantime."""

    def run(self, function: Callable[..., Any], *arguments: object) -> Any:
        return function(*arguments)


@pytest.fixture
def start_process(redis_url: str, clock: ManualClock) -> Iterator[StartProcess]:
    """Return a function that starts the rooms of one more process."""
    processes = []

    def start(storage: Storage | None = None, url: str = redis_url) -> Rooms:
        bus = RedisRoomBus(BlockingBus(RedisBus(url)), clock)
        rooms = Rooms(9, storage or Storage(), bus, clock)
        processes.append(rooms)
        gevent.sleep(0.05)  # its listener subscribes
        return rooms

    yield start
    for rooms in processes:
        rooms.stop()


def eventually(is_true: Callable[[], object]) -> None:
    """Wait until something is true, as messages take their time."""
    with gevent.Timeout(10):
        while not is_true():
            gevent.sleep(0.005)


def room_in(rooms: Rooms, code: str) -> Room:
    room = rooms.find(code)
    assert room is not None
    return room


def test_a_room_is_found_in_every_process(start_process: StartProcess) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = room_in(two, room.code)
    assert other is not room
    assert other.record == room.record
    assert two.led_by("leader") is other
    assert two.led_by_number(number_of("leader")) == [other]
    assert two.led_by("nobody") is None
    for wrong in ("ZZZZZZ", "?", "A" * 1000):
        assert two.find(wrong) is None


def test_the_leader_of_a_room_is_found_through_a_process_that_never_saw_it(
    start_process: StartProcess,
) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = two.led_by("leader")
    assert other is not None
    assert other.code == room.code


def test_followers_elsewhere_see_what_the_leader_displays(start_process: StartProcess) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = room_in(two, room.code)
    with other.follow("me") as follower:
        follower.stale = False
        one.show(room, Display("expression", "code=b"))
        eventually(lambda: follower.stale)
        assert other.display.state == "code=b"
        follower.stale = False
        one.point(room, b"here")
        eventually(lambda: list(follower.waiting) == [("pointer", b"here")])


def test_a_visitor_has_the_same_name_in_every_process(start_process: StartProcess) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = room_in(two, room.code)
    assert one.nickname(room, "me") == two.nickname(other, "me")
    assert two.nickname(other, "you") == one.nickname(room, "you")


def test_the_lead_goes_to_somebody_who_asked_elsewhere(start_process: StartProcess) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = room_in(two, room.code)
    with room.lead() as page:
        page.clear()
        two.request_lead(other, "heir")
        eventually(page.is_set)
    (name,) = room.audience.requesting_names
    one.hand_over(room, name, lambda heir: DISPLAY)
    eventually(lambda: other.leader == "heir")
    assert not other.audience.lead_requests
    assert two.led_by("heir") is other
    assert one.led_by("leader") is None


def test_answers_from_every_process_count_when_the_question_is_revealed(
    start_process: StartProcess,
) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = room_in(two, room.code)
    one.questions.ask(room, question())
    eventually(lambda: other.question)
    two.questions.answer(other, "me", 2.0)
    one.questions.answer(room, "you", 3.0)
    one.questions.reveal(room)
    assert room.question is not None
    assert values(room.question) == {"me": 2.0, "you": 3.0}
    eventually(lambda: other.question and other.question.is_revealed)
    assert other.question is not None
    assert other.question.share_correct == 0.5
    with pytest.raises(ValueError, match="no open question"):
        two.questions.answer(other, "me", 4.0)


def test_the_leader_sees_answers_that_arrive_elsewhere(start_process: StartProcess) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    one.questions.ask(room, question())
    two.questions.answer(room_in(two, room.code), "me", 2.0)
    eventually(lambda: room.question and values(room.question) == {"me": 2.0})


def test_a_closed_room_is_closed_everywhere(start_process: StartProcess, redis_url: str) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = room_in(two, room.code)
    one.nickname(room, "me")
    one.questions.ask(room, question())
    one.questions.answer(room, "me", 2.0)
    one.close(room)
    eventually(lambda: other.closed)
    assert two.find(room.code) is None
    assert two.led_by("leader") is None
    assert redis_client.Redis.from_url(redis_url).keys() == [], "nothing of it stays"


def test_followers_are_counted_in_all_processes(
    start_process: StartProcess, clock: ManualClock
) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    with room_in(two, room.code).follow("me"):
        clock.advance(redis_bus.CHECK_SECONDS)
        eventually(lambda: room.audience.people == 1)
        with room.follow("you"):
            assert room.audience.people == 2
    clock.advance(redis_bus.CHECK_SECONDS)
    eventually(lambda: room.audience.people == 0)
    assert room.audience.people_here == 0


def test_a_leader_in_another_process_is_there(
    start_process: StartProcess, clock: ManualClock
) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    other = room_in(two, room.code)
    with room.lead():
        clock.advance(redis_bus.CHECK_SECONDS)
        eventually(lambda: other.leader_elsewhere)
        clock.advance(2 * AWAY_SECONDS)
        assert other.has_leader()
    clock.advance(redis_bus.CHECK_SECONDS)
    eventually(lambda: not other.leader_elsewhere)
    assert other.has_leader(), "a leader who goes from page to page is there"
    clock.advance(AWAY_SECONDS)
    assert not other.has_leader()


def test_a_process_that_died_has_no_followers(
    start_process: StartProcess, clock: ManualClock, redis_url: str
) -> None:
    one = start_process()
    room = one.open("leader", URL, DISPLAY)
    key = f"{PREFIX}room:{room.code}:presence"
    redis_client.Redis.from_url(redis_url).hset(key, "dead", f"3 0 {clock.time()}")
    one.room_changed(room.code)
    eventually(lambda: room.audience.people == 3)
    clock.advance(PRESENCE_SECONDS + redis_bus.REPORT_SECONDS)
    eventually(lambda: room.audience.people == 0)


def test_names_of_those_who_left_are_forgotten_in_redis_too(
    start_process: StartProcess, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.rooms.audience.MAX_NAMES", 5)
    assert MAX_NAMES > 5
    rooms = start_process()
    room = rooms.open("leader", URL, DISPLAY)
    rooms.questions.ask(room, question())
    for visitor in range(20):
        rooms.request_lead(room, str(visitor))
        rooms.questions.answer(room, str(visitor), 1.0)
    store = redis_client.Redis.from_url(redis_url)
    assert room.question is not None
    for name in ("names", f"answers:{room.question.id}"):
        assert store.hlen(f"{PREFIX}room:{room.code}:{name}") <= 5
    assert store.scard(f"{PREFIX}room:{room.code}:lead-requests") <= 5


def test_a_new_process_takes_over_what_redis_knows(start_process: StartProcess) -> None:
    one = start_process()
    room = one.open("leader", URL, DISPLAY)
    storage = Storage()
    storage.keep(room.code, room.record.body())
    one.show(room, Display("expression", "code=b"))
    two = start_process(storage)
    eventually(lambda: room_in(two, room.code).display.state == "code=b")


def test_a_room_that_redis_lost_is_announced_again(
    start_process: StartProcess, redis_url: str
) -> None:
    one = start_process()
    room = one.open("leader", URL, DISPLAY)
    redis_client.Redis.from_url(redis_url).flushall()
    one.messages_missed()
    two = start_process()
    eventually(lambda: two.find(room.code))


def test_a_room_of_another_version_is_not_read(start_process: StartProcess, redis_url: str) -> None:
    store = redis_client.Redis.from_url(redis_url)
    body = {"leader": "me", "base_url": URL, "shown": {"lab": "expression", "state": ""}}
    store.set("playground:room:ABCDEF", json.dumps(body | {"question": None}))
    assert start_process().find("ABCDEF") is None


def test_a_message_that_makes_no_sense_changes_nothing(
    start_process: StartProcess, redis_url: str
) -> None:
    one, two = start_process(), start_process()
    room = one.open("leader", URL, DISPLAY)
    store = redis_client.Redis.from_url(redis_url)
    for message in (b"", b"\xff\xfe", b"x", b"x NOBODY\nhello", b"x NOBODY"):
        store.publish(f"{PREFIX}all", message)
    one.show(room, Display("expression", "code=b"))
    eventually(lambda: room_in(two, room.code).display.state == "code=b")


@pytest.mark.skipif(not program("redis-server"), reason="it is stopped and started again")
def test_a_bus_that_goes_away_comes_back(start_process: StartProcess, tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        one, two = start_process(url=server.url), start_process(url=server.url)
        room = one.open("leader", URL, DISPLAY)
        other = room_in(two, room.code)
        server.stop()
        with pytest.raises(UnreachableError):
            one.show(room, Display("expression", "code=b"))
        two.room_changed(room.code)
        gevent.sleep(0.01)
        assert not other.closed, "what cannot be read is not gone"
        restarted: RedisServer = server
        restarted.start()
        eventually(lambda: other.display.state == "code=b")


def test_two_applications_share_a_room(redis_url: str, tmp_path: Path) -> None:
    deployment = Deployment(data=tmp_path, redis_url=redis_url)
    one, two = create_app(deployment), create_app(deployment)
    try:
        leader, follower = one.test_client(), two.test_client()
        leader.get("/")
        code = open_room(leader)
        assert "a * 3" in follower.get(f"/rooms/{code}").text
        headers = HTMX | {"Room": code}
        leader.post("/expression", data=STATE | {"command": "first"}, headers=headers)
        room = services_of(two).rooms.find(code)
        assert room is not None
        eventually(lambda: "step=0" in room.display.state)
    finally:
        for app in (one, two):
            services_of(app).rooms.stop()
            services_of(app).runner.stop()
