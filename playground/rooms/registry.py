"""All rooms of the application. Everything that changes a room happens here.

A change reaches the followers in this process, the bus, and the store, in this order. What another
process changed arrives through the bus.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import gevent

from engine.inspection.frames import ViewOptions
from playground.clock import LoopClock, RealLoopClock
from playground.messages import rooms as messages
from playground.nicknames import number_of
from playground.rooms.bus import LocalBus, Presence, RoomBus, RoomState
from playground.rooms.question import Question
from playground.rooms.questions import Questions
from playground.rooms.record import Display, RoomRecord
from playground.rooms.room import Room
from playground.rooms.saving import DelayedSaves
from playground.runner.errors import UnreachableError
from playground.storage.room_rows import RoomStore

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits of a code, without those that look alike."""
CODE_LENGTH = 6
MAX_CODE_LENGTH = 20
"""Maximum length of a code that is looked up on the bus."""
IDLE_SECONDS = 3_600.0
"""Time after which an empty room may be closed for a new one, in seconds."""


class Rooms:
    """The rooms. Those in the store are there from the start, with their open questions."""

    def __init__(
        self,
        limit: int,
        store: RoomStore,
        bus: RoomBus | None = None,
        clock: LoopClock | None = None,
    ) -> None:
        self._limit, self._store = limit, store
        self._bus: RoomBus = bus or LocalBus()
        self._clock = clock or RealLoopClock()
        self._rooms: dict[str, Room] = {}
        self._saves = DelayedSaves(self._clock)
        self.questions = Questions(store, self._bus, self._saves, self._clock, self._publish)
        for code, body in store.all():
            self._add(RoomRecord.from_body(code, body))
        for code, body in store.open_questions():
            if code in self._rooms:
                self._rooms[code].question = Question.from_body(body)
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

    def forget_visitor(self, number: str) -> None:
        """Close the rooms that the visitor with this number leads, and delete their name, wish and
        answers in all others.
        """
        for room in self.led_by_number(number):
            self.close(room)
        for room in list(self._rooms.values()):
            for visitor in [name for name in room.audience.names if number_of(name) == number]:
                room.forget(visitor)
                self._bus.forget(room.code, "", visitor)
            self.questions.forget_visitor(room, number)
            room.notify_leader()

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
        audience.lead_requests.clear()
        self._publish(room)
        self._saves.run(room.code, self._save_of(room))
        return heir

    def show(self, room: Room, display: Display, view: ViewOptions | None = None) -> bool:
        """Display this, or the same through another view. Return False, and change nothing, if
        the class is being asked about something else. A question that is revealed closes.
        """
        view = replace(room.view if view is None else view, pin="")
        if (display, view) == (room.display, room.view) and room.version:
            return True
        question = room.question
        if question is not None and not question.is_about(display):
            if question.is_open:
                return False
            self.questions.close(room)
        room.change(display=display, view=view)
        self._publish(room)
        return True

    def point(self, room: Room, event: bytes) -> None:
        """Hand the leader's pointer to the followers."""
        room.audience.publish("pointer", event)
        self._bus.move_pointer(room.code, event)

    def close(self, room: Room) -> None:
        """End a room with all its questions and answers."""
        self._bus.close(_state(room))
        self._end(room)
        self._store.delete(room.code)

    def stop(self) -> None:
        """Store what is not yet stored, and leave the bus."""
        self._bus.disconnect()
        self._saves.finish()

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

    def presence(self) -> dict[str, Presence]:
        """Return who is in this process' rooms by room code, without empty rooms."""
        presence = {
            room.code: Presence(room.audience.people_here, bool(room.leader_pages))
            for room in list(self._rooms.values())
        }
        return {code: present for code, present in presence.items() if present != Presence()}

    def _add(self, record: RoomRecord) -> Room:
        room = self._rooms[record.code] = Room(record, self._clock)
        return room

    def _publish(self, room: Room) -> None:
        """Store a change of what the room displays or asks or who leads it, and tell everybody,
        here and elsewhere.
        """
        room.revision += 1
        room.restart()
        self._bus.announce(_state(room))
        self._saves.schedule(room.code, self._save_of(room))

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
        room.audience.elsewhere = state.elsewhere.people
        room.set_leader_elsewhere(state.elsewhere.leads)
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
        self._saves.cancel(room.code)
        if room.question is not None:
            self._saves.cancel((room.code, room.question.id))
        room.closed, room.question = True, None
        room.audience.names.clear()
        room.restart()

    def _save_of(self, room: Room) -> Callable[[], None]:
        return lambda: self._store.keep(room.code, room.record.body())

    def _close_idlest(self) -> bool:
        """Close the room that has been empty longest, if that is long enough; return whether."""
        idlest = max(self._rooms.values(), key=Room.idle_seconds)
        if idlest.idle_seconds() < IDLE_SECONDS:
            return False
        self.close(idlest)
        return True


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
    return room.record, question and (question.id, question.state)
