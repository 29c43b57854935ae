"""The life of questions: asked, answered, revealed, closed, opened again.

A question reaches the store soon after each change, so a restart loses neither it nor an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from playground.clock import LoopClock
from playground.messages import rooms as messages
from playground.nicknames import number_of
from playground.rooms.bus import RoomBus
from playground.rooms.question import Answer, Question, State
from playground.rooms.room import Room
from playground.rooms.saving import DelayedSaves
from playground.runner.errors import UnreachableError
from playground.storage.room_rows import RoomStore


class Questions:
    """What leaders ask their classes. `publish` tells everybody that a room has changed."""

    def __init__(
        self,
        store: RoomStore,
        bus: RoomBus,
        saves: DelayedSaves,
        clock: LoopClock,
        publish: Callable[[Room], None],
    ) -> None:
        self._store, self._bus, self._saves = store, bus, saves
        self._clock, self._publish = clock, publish

    def ask(self, room: Room, question: Question) -> None:
        """Ask the class. A question that was open before closes."""
        self._end_current(room)
        question.asked_at = question.asked_at or self._clock.time()
        question.state = State.OPEN
        room.question = question
        room.change(display=question.display)
        self._save(room, question)
        self._publish(room)

    def answer(self, room: Room, visitor: str, value: float) -> None:
        """Add a follower's answer. Raise ValueError if there is no open question."""
        question = _open_question(room)
        answer = Answer(value, room.audience.names.get(visitor, ""), self._clock.time())
        question.answers[visitor] = answer
        question.people = max(question.people, room.audience.people, len(question.answers))
        self._bus.add_answer(room.code, question.id, visitor, answer)
        self._save(room, question)
        room.notify_leader()

    def reveal(self, room: Room) -> None:
        """Show the class the correct answer and the step with it. Raise ValueError if there is no
        open question.
        """
        question = _open_question(room)
        question.answers.update(self._bus.answers(room.code, question.id))
        question.people = max(question.people, room.audience.people, len(question.answers))
        question.state = State.REVEALED
        room.change(display=question.solution)
        self._save(room, question)
        self._publish(room)

    def close(self, room: Room) -> Question:
        """End the question of a room, and return it. Raise ValueError if there is none."""
        question = room.question
        if question is None:
            raise ValueError(messages.NO_QUESTION)
        self._end_current(room)
        self._publish(room)
        return question

    def open_again(self, room: Room, id: str) -> Question:
        """Ask an earlier question again, with its answers. Raise LookupError if the room has no
        such question.
        """
        question = next((question for question in self.list(room) if question.id == id), None)
        if question is None:
            raise LookupError(messages.NO_SUCH_QUESTION)
        if room.question is None or room.question.id != id:
            self.ask(room, question)
            for visitor, answer in question.answers.items():
                self._bus.add_answer(room.code, id, visitor, answer)
        return question

    def list(self, room: Room) -> list[Question]:
        """Return the questions of a room, the newest first."""
        current = room.question
        stored = [Question.from_body(body) for body in self._store.questions(room.code)]
        earlier = [question for question in stored if current is None or question.id != current.id]
        return earlier if current is None else [current, *earlier]

    def forget_visitor(self, room: Room, number: str) -> None:
        """Delete the answers of the visitor with this number to all questions of a room."""
        for question in self.list(room):
            visitors = [visitor for visitor in question.answers if number_of(visitor) == number]
            for visitor in visitors:
                del question.answers[visitor]
                self._bus.forget(room.code, question.id, visitor)
            if visitors:
                self._save_now(room, question)

    def _end_current(self, room: Room) -> None:
        """Close the question of a room, if there is one: it stays in the list."""
        question, room.question = room.question, None
        if question is not None:
            self._add_answers_of_others(room, question)
            question.state = State.CLOSED
            self._save_now(room, question)

    def _save_now(self, room: Room, question: Question) -> None:
        key = room.code, question.id
        self._saves.cancel(key)
        self._saves.run(key, self._save_of(room, question))

    def _save(self, room: Room, question: Question) -> None:
        self._saves.schedule((room.code, question.id), self._save_of(room, question))

    def _save_of(self, room: Room, question: Question) -> Callable[[], None]:
        def save() -> None:
            self._add_answers_of_others(room, question)
            self._store.keep_question(
                room.code,
                question.id,
                question.asked_at,
                question.state == State.CLOSED,
                question.body(),
            )

        return save

    def _add_answers_of_others(self, room: Room, question: Question) -> None:
        """Add the answers that arrived through other processes."""
        with suppress(UnreachableError):
            question.answers.update(self._bus.answers(room.code, question.id))


def _open_question(room: Room) -> Question:
    if room.question is None or not room.question.is_open:
        raise ValueError(messages.NO_QUESTION)
    return room.question
