"""Rooms that several web processes share, by way of Redis: whichever of them is asked, all show the
same to their followers.

What is shown, asked and led is one text a room, which the leader's requests alone change. Names,
wishes and answers come from many at once: each is a field of its own. Whoever changes something
says so, and the others read the room again. How many follow elsewhere, each process says of itself,
again and again.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import gevent

from playground.nicknames import new_nickname, number_of
from playground.rooms.room import Question, Room, Rooms, Shown, kept_of, room_of
from playground.runner.cluster.listener import Ears
from playground.runner.cluster.runner import SharedRunner
from playground.runner.errors import UnreachableError

PREFIX = "playground:room:"
ALL = "all"
"""The channel of all rooms."""
KEPT_SECONDS = 7 * 86_400
TELL_SECONDS = 2.0
"""So often each process says how many follow by way of it; after three times it is not believed."""


class SharedRooms(Rooms):
    """Rooms that other processes show too."""

    def __init__(
        self,
        runner: SharedRunner,
        most: int,
        keep: Callable[[str, Mapping[str, Any] | None], None],
        kept: list[tuple[str, dict[str, Any]]],
    ) -> None:
        super().__init__(most, keep, kept)
        self._call, self._redis = runner.call, runner.exchange.call
        self._me = secrets.token_urlsafe(6)
        self._present: dict[str, int] = {}
        for room in list(self._rooms.values()):
            self._read(room.code)
        self._ears = Ears(runner.exchange, PREFIX, self._heard, self._deaf)
        self._ears.hear(ALL)
        self._telling = gevent.spawn(self._tell_again)

    def find(self, code: str) -> Room | None:
        """The room with this code, however it is written, wherever it was opened."""
        written = "".join(code.split()).upper()
        found = super().find(written)
        if found is None and written.isalnum() and len(written) < 20:
            found = self._read(written)
        return found

    def led_by(self, visitor: str) -> Room | None:
        """The room that this visitor leads."""
        room = super().led_by(visitor)
        if room is None:
            code = self._ask(lambda redis: redis.get(f"{PREFIX}led:{visitor}"))
            room = self.find(code.decode()) if code else None
        return room if room is not None and room.leader == visitor else None

    def led_by_number(self, number: str) -> list[Room]:
        """The rooms that the visitor of this number leads, wherever they were opened."""
        prefix = f"{PREFIX}led:"

        def leaders(redis: Any) -> list[str]:
            keys = redis.scan_iter(f"{prefix}*", count=1000)
            return [name.decode().removeprefix(prefix) for name in keys]

        found = [self.led_by(each) for each in self._ask(leaders) if number_of(each) == number]
        return [room for room in found if room is not None]

    def name(self, room: Room, visitor: str) -> str:
        """What a visitor is called in a room, the same everywhere."""
        if visitor not in room.names:
            key, proposed = _key(room, "names"), new_nickname(set(room.names.values()))

            def named(redis: Any) -> bytes:
                redis.hsetnx(key, visitor, proposed)
                redis.expire(key, KEPT_SECONDS)
                found: bytes = redis.hget(key, visitor)
                return found

            room.names[visitor] = self._ask(named).decode()
        return room.names[visitor]

    def want(self, room: Room, visitor: str) -> None:
        """A follower asks for the lead."""
        super().want(room, visitor)
        self._ask(lambda redis: redis.sadd(_key(room, "wants"), visitor))
        self._say(room)

    def answer(self, room: Room, question: Question, visitor: str, value: float) -> None:
        """A follower's answer, which counts until it is revealed."""
        super().answer(room, question, visitor, value)
        key = _key(room, f"answers:{question.id}")

        def answered(redis: Any) -> None:
            redis.hset(key, visitor, repr(value))
            redis.expire(key, KEPT_SECONDS)

        self._ask(answered)
        self._say(room)

    def point(self, room: Room, event: bytes) -> None:
        """Hand on where the leader points."""
        super().point(room, event)
        self._say(room, event)

    def reveal(self, room: Room, question: Question) -> None:
        """Tell the class what is right, and show the step with it."""
        self._read(room.code)  # the answers that came elsewhere
        super().reveal(room, room.question or question)

    def close(self, room: Room) -> None:
        """It ends, everywhere."""
        names = [f"{PREFIX}{room.code}", f"{PREFIX}led:{room.leader}"]
        names += [_key(room, each) for each in ("names", "wants", "present")]
        if room.question:
            names.append(_key(room, f"answers:{room.question.id}"))
        self._ask(lambda redis: redis.delete(*names))
        super().close(room)
        self._say(room)

    def stop(self) -> None:
        """Keep what is not kept yet."""
        self._telling.kill()
        self._ears.stop()
        super().stop()

    def _moved(self, room: Room) -> None:
        super()._moved(room)
        asked = room.question
        question = asdict(asked) | {"answers": {}} if asked else None
        told = json.dumps(kept_of(room) | {"question": question})

        def tell(redis: Any) -> None:
            redis.set(f"{PREFIX}{room.code}", told, ex=KEPT_SECONDS)
            redis.set(f"{PREFIX}led:{room.leader}", room.code, ex=KEPT_SECONDS)
            if not room.wants:
                redis.delete(_key(room, "wants"))

        self._ask(tell)
        self._say(room)

    def _say(self, room: Room, event: bytes = b"") -> None:
        """Tell the others to look at a room again, or to hand on an event."""
        head = f"{self._me} {room.code}\n".encode()
        self._ask(lambda redis: redis.publish(PREFIX + ALL, head + event))

    def _heard(self, channel: str, body: bytes) -> None:
        head, _, event = body.partition(b"\n")
        sender, code = head.decode().split(" ")
        if sender == self._me:
            return
        room = self._rooms.get(code)
        if event and room is not None:
            room.publish("pointer", event)
        elif not event:
            gevent.spawn(self._read_quietly, code)

    def _deaf(self) -> None:
        for room in list(self._rooms.values()):
            gevent.spawn(self._catch_up, room)

    def _catch_up(self, room: Room) -> None:
        """Read a room of which news may have been missed; what Redis has lost it is told again."""
        try:
            if self._ask(lambda redis: redis.exists(f"{PREFIX}{room.code}")):
                self._read(room.code)
            else:
                self._moved(room)
        except UnreachableError:
            return

    def _read_quietly(self, code: str) -> None:
        try:
            self._read(code)
        except UnreachableError:
            return

    def _read(self, code: str) -> Room | None:
        """A room as it stands in Redis; one that is not there any more is closed here too."""
        room = self._rooms.get(code)
        found = self._ask(lambda redis: self._fetched(redis, code))
        if found is None:
            if room is not None and room.version:
                self._ended(room)
            return room if room is not None and not room.closed else None
        told, names, wants, present, answers = found
        if room is None:
            room = self._rooms[code] = room_of(code, told)
        before = _stands(room)
        fresh = room_of(code, told)
        room.leader, room.shown, room.view = fresh.leader, fresh.shown, fresh.view
        asked = told["question"]
        if asked is not None:
            then = Shown(**asked["then"]) if asked["then"] else None
            asked = Question(**asked | {"then": then, "answers": answers})
        room.question, room.wants = asked, wants
        room.names.update(names)
        room.elsewhere = present
        if _stands(room) != before:
            room.changed()
        else:
            room.tell()
        return room

    def _fetched(self, redis: Any, code: str) -> Any:
        with redis.pipeline() as pipe:
            pipe.get(f"{PREFIX}{code}").hgetall(f"{PREFIX}{code}:names")
            pipe.smembers(f"{PREFIX}{code}:wants").hgetall(f"{PREFIX}{code}:present")
            body, names, wants, present = pipe.execute()
        if body is None:
            return None
        told, now = json.loads(body), time.time()
        answers = {}
        if told["question"]:
            key = f"{PREFIX}{code}:answers:{told['question']['id']}"
            answers = {who.decode(): float(value) for who, value in redis.hgetall(key).items()}
        elsewhere = 0
        for process, said in present.items():
            count, at = said.decode().split(" ")
            if process.decode() != self._me and now - float(at) < 3 * TELL_SECONDS:
                elsewhere += int(count)
        named = {who.decode(): name.decode() for who, name in names.items()}
        return told, named, {who.decode() for who in wants}, elsewhere, answers

    def _tell_again(self) -> None:
        """Say how many follow here, where it is another number or was said long ago."""
        said = 0.0
        while True:
            gevent.sleep(TELL_SECONDS / 4)
            again = time.monotonic() - said > TELL_SECONDS
            try:
                for room in list(self._rooms.values()):
                    here = room.present - room.elsewhere
                    if here != self._present.get(room.code, 0) or (here and again):
                        self._tell(room, here)
            except UnreachableError:
                continue
            said = time.monotonic() if again else said

    def _tell(self, room: Room, here: int) -> None:
        key, told = _key(room, "present"), f"{here} {time.time()}"

        def tell(redis: Any) -> None:
            redis.hset(key, self._me, told)
            redis.expire(key, KEPT_SECONDS)

        self._ask(tell)
        self._present[room.code] = here
        self._say(room)

    def _ask(self, function: Callable[[Any], Any]) -> Any:
        return self._call(self._redis, function)


def _key(room: Room, what: str) -> str:
    return f"{PREFIX}{room.code}:{what}"


def _stands(room: Room) -> tuple[object, ...]:
    asked = room.question
    question = (asked.id, asked.revealed) if asked else None
    return room.leader, room.shown, room.view, question
