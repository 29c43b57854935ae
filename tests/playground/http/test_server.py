"""The real server among strangers: slow ones, silent ones, and a stop that loses nothing."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
import pytest
from click import ClickException
from flask import Flask
from gevent import socket

from playground.http.server import STOP_SECONDS, listen, raise_file_limit
from playground.http.server import Server as WebServer
from playground.settings import Deployment
from tests.server import Server, serving
from tests.visitor import Visitor

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF_A_BODY = b"POST /theme HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\ntheme="
GUARD_SECONDS = 30
"""When a test gives up waiting, in seconds. What happens takes a fraction of that."""

Start = Callable[..., WebServer]


@pytest.fixture
def start(app: Flask) -> Iterator[Start]:
    """Return a function that starts a server in this process with these settings."""
    servers = []

    def start(**settings: Any) -> WebServer:
        server = WebServer(listen("127.0.0.1", 0), app, Deployment(**settings))
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop(timeout=0)


def connect(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=GUARD_SECONDS)
    connection.sendall(sent)
    return connection


def wait_until_closed(connection: socket.socket) -> bytes:
    """Wait until the other side closes the connection. Return what it sent before."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\n", id="half a head"),
        pytest.param(HALF_A_BODY, id="half a body"),
    ],
)
def test_a_connection_that_sends_nothing_more_is_closed(start: Start, sent: bytes) -> None:
    wait_until_closed(connect(start(silence_seconds=0.1).server_port, sent))


def test_the_connections_of_an_address_are_limited(start: Start) -> None:
    port = start(connections_per_address=10).server_port
    connections = [connect(port, HEALTH) for _ in range(10)]
    for connection in connections:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    with suppress(ConnectionResetError):
        assert wait_until_closed(connect(port, HEALTH)) == b""
    connections.pop().close()
    with gevent.Timeout(GUARD_SECONDS):
        while True:  # until the server notices that one is gone
            with suppress(ConnectionResetError):
                if connect(port, HEALTH).recv(65536).startswith(b"HTTP/1.1 200"):
                    break


def test_behind_a_proxy_all_connections_count_together(start: Start) -> None:
    port = start(connections_per_address=10, trusted_proxies=1).server_port
    connections = [connect(port, HEALTH) for _ in range(12)]
    for connection in connections:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_head_that_comes_byte_by_byte_is_given_up(start: Start) -> None:
    port = start(silence_seconds=0.2).server_port
    connection = connect(port, b"GET / HTTP/1.1\r\nX: ")
    connection.settimeout(0.02)
    for _ in range(1000):
        try:
            connection.sendall(b"x")
            if connection.recv(4096):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    else:
        pytest.fail("the server took 1,000 bytes of a head in 20 s")
    assert connect(port, HEALTH).recv(65536).startswith(b"HTTP/1.1 200")


def test_a_default_port_gives_way_and_an_explicit_one_does_not() -> None:
    first = listen("127.0.0.1", None)
    second = listen("127.0.0.1", None)
    ports = {listener.getsockname()[1] for listener in (first, second)}
    assert len(ports) == 2
    with pytest.raises(ClickException, match=f"port {min(ports)}: .*Try --port 0"):
        listen("127.0.0.1", min(ports))
    for listener in (first, second):
        listener.close()


@pytest.mark.parametrize(
    ("soft", "hard", "limit", "warns"),
    [
        (1024, 10_000, 4256, False),
        (1024, resource.RLIM_INFINITY, 4256, False),
        (1024, 2000, 2000, True),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, False),
        (100_000, 100_000, None, False),
    ],
)
def test_the_process_may_open_a_file_for_every_connection(
    soft: int, hard: int, limit: int | None, warns: bool,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    calls = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: calls.append(limits))
    raise_file_limit(Deployment(connections=4000))
    assert calls == ([] if limit is None else [(limit, hard)])
    assert ("may open 2000 files" in caplog.text) == warns


def test_a_viewer_that_reads_nothing_is_disconnected(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_SILENCE_SECONDS="1") as server:
        visitor = Visitor(server)
        run = visitor.begin("hidden=8,8&samples=100&speed=max&then=play")
        stream = visitor.watch(run)  # it reads no more
        assert visitor.state("/healthz")["viewers"] == 1
        until = time.monotonic() + GUARD_SECONDS
        while visitor.state("/healthz")["viewers"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        stream.close()


def test_a_stop_ends_streams_properly_and_saves_every_run(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        visitor = Visitor(server)
        run = visitor.begin("hidden=3&samples=20&speed=1000&then=play")
        stream = visitor.watch(run)
        kept_alive = connect(server.port, HEALTH)
        assert kept_alive.recv(65536)
        last = visitor.state(run.partition("?")[0])["step"]
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        received = b""
        while chunk := stream.recv(65536):
            received += chunk
        assert received.endswith(b"0\r\n\r\n")  # a whole answer, not a broken one
        wait_until_closed(kept_alive)
        while _is_alive(server.pid):
            time.sleep(0.02)
        assert time.monotonic() - began < STOP_SECONDS, "an idle connection does not hold a stop"
    with serving(tmp_path) as again:
        visitor.server = again
        assert visitor.state(run.partition("?")[0])["step"] >= last


def _is_alive(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def test_logs_name_the_route_and_nothing_that_people_typed(tmp_path: Path) -> None:
    environment = os.environ | {"PLAYGROUND_DATA": str(tmp_path), "PLAYGROUND_LOG": "json"}
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "--no-open", "--port", "0"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    url = re.search(r"http://\S+/", process.stdout.readline())
    assert url
    visitor = Visitor(Server(url[0], process.pid))
    visitor.ask("GET", "/expression?code=secret+%3D+42")
    run = visitor.begin("hidden=3&samples=20").partition("?")[0]
    visitor.ask("GET", run, headers={"X-Request-ID": "from-a-proxy-1"})
    process.terminate()
    _, written = process.communicate(timeout=20)
    lines = [json.loads(line) for line in written.splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    assert [line["route"] for line in requests] == ["/expression", "/runs", "/runs/<id>"]
    assert requests[2]["run"] == run.rpartition("/")[2]
    assert requests[2]["request"] == "from-a-proxy-1"
    assert {line["visitor"] for line in requests[1:]} == {requests[1]["visitor"]}
    assert "secret" not in written
    assert visitor.cookie.partition("=")[2] not in written


def test_an_instance_is_ready_when_its_kernels_and_its_store_are(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        until = time.monotonic() + 60
        while Visitor(server).ask("GET", "/readyz")[0] == 503:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert json.loads(Visitor(server).ask("GET", "/readyz")[2]) == {"status": "ready"}


@pytest.mark.parametrize("size", [9_000, 200_000])
def test_an_address_that_is_too_long_is_answered_in_words(start: Start, size: int) -> None:
    server = start()
    line = b"GET /expression?code=" + b"a" * size + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = wait_until_closed(connect(server.server_port, line))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 ")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"at most 8,192 bytes" in body
