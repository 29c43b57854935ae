"""The real server among strangers: slow ones, silent ones, and a stop that loses nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.server import Server, serving
from tests.visitor import Visitor


def raw(server: Server, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(sent)
    return connection


def closed_after(connection: socket.socket) -> float:
    """Return the seconds until the other side has closed it."""
    began = time.monotonic()
    while connection.recv(65536):
        pass
    return time.monotonic() - began


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\n", b"POST /theme HTTP/1.1\r\nHost: localhost\r\n"
             b"Content-Length: 50\r\n\r\ntheme="], ids=["nothing", "half a head", "half a body"]
)  # fmt: skip
def test_a_connection_that_sends_nothing_more_is_closed(tmp_path: Path, sent: bytes) -> None:
    with serving(tmp_path, PLAYGROUND_SILENCE_SECONDS="1") as server:
        assert closed_after(raw(server, sent)) < 4


def test_the_connections_of_an_address_are_limited(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_CONNECTIONS_PER_ADDRESS="10") as server:
        assert Visitor(server).ask("GET", "/healthz")[0] == 200
        until = time.monotonic() + 5
        while True:  # the server notices the end of the first connection
            connections = [raw(server, b"") for _ in range(10)]
            connections[-1].settimeout(0.3)
            try:
                closed_after(connections[-1])
            except TimeoutError:
                break
            assert time.monotonic() < until
        assert closed_after(raw(server, b"")) < 2
        for connection in connections:
            connection.close()
        while Visitor(server).ask("GET", "/healthz")[0] != 200:
            assert time.monotonic() < until


def test_a_head_that_comes_byte_by_byte_is_given_up(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_SILENCE_SECONDS="1") as server:
        connection = raw(server, b"GET / HTTP/1.1\r\nX: ")
        began = time.monotonic()
        connection.settimeout(0.3)
        while time.monotonic() - began < 5:
            try:
                connection.sendall(b"x")
                if connection.recv(4096):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - began < 4
        assert Visitor(server).ask("GET", "/healthz")[0] == 200


def test_a_viewer_that_reads_nothing_is_disconnected(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_SILENCE_SECONDS="1") as server:
        visitor = Visitor(server)
        run = visitor.begin("hidden=8,8&samples=100&speed=max&then=play")
        stream = visitor.watch(run)  # it reads no more
        assert visitor.state("/healthz")["viewers"] == 1
        until = time.monotonic() + 30
        while visitor.state("/healthz")["viewers"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        stream.close()


def test_a_stop_ends_streams_properly_and_saves_every_run(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        visitor = Visitor(server)
        run = visitor.begin("hidden=3&samples=20&speed=1000&then=play")
        stream = visitor.watch(run)
        kept_alive = raw(server, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert kept_alive.recv(65536)
        last = visitor.state(run.partition("?")[0])["step"]
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        received = b""
        while chunk := stream.recv(65536):
            received += chunk
        assert received.endswith(b"0\r\n\r\n")  # a whole answer, not a broken one
        assert closed_after(kept_alive) < 3
        while _alive(server.pid):
            time.sleep(0.02)
            assert time.monotonic() - began < 3
    with serving(tmp_path) as again:
        visitor.server = again
        assert visitor.state(run.partition("?")[0])["step"] >= last


def _alive(pid: int) -> bool:
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
