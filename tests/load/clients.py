"""Many viewers in one thread: sockets that are read as fast as they give, and nothing kept but when
each frame came and how old it was.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from tests.server import Server
from tests.visitor import Visitor

AT = re.compile(rb'"at":(\d+)')
"""When a frame was made, in milliseconds since 1970; at the beginning of each frame's data."""
PIECE = 256 * 1024
TAIL = 24


@dataclass
class Stream:
    """One viewer: the ages in seconds of the frames that came, and when each did."""

    connection: socket.socket
    came: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    bytes: int = 0
    tail: bytes = b""
    ended: bool = False

    def read(self) -> None:
        """Take what has come."""
        try:
            piece = self.connection.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self.ended = True
            return
        self.bytes += len(piece)
        now = time.time()
        for match in AT.finditer(self.tail + piece):
            if match.end() <= len(self.tail):
                continue  # counted with the piece before
            self.came.append(now)
            self.ages.append(now - int(match[1]) / 1000)
        self.tail = piece[-TAIL:]

    def forget(self) -> None:
        """Forget what was measured so far."""
        self.came.clear()
        self.ages.clear()
        self.bytes = 0


def opened(port: int, path: str, cookie: str = "") -> Stream:
    """A viewer's stream."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    connection.sendall(head.encode())
    connection.setblocking(False)
    return Stream(connection)


def read_all(streams: list[Stream], seconds: float) -> None:
    """Read all of them for a while."""
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.connection, selectors.EVENT_READ, stream)
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(min(left, 0.1)):
                stream = key.data
                stream.read()
                if stream.ended:
                    selector.unregister(stream.connection)


def close(streams: list[Stream]) -> None:
    """Go."""
    for stream in streams:
        with suppress(OSError):
            stream.connection.close()


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def ready(server: Server, seconds: float = 120.0) -> None:
    """Wait until runs that begin are trained natively."""
    until = time.monotonic() + seconds
    while Visitor(server).ask("GET", "/readyz")[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.1)
