"""The streams of frames: how long a page holds one."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.http import sse
from playground.http.services import services_of
from playground.runner.live_run import LiveRun
from tests.playground.runner.conftest import wait_until

SMALL = {"hidden": "2", "samples": "20"}
PAGE = {"HX-Request": "true"}
PRESENT = ["frame", "html", "figures"]
"""The events that carry the present state."""


class Stream:
    """A stream that is read in a greenlet of its own, as a server sends it."""

    def __init__(self, client: FlaskClient, path: str, headers: dict[str, str]) -> None:
        self.chunks: list[bytes] = []
        self._leaves = False
        self._greenlet = gevent.spawn(self._read, client, path, headers)

    def _read(self, client: FlaskClient, path: str, headers: dict[str, str]) -> None:
        response = client.get(path, headers=headers)
        assert response.status_code == 200
        for chunk in response.response:
            assert isinstance(chunk, bytes)
            self.chunks.append(chunk)
            if self._leaves:
                break
        response.close()

    @property
    def names(self) -> list[str]:
        """The names of the events until now: `html` for an unnamed one, `beat` for a heartbeat."""
        firsts = [chunk.partition(b"\n")[0].decode() for chunk in self.chunks]
        return [
            "beat" if first.startswith(":")
            else "html" if first.startswith("data:")
            else first.removeprefix("event: ")
            for first in firsts
        ]  # fmt: skip

    @property
    def has_ended(self) -> bool:
        return bool(self._greenlet.ready())

    def begins_with(self, *names: str) -> bool:
        """Whether these events come first, after some waiting."""
        wait_until(lambda: self.has_ended or len(self.chunks) >= len(names))
        return self.names[: len(names)] == list(names)

    def is_all(self, *names: str) -> bool:
        """Whether these events come, and then the stream ends."""
        wait_until(lambda: self.has_ended)
        return self.names == list(names)

    def leave(self) -> None:
        """Close the stream from the page's side."""
        self._leaves = True
        wait_until(lambda: self.has_ended)


@pytest.fixture(autouse=True)
def quick_heart(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A heart that beats quickly; all streams end with the test."""
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.01)
    yield
    streams = services_of(app).streams
    streams.end()
    wait_until(lambda: not streams._open)


def begin(client: FlaskClient) -> str:
    return client.post("/runs", data=SMALL).headers["Location"].partition("?")[0]


def live_run(app: Flask, run: str) -> LiveRun:
    live = services_of(app).runner.runs.find_in_memory(run.rpartition("/")[2])
    assert live is not None
    return live


def page(client: FlaskClient, run: str, token: str = "page", **query: str) -> Stream:
    """The stream of a page."""
    more = "".join(f"&{name}={text}" for name, text in query.items())
    return Stream(client, f"{run}/events?page={token}{more}", PAGE)


def test_a_page_lets_go_of_the_stream_of_a_run_that_stands_still(client: FlaskClient) -> None:
    assert page(client, begin(client)).is_all(*PRESENT, "beat", "still")


def test_a_client_that_is_no_page_keeps_the_stream_of_a_paused_run(client: FlaskClient) -> None:
    stream = Stream(client, f"{begin(client)}/events", {})
    assert stream.begins_with(*PRESENT, *5 * ["beat"])
    assert not stream.has_ended


def test_a_browser_with_all_its_streams_gets_the_present_state_and_is_let_go(
    app: Flask, client: FlaskClient
) -> None:
    run, limit = begin(client), services_of(app).deployment.streams_per_browser
    live = live_run(app, run)
    live.playing = True  # nothing moves, so that the streams wait
    streams = [page(client, run, str(i)) for i in range(limit)]
    assert all(stream.begins_with(*PRESENT, "beat") for stream in streams)
    assert page(client, run, "fifth").is_all(*PRESENT)
    assert page(client, begin(client), "of a paused run").is_all(*PRESENT, "still")
    other = app.test_client()
    assert page(other, begin(other)).begins_with(*PRESENT, "beat")
    streams.pop().leave()
    assert page(client, run, "fifth").begins_with(*PRESENT, "beat")


def test_pages_that_ask_at_the_same_moment_do_not_get_more_streams_than_there_are(
    app: Flask, client: FlaskClient
) -> None:
    run, limit = begin(client), services_of(app).deployment.streams_per_browser
    live_run(app, run).playing = True
    streams = [page(client, run, str(i)) for i in range(3 * limit)]
    wait_until(lambda: sum(stream.has_ended for stream in streams) == 2 * limit)
    assert all(stream.begins_with(*PRESENT) for stream in streams)


def test_frames_without_a_cookie_count_by_the_name_that_they_share(app: Flask) -> None:
    def frame(browser: str, token: str) -> Stream:
        """The stream of one more frame."""
        query = f"hidden=2&samples=20&page={token}"
        headers = PAGE | {"Browser": browser}
        app.test_client().post(f"/embed/play?{query}", headers=headers)
        return Stream(app.test_client(), f"/embed/events?{query}", headers)

    limit = services_of(app).deployment.streams_per_browser
    streams = [frame("one", f"one {i}") for i in range(limit)]
    assert all(stream.begins_with(*PRESENT) for stream in streams)
    assert frame("one", "surplus").is_all(*PRESENT)
    streams.append(frame("another", "other"))
    assert streams[-1].begins_with(*PRESENT)
    assert not any(stream.has_ended for stream in streams)


def test_a_page_says_that_it_is_hidden_and_that_it_closes(app: Flask, client: FlaskClient) -> None:
    run = begin(client)
    live = live_run(app, run)
    address = f"{run}/presence?page=page"
    assert client.post(address, data={"is": "hidden"}).status_code == 204
    assert live.is_watched
    assert client.post(address, data={"is": "closed"}).status_code == 204
    assert not live.is_watched
    assert app.test_client().post(address, data={"is": "closed"}).status_code == 404
    assert client.post("/embed/presence?page=nobody", data={"is": "hidden"}).status_code == 204


def test_a_stream_ends_when_its_page_says_that_it_closes(app: Flask, client: FlaskClient) -> None:
    run = begin(client)
    live_run(app, run).playing = True
    stream = page(client, run)
    assert stream.begins_with(*PRESENT, "beat")
    client.post(f"{run}/presence?page=page", data={"is": "closed"})
    wait_until(lambda: stream.has_ended)


def test_the_surface_comes_again_where_the_data_changed_while_the_page_had_no_stream(
    client: FlaskClient,
) -> None:
    run = begin(client)

    def figures() -> bytes:
        stream = page(client, run)
        wait_until(lambda: stream.has_ended)
        return stream.chunks[2]

    assert b'"surface":' not in figures()
    client.post(f"{run}/data", data={"how": "erase", "index": "0"})
    assert b'"surface":' in figures()
    assert b'"surface":' not in figures()


def test_a_restart_is_told_once(client: FlaskClient) -> None:
    run = begin(client)
    for is_told in (True, False):
        stream = page(client, run, boot="before")
        wait_until(lambda: stream.has_ended)  # noqa: B023
        assert (b"The server restarted" in stream.chunks[0]) is is_told
