"""The event streams of a room: what a follower receives, and what the leader learns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
from flask import json, render_template

from playground.expression.predictions import is_right
from playground.http.sse import HEARTBEAT, HEARTBEAT_SECONDS, event
from playground.rooms import broadcast
from playground.rooms.answers_figure import answers_figure
from playground.rooms.leader import rooms
from playground.rooms.room import Room

PAUSE_SECONDS = 0.1
"""Minimum time between two whole states for one page, in seconds."""


def follower_events(room: Room, visitor: str) -> Iterator[bytes]:
    """Yield the events of a follower: the whole state first, then everything that changes."""
    bar: object = None
    had_leader = room.has_leader()
    with room.follow(visitor) as follower:
        broadcast.start_pump(room)
        while True:
            if room.closed:
                yield event(render_template("rooms/room_closed.html"))
                yield event("", "end")
                return
            if follower.stale:
                follower.stale = False
                yield broadcast.state_event(room)
                question = room.question
                current = room.leader == visitor, question, question and question.state
                if bar is None or bar != current:  # only the bar differs between followers
                    bar, had_leader = current, room.has_leader()
                    yield event(render_bar(room, visitor))
                gevent.sleep(PAUSE_SECONDS)
            if had_leader != room.has_leader():
                had_leader = room.has_leader()
                yield event(render_template("rooms/presence_update.html", room=room))
            while follower.waiting:
                yield follower.waiting.popleft()[1]
            if not follower.stale and not follower.news.wait(HEARTBEAT_SECONDS):
                yield HEARTBEAT
            follower.news.clear()


def leader_events(room: Room, visitor: str) -> Iterator[bytes]:
    """Yield what the leader learns of the class: how many follow, who asks to lead, what they
    answer.
    """
    with room.lead() as page:
        while not room.closed and room.leader == visitor:
            page.clear()
            yield event(
                render_template("rooms/class_update.html", room=room, question=room.question)
            )
            if room.question and room.question.is_revealed:
                yield event(json.dumps({"answers": answers_figure(room.question)}), "figures")
            gevent.sleep(PAUSE_SECONDS)
            while not page.wait(HEARTBEAT_SECONDS):
                yield HEARTBEAT
    yield event(render_template("rooms/lead_ended.html", room=room))
    yield event("", "end")


def render_bar(room: Room, visitor: str) -> str:
    """Return the HTML that updates a follower's bar."""
    return render_template("rooms/follower_bar_update.html", room=room, **bar_page(room, visitor))


def bar_page(room: Room, visitor: str) -> dict[str, Any]:
    """Return what a follower's bar shows: the part of a room that differs between followers."""
    question = room.question
    own_answer = question.answers.get(visitor) if question else None
    return {
        "name": rooms().nickname(room, visitor),
        "asks_to_lead": visitor in room.audience.lead_requests,
        "is_leader": room.leader == visitor,
        "question": question,
        "own_answer": own_answer,
        "own_is_right": bool(
            question and own_answer and is_right(own_answer.value, question.correct)
        ),
        "answers": answers_figure(question) if question and question.is_revealed else None,
    }
