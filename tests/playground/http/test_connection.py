"""Connections that send broken HTTP."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import gevent
import pytest
from flask import Flask
from gevent import socket

from playground.http.server import Server, listen
from playground.settings import Deployment

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    server = Server(listen("127.0.0.1", 0), app, Deployment())
    server.start()
    yield server.server_port
    server.stop(timeout=0)


def first_line(port: int, sent: bytes) -> bytes:
    """Return the first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(sent)
        line: bytes = connection.recv(65536).partition(b"\r\n")[0]
        return line


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET / HTTP/1\r\n\r\n", id="half a version"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", id="too many headers"),
        pytest.param(
            b"POST /theme HTTP/1.1\r\nHost: localhost\r\n" + FORM
            + b"Transfer-Encoding: chunked\r\n\r\n\r\n\r\n",
            id="a chunk without a length",
        ),
    ],
)  # fmt: skip
def test_a_broken_request_is_answered_with_400_and_no_traceback(
    port: int, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert first_line(port, sent).upper() == b"HTTP/1.1 400 BAD REQUEST"
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("header", [b"Connection: Upgrade", b"Upgrade: websocket"])
def test_a_request_for_another_protocol_is_answered_as_http(port: int, header: bytes) -> None:
    head = b"POST /theme HTTP/1.1\r\nHost: localhost\r\n" + FORM + header
    sent = head + b"\r\nContent-Length: 10\r\n\r\ntheme=dark"
    assert first_line(port, sent) == b"HTTP/1.1 303 SEE OTHER"


def test_a_client_that_vanishes_leaves_nothing_in_the_log(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    for sent in (b"POST / x\r\n\r\n", b"GET / HTTP/1.1\r\nHo", b"GET / HTTP/1.1\r\n\r\n" * 20):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(sent)
                reset = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    gevent.sleep(0.3)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/vendor/plotly.js"])
def test_a_body_that_no_address_reads_is_answered_with_413(port: int, path: str) -> None:
    for _ in range(5):
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6400000\r\n\r\n"
        assert first_line(port, head.encode() + b"a" * 6_400_000).startswith(b"HTTP/1.1 413 ")
