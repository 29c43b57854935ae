"""The bus of rooms over Redis: followers see the same page, whichever process serves them.

Redis holds one text for each room: what it displays and asks, and who leads it; only the leader's
requests change that. Names, wishes and answers come from many people at once, so each is a field of
its own. A process that changes something says so in one channel, and the others fetch the room
again. Each process reports how many people follow through it, again and again.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import gevent

from playground.clock import LoopClock, RealLoopClock
from playground.rooms.bus import BusListener, Presence, RoomState
from playground.rooms.question import Answer, Question
from playground.rooms.record import RoomRecord
from playground.runner.cluster.listener import RedisListener
from playground.runner.cluster.redis_bus import LoopBus
from playground.runner.errors import UnreachableError

PREFIX = "playground:rooms:3:"
"""The beginning of all keys. The number is the version of what they hold: processes of another
version neither read nor overwrite it.
"""
CHANNEL = "all"
"""The channel of all rooms."""
STORED_SECONDS = 7 * 86_400
"""How long Redis stores a room after its last change, in seconds."""
REPORT_SECONDS = 2.0
"""How often a process reports its followers, in seconds."""
PRESENCE_SECONDS = 3 * REPORT_SECONDS
"""Maximum age of a report that counts, in seconds."""
CHECK_SECONDS = REPORT_SECONDS / 4
"""How often a process compares its followers with its last report, in seconds."""

logger = logging.getLogger(__name__)


class RedisRoomBus:
    """Carries changes of rooms between processes through Redis."""

    def __init__(self, bus: LoopBus, clock: LoopClock | None = None) -> None:
        self._bus = bus
        self._clock = clock or RealLoopClock()
        self._process = secrets.token_urlsafe(6)
        self._reports: dict[str, Presence] = {}
        """The last report of this process by room code."""
        self._with_people_elsewhere: set[str] = set()

    def connect(self, listener: BusListener) -> None:
        """Call this listener from now on."""
        self._listener = listener
        self._subscription = RedisListener(
            self._bus.bus, PREFIX, self._receive, listener.messages_missed
        )
        self._subscription.subscribe(CHANNEL)
        self._reporting = gevent.spawn(self._report_for_ever)

    def disconnect(self) -> None:
        """Call nobody any more."""
        self._reporting.kill()
        self._subscription.stop()

    def fetch(self, code: str) -> RoomState | None:
        """Return the state of a room, or None if Redis does not know it."""
        keys = _Keys(code)

        def read(redis: Any) -> tuple[Any, ...] | None:
            with redis.pipeline() as pipe:
                pipe.get(keys.room).hgetall(keys.names).smembers(keys.lead_requests)
                pipe.hgetall(keys.presence)
                body, names, lead_requests, presence = pipe.execute()
            if body is None:
                return None
            body = json.loads(body)
            question = body["question"]
            answers = redis.hgetall(keys.answers(question["id"])) if question else {}
            return body, question, answers, names, lead_requests, presence

        stored = self._redis(read)
        if stored is None:
            self._with_people_elsewhere.discard(code)
            return None
        body, question, answers, names, lead_requests, presence = stored
        return RoomState(
            record=RoomRecord.from_body(code, body),
            question=Question.from_body(question, _answers(answers)) if question else None,
            names={visitor.decode(): name.decode() for visitor, name in names.items()},
            lead_requests={visitor.decode() for visitor in lead_requests},
            elsewhere=self._presence_elsewhere(code, presence),
            revision=body["revision"],
        )

    def code_led_by(self, visitor: str) -> str | None:
        """Return the code of the room that a visitor leads."""
        code = self._redis(lambda redis: redis.get(_leader_key(visitor)))
        return code.decode() if code else None

    def leaders(self) -> list[str]:
        """Return every visitor who leads a room."""
        prefix = _leader_key("")

        def read(redis: Any) -> list[str]:
            keys = redis.scan_iter(f"{prefix}*", count=1000)
            return [key.decode().removeprefix(prefix) for key in keys]

        leaders: list[str] = self._redis(read)
        return leaders

    def announce(self, state: RoomState) -> None:
        """Store what the room displays and asks and who leads it, and tell the other processes."""
        code, leader = state.record.code, state.record.leader
        keys = _Keys(code)
        question = state.question.body(with_answers=False) if state.question else None
        body = json.dumps(state.record.body() | {"question": question, "revision": state.revision})

        def write(redis: Any) -> None:
            with redis.pipeline() as pipe:
                pipe.set(keys.room, body, ex=STORED_SECONDS)
                pipe.set(_leader_key(leader), code, ex=STORED_SECONDS)
                if not state.lead_requests:
                    pipe.delete(keys.lead_requests)
                pipe.publish(*self._message(code))
                pipe.execute()

        self._redis(write)

    def close(self, state: RoomState) -> None:
        """Forget a room, and tell the other processes."""
        keys = _Keys(state.record.code)
        names = [keys.room, keys.names, keys.lead_requests, keys.presence]
        names.append(_leader_key(state.record.leader))
        if state.question:
            names.append(keys.answers(state.question.id))

        def write(redis: Any) -> None:
            with redis.pipeline() as pipe:
                pipe.delete(*names).publish(*self._message(state.record.code)).execute()

        self._redis(write)

    def claim_name(self, code: str, visitor: str, proposal: str) -> str:
        """Return the nickname of a visitor: the proposal, if no process chose another before."""
        key = _Keys(code).names

        def write(redis: Any) -> bytes:
            with redis.pipeline() as pipe:
                pipe.hsetnx(key, visitor, proposal).expire(key, STORED_SECONDS).hget(key, visitor)
                name: bytes = pipe.execute()[-1]
                return name

        return str(self._redis(write).decode())

    def add_lead_request(self, code: str, visitor: str) -> None:
        """Store that a visitor asks to lead, and tell the other processes."""
        key = _Keys(code).lead_requests

        def write(redis: Any) -> None:
            with redis.pipeline() as pipe:
                pipe.sadd(key, visitor).expire(key, STORED_SECONDS)
                pipe.publish(*self._message(code)).execute()

        self._redis(write)

    def add_answer(self, code: str, question: str, visitor: str, answer: Answer) -> None:
        """Store an answer to the question with this id, and tell the other processes."""
        key = _Keys(code).answers(question)

        def write(redis: Any) -> None:
            with redis.pipeline() as pipe:
                pipe.hset(key, visitor, json.dumps(asdict(answer))).expire(key, STORED_SECONDS)
                pipe.publish(*self._message(code)).execute()

        self._redis(write)

    def answers(self, code: str, question: str) -> dict[str, Answer]:
        """Return the answers that arrived through any process."""
        return _answers(self._redis(lambda redis: redis.hgetall(_Keys(code).answers(question))))

    def forget(self, code: str, question: str, visitor: str) -> None:
        """Forget the name, the wish and the answer of a visitor."""
        keys = _Keys(code)

        def write(redis: Any) -> None:
            with redis.pipeline() as pipe:
                pipe.hdel(keys.names, visitor).srem(keys.lead_requests, visitor)
                pipe.hdel(keys.answers(question), visitor).execute()

        self._redis(write)

    def move_pointer(self, code: str, event: bytes) -> None:
        """Hand the leader's pointer to the other processes."""
        self._redis(lambda redis: redis.publish(*self._message(code, event)))

    def _message(self, code: str, event: bytes = b"") -> tuple[str, bytes]:
        """Return a channel and a message: look at the room again, or hand on an event."""
        return PREFIX + CHANNEL, f"{self._process} {code}\n".encode() + event

    def _receive(self, channel: str, message: bytes) -> None:
        head, _, event = message.partition(b"\n")
        process, _, code = head.decode(errors="replace").partition(" ")
        if process == self._process:
            return
        if event:
            self._listener.pointer_moved(code, event)
        else:
            self._listener.room_changed(code)

    def _presence_elsewhere(self, code: str, reports: dict[bytes, bytes]) -> Presence:
        """Return the sum of the other processes' reports that are not too old."""
        now, people, leads = self._clock.time(), 0, False
        for process, report in reports.items():
            reported_people, reported_leads, at = report.decode().split()
            if process.decode() != self._process and now - float(at) < PRESENCE_SECONDS:
                people += int(reported_people)
                leads |= reported_leads == "1"
        presence = Presence(people, leads)
        if presence != Presence():
            self._with_people_elsewhere.add(code)
        else:
            self._with_people_elsewhere.discard(code)
        return presence

    def _report_for_ever(self) -> None:
        reported_at = self._clock.now()
        while True:
            self._clock.sleep(CHECK_SECONDS)
            is_due = self._clock.now() - reported_at >= REPORT_SECONDS
            try:
                self.report(all_rooms=is_due)
            except UnreachableError:
                continue
            if is_due:
                reported_at = self._clock.now()

    def report(self, all_rooms: bool) -> None:
        """Report who is in this process' rooms: of all rooms, or only where that changed.

        With all rooms, also look again at the rooms with people elsewhere: a process that died
        reports nothing any more.
        """
        presence = self._listener.presence()
        for code in presence.keys() | self._reports.keys():
            present = presence.get(code, Presence())
            if all_rooms or present != self._reports.get(code, Presence()):
                self._report(code, present)
        if all_rooms:
            for code in list(self._with_people_elsewhere):
                self._listener.room_changed(code)

    def _report(self, code: str, presence: Presence) -> None:
        key = _Keys(code).presence
        report = f"{presence.people} {presence.leads:d} {self._clock.time()}"

        def write(redis: Any) -> None:
            with redis.pipeline() as pipe:
                if presence != Presence():
                    pipe.hset(key, self._process, report).expire(key, STORED_SECONDS)
                else:
                    pipe.hdel(key, self._process)
                pipe.publish(*self._message(code)).execute()

        self._redis(write)
        self._reports[code] = presence
        if presence == Presence():
            del self._reports[code]

    def _redis(self, function: Callable[[Any], Any]) -> Any:
        return self._bus.call(function)


class _Keys:
    """The keys of one room."""

    def __init__(self, code: str) -> None:
        self.room = f"{PREFIX}room:{code}"
        self.names = f"{self.room}:names"
        self.lead_requests = f"{self.room}:lead-requests"
        self.presence = f"{self.room}:presence"

    def answers(self, question: str) -> str:
        """Return the key of the answers to the question with this id."""
        return f"{self.room}:answers:{question}"


def _leader_key(visitor: str) -> str:
    return f"{PREFIX}leader:{visitor}"


def _answers(stored: dict[bytes, bytes]) -> dict[str, Answer]:
    return {visitor.decode(): Answer(**json.loads(body)) for visitor, body in stored.items()}
