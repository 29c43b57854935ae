"""All rooms of the application. Everything that changes a room happens here.

A change reaches the followers in this process, the bus, and the store, in this order. What another
process changed arrives through the bus.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import gevent

from engine.inspection.frames import ViewOptions
from playground.clock import LoopClock, RealLoopClock
from playground.messages import rooms as messages
from playground.nicknames import number_of
from playground.rooms.bus import LocalBus, RoomBus, RoomState
from playground.rooms.question import Question
from playground.rooms.record import Display, RoomRecord
from playground.rooms.room import Room
from playground.runner.errors import UnreachableError
from playground.storage.store import StoreError

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits of a code, without those that look alike."""
CODE_LENGTH = 6
MAX_CODE_LENGTH = 20
"""Maximum length of a code that is looked up on the bus."""
SAVE_SECONDS = 0.3
"""Delay before a changed room is stored, in seconds."""
RETRY_SECONDS = 1.0
"""Delay before a failed write to the store is tried again, in seconds."""
IDLE_SECONDS = 3_600.0
"""Time after which an empty room may be closed for a new one, in seconds."""

SaveRoom = Callable[[str, Mapping[str, Any] | None], None]
"""Stores the JSON of the room with this code, or deletes it if there is none."""


class Rooms:
    """The rooms. `stored` are the codes and the JSON of rooms from before a restart."""

    def __init__(
        self,
        limit: int,
        save: SaveRoom,
        stored: Iterable[tuple[str, Mapping[str, Any]]] = (),
        bus: RoomBus | None = None,
        clock: LoopClock | None = None,
    ) -> None:
        self._limit, self._save_room = limit, save
        self._bus: RoomBus = bus or LocalBus()
        self._clock = clock or RealLoopClock()
        self._rooms: dict[str, Room] = {}
        self._saves: dict[str, gevent.Greenlet] = {}
        for code, body in stored:
            self._add(RoomRecord.from_body(code, body))
        self._bus.connect(self)
        self.messages_missed()

    def __len__(self) -> int:
        return len(self._rooms)

    def open(self, leader: str, base_url: str, display: Display) -> Room:
        """Open a room that begins with this display. Raise ValueError if there are too many."""
        if len(self._rooms) >= self._limit and not self._close_idlest():
            raise ValueError(messages.too_many_rooms(self._limit))
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        room = self._add(RoomRecord(code, leader, base_url, display))
        self.show(room, display)
        return room

    def find(self, code: str) -> Room | None:
        """Return the room with this code, in whatever case and with whatever spaces it is typed."""
        typed = "".join(code.split()).upper()
        room = self._rooms.get(typed)
        if room is None and typed.isalnum() and len(typed) < MAX_CODE_LENGTH:
            room = self._refresh(typed)
        return room

    def led_by(self, visitor: str) -> Room | None:
        """Return the room that this visitor leads."""
        room = next((room for room in self._rooms.values() if room.leader == visitor), None)
        if room is None and (code := self._bus.code_led_by(visitor)):
            room = self.find(code)
        return room if room is not None and room.leader == visitor else None

    def led_by_number(self, number: str) -> list[Room]:
        """Return the rooms that the visitor with this number leads."""
        leaders = {room.leader for room in self._rooms.values()} | set(self._bus.leaders())
        rooms = [self.led_by(leader) for leader in leaders if number_of(leader) == number]
        return [room for room in rooms if room is not None]

    def nickname(self, room: Room, visitor: str) -> str:
        """Return the name of a visitor in a room, the same in every process."""
        names = room.audience.names
        if visitor not in names:
            self._forget_one(room)
            proposal = room.audience.proposed_name()
            names[visitor] = self._bus.claim_name(room.code, visitor, proposal)
        return names[visitor]

    def request_lead(self, room: Room, visitor: str) -> None:
        """Let a follower ask to lead."""
        self.nickname(room, visitor)
        room.audience.lead_requests.add(visitor)
        self._bus.add_lead_request(room.code, visitor)
        room.notify_leader()

    def hand_over(self, room: Room, name: str, inherit: Callable[[str], Display]) -> str:
        """Give the lead to the follower with this name, who asked for it, and return their id.

        `inherit` returns what the new leader shows. Raise ValueError if nobody of this name asked.
        """
        audience = room.audience
        requests = (who for who in audience.lead_requests if audience.names.get(who) == name)
        heir = next(requests, None)
        if heir is None:
            raise ValueError(messages.NO_LEAD_REQUEST)
        room.change(display=inherit(heir), leader=heir)
        room.question = None
        audience.lead_requests.clear()
        self._publish(room)
        self._save(room)
        return heir

    def show(self, room: Room, display: Display, view: ViewOptions | None = None) -> None:
        """Display this, or the same through another view. Another display ends an open question."""
        view = replace(room.view if view is None else view, pin="")
        if (display, view) == (room.display, room.view) and room.version:
            return
        if display != room.display:
            room.question = None
        room.change(display=display, view=view)
        self._publish(room)
        self._schedule_save(room, SAVE_SECONDS)

    def point(self, room: Room, event: bytes) -> None:
        """Hand the leader's pointer to the followers."""
        room.audience.publish("pointer", event)
        self._bus.move_pointer(room.code, event)

    def ask(self, room: Room, question: Question) -> None:
        """Ask the class about what the room displays."""
        room.question = question
        self._publish(room)

    def answer(self, room: Room, visitor: str, value: float) -> None:
        """Add a follower's answer. Raise ValueError if there is no open question."""
        question = _open_question(room)
        question.answers[visitor] = value
        self._bus.add_answer(room.code, question.id, visitor, value)
        room.notify_leader()

    def reveal(self, room: Room) -> None:
        """Show the class the correct answer and the step with it. Raise ValueError if there is no
        open question.
        """
        question = _open_question(room)
        question.answers.update(self._bus.answers(room.code, question.id))
        question.revealed = True
        room.change(display=question.solution or room.display)
        self._publish(room)
        self._schedule_save(room, SAVE_SECONDS)

    def close(self, room: Room) -> None:
        """End a room with all its questions and answers."""
        self._bus.close(_state(room))
        self._end(room)
        self._save_room(room.code, None)

    def stop(self) -> None:
        """Store what is not yet stored, and leave the bus."""
        self._bus.disconnect()
        for code in list(self._saves):
            self._cancel_save(code)
            with suppress(StoreError):
                self._save_room(code, self._rooms[code].record.body())

    def room_changed(self, code: str) -> None:
        """Fetch a room that another process changed."""
        gevent.spawn(self._refresh_if_reachable, code)

    def pointer_moved(self, code: str, event: bytes) -> None:
        """Hand on the pointer of a leader in another process."""
        room = self._rooms.get(code)
        if room is not None:
            room.audience.publish("pointer", event)

    def messages_missed(self) -> None:
        """Fetch every room; announce again what the bus has lost."""
        for room in list(self._rooms.values()):
            gevent.spawn(self._catch_up, room)

    def people_here(self) -> dict[str, int]:
        """Return the number of followers in this process by room code, without empty rooms."""
        people = {room.code: room.audience.people_here for room in list(self._rooms.values())}
        return {code: number for code, number in people.items() if number}

    def _add(self, record: RoomRecord) -> Room:
        room = self._rooms[record.code] = Room(record, self._clock)
        return room

    def _publish(self, room: Room) -> None:
        """Tell everybody, here and elsewhere, that the room displays, asks or is led otherwise."""
        room.revision += 1
        room.restart()
        self._bus.announce(_state(room))

    def _refresh(self, code: str) -> Room | None:
        """Take over the state of a room from the bus. Close it if the bus no longer knows it.

        Return the room, or None if it does not exist.
        """
        state = self._bus.fetch(code)
        room = self._rooms.get(code)
        if state is None:
            if room is not None:
                self._end(room)
            return None
        return self._take_over(state)

    def _take_over(self, state: RoomState) -> Room:
        """Take over a state. If what this process knows is newer, announce that instead."""
        room = self._rooms.get(state.record.code) or self._add(state.record)
        if state.revision < room.revision:
            self._bus.announce(_state(room))
            return room
        before, room.revision = _displayed(room), state.revision
        room.record, room.question = state.record, state.question
        room.audience.names.update(state.names)
        room.audience.lead_requests = state.lead_requests
        room.audience.elsewhere = state.elsewhere
        if _displayed(room) != before:
            room.restart()
        else:
            room.notify_leader()
        return room

    def _refresh_if_reachable(self, code: str) -> None:
        try:
            self._refresh(code)
        except UnreachableError:
            return  # the bus calls `messages_missed` when it is back

    def _catch_up(self, room: Room) -> None:
        try:
            state = self._bus.fetch(room.code)
            if state is not None:
                self._take_over(state)
            elif not room.closed:
                self._bus.announce(_state(room))
        except UnreachableError:
            return  # the bus calls `messages_missed` when it is back

    def _forget_one(self, room: Room) -> None:
        """If the room knows too many names, forget a visitor who left."""
        visitor = room.audience.visitor_to_forget()
        if visitor is not None:
            room.forget(visitor)
            self._bus.forget(room.code, room.question.id if room.question else "", visitor)

    def _end(self, room: Room) -> None:
        self._rooms.pop(room.code, None)
        self._cancel_save(room.code)
        room.closed, room.question = True, None
        room.audience.names.clear()
        room.restart()

    def _schedule_save(self, room: Room, seconds: float) -> None:
        if room.code not in self._saves:
            self._saves[room.code] = gevent.spawn(self._save_later, room, seconds)

    def _save_later(self, room: Room, seconds: float) -> None:
        self._clock.sleep(seconds)
        del self._saves[room.code]
        self._save(room)

    def _save(self, room: Room) -> None:
        try:
            self._save_room(room.code, room.record.body())
        except StoreError:
            self._schedule_save(room, RETRY_SECONDS)

    def _cancel_save(self, code: str) -> None:
        greenlet = self._saves.pop(code, None)
        if greenlet is not None:
            greenlet.kill()

    def _close_idlest(self) -> bool:
        """Close the room that has been empty longest, if that is long enough; return whether."""
        idlest = max(self._rooms.values(), key=Room.idle_seconds)
        if idlest.idle_seconds() < IDLE_SECONDS:
            return False
        self.close(idlest)
        return True


def _open_question(room: Room) -> Question:
    if room.question is None or not room.question.is_open:
        raise ValueError(messages.NO_QUESTION)
    return room.question


def _state(room: Room) -> RoomState:
    return RoomState(
        room.record,
        room.question,
        lead_requests=set(room.audience.lead_requests),
        revision=room.revision,
    )


def _displayed(room: Room) -> tuple[object, ...]:
    """Return what decides whether followers need the whole state again."""
    question = room.question
    return room.record, question and (question.id, question.revealed)
