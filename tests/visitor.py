"""A visitor of the real server who needs no browser."""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.server import Server


class Visitor:
    """A browser without a page: keeps its cookie and asks over plain HTTP."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookie = ""

    def ask(
        self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        sent = {"Accept": "application/json", "Cookie": self.cookie}
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, sent | dict(headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        received = dict(answer.getheaders())
        if "Set-Cookie" in received:
            self.cookie = received["Set-Cookie"].partition(";")[0]
        connection.close()
        return answer.status, received, content

    def begin(self, settings: str = "hidden=3&samples=20&speed=10&then=play") -> str:
        status, headers, _ = self.ask("POST", "/runs", settings)
        assert status == 303
        return headers["Location"]

    def state(self, run: str) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.ask("GET", run)[2])
        return state

    def events(self, run: str) -> Iterator[tuple[str, str]]:
        """Those of a run, or of a room that is followed."""
        yield from self.events_of(f"{run}/events?page=visitor")

    def events_of(self, path: str, seconds: float = math.inf) -> Iterator[tuple[str, str]]:
        """Yield the name and data of each event of a stream until the server ends it, or the time
        is up.
        """
        end = time.monotonic() + seconds
        with (
            closing(HTTPConnection("127.0.0.1", self.server.port, timeout=10)) as connection,
            suppress(OSError, HTTPException),
        ):
            name, data = "", []
            connection.request("GET", path, headers={"Cookie": self.cookie})
            for line in connection.getresponse():
                if time.monotonic() > end:
                    return
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
                elif not field and data:
                    yield name, "\n".join(data)
                    name, data = "", []

    def watch(self, run: str) -> socket.socket:
        """An open stream, its first frame read."""
        stream = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        request = f"GET {run}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n\r\n"
        stream.sendall(request.encode())
        received = b""
        while b"event: frame" not in received:
            received += stream.recv(65536)
        return stream
