"""Rooms: a class is led, followed, asked. Only the leader's signed cookie leads; to everyone else
a leader's addresses do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite
from typing import Any

import gevent
from flask import (
    Blueprint,
    Response,
    abort,
    json,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from engine.explain.sentences import ask_gradient as sentence_of
from engine.inspection.frames import View
from engine.value import DomainError
from playground.expression.commands import pose, read_number
from playground.expression.scene import scene
from playground.expression.state import Lab, fields
from playground.http.rate_limits import admit_room, admit_run, admit_wrong_code
from playground.http.request import page_query
from playground.http.services import runner, services
from playground.http.sse import HEARTBEAT, HEARTBEAT_SECONDS, event, stream_response
from playground.http.visitors import greet, visitor
from playground.labs.expression_links import link_query, parse_lab
from playground.labs.expression_page import compute, expression_page, typed
from playground.labs.new_run import prepare_run
from playground.network import form
from playground.network.view import parse_view
from playground.pages.responses import expression_address
from playground.rooms import answers_figure, broadcast
from playground.rooms.leader import put, rooms
from playground.rooms.room import Question, Room, Shown

blueprint = Blueprint("rooms", __name__)
blueprint.before_request(greet)

PAUSE_SECONDS = 0.1
"""A follower is sent the whole state no more often."""


@blueprint.get("/rooms")
def enter() -> Any:
    """To the room whose code was typed, or the form again with what is wrong."""
    code = request.args.get("code", "")
    room = rooms().find(code)
    if room:
        return redirect(url_for(".show", code=room.code), 303)
    if code:
        admit_wrong_code()
    wrong = f"There is no room {code.upper()[:12]}. Is the code right, and the room still open?"
    page = render_template("rooms/enter.html", code=code, wrong=wrong if code else "")
    return page, 404 if code else 200


@blueprint.post("/rooms")
def lead() -> Any:
    """Open a room on what the leader's page shows, or show that in the room there is."""
    try:
        shown, view = _on_page()
        room = rooms().led_by(visitor())
        if room is None:
            admit_room()
            room = rooms().open(visitor(), request.url_root, shown)
    except (ValueError, LookupError) as error:
        abort(422, str(error.args[0] if error.args else error))
    put(room, shown, view)
    return ("", 204) if request.headers.get("Room") == room.code else _to(where(room))


@blueprint.get("/rooms/<code>")
def show(code: str) -> Any:
    """The room as followers see it; its leader goes to the lab."""
    room = rooms().find(code)
    if room is None:
        admit_wrong_code()
        return redirect(url_for(".enter", code=code), 303)
    if room.leader == visitor():
        return redirect(where(room), 303)
    session["room"] = room.code
    page = {"room": room, "name": rooms().name(room, visitor()), "lab": broadcast.lab(room)}
    return render_template("rooms/follow.html", **page)


@blueprint.get("/rooms/<code>/events")
def stream(code: str) -> Response:
    """What followers see, as it changes."""
    room = _room(code)
    me = visitor()

    def send() -> Iterator[bytes]:
        bar: object = None
        with room.follow(me) as follower:
            broadcast.pump(room)
            while True:
                if room.closed:
                    yield event(render_template("rooms/closed.html"))
                    yield event("", "end")
                    return
                if follower.stale:
                    follower.stale = False
                    yield broadcast.whole(room)
                    asked = room.question
                    stands = room.leader == me, asked, asked is not None and asked.revealed
                    if bar is None or bar != stands:  # it is the one thing that is each one's own
                        bar = stands
                        yield event(render_template("rooms/bar.html", room=room, **_mine(room, me)))
                    gevent.sleep(PAUSE_SECONDS)
                while follower.waiting:
                    yield follower.waiting.popleft()[1]
                if not follower.stale and not follower.news.wait(HEARTBEAT_SECONDS):
                    yield HEARTBEAT
                follower.news.clear()

    return stream_response(send())


@blueprint.get("/rooms/<code>/lead")
def leading(code: str) -> Response:
    """What the leader is told of the class: how many follow, who asks, what they answer."""
    room = _led(code)
    me = visitor()

    def send() -> Iterator[bytes]:
        with room.lead() as page:
            while not room.closed and room.leader == me:
                page.clear()
                yield event(render_template("rooms/class.html", room=room, question=room.question))
                if room.question:
                    figure = {"answers": answers_figure.figure(room.question)}
                    yield event(json.dumps(figure), "figures")
                gevent.sleep(PAUSE_SECONDS)
                while not page.wait(HEARTBEAT_SECONDS):
                    yield HEARTBEAT
        yield event(render_template("rooms/handed.html", room=room))
        yield event("", "end")

    return stream_response(send())


@blueprint.post("/rooms/<code>/pointer")
def point(code: str) -> Any:
    """Where the leader's laser pointer is, or that it is gone."""
    room, form = _led(code), request.form
    told: dict[str, Any] | None
    try:
        told = {"id": form["id"][:40], "x": float(form["x"]), "y": float(form["y"])}
    except (KeyError, ValueError):
        told = None
    if told and not (isfinite(told["x"]) and isfinite(told["y"])):
        told = None
    rooms().point(room, event(json.dumps(told), "pointer"))
    return "", 204


@blueprint.post("/rooms/<code>/copy")
def copy(code: str) -> Any:
    """What the room shows as the follower's own, to play alone with."""
    room = _room(code)
    live = broadcast.run_of(room)
    if live is None:
        return _to(where(room))
    admit_run()
    mine = runner().copy(live, visitor())
    return _to(url_for("runs.show", id=mine.id))


@blueprint.post("/rooms/<code>/want")
def want(code: str) -> Any:
    """A follower asks for the lead."""
    room = _room(code)
    me = visitor()
    rooms().want(room, me)
    return render_template("rooms/bar.html", room=room, **_mine(room, me))


@blueprint.post("/rooms/<code>/hand-over")
def hand_over(code: str) -> Any:
    """The leader gives the lead to one who asked."""
    room = _led(code)

    def inherited(heir: str) -> Shown:
        shown, live = room.shown, broadcast.run_of(room)
        if live is None:
            return replace(shown, run="")
        admit_run()
        return replace(shown, run=runner().copy(live, heir).id)

    try:
        rooms().hand_over(room, request.form.get("name", ""), inherited)
    except ValueError as error:
        abort(422, str(error))
    return _to(url_for(".show", code=room.code))


@blueprint.post("/rooms/<code>/close")
def close(code: str) -> Any:
    """The room ends."""
    room = _led(code)
    there = where(room)
    rooms().close(room)
    return _to(there)


@blueprint.post("/rooms/<code>/ask")
def ask(code: str) -> Any:
    """Ask the class for the gradient that the next step of the walk is about."""
    room = _led(code)
    try:
        state, _ = parse_lab(services(), fields(request.form.get("state", "")))
        asking, then = compute(services(), state.code, pose, state)
        step = scene(asking).asks
    except (ValueError, LookupError, DomainError) as error:
        abort(422, str(error))
    if step is None:
        abort(422, "Ask where the walk goes backward: step on to a gradient, then ask.")
    put(room, Shown("expression", link_query(services(), asking)))
    shown_then = Shown("expression", link_query(services(), then))
    rooms().ask(room, Question(sentence_of(step), step.after, shown_then))
    return _lab(asking)


@blueprint.post("/rooms/<code>/answer")
def answer(code: str) -> Any:
    """A follower's answer, which counts until it is revealed."""
    room, me = _room(code), visitor()
    asked = room.question
    if asked is None or asked.revealed:
        abort(422, "Nothing is asked just now.")
    try:
        value = read_number(request.form.get("answer", ""), "The answer")
    except ValueError as error:
        abort(422, str(error))
    rooms().answer(room, asked, me, value)
    return render_template("rooms/bar.html", room=room, **_mine(room, me))


@blueprint.post("/rooms/<code>/reveal")
def reveal(code: str) -> Any:
    """Everybody sees the right answer and how the answers are spread."""
    room = _led(code)
    if room.question is None or room.question.revealed:
        abort(422, "Nothing is asked just now.")
    rooms().reveal(room, room.question)
    state, _ = parse_lab(services(), fields(room.shown.state))
    return _lab(state)


def _lab(state: Lab) -> Any:
    """The leader's lab in another state, with the address that gives it again."""
    page = render_template("expression/lab.html", **expression_page(services(), state))
    return page, 200, {"HX-Replace-Url": expression_address(state)}


def where(room: Room) -> str:
    """The address of what a room shows, as its leader or whoever has a copy opens it."""
    if room.shown.run and room.leader == visitor():
        return url_for("runs.show", id=room.shown.run)
    return f"{url_for(f'{room.shown.lab}.show')}?{room.shown.state}"


def _mine(room: Room, me: str) -> dict[str, Any]:
    """What of a room is about one follower."""
    asked = room.question
    return {
        "name": rooms().name(room, me),
        "wants": me in room.wants,
        "leads": room.leader == me,
        "question": asked,
        "mine": asked.answers.get(me) if asked else None,
        "answered": answers_figure.figure(asked) if asked and asked.revealed else None,
    }


def _on_page() -> tuple[Shown, View]:
    """What the page that asks shows. Raises ValueError or LookupError where it is nothing."""
    if "state" in request.form:
        state, _ = parse_lab(services(), fields(request.form["state"]))
        written = typed(services(), state, request.form)
        return Shown("expression", link_query(services(), written)), View()
    on_page = {name: values[-1] for name, values in page_query().items()}
    texts = on_page | form.texts(request.form)
    run, errors = prepare_run(services(), texts)
    if run is None:
        raise ValueError(" ".join(errors.values()))
    found = on_page.get("run", "")
    view = parse_view({name: [text] for name, text in texts.items()}, run)
    if found:
        try:
            runner().get(found, visitor())
        except KeyError:
            raise LookupError("This page shows a run that is not here any more.") from None
    return Shown("network", run.settings.query(), found), view


def _room(code: str) -> Room:
    room = rooms().find(code)
    if room is None:
        abort(404, "This room is closed, or never was.")
    return room


def _led(code: str) -> Room:
    room = _room(code)
    if room.leader != visitor():
        abort(404)
    return room


def _to(address: str) -> Any:
    if request.headers.get("HX-Request"):
        return "", 204, {"HX-Redirect": address}
    return redirect(address, 303)
