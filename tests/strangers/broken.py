"""Connections that are no proper HTTP, or are never finished: each is opened, held for a moment,
and given up, by a reset or without a word.
"""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from tests.strangers.asks import Ask, damaged

RESET = struct.pack("ii", 1, 0)
"""As SO_LINGER: closing sends a reset at once (Linux, socket(7))."""

ODD_LINES = (
    b"GET / HTTP/1", b"GET / HTTP/x.y", b"GET / HTTP/9.9", b"GET  /  HTTP/1.1", b"GET", b"", b"\0",
    b"GET / HTTP/1.1 x", b"POST /", b"GET /runs", b"\xff\xfe /\xff HTTP/1.1",
    b"GET http://[ HTTP/1.1", b"GET http://x/y HTTP/1.1", b"CONNECT x:1 HTTP/1.1",
    b"OPTIONS * HTTP/1.1", b"GET ? HTTP/1.1", b"GET //x HTTP/1.1", b"GET /%ff%00%0d%0a HTTP/1.1",
    b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0", b"GET /" + b"a" * 9000 + b" HTTP/1.1",
    b"GET /" + b"/" * 3000 + b" HTTP/1.0", b"GET /" + b"%ed%a0%80" * 50 + b" HTTP/1.1",
    b"GET / HTTP/1.0", b"GET / HTTP/0.9",
)  # fmt: skip
"""Request lines that are none, or hardly."""


@dataclass(eq=False)
class Held:
    """An open connection: what is left to send of it, so many bytes at a time, and until when it
    is kept.
    """

    socket: socket.socket
    ask: Ask
    left: bytes
    at_once: int
    until: float
    reads: bool
    received: bytes = field(default=b"", repr=False)

    def go_on(self) -> None:
        """Send a little more, and read what is there."""
        with suppress(OSError):
            if self.left:
                sent = self.socket.send(self.left[: self.at_once])
                self.left = self.left[sent:]
            if self.reads:
                while data := self.socket.recv(65536):
                    self.received += data

    def end(self, reset: bool) -> None:
        """Give it up."""
        with suppress(OSError):
            if reset:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.socket.close()


def head_and_body(raw: bytes) -> tuple[bytes, bytes]:
    """A request in two."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return head + b"\r\n", body


def lies_more(raw: bytes, chance: random.Random) -> bytes:
    """Says more than it sends."""
    head, body = head_and_body(raw)
    length = chance.choice((len(body) + 7, 60_000, 10**12, 10**30))
    return head + f"Content-Length: {length}\r\n\r\n".encode() + body


def lies_less(raw: bytes, chance: random.Random) -> bytes:
    """Sends more than it says; the rest reads as another request."""
    head, body = head_and_body(raw.replace(b"Content-Length", b"X-Length"))
    length = chance.choice((b"0", b"1", b"-1", b"x", b"1_0", b"+3", b"", b"0x5", b"1, 2", b"\xb2"))
    return head + b"Content-Length: " + length + b"\r\n\r\n" + body + b"rest"


def chunked(raw: bytes, chance: random.Random) -> bytes:
    """In pieces; one of them is usually broken."""
    head, body = head_and_body(raw.replace(b"Content-Length", b"X-Length"))
    size = chance.randint(1, 50)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    if chance.random() < 0.7:
        sent = damaged(sent, chance)
    if chance.random() < 0.2:
        sent = chance.choice(
            (
                b"f" * 40,
                b"-5\r\n",
                b"5;" + b"x" * 9000,
                b"0\r\n" + b"a: b\r\n" * 500,
                b"\r\n",
                b"ffff\r\nabc",
            )
        )
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + sent


def too_many_headers(raw: bytes, chance: random.Random) -> bytes:
    """A hundred headers and more, or one that is very long."""
    head, body = head_and_body(raw)
    many = chance.choice(
        (b"X: y\r\n" * 150, b"X: " + b"y" * 70_000 + b"\r\n", b" folded\r\n" * 20, b"no colon\r\n",
         b": empty\r\n", b"\0\xff: \0\r\n", b"A: b\rC: d\n", b"Cookie: " + b"a=b;" * 9000 + b"\r\n")
    )  # fmt: skip
    return head + many + b"\r\n" + body


def odd_line(raw: bytes, chance: random.Random) -> bytes:
    """A request line that is none."""
    _, _, rest = raw.partition(b"\r\n")
    line = chance.choice(ODD_LINES)
    return line + b"\r\n" + rest


def whole(raw: bytes, chance: random.Random) -> bytes:
    """As it should be."""
    return raw


def bent(raw: bytes, chance: random.Random) -> bytes:
    """Damaged anywhere."""
    return damaged(raw, chance)


def pipelined(raw: bytes, chance: random.Random) -> bytes:
    """Several requests before the first answer."""
    return raw * chance.randint(2, 6) + chance.choice((b"", b"\r\n\r\n", b"GET / HT"))


def nothing(raw: bytes, chance: random.Random) -> bytes:
    """A connection on which nothing is sent."""
    return b""


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    whole, bent, bent, lies_more, lies_less, chunked, chunked, too_many_headers, odd_line, odd_line,
    pipelined, nothing,
)  # fmt: skip


def opened(port: int, ask: Ask, chance: random.Random) -> Held:
    """A connection on which this request goes wrong in some way."""
    sent = chance.choice(WAYS)(ask.raw, chance)
    connection = socket.create_connection(("127.0.0.1", port), 5.0)
    connection.setblocking(False)
    slow = chance.random() < 0.2
    broken = Held(
        connection, Ask(sent, ask.who, ask.endpoint), sent, 1 if slow else 10_000_000,
        monotonic() + chance.choice((0.0, 0.02, 0.1, 0.5, 3.0)), chance.random() < 0.7,
    )  # fmt: skip
    broken.go_on()
    if chance.random() < 0.3:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
    return broken
