"""A small HTTP client over a raw socket: keeps its connection, and tells how long an answer
took.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

HANG_SECONDS = 20.0
"""After which an answer is given up."""
STREAM_BYTES = 40_000
"""Of a stream is read so much, or what comes within a moment; then the viewer vanishes."""
STREAM_SECONDS = 0.05


class NoAnswerError(Exception):
    """The connection ended, or nothing came, before there was an answer."""


@dataclass(frozen=True)
class Answer:
    """What came back; the names of headers are in lower case, `cookies` as they are sent back."""

    status: int
    headers: dict[str, str]
    cookies: tuple[str, ...]
    body: bytes
    seconds: float

    @property
    def streams(self) -> bool:
        """Whether it goes on until the viewer leaves."""
        return self.headers.get("content-type", "").startswith("text/event-stream")


class Client:
    """One connection at a time to a port of the loopback interface."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.buffer = b""

    def ask(self, raw: bytes, bodiless: bool = False) -> Answer:
        """Send a request and read its answer, which has no body where it is `bodiless`.

        Raises NoAnswerError without an answer. A connection that was kept too long is opened again.
        """
        is_reused = self.socket is not None
        try:
            return self._ask(raw, bodiless)
        except (OSError, NoAnswerError) as error:
            self.close()
            if is_reused and not isinstance(error, TimeoutError):
                return self.ask(raw, bodiless)
            raise NoAnswerError(str(error) or type(error).__name__) from None

    def close(self) -> None:
        """End the connection."""
        if self.socket is not None:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def _ask(self, raw: bytes, bodiless: bool) -> Answer:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), HANG_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = perf_counter()
        with suppress(ConnectionError):  # refused before all was sent; the answer may be there
            self.socket.sendall(raw)
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status, headers, cookies = parsed(head)
        if status == 100:
            return self._ask(b"", bodiless)
        answer = Answer(status, headers, cookies, b"", perf_counter() - start)
        if answer.streams and not bodiless:
            return self._glance(answer)
        body = b"" if bodiless or status in (204, 304) else self._body(headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, cookies, body, perf_counter() - start)

    def _glance(self, answer: Answer) -> Answer:
        """Read a little of a stream and vanish."""
        assert self.socket is not None
        self.socket.settimeout(STREAM_SECONDS)
        with suppress(TimeoutError):
            while len(self.buffer) < STREAM_BYTES:
                self._more()
        body = self.buffer
        self.close()
        return Answer(answer.status, answer.headers, answer.cookies, body, answer.seconds)

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self._line(), 16):
                parts.append(self._exactly(size))
                self._line()
            self._line()
            return b"".join(parts)
        if "content-length" in headers:
            return self._exactly(int(headers["content-length"]))
        with suppress(NoAnswerError):
            while True:
                self._more()
        body = self.buffer
        self.close()
        return body

    def _line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self._more()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self._more()
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return body

    def _more(self) -> None:
        assert self.socket is not None
        data = self.socket.recv(262_144)
        if not data:
            raise NoAnswerError("the connection was closed")
        self.buffer += data


def parsed(head: bytes) -> tuple[int, dict[str, str], tuple[str, ...]]:
    """The status, the headers and the cookies of an answer's head."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[1].isdecimal():
        raise NoAnswerError(f"this is not HTTP: {first[:80]!r}")
    pairs = [(name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)]
    cookies = tuple(value.partition(";")[0] for name, value in pairs if name == "set-cookie")
    return int(words[1]), dict(pairs), cookies
